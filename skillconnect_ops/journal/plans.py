"""Plans as files: written by `--save-plan`, shown to others, and carried out by `skc apply`.

Nothing that is done is taken from such a file: the command that it names looks again and makes a
plan of its own, and the file only says which one was agreed to. Its sum tells damage and edits by
hand, not malice: whoever can write the file can compute the sum, and gains nothing by it.
"""

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw, Struct

from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.view import listed
from skillconnect_ops.disk.errors import explain, explained
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.errors import NotAPlan, NotToBeOverwritten, PlanIsStale, UnknownKind
from skillconnect_ops.journal.kinds import Kinds, encode

SCHEMA = "skc/plan/1"
MOST_BYTES = 8 * 1024 * 1024
_PACKAGE = "skillconnect-ops"
_OF_ONE_RUN = {"--dry-run": 0, "--yes": 0, "--confirm": 1, "--save-plan": 1}
_OF_THE_REPORT = {"--format": 1, "--out": 1}
_OF_A_SECRET = {"--stdin": 0, "--fd": 1, "--admin-uri-file": 1, "--admin-uri-fd": 1}
_NEVER = {**_OF_ONE_RUN, **_OF_THE_REPORT, **_OF_A_SECRET}
"""What a saved command line is without, and how many words go with each: whoever applies a plan
agrees for themselves, and says anew where a secret comes from."""
_LOOKS_ONLY = {"--dry-run": 0, "--save-plan": 1}


class SavedPlan(Struct, frozen=True, kw_only=True):
    """A plan that was saved, and where it comes from."""

    project: str
    """The id of its project."""
    words: tuple[str, ...]
    """The command line that made it, after `skc`, without what belongs to one run alone."""
    plan: Plan


class _Made(Struct, frozen=True, kw_only=True):
    project: str
    version: str
    words: tuple[str, ...]
    plan: Raw


class _File(Struct, frozen=True, kw_only=True):
    schema: str
    made: Raw
    sum: str


class _Schema(Struct, frozen=True, kw_only=True):
    schema: str


def write_plan(path: Path, plan: Plan, *, line: str, project: str, disk: Disk) -> None:
    """Save a plan.

    Args:
        path: the file; one that is there is only replaced if it is a saved plan, too.
        plan: what to save.
        line: the command line as it was typed.
        project: the project's id.
        disk: durable files.

    Raises:
        NotToBeOverwritten: something else stands there.
        SkcError: the file cannot be written.
    """
    made = _Made(
        project=project,
        version=version(_PACKAGE),
        words=_words(line) or tuple(plan.command.split()),
        plan=Raw(encode(plan)),
    )
    text = msgspec.json.encode(made)
    file = msgspec.json.encode(_File(schema=SCHEMA, made=Raw(text), sum=_sum(text)))
    with explained(f"save the plan as {path}"):
        _must_be_ours(path, disk=disk)
        disk.replace(path, msgspec.json.format(file, indent=2) + b"\n")


def read_plan(path: Path, *, project: str, kinds: Kinds, disk: Disk) -> SavedPlan:
    """Read a saved plan.

    Raises:
        NotAPlan: there is no such file, it is none of ours, or it was edited; it is of another
            project, or of another version of skc.
    """
    file = _file(path, disk=disk)
    made = _made(path, file)
    if _sum(file.made) != file.sum:
        raise _not_a_plan(path, "it was edited or damaged after it was saved: its sum is wrong")
    if made.version != version(_PACKAGE):
        raise _not_a_plan(path, f"skc {made.version} made it, and this is skc {version(_PACKAGE)}")
    if made.project != project:
        raise _not_a_plan(
            path, f"it is of the project {made.project}, and this folder is of {project}"
        )
    try:
        return SavedPlan(project=made.project, words=made.words, plan=kinds.decode(made.plan))
    except UnknownKind as error:
        raise _not_a_plan(path, error.why) from error


def forbidden(words: Sequence[str]) -> str | None:
    """The first word of a saved command line that no saved plan has; None where all are fine."""
    return next((word for word in words if word.partition("=")[0] in _NEVER), None)


def must_equal(saved: Plan, fresh: Plan) -> None:
    """Compare a saved plan with the one that the world calls for now.

    Raises:
        PlanIsStale: they differ in more than their notes; the parts are named.
    """
    old, new = _parts(saved), _parts(fresh)
    differing = [name for name in old if old[name] != new[name]]
    if differing:
        said = "; ".join(_difference(name, old[name], new[name]) for name in differing)
        raise PlanIsStale(
            "the saved plan is stale: it is no longer the right one",
            why=f"a fresh plan differs: {said}",
            fix="make a new one with --save-plan, and look at it",
        )


