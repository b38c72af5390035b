"""What a restore will do to a database; pure."""

import difflib
import hashlib
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from skillconnect_ops.commands.backup.model import Manifest
from skillconnect_ops.commands.backup.restore_steps import (
    Piece,
    RestoreDiscard,
    RestorePlace,
    RestoreStage,
    Source,
)
from skillconnect_ops.commands.backup.staging import aside_name, is_ours, staged_name
from skillconnect_ops.core.errors import Refused, UsageError
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.ports.database import Collection, CollectionKind
from skillconnect_ops.core.view import count, listed, size

Found = Mapping[str, Sequence[Collection]]
"""What is there now, by database."""


class Selection(Struct, frozen=True, kw_only=True):
    """Which part of a backup is restored, and to where."""

    databases: tuple[str, ...] = ()
    """Of the backup; empty for all."""
    collections: tuple[str, ...] = ()
    """Empty for all."""
    into: str | None = None
    """Another database to restore to."""
    renames: Mapping[str, str] = {}
    """Collection -> the name it gets."""

    @property
    def complete(self) -> bool:
        """Whether whole databases are restored."""
        return not self.collections


class TargetNotEmpty(Refused):
    """The database holds collections, and nobody said that they may go."""


class NotInBackup(UsageError):
    """The backup does not hold what was asked for."""


def choose(manifest: Manifest, selection: Selection) -> list[Piece]:
    """The collections to restore, each with the place it gets.

    Raises:
        NotInBackup: something that was named is not there, or `--into` fits several databases.
    """
    _known("database", selection.databases, manifest.subject.databases)
    entries = [
        entry
        for entry in manifest.collections
        if not selection.databases or entry.database in selection.databases
    ]
    names = [entry.name for entry in entries]
    _known("collection", (*selection.collections, *selection.renames), names)
    databases = {entry.database for entry in entries}
    if selection.into is not None and len(databases) > 1:
        raise NotInBackup(
            f"--into {selection.into} cannot take several databases",
            why=f"the backup holds {listed(sorted(databases))}",
            fix=f"skc restore {manifest.id} --db {min(databases)} --into {selection.into}",
        )
    pieces = [
        Piece(
            entry=entry.namespace,
            kind=entry.kind,
            database=selection.into or entry.database,
            name=selection.renames.get(entry.name, entry.name),
            documents=entry.documents,
            size_bytes=entry.size_bytes,
        )
        for entry in entries
        if not selection.collections or entry.name in selection.collections
    ]
    _distinct(pieces)
    return pieces


def plan_restore(
    manifest: Manifest,
    pieces: Sequence[Piece],
    found: Found,
    *,
    selection: Selection,
    source: Source,
    subject: Subject,
    token: str,
    replace: bool,
) -> Plan:
    """Stage everything beside, put each in its place, and drop what was replaced last.

    Args:
        manifest: of the backup.
        pieces: what `choose` gave.
        found: what the target databases hold now.
        selection: what was asked for.
        source: where the data lies.
        subject: for the plan's first line.
        token: random, names the staged collections.
        replace: whether collections that are there may be replaced.

    Raises:
        TargetNotEmpty: something is in the way and `replace` is False.
    """
    there = _present(found)
    touched = {(piece.database, piece.name) for piece in pieces}
    conflicts = sorted(touched & there.keys())
    others = sorted(there.keys() - touched)
    if not replace and (conflicts or (selection.complete and others)):
        raise _not_empty(manifest.id, conflicts or others, selection)
    numbered = [
        _numbered(piece, token, number, there.get((piece.database, piece.name)))
        for number, piece in enumerate(pieces)
    ]
    stored = tuple(piece for piece in numbered if piece.kind is CollectionKind.COLLECTION)
    stage = RestoreStage(key=f"stage:{manifest.id}", source=source, pieces=stored)
    places = [
        RestorePlace(key=f"place:{piece.database}.{piece.name}", source=source, piece=piece)
        for piece in _views_last(numbered, manifest)
    ]
    discards = [
        RestoreDiscard(
            key=f"discard:{piece.database}.{piece.name}",
            target=source.target,
            database=piece.database,
            name=piece.name,
            aside=piece.aside,
        )
        for piece in numbered
        if piece.aside is not None
    ]
    return Plan(
        command="restore",
        subject=subject,
        state=_state(manifest, there, touched),
        steps=((stage, *places) if stored else tuple(places)),
        final=tuple(discards),
        notes=tuple(_notes(manifest, numbered, others, there, selection)),
    )


def replaced(pieces: Sequence[Piece], found: Found) -> list[str]:
    """The namespaces that are there and would be replaced."""
    there = _present(found)
    return sorted(
        f"{piece.database}.{piece.name}"
        for piece in pieces
        if (piece.database, piece.name) in there
    )


