"""`skc indexes import`: look, merge, show what changes, write `indexes.yaml`."""

from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from shlex import quote
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.folder import bare_root, folder_state
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.indexes.declared import read
from skillconnect_ops.commands.indexes.look import text_at
from skillconnect_ops.commands.indexes.merging import (
    Merge,
    added_to,
    difference_of,
    merge,
    place,
    text_of,
)
from skillconnect_ops.commands.indexes.sources import Sources, from_code, from_database
from skillconnect_ops.core.plan import Plan, Step, Subject
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import Block, Lines, Table, Text, Tone, count, listed
from skillconnect_ops.journal.kinds import KindOf
from skillconnect_ops.journal.model import Ask, Choices
from skillconnect_ops.journal.resources import Resource
from skillconnect_ops.journal.writing import WriteFile

COMMAND = "indexes import"
FILE = "indexes.yaml"


class Source(StrEnum):
    """Where to look."""

    CODE = "code"
    DATABASE = "database"
    BOTH = "both"


class IndexesWrite(Step, frozen=True, kw_only=True, tag="indexes.write"):
    """Give the file that declares indexes this text."""

    path: str
    text: str
    diff: str
    """What changes, as a unified diff without its head."""
    replaces: bool

    def says(self) -> str:
        """One line for the plan."""
        return f"{'change' if self.replaces else 'write'} {self.path}"

    def below(self) -> str:
        """The diff."""
        return self.diff


def _handler(house: House, subject: Subject) -> WriteFile:
    return WriteFile(house.disk, Path(subject.repository or "."))


IMPORT_KINDS: tuple[KindOf[House], ...] = (KindOf(IndexesWrite, _handler),)


class _Aim(Struct, frozen=True, kw_only=True):
    """Which file is written, of what."""

    root: Path
    target: Target | None
    file: str
    state: Path | None
    """The private state, where there is no project yet."""


class _Seen(Struct, frozen=True, kw_only=True):
    """What was found, and what the file becomes."""

    source: Source
    subject: Subject
    sources: Sources
    merged: Merge
    before: str | None
    after: str

    @property
    def step(self) -> IndexesWrite | None:
        """None where there is nothing to write."""
        if not self.merged.kept or self.after == (self.before or ""):
            return None
        name = self.subject.files[0]
        return IndexesWrite(
            key=f"write:{name}",
            path=name,
            text=self.after,
            diff=difference_of(self.before or "", self.after),
            replaces=self.before is not None,
        )


def bring_in(
    house: House,
    *,
    target: str | None,
    source: Source | None,
    paths: Sequence[Path],
    replace: bool,
    choices: Choices,
) -> Report:
    """Write down the indexes that are declared in code, or are there in the database.

    Args:
        house: the house.
        target: the target; the only one where none is named.
        source: where to look; by default the code, and the database where that declares none.
        paths: only code in or below these.
        replace: whether to write the file anew, and not only to add what it lacks.
        choices: what the person chose.

    Raises:
        Precondition: the file, or the database, cannot be read.
        Refused: nobody agreed.
    """
    aim = _aim(house, target, database=source in {Source.DATABASE, Source.BOTH})
    seen = _look(house, aim, source, paths, replace=replace)
    looks = iter([seen])

    def look() -> Plan:
        return _plan(next(looks, None) or _look(house, aim, seen.source, paths, replace=replace))

    outcome = house.office(state=aim.state).carry_out(
        look,
        person=house.person,
        resources=[Resource("file", str(aim.root / aim.file))],
        consent=Ask(),
        choices=choices,
    )
    return Report(
        command=COMMAND,
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        unknown=_unknown(seen),
        facts=_facts(seen, written=outcome.walked),
        view=_view(seen, written=outcome.walked),
        next=_next(aim, seen, _typed(source, paths, replace=replace), written=outcome.walked),
    )


def _aim(house: House, target: str | None, *, database: bool) -> _Aim:
    try:
        project = house.project()
    except SettingsNotFound:
        if target is not None or database:
            raise
        root = bare_root(house)
        return _Aim(root=root, target=None, file=FILE, state=folder_state(house, root))
    chosen = house.target(target)
    return _Aim(root=project.root, target=chosen, file=chosen.settings.indexes, state=None)


