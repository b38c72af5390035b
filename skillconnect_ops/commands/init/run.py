"""`skc init`: look, plan, hand over to the gait, say what was found and written."""

import os
import secrets
import shlex
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.init.ci import System
from skillconnect_ops.commands.init.ci_run import look as look_at_ci
from skillconnect_ops.commands.init.ci_run import write
from skillconnect_ops.commands.init.errors import (
    AlreadyThere,
    FolderNotWritable,
    NoSuchFolder,
    NoSuchProfile,
    NotPlainFile,
    NotYetAProject,
)
from skillconnect_ops.commands.init.look import look
from skillconnect_ops.commands.init.model import Found, Profile, Wanted
from skillconnect_ops.commands.init.plan import FILE, enrollment, plan, render
from skillconnect_ops.commands.init.show import facts, view
from skillconnect_ops.commands.init.signer import (
    SIGNERS,
    SignerEnroll,
    ledger_of,
    machine_name,
)
from skillconnect_ops.commands.init.suggest import suggest
from skillconnect_ops.core.errors import Precondition, SkcError
from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.resources import template, templates
from skillconnect_ops.core.settings.model import Settings
from skillconnect_ops.core.settings.reader import read
from skillconnect_ops.core.view import Pairs, Text, Tone
from skillconnect_ops.evidence.keys import check_name
from skillconnect_ops.journal.model import Ask, Choices, Consent, TypeName
from skillconnect_ops.journal.resources import Resource


class Place(Struct, frozen=True, kw_only=True):
    """Where `skc.yaml` shall stand, and what is known of the place."""

    root: Path
    here: Path
    git: bool
    notes: tuple[str, ...] = ()

    @property
    def file(self) -> Path:
        """The `skc.yaml`."""
        return self.root / FILE


INDEXES = "indexes.yaml"


class There(Struct, frozen=True, kw_only=True):
    """The `skc.yaml` that is there."""

    data: bytes
    settings: Settings | None
    """None where it cannot be read."""
    trouble: str


def init(
    house: House,
    folder: Path | None,
    *,
    profile: str | None,
    replace: bool,
    systems: Sequence[System] = (),
    choices: Choices,
) -> Report:
    """Look at a project and write its `skc.yaml`; where that is there, the files of CI alone.

    Args:
        house: the house.
        folder: the project's root; by default the repository's, else the working folder.
        profile: the name of a profile that is shipped.
        replace: whether a file that is there may go, once its name was typed.
        systems: for which CI files are written.
        choices: what the person chose.

    Raises:
        Refused: there is one already, or nobody agreed.
        Precondition: no such folder or profile, or nothing can be written there.
    """
    app = _profile(profile) if profile else None
    place = _place(house, folder)
    there = _there(place.file)
    if systems and there is not None and profile is None:
        own = there.settings.project.id if there.settings is not None else None
        return write(house, place.root, systems, identity=own, replace=replace, choices=choices)
    _check_free(place, there, replace=replace, choices=choices)
    ci = look_at_ci(house, place.root, systems, replace=replace)
    identity = _identity(there)
    found, wanted, text = _made(house, place, identity=identity, profile=app)
    same = there is not None and there.data == text.encode()

    def look_again() -> Plan:
        now = _there(place.file)  # had another run written one since, the plan would be stale
        notes = found.notes if same else _notes(found, there)
        return plan(
            str(place.root),
            text=text,
            there=now.data if now else None,
            signer=_signer(house, place.root, identity, name=None),
            beside=_beside(place.root, profile),
            notes=notes,
            ci=look_at_ci(house, place.root, systems, replace=replace),
        )

    outcome = house.office(state=house.environment.state_home / identity).carry_out(
        look_again,
        person=house.person,
        resources=[Resource("file", str(place.root / path)) for path in (FILE, *ci.paths)],
        consent=_consent(there) if not ci.replaced else ci.consent(),
        choices=choices,
    )
    return Report(
        command="init",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={
            "init": facts(found, wanted, file=FILE, text=text, written=outcome.walked),
            **({"ci": ci.facts(written=outcome.walked)} if systems else {}),
        },
        view=(
            *view(found, wanted, text=None if outcome.walked or same else text, same=same),
            *ci.view(written=outcome.walked),
        ),
        next=("skc doctor", *ci.next(written=outcome.walked))
        if outcome.walked or same
        else (_again(folder, replace=replace, systems=systems),),
    )


def enroll(house: House, folder: Path | None, *, name: str | None, choices: Choices) -> Report:
    """List this machine as a signer of a project that is there: a colleague's clone, a server.

    Raises:
        UsageError: the name is none.
        NotYetAProject: there is no `skc.yaml` that can be read.
        Refused: nobody agreed.
    """
    if name is not None:
        check_name(name)
    place = _place(house, folder)
    there = _there(place.file)
    if there is None or there.settings is None:
        trouble = there.trouble if there else "is not there"
        raise NotYetAProject(place.file, why=f"{FILE} {trouble}")
    identity = there.settings.project.id
    signer = _signer(house, place.root, identity, name=name)
    outcome = house.office(state=house.environment.state_home / identity).carry_out(
        lambda: enrollment(str(place.root), signer=_signer(house, place.root, identity, name=name)),
        person=house.person,
        resources=(Resource("file", str(place.root / SIGNERS)),),
        consent=Ask(),
        choices=choices,
    )
    listed = ledger_of(house, place.root)(identity).enrolled()
    return Report(
        command="init",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={"signer": {"name": listed, "file": SIGNERS, "written": outcome.walked}},
        view=(Pairs((("signer", listed or Text("not listed", Tone.WARN)), ("file", SIGNERS))),),
        next=(f"git add {SIGNERS}",) if outcome.walked or signer is None else (),
    )