def _present(found: Found) -> dict[tuple[str, str], Collection]:
    return {
        (database, collection.name): collection
        for database, collections in found.items()
        for collection in collections
        if not is_ours(collection.name)
    }


def _numbered(piece: Piece, token: str, number: int, old: Collection | None) -> Piece:
    """The piece with its names beside; a view needs none, and nothing old needs no aside."""
    staged = staged_name(token, number) if piece.kind is CollectionKind.COLLECTION else None
    keeps = old is not None and old.kind is not CollectionKind.VIEW
    return Piece(
        entry=piece.entry,
        kind=piece.kind,
        database=piece.database,
        name=piece.name,
        documents=piece.documents,
        size_bytes=piece.size_bytes,
        staged=staged,
        aside=aside_name(token, number) if keeps else None,
    )


def _views_last(pieces: Sequence[Piece], manifest: Manifest) -> list[Piece]:
    """Collections, then time series, then views after the views that they look at."""
    looks_at = {
        entry.namespace: f"{entry.database}.{entry.options.get('viewOn', '')}"
        for entry in manifest.collections
        if entry.kind is CollectionKind.VIEW
    }

    def depth(piece: Piece) -> int:
        if piece.kind is CollectionKind.TIMESERIES:
            return 1
        name, steps = piece.entry, 0
        while name in looks_at and steps <= len(looks_at):
            name, steps = looks_at[name], steps + 1
        return steps + 1 if steps else 0

    return sorted(pieces, key=depth)


def _state(
    manifest: Manifest,
    there: Mapping[tuple[str, str], Collection],
    touched: set[tuple[str, str]],
) -> str:
    digest = hashlib.sha256(manifest.digest.encode())
    for place in sorted(touched & there.keys()):
        found = there[place]
        digest.update(repr((place, found.kind.value, found.uuid)).encode())
        if found.kind is CollectionKind.VIEW:
            digest.update(found.options)
    return digest.hexdigest()


def _notes(
    manifest: Manifest,
    pieces: Sequence[Piece],
    others: Sequence[tuple[str, str]],
    there: Mapping[tuple[str, str], Collection],
    selection: Selection,
) -> Iterator[str]:
    total = sum(piece.size_bytes for piece in pieces)
    documents = sum(piece.documents for piece in pieces)
    yield (
        f"backup {manifest.id}: {count(documents, 'document')}, {size(total)}; "
        f"{manifest.consistency.statement}"
    )
    if others and selection.complete:
        names = [f"{database}.{name}" for database, name in others]
        yield f"left alone, since the backup does not hold them: {listed(names)}"
    swapped = [
        piece
        for piece in pieces
        if (piece.database, piece.name) in there and piece.kind is CollectionKind.COLLECTION
    ]
    if swapped:
        yield "writes to a replaced collection between loading and renaming are lost: stop the app"
    for piece in pieces:
        old = there.get((piece.database, piece.name))
        series = CollectionKind.TIMESERIES
        if old is not None and series in {old.kind, piece.kind}:
            yield (
                f"gap: {piece.database}.{piece.name} is missing while it loads, since a time "
                "series cannot be renamed; the old one is copied beside first"
            )
    for entry in manifest.collections:
        seen = str(entry.options.get("viewOn", ""))
        if seen in selection.renames and any(one.entry == entry.namespace for one in pieces):
            yield f"the view {entry.name} still looks at {seen}, not {selection.renames[seen]}"


def _known(noun: str, wanted: Sequence[str], names: Sequence[str]) -> None:
    for name in wanted:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            raise NotInBackup(
                f"the backup holds no {noun} {name}",
                why=f"the nearest is {near[0]}" if near else f"it holds {listed(names)}",
                fix="skc backup show ID   # lists what it holds",
            )


def _distinct(pieces: Sequence[Piece]) -> None:
    seen: set[tuple[str, str]] = set()
    for piece in pieces:
        place = (piece.database, piece.name)
        if place in seen:
            raise NotInBackup(
                f"two collections would become {piece.database}.{piece.name}",
                why="--rename or --into gives them the same name",
                fix="give each a name of its own",
            )
        seen.add(place)


def _not_empty(
    backup: str, names: Sequence[tuple[str, str]], selection: Selection
) -> TargetNotEmpty:
    shown = listed([f"{database}.{name}" for database, name in names])
    into = selection.into or names[0][0]
    return TargetNotEmpty(
        f"the database {into} is not empty",
        why=f"it holds {shown}; a restore never mixes with what is there",
        fix=f"skc restore {backup} --into {into}_restored   # or --replace, to replace them",
    )