def _look(
    house: House, aim: _Aim, source: Source | None, paths: Sequence[Path], *, replace: bool
) -> _Seen:
    found = Sources()
    cluster = database = None
    if source is not Source.DATABASE:
        found += from_code(house, aim.root, paths)
    if source is None:
        has_database = aim.target is not None and aim.target.settings.database is not None
        alone = not found.declared and not found.unknown and not paths and has_database
        source = Source.DATABASE if alone else Source.CODE
    if source is not Source.CODE and aim.target is not None:
        with house.database(aim.target) as connected:
            found += from_database(connected)
            cluster, database = connected.cluster, connected.name
    before = text_at(aim.root / aim.file, file=aim.file)
    old = read(before, file=aim.file) if before is not None and not replace else ()
    merged = merge(found.declared, before=old)
    after = before or ""
    if merged.kept:
        fresh = before is None or replace
        after = text_of(merged) if fresh else added_to(before or "", merged, path=aim.file)
        read(after, file=aim.file)  # what is written can be read, or is not written
    return _Seen(
        source=source,
        subject=Subject(
            target=aim.target.name if aim.target is not None else None,
            cluster=cluster,
            database=database,
            repository=str(aim.root),
            files=(aim.file,),
        ),
        sources=found,
        merged=merged,
        before=before,
        after=after,
    )


def _plan(seen: _Seen) -> Plan:
    state = sha256(f"{seen.before}\0{seen.after}".encode()).hexdigest()
    step = seen.step
    notes = [f"conflict in {one.says()}; the first stays" for one in seen.merged.conflicts]
    unknown = _unknown(seen)
    if unknown:
        places = listed([one.subject for one in unknown])
        notes.append(f"{count(len(unknown), 'place')} cannot be told from the text: {places}")
    return Plan(
        command=COMMAND,
        subject=seen.subject,
        state=state,
        steps=() if step is None else (step,),
        notes=tuple(notes),
    )


def _unknown(seen: _Seen) -> tuple[Unknown, ...]:
    return (
        *seen.sources.unknown,
        *(Unknown(place(one), f"{one.index.says()}: {why}") for one, why in seen.merged.refused),
    )


def _facts(seen: _Seen, *, written: bool) -> dict[str, Any]:
    return {
        "from": seen.source.value,
        "path": seen.subject.files[0],
        "files_read": seen.sources.files,
        "indexes": [
            {
                "collection": one.collection,
                "index": one.index.declared(),
                "places": list(one.places),
            }
            for one in seen.merged.kept
        ],
        "conflicts": [
            {
                "collection": one.kept.collection,
                "kept": one.kept.index.declared(),
                "kept_at": place(one.kept),
                "other": one.other.index.declared(),
                "other_at": place(one.other),
                "why": one.why,
            }
            for one in seen.merged.conflicts
        ],
        "diff": seen.step.diff if seen.step is not None else "",
        "written": written,
    }


def _view(seen: _Seen, *, written: bool) -> tuple[Block, ...]:
    name = seen.subject.files[0]
    if not seen.merged.kept:
        said = f"{name} lacks nothing of what was found" if seen.sources.declared else "none found"
        blocks: list[Block] = [Lines((Text(said, Tone.GOOD),))]
    else:
        blocks = [
            Table(
                ("collection", "index", "found at"),
                tuple(
                    (one.collection, one.index.says(), listed(one.places, most=2))
                    for one in seen.merged.kept
                ),
                title=f"{name}{' (written)' if written else ''}",
            )
        ]
    if seen.merged.conflicts:
        conflicts = (Text(f"conflict in {one.says()}", Tone.WARN) for one in seen.merged.conflicts)
        blocks.append(Lines(tuple(conflicts)))
    return tuple(blocks)


def _typed(source: Source | None, paths: Sequence[Path], *, replace: bool) -> str:
    """The command, without what only looks."""
    words = ["skc indexes import", *(quote(str(path)) for path in paths)]
    words += [f"--from {source.value}"] if source is not None else []
    return " ".join((*words, *(["--replace"] if replace else [])))


def _next(aim: _Aim, seen: _Seen, typed: str, *, written: bool) -> tuple[str, ...]:
    if seen.step is not None and not written:
        return (f"{typed} --yes",)
    if aim.target is None:
        return ("skc init",)
    return ("skc indexes --dry-run",)