def same_effects(one: Plan, other: Plan) -> bool:
    """Whether two plans do the same, whatever they were made from."""
    return (one.steps, one.final) == (other.steps, other.final)


def without_looking(line: str) -> str:
    """A command line as it was typed, less what makes it only look."""
    return shlex.join(["skc", *_words(line, less=_LOOKS_ONLY)])


def _words(line: str, *, less: Mapping[str, int] = _NEVER) -> tuple[str, ...]:
    """The words of a command line that make its plan, those that belong to one run left out."""
    kept: list[str] = []
    words = iter(shlex.split(line)[1:])
    for word in words:
        if word == "--":
            return (*kept, word, *words)
        name, given, _ = word.partition("=")
        if name not in less:
            kept.append(word)
        elif not given:
            for _ in range(less[name]):
                next(words, None)
    return tuple(kept)


def _file(path: Path, *, disk: Disk) -> _File:
    try:
        if not path.is_file():
            raise _not_a_plan(path, "there is no such file" if not path.exists() else "no file")
        if path.stat().st_size > MOST_BYTES:
            raise _not_a_plan(path, f"it is larger than any plan ({MOST_BYTES:,} bytes)")
        data = disk.read(path)
    except (OSError, ValueError) as error:
        why = explain(error, "read it").why if isinstance(error, OSError) else str(error)
        raise _not_a_plan(path, why) from error
    try:
        schema = msgspec.json.decode(data, type=_Schema).schema
        if schema != SCHEMA:
            why = f"its schema is {schema!r:.80}, and this version reads {SCHEMA!r}"
            raise _not_a_plan(path, why)
        return msgspec.json.decode(data, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_a_plan(path, str(error)) from error


def _made(path: Path, file: _File) -> _Made:
    try:
        return msgspec.json.decode(file.made, type=_Made)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_a_plan(path, str(error)) from error


def _must_be_ours(path: Path, *, disk: Disk) -> None:
    """A slip of the finger must not turn an env file into a plan."""
    if not path.exists():
        return
    try:
        if path.is_file() and path.stat().st_size == 0:
            return
        _file(path, disk=disk)
    except NotAPlan as error:
        raise NotToBeOverwritten(
            f"{path} is not overwritten",
            why="something is there that is no saved plan",
            fix="name a file that is not there yet",
        ) from error


def _sum(text: bytes | Raw) -> str:
    """Over the text without the blanks that only make it readable."""
    return sha256(msgspec.json.format(bytes(text), indent=-1)).hexdigest()


def _parts(plan: Plan) -> dict[str, Any]:
    parts: dict[str, Any] = msgspec.json.decode(encode(plan))
    del parts["notes"]
    for name, steps in (("steps", plan.steps), ("final", plan.final)):
        for step, fields in zip(steps, parts[name], strict=True):
            for passing in type(step).passing:
                fields.pop(passing, None)
    return parts


def _difference(name: str, old: Any, new: Any) -> str:
    """In which way one part differs, for people."""
    match name:
        case "steps" | "final":
            return f"{name} ({_steps_differ(old, new)})"
        case "subject":
            keys = [key for key in old if old[key] != new[key]]
            return "; ".join(f"{key} was {_said(old[key])}, is {_said(new[key])}" for key in keys)
        case "state":
            return "state (what it was made from: names, rights, keys, files)"
        case _:
            return f"{name} was {_said(old)}, is {_said(new)}"


def _steps_differ(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> str:
    was, now = (Counter(step["key"] for step in steps) for steps in (old, new))
    said = [f"no longer {listed(list(was - now))}"] if was - now else []
    said += [f"now also {listed(list(now - was))}"] if now - was else []
    if said:
        return "; ".join(said)
    was_of = {step["key"]: step for step in old}
    other = [step["key"] for step in new if was_of[step["key"]] != step]
    return f"otherwise: {listed(other)}" if other else "in another order"


def _said(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return " ".join(text.split())[:120] or "none"


def _not_a_plan(path: Path, why: str) -> NotAPlan:
    return NotAPlan(
        f"{path} cannot be applied", why=why, fix="make a new one with --save-plan, and look at it"
    )
