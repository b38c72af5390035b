"""`skc init --ci`: look at the files that CI has, plan, hand over to the gait."""

import os
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.folder import folder_state
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.init.ci import FILES, HOOKS, About, Drawn, System, drawn
from skillconnect_ops.commands.init.errors import (
    FolderNotWritable,
    NotOurs,
    NotPlainFile,
    NotTheRoot,
    Unreadable,
)
from skillconnect_ops.commands.init.steps import FileWrite, LinesInsert
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.ports.git import RepositoryState
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.shell import word
from skillconnect_ops.core.view import Block, Cell, Pairs, Text, Tone
from skillconnect_ops.journal.model import Ask, Choices, Consent, TypeName
from skillconnect_ops.journal.resources import Resource

_BRANCHES = ("main", "master")
_MAIN = "main"


class Ci(Struct, frozen=True, kw_only=True):
    """What is to be done with the files of CI."""

    files: tuple[Drawn, ...] = ()
    state: str = ""
    """A digest of the files that are there."""

    @property
    def steps(self) -> tuple[FileWrite | LinesInsert, ...]:
        """What changes them."""
        return tuple(one.step for one in self.files if one.step is not None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person has to do."""
        return tuple(one.by_hand for one in self.files if one.by_hand is not None)

    @property
    def replaced(self) -> tuple[str, ...]:
        """The files that hold what a person wrote, and that are written anew."""
        return tuple(one.path for one in self.files if one.edited or one.foreign)

    @property
    def paths(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(one.path for one in self.files)

    def consent(self) -> Consent:
        """What has to be agreed to."""
        if self.replaced:
            return TypeName(" ".join(self.replaced), does="writes anew")
        return Ask()

    def facts(self, *, written: bool) -> list[dict[str, Any]]:
        """The files, and what became of each."""
        return [
            {
                "path": one.path,
                "state": "by_hand"
                if one.by_hand
                else "same"
                if one.step is None
                else "written"
                if written
                else "planned",
                "by_hand": one.by_hand,
            }
            for one in self.files
        ]

    def view(self, *, written: bool) -> tuple[Block, ...]:
        """The same for people."""
        pairs: list[tuple[str, Cell]] = []
        for one in self.files:
            if one.by_hand is not None:
                said: Cell = Text(one.by_hand.partition(": ")[2], Tone.WARN)
            elif one.step is None:
                said = "is as it would be written"
            else:
                said = Text("written; commit it", Tone.GOOD) if written else "not written"
            pairs.append((one.path, said))
        return (Pairs(tuple(pairs)),) if pairs else ()

    def next(self, *, written: bool) -> tuple[str, ...]:
        """What comes then."""
        paths = [one.path for one in self.files if one.step is not None]
        if not written or not paths:
            return ()
        added = f"git add {' '.join(word(path) for path in paths)}"
        return (added, "pre-commit install") if HOOKS in paths else (added,)


def look(house: House, root: Path, systems: Sequence[System], *, replace: bool) -> Ci:
    """What is to be done for these systems.

    Raises:
        Refused: a file is there that skc did not write, or that was edited since.
        Precondition: the folder is not the repository's root; a file cannot be read.
    """
    if not systems:
        return Ci()
    state = house.git.state(root)
    if state is not None and state.root != root:
        raise NotTheRoot(root, repository=state.root)
    about = About(version=version("skillconnect-ops"), branch=_branch(house, root, state))
    there = {path: _bytes(root, path) for system in System for path in FILES[system]}
    files = tuple(
        one
        for system in System
        if system in systems
        for one in drawn(system, {path: there[path] for path in FILES[system]}, about)
    )
    found = Ci(files=files, state=_digest(there, files))
    if found.replaced and not replace:
        raise NotOurs([(one.path, one.edited) for one in files if one.edited or one.foreign])
    return found


def write(
    house: House,
    root: Path,
    systems: Sequence[System],
    *,
    identity: str | None,
    replace: bool,
    choices: Choices,
) -> Report:
    """Write the files of CI alone.

    Args:
        house: the house.
        root: the project's folder.
        systems: for which.
        identity: the project's id; None where its `skc.yaml` cannot be read.
        replace: whether files may go that skc did not write.
        choices: what the person chose.

    Raises:
        Refused: as `look` does, or nobody agreed.
        Precondition: as `look` does, or nothing can be written there.
    """
    found = look(house, root, systems, replace=replace)
    if not choices.dry_run and found.steps and not os.access(root, os.W_OK):
        raise FolderNotWritable(root)

    def look_again() -> Plan:
        now = look(house, root, systems, replace=replace)
        return Plan(
            command="init",
            subject=Subject(repository=str(root), files=now.paths),
            state=now.state,
            steps=now.steps,
            notes=now.notes,
        )

    own = folder_state(house, root) if identity is None else house.environment.state_home / identity
    outcome = house.office(state=own).carry_out(
        look_again,
        person=house.person,
        resources=[Resource("file", str(root / path)) for path in found.paths],
        consent=found.consent(),
        choices=choices,
    )
    return Report(
        command="init",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={"ci": found.facts(written=outcome.walked)},
        view=found.view(written=outcome.walked),
        next=found.next(written=outcome.walked),
    )


def _bytes(root: Path, path: str) -> bytes | None:
    place = root / path
    if place.is_symlink() or place.is_dir() or not place.resolve().is_relative_to(root.resolve()):
        raise NotPlainFile(place)
    try:
        return place.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unreadable(place, why=error.strerror or "it cannot be read") from error


def _branch(house: House, root: Path, state: RepositoryState | None) -> str:
    """The branch that pull requests are for: `main` or `master`, else the one that is out."""
    repository = house.repositories.open(root) if state is not None else None
    refs = repository.refs() if repository is not None else {}
    for name in _BRANCHES:
        if {f"refs/remotes/origin/{name}", f"refs/heads/{name}"} & set(refs):
            return name
    return (state.branch if state is not None else None) or _MAIN


def _digest(there: dict[str, bytes | None], files: Sequence[Drawn]) -> str:
    known = {one.path: there[one.path] for one in files}
    parts = (f"{path}\0{_of(data)}" for path, data in sorted(known.items()))
    return sha256("\0".join(parts).encode()).hexdigest()


def _of(data: bytes | None) -> str:
    return "absent" if data is None else sha256(data).hexdigest()