def _signer(house: House, root: Path, identity: str, *, name: str | None) -> SignerEnroll | None:
    """The step that lists this machine, or None where it is listed."""
    if ledger_of(house, root)(identity).enrolled() is not None:
        return None
    called = name or machine_name()
    return SignerEnroll(key=f"enroll:{called}", name=called, project=identity)


def _check_free(place: Place, there: There | None, *, replace: bool, choices: Choices) -> None:
    """Raise where nothing may, or can, be written."""
    if there is not None and not replace:
        raise AlreadyThere(place.file, holds=_holds(there))
    if not choices.dry_run and not os.access(place.root, os.W_OK):
        raise FolderNotWritable(place.root)


def _made(
    house: House, place: Place, *, identity: str, profile: Profile | None
) -> tuple[Found, Wanted, str]:
    """What was found, what to make of it, and that as text, read back once."""
    found = look(place.root, here=place.here, git=place.git)
    found = msgspec.structs.replace(found, notes=(*place.notes, *found.notes))
    backups = _backups(house, place.root)
    wanted = suggest(found, identity=identity, backups=backups, profile=profile)
    text = render(template("init/skc.yaml.j2"), wanted)
    read(text)  # what we write, we can read: a fault here is one of ours
    return found, wanted, text


def _place(house: House, folder: Path | None) -> Place:
    here = house.environment.folder
    start = here if folder is None else here / folder
    try:
        start = start.resolve(strict=True)
        if not start.is_dir():
            raise NoSuchFolder(start, why="it is no folder")
    except OSError as error:
        raise NoSuchFolder(start, why=error.strerror or "it cannot be opened") from error
    notes: tuple[str, ...] = ()
    try:
        state = house.git.state(start)
    except Precondition as error:
        state, notes = None, (f"git: {error.what}; {error.why}",)
    if folder is not None:
        return Place(root=start, here=start, git=state is not None, notes=notes)
    if state is not None:
        return Place(root=state.root, here=start, git=True, notes=notes)
    above = (place for place in (start, *start.parents) if (place / FILE).is_file())
    return Place(root=next(above, start), here=start, git=False, notes=notes)


def _there(file: Path) -> There | None:
    if file.is_symlink() or file.is_dir():
        raise NotPlainFile(file)
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NoSuchFolder(file, why=error.strerror or "it cannot be opened") from error
    try:
        settings = read(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return There(data=data, settings=None, trouble="is no UTF-8 text")
    except SkcError as error:
        return There(data=data, settings=None, trouble=f"cannot be read ({error.what})")
    return There(data=data, settings=settings, trouble="")


def _holds(there: There) -> str:
    if there.settings is None:
        return there.trouble
    names = ", ".join(there.settings.targets) or "none"
    return f"describes the project {there.settings.project.name} with the targets: {names}"


def _identity(there: There | None) -> str:
    """The project's id: kept when the file is replaced, since it names the private state."""
    if there is not None and there.settings is not None:
        return there.settings.project.id
    return secrets.token_hex(6)


def _notes(found: Found, there: There | None) -> tuple[str, ...]:
    notes = found.notes
    if there is not None:
        notes = ("the skc.yaml that is there goes, with what was written in it by hand", *notes)
    if there is not None and there.settings is None:
        notes = (
            "its project id cannot be read: journals kept under it are not found again",
            *notes,
        )
    return notes


def _consent(there: There | None) -> Consent:
    return Ask() if there is None else TypeName(FILE)


def _profile(name: str) -> Profile:
    known = sorted(
        entry.removesuffix("/profile.yaml")
        for entry in templates(".")
        if entry.endswith("/profile.yaml")
    )
    if name not in known:
        raise NoSuchProfile(name, known)
    import yaml  # noqa: PLC0415 - only for this option

    return msgspec.convert(yaml.safe_load(template(f"{name}/profile.yaml")), Profile)


def _beside(root: Path, profile: str | None) -> dict[str, str]:
    """What a profile brings besides `skc.yaml`; a file that is there already is the team's."""
    name = f"{profile}/{INDEXES}"
    if profile is None or name not in templates(".") or (root / INDEXES).exists():
        return {}
    return {INDEXES: template(name)}


def _backups(house: House, root: Path) -> str:
    """The folder for all backups of this user; outside the project, and written with `~`."""
    home = Path(house.environment.get("HOME") or Path.home())
    data = house.environment.get("XDG_DATA_HOME")
    folder = Path(data) / "skc" / "backups" if data and Path(data).is_absolute() else None
    folder = folder or home / "backups"
    if folder.is_relative_to(root):
        return "../backups" if root != root.parent else "/var/backups"
    if folder.is_relative_to(home):
        return f"~/{folder.relative_to(home).as_posix()}"
    return str(folder)


def _again(folder: Path | None, *, replace: bool, systems: Sequence[System]) -> str:
    words = ["skc init", *([shlex.quote(str(folder))] if folder else [])]
    words += [f"--ci {system}" for system in systems]
    return " ".join([*words, "--replace"] if replace else words)
