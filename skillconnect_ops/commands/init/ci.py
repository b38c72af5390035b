"""What `skc init --ci` writes: the texts, and what becomes of a file that is there; pure."""

import json
import re
from collections.abc import Iterator
from difflib import unified_diff
from enum import StrEnum
from hashlib import sha256
from typing import Any, assert_never

from msgspec import Struct

from skillconnect_ops.code.excerpts import masked
from skillconnect_ops.commands.baseline import OF_AUDIT
from skillconnect_ops.commands.init.insertion import Unfit, inserted, items
from skillconnect_ops.commands.init.steps import FileWrite, LinesInsert
from skillconnect_ops.core.resources import filled, template

WORKFLOW = ".github/workflows/skc-audit.yml"
JOB = ".gitlab/skc-audit.yml"
GITLAB = ".gitlab-ci.yml"
HOOKS = ".pre-commit-config.yaml"
_PACKAGE = "skillconnect-ops"
_HOOK = "skc-audit"
_STAGE = "test"
_HEAD = re.compile(rb"# Written by skc (\S+) with: skc init --ci [a-z-]+ \(([0-9a-f]{12})\)\r?\n")


class System(StrEnum):
    """Where `skc audit` shall run."""

    GITHUB = "github"
    GITLAB = "gitlab"
    PRE_COMMIT = "pre-commit"


FILES = {
    System.GITHUB: (WORKFLOW,),
    System.GITLAB: (JOB, GITLAB),
    System.PRE_COMMIT: (HOOKS,),
}
"""The files that each one has."""


class About(Struct, frozen=True, kw_only=True):
    """What the texts are filled with."""

    version: str
    """Of skc: what is installed there is what wrote the file."""
    branch: str
    """The one that pull requests are for."""


class Drawn(Struct, frozen=True, kw_only=True):
    """What is to be done with one file."""

    path: str
    step: FileWrite | LinesInsert | None = None
    """None: nothing."""
    edited: bool = False
    """Whether the file that is replaced was written by skc, and edited since."""
    foreign: bool = False
    """Whether somebody else wrote it."""
    by_hand: str | None = None
    """What a person has to do, where nothing else can."""


def drawn(system: System, there: dict[str, bytes | None], about: About) -> tuple[Drawn, ...]:
    """What is to be done for one system.

    Args:
        system: which.
        there: its files as they are; None of those that are not.
        about: what the texts are filled with.
    """
    match system:
        case System.GITHUB:
            text = _text("github.yml.j2", about, branch=about.branch)
            return (_own(system, WORKFLOW, text, there[WORKFLOW], about),)
        case System.GITLAB:
            text = _text("gitlab.yml.j2", about, stage=_stage(there[GITLAB]))
            job = _own(system, JOB, text, there[JOB], about)
            return (job, _included(there[GITLAB], about))
        case System.PRE_COMMIT:
            return (_hooked(there[HOOKS], about),)
    assert_never(system)


# files of our own


def _own(system: System, path: str, text: str, there: bytes | None, about: About) -> Drawn:
    """A file that is all ours: written anew by a newer skc, unless somebody edited it."""
    mark = sha256(text.encode()).hexdigest()[:12]
    whole = f"# Written by skc {about.version} with: skc init --ci {system} ({mark})\n{text}"
    if there == whole.encode():
        return Drawn(path=path)
    found = _HEAD.match(there or b"")
    rest = (there or b"")[found.end() :] if found else b""
    edited = found is not None and sha256(rest).hexdigest()[:12] != found[2].decode()
    return Drawn(
        path=path,
        step=FileWrite(
            key=f"write:{path}",
            path=path,
            text=whole,
            replaces=there is not None,
            diff=_diff(there, whole),
        ),
        edited=edited,
        foreign=there is not None and found is None,
    )


def _diff(there: bytes | None, text: str) -> str:
    """A unified diff without its head; of what goes, values are masked."""
    if there is None:
        return "".join(f"+{line}\n" for line in text.splitlines())
    before = there.decode("utf-8", errors="replace").splitlines()
    lines = list(unified_diff(before, text.splitlines(), n=1, lineterm=""))[2:]
    return "".join(f"{line if line[0] in '+@' else masked(line)}\n" for line in lines)


# files of the project's


def _hooked(there: bytes | None, about: About) -> Drawn:
    hook = _text("pre-commit-hook.yaml.j2", about)
    if there is None:
        text = _text("pre-commit.yaml.j2", about, hook=hook.rstrip("\n"))
        return _new(HOOKS, text)
    try:
        if any(_is_ours(one) for one in _hooks(items(there, key="repos"))):
            return Drawn(path=HOOKS)
    except Unfit as error:
        return _by_hand(HOOKS, error, "repos", hook)
    return _more(HOOKS, there, key="repos", item=hook)


def _hooks(repositories: object) -> Iterator[dict[str, Any]]:
    for one in repositories if isinstance(repositories, list) else ():
        hooks = one.get("hooks") if isinstance(one, dict) else None
        yield from (each for each in hooks or () if isinstance(each, dict))


def _is_ours(hook: dict[str, Any]) -> bool:
    return hook.get("id") == _HOOK or "skc audit" in str(hook.get("entry"))


def _included(there: bytes | None, about: About) -> Drawn:
    item = _text("gitlab-include.yml.j2", about, path=JOB)
    if there is None:
        return _new(GITLAB, f"include:\n  {item}")
    try:
        if _names(items(there, key="include")):
            return Drawn(path=GITLAB)
    except Unfit as error:
        return _by_hand(GITLAB, error, "include", item)
    return _more(GITLAB, there, key="include", item=item)


def _names(included: object) -> bool:
    """Whether the job is among what is included, with or without a slash before it."""
    if isinstance(included, list):
        return any(_names(one) for one in included)
    if isinstance(included, dict):
        return _names(included.get("local"))
    return isinstance(included, str) and included.lstrip("/") == JOB


def _stage(there: bytes | None) -> str:
    """The stage for the job: `test`, or the first one of a project that has no such."""
    try:
        stages = items(there, key="stages") if there is not None else None
    except Unfit:
        return _STAGE
    names = [str(one) for one in stages] if isinstance(stages, list) else []
    return _STAGE if not names or _STAGE in names else names[0]


def _new(path: str, text: str) -> Drawn:
    step = FileWrite(
        key=f"write:{path}", path=path, text=text, replaces=False, diff=_diff(None, text)
    )
    return Drawn(path=path, step=step)


def _more(path: str, there: bytes, *, key: str, item: str) -> Drawn:
    try:
        place = inserted(there, key=key, item=item)
        becomes = sha256(place.into(there)).hexdigest()
    except Unfit as error:
        return _by_hand(path, error, key, item)
    return Drawn(
        path=path,
        step=LinesInsert(
            key=f"insert:{path}",
            path=path,
            insertion=place,
            was=sha256(there).hexdigest(),
            becomes=becomes,
        ),
    )


def _by_hand(path: str, error: Unfit, key: str, item: str) -> Drawn:
    lines = " / ".join(line.strip() for line in item.strip().splitlines())
    return Drawn(path=path, by_hand=f"{path}: {error.why}; add to `{key}` by hand: {lines}")


def _text(name: str, about: About, **more: object) -> str:
    known = {"package": f"{_PACKAGE}=={about.version}", "baseline": OF_AUDIT, **more}
    return filled(template(f"ci/{name}"), known, filters={"quoted": json.dumps})
