"""`skc env set`: takes the value in, looks, plans, hands over to the gait."""

import os
import shlex
import stat
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.env.errors import (
    EmptyAndValue,
    NoEnvFile,
    SeveralEnvFiles,
    ValueIsRetired,
    ValueOnCommandLine,
)
from skillconnect_ops.commands.env.set_steps import EnvSet
from skillconnect_ops.commands.folder import bare_root, folder_state
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.retired import compared
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.settings.rules import is_variable
from skillconnect_ops.core.view import Lines, listed
from skillconnect_ops.disk import shared
from skillconnect_ops.disk.attributes import lets_in
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.disk.plain import plain_bytes
from skillconnect_ops.envfile import Reader, parse
from skillconnect_ops.journal.model import Ask, Choices
from skillconnect_ops.journal.pending import PENDING
from skillconnect_ops.journal.resources import Resource
from skillconnect_ops.terminal.unseen import taken


class Request(Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    target: str | None = None
    file: Path | None = None
    stdin: bool = False
    descriptor: int | None = None
    empty: bool = False
    """Whether it shall hold nothing; a pipe that gives nothing is no wish for that."""
    every: bool = False
    after: str | None = None
    not_for: tuple[Reader, ...] = ()


class Place(Struct, frozen=True, kw_only=True):
    """The file that is to be edited."""

    root: Path
    shown: str
    target: str | None
    state: Path | None = None
    """Where the journal goes, where there is no project."""

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.root / self.shown


def set_value(house: House, key: str, *, request: Request, choices: Choices) -> Report:
    """Give a variable a value.

    Args:
        house: the house.
        key: the name.
        request: which file, and where the value comes from.
        choices: what the person chose.

    Raises:
        UsageError: the value was typed behind the name, or it is to be empty and given as well.
        Refused: nobody agreed, the name stands there twice, the file is of another owner, the
            value is a retired one.
        Precondition: no file, or a value that not all readers read alike.
    """
    if request.empty and (request.stdin or request.descriptor is not None):
        raise EmptyAndValue
    name, given, _ = key.partition("=")
    if given and is_variable(name):
        raise ValueOnCommandLine(name)
    place = _place(house, key, request)
    value = _value(house, key, request)
    notes = (*_of_value(value), *_not_retired(house, key, value, request))
    step = EnvSet(
        key=f"set:{key}",
        path=place.shown,
        name=key,
        value=PENDING.give(value),
        readers=tuple(reader.value for reader in Reader if reader not in request.not_for),
        every=request.every,
        after=request.after,
    )
    outcome = house.office(state=place.state).carry_out(
        lambda: _look(place, step, value, notes),
        person=house.person,
        resources=(Resource("env", os.path.realpath(place.path)),),
        consent=Ask(),
        choices=choices,
    )
    done = outcome.facts.get(step.key, {})
    said = f"{key} in {place.shown} has the new value; {_readers(step)} read it alike"
    return Report(
        command="env set",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={"env": {"path": place.shown, "name": key, "written": outcome.walked, **done}},
        view=(Lines((said,)),) if outcome.walked else (),
        next=_next(key, request, place, walked=outcome.walked),
    )


def _next(key: str, request: Request, place: Place, *, walked: bool) -> tuple[str, ...]:
    """Of what was only shown, the same words again, but for the value's way in."""
    if walked:
        return ("skc status",) if place.state is None else ("skc env check",)
    words = ["skc", "env", "set", key]
    words += ["--file", str(request.file)] if request.file is not None else []
    words += ["--target", request.target] if request.target is not None else []
    words += ["--after", request.after] if request.after is not None else []
    words += ["--all"] if request.every else []
    words += ["--empty"] if request.empty else []
    words += [word for each in request.not_for for word in ("--not-for", each.value)]
    return (shlex.join(words),)


def _not_retired(house: House, key: str, value: Secret, request: Request) -> tuple[str, ...]:
    """What to say where that cannot be told.

    Raises:
        ValueIsRetired: the ledger knows the value.
    """
    held = compared(house, [value])
    if value in held.found:
        into = ["--file", str(request.file)] if request.file is not None else []
        into += ["--target", request.target] if request.target is not None else []
        made = shlex.join(["skc", "secrets", "generate", "--env", key, *into, "--replace"])
        fix = f"{made}   # or give a new one, made where the old one came from"
        raise ValueIsRetired(key, held.found[value], fix=fix)
    if held.unread is not None:
        return (f"not known whether the value is a retired one: {held.unread}",)
    return ()


def _of_value(value: Secret) -> tuple[str, ...]:
    """That it goes on behind a line end, which is a mistake mostly."""
    lines = value.reveal().count("\n") + 1
    return (f"the value has {lines} lines",) if lines > 1 else ()


def _look(place: Place, step: EnvSet, value: Secret, notes: tuple[str, ...]) -> Plan:
    shared.must_be_writable(place.path)
    data = _bytes(place.path)
    there = parse(data or b"").all_of(step.name)
    new = step.edited(data, value.reveal()).bytes()  # what cannot be written is refused here
    identity = "\0".join((place.shown, step.name, str(data is None), str(len(there))))
    return Plan(
        command="env set",
        subject=Subject(target=place.target, repository=str(place.root), files=(place.shown,)),
        state=sha256(identity.encode(errors="surrogateescape")).hexdigest(),
        steps=() if new == data else (_as_found(step, there=bool(there)),),
        notes=(*_notes(place.path, data), *notes),
    )


def _as_found(step: EnvSet, *, there: bool) -> EnvSet:
    return EnvSet(
        key=step.key,
        path=step.path,
        name=step.name,
        value=step.value,
        readers=step.readers,
        every=step.every,
        after=step.after,
        there=there,
    )


def _notes(path: Path, data: bytes | None) -> tuple[str, ...]:
    notes = []
    if data is None:
        notes.append("the file is not there yet; it will be, for you alone (mode 0600)")
    else:
        found, named = path.stat(), lets_in(path)
        mode = stat.S_IMODE(found.st_mode)
        if named:
            notes.append(f"the file's ACL lets {listed(named)} in, and will go on to")
        # where there is a list, the group's bits are but its mask
        if mode & stat.S_IRWXO if named else shared.closed_mode(found) != mode:
            notes.append("others may read or write the file now; they no longer will")
    if path.is_symlink():
        notes.append(f"it is a link; the file it leads to is written: {os.path.realpath(path)}")
    return tuple(notes)


def _place(house: House, key: str, request: Request) -> Place:
    try:
        root, state = house.project().root, None
    except SettingsNotFound:
        if request.target is not None:
            raise
        root, state = bare_root(house), folder_state(house, bare_root(house))
    if request.file is not None or state is not None:
        file = request.file or Path(".env")
        whole = Path(os.path.abspath(house.environment.folder / file))  # noqa: PTH100 - a link stays one
        inside = whole.is_relative_to(root)
        shown = whole.relative_to(root).as_posix() if inside else str(whole)
        return Place(root=root, shown=shown, target=request.target, state=state)
    target = house.target(request.target)
    files = tuple(target.settings.env_files)
    if not files:
        raise NoEnvFile(target.name)
    having = [name for name in files if parse(_bytes(root / name) or b"").all_of(key)]
    chosen = having if len(having) == 1 else files
    if len(chosen) > 1:
        raise SeveralEnvFiles(key, files)
    return Place(root=root, shown=chosen[0], target=target.name)


def _value(house: House, key: str, request: Request) -> Secret:
    if request.empty:
        return Secret("")
    label = f"value for {key}"
    return taken(house.person, label=label, stdin=request.stdin, fd=request.descriptor, twice=True)


def _bytes(path: Path) -> bytes | None:
    with explained(f"read {path}"):
        return plain_bytes(path)


def _readers(step: EnvSet) -> str:
    return ", ".join(Reader(name).label for name in step.readers)
