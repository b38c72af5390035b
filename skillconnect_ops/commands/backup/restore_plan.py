"""What a restore will do to a database; pure."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from skillconnect_ops.commands.backup.choice import Selection
from skillconnect_ops.commands.backup.model import Manifest, view_depths
from skillconnect_ops.commands.backup.restore_model import Piece, Replaced, Source
from skillconnect_ops.commands.backup.restore_steps import (
    RestoreDiscard,
    RestorePlace,
    RestoreStage,
)
from skillconnect_ops.commands.backup.staging import aside_name, is_ours, staged_name
from skillconnect_ops.core.errors import Refused
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.ports.database import Collection, CollectionKind
from skillconnect_ops.core.view import count, listed, size

Found = Mapping[str, Sequence[Collection]]
"""What is there now, by database."""


class TargetNotEmpty(Refused):
    """The database holds collections, and nobody said that they may go."""


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
    lost_only: bool = True,
    doubted: bool = False,
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
        lost_only: whether staged collections that are there belong to no run of this project;
            those of one that is open are put right before anything else.
        doubted: whether the newest look at the backup found it damaged.

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
        notes=(
            *_origin(manifest, subject, doubted=doubted),
            *_notes(manifest, numbered, others, there, selection=selection),
            *(_lost(found) if lost_only else ()),
        ),
    )


def replaced(pieces: Sequence[Piece], found: Found) -> list[tuple[str, str]]:
    """What is there and would be replaced: database and name."""
    touched = {(piece.database, piece.name) for piece in pieces}
    return sorted(touched & _present(found).keys())


def _present(found: Found) -> dict[tuple[str, str], Collection]:
    return {
        (database, collection.name): collection
        for database, collections in found.items()
        for collection in collections
        if not is_ours(collection.name)
    }


def _lost(found: Found) -> Iterator[str]:
    """Runs that died were brought to their end before; what is left has no journal here."""
    names = [
        f"{database}.{collection.name}"
        for database, collections in found.items()
        for collection in collections
        if is_ours(collection.name)
    ]
    if names:
        yield (
            f"of a restore whose journal is not here: {listed(names)}; look into them, since "
            "__skc_old_… may be the only copy of something, then drop them"
        )


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
        content=piece.content,
        staged=staged,
        replaces=None if old is None else Replaced.of(old),
        aside=aside_name(token, number) if keeps else None,
    )


def _views_last(pieces: Sequence[Piece], manifest: Manifest) -> list[Piece]:
    """Collections, then time series, then views after the views that they look at."""
    depths = view_depths(manifest.collections)

    def order(piece: Piece) -> int:
        if piece.kind is CollectionKind.TIMESERIES:
            return 1
        return depths[piece.entry] + 1 if piece.entry in depths else 0

    return sorted(pieces, key=order)


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


def _origin(manifest: Manifest, subject: Subject, *, doubted: bool) -> Iterator[str]:
    if doubted:
        yield f"the last look at {manifest.id} FAILED: skc backup verify {manifest.id}"
    if subject.cluster != manifest.subject.cluster:
        yield f"the backup was taken from {manifest.subject.cluster}, not from here"


def _notes(
    manifest: Manifest,
    pieces: Sequence[Piece],
    others: Sequence[tuple[str, str]],
    there: Mapping[tuple[str, str], Collection],
    *,
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
        yield "what the app writes after the safety backup is lost with the old data: stop it first"
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
