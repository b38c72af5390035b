"""The step that puts one restored collection in its place.

The old one waits aside until everything is in place. A collection is renamed, which keeps its UUID
and is one instant. A time series cannot be renamed: it is copied, and the copy gets the aside name
only when it is whole; so that whoever finds that name knows that the old data is safe there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.backup.compare import shape_differences
from skillconnect_ops.commands.backup.load import Load, Loader, creation_options
from skillconnect_ops.commands.backup.mongodump_format import (
    BUCKETS,
    from_extended_json,
    to_extended_json,
)
from skillconnect_ops.commands.backup.restore_steps import (
    Connect,
    Piece,
    RestoreFailed,
    RestorePlace,
    by_name,
    opened,
)
from skillconnect_ops.core.plan import Image, Proof, Walk
from skillconnect_ops.core.ports.database import Collection, CollectionKind, Database
from skillconnect_ops.core.view import listed
from skillconnect_ops.disk.files import Disk

Found = Mapping[str, Collection]


class PlaceHandler:
    """Carries out `restore.place`."""

    def __init__(self, *, connect: Connect, disk: Disk) -> None:
        self._connect = connect
        self._disk = disk

    def before(self, step: RestorePlace, walk: Walk) -> Image:
        """What has the name now, and which UUID will have it."""
        piece = step.piece
        with self._connect(step.source.target) as connected:
            found = by_name(connected.database, piece.database)
        old = found.get(piece.name)
        new = found.get(piece.staged) if piece.staged else None
        return {"old": None if old is None else _remembered(old), "new": new and new.uuid}

    def apply(self, step: RestorePlace, walk: Walk) -> Mapping[str, Any]:
        """Old aside, new in place; each half is done only where the world still lacks it."""
        piece = step.piece
        with self._connect(step.source.target) as connected:
            database = connected.database
            found = by_name(database, piece.database)
            if piece.staged and piece.staged not in found:
                return {}  # a resumed run finds the renaming done
            _make_way(database, piece, found)
            if piece.staged:
                database.rename(piece.database, piece.staged, piece.name)
            else:
                self._make(step, database, walk)
        return {}

    def verify(self, step: RestorePlace, walk: Walk) -> Sequence[Proof]:
        """The name must stand for what the backup holds.

        Raises:
            RestoreFailed: it does not.
        """
        manifest, _, _ = opened(step.source, self._disk, keys=False)
        piece = step.piece
        with self._connect(step.source.target) as connected:
            found = by_name(connected.database, piece.database).get(piece.name)
        differences = list(shape_differences(manifest.entry(piece.entry), found))
        if differences:
            raise RestoreFailed(
                f"{piece.database}.{piece.name} is not as the backup holds it",
                why=listed(differences),
                fix=f"skc backup verify {manifest.id} --drill   # is the backup at fault?",
            )
        return ()

    def undo(self, step: RestorePlace, image: Image, walk: Walk) -> None:
        """Give the name back to what had it."""
        piece, old = step.piece, image["old"]
        with self._connect(step.source.target) as connected:
            database = connected.database
            found = by_name(database, piece.database)
            here = found.get(piece.name)
            if piece.aside is not None:
                database.drop(piece.database, _half(piece))
            if old is not None and here is not None and _remembered(here) == old:
                if piece.aside in found:  # a safety copy that did not get to its use
                    database.drop(piece.database, piece.aside)
                return
            if _is_series(old) and piece.aside not in found:
                return  # an earlier undo brought it back, under a new UUID, and dropped the copy
            if here is not None:
                _free(database, piece, here, image)
            if old is not None:
                _bring_back(database, piece, old, walk)

    def _make(self, step: RestorePlace, database: Database, walk: Walk) -> None:
        """Make a view, or make and load a time series, under its own name."""
        piece = step.piece
        manifest, folder, keys = opened(step.source, self._disk)
        entry = manifest.entry(piece.entry)
        if piece.kind is CollectionKind.VIEW:
            database.create(piece.database, piece.name, creation_options(entry))
            return
        with walk.person.progress(piece.name, total=entry.size_bytes, unit="B") as ticker:
            loader = Loader(
                database,
                folder=folder,
                identities=keys,
                advance=ticker.advance,
                stopped=walk.stopped,
            )
            loader.run([Load(entry=entry, database=piece.database, name=piece.name)])


def _make_way(database: Database, piece: Piece, found: Found) -> None:
    """Free the name, the old data safe aside.

    Raises:
        RestoreFailed: a collection came there that nobody planned for.
    """
    here = found.get(piece.name)
    if here is None:
        return
    safe = piece.aside is not None and piece.aside in found
    match here.kind:
        case CollectionKind.VIEW:
            database.drop(piece.database, piece.name)
        case CollectionKind.COLLECTION:
            if safe or piece.aside is None:
                raise _foreign(piece, here)
            database.rename(piece.database, piece.name, piece.aside)
        case CollectionKind.TIMESERIES:
            if piece.aside is not None and not safe:
                _copy(database, piece.database, BUCKETS + piece.name, _half(piece))
                database.settle()
                database.rename(piece.database, _half(piece), piece.aside)
            database.drop(piece.database, piece.name)


def _free(database: Database, piece: Piece, here: Collection, image: Image) -> None:
    """Take away what the restore put there: renamed back beside, or dropped."""
    if piece.staged and here.uuid == image["new"]:
        database.rename(piece.database, piece.name, piece.staged)
    elif (piece.staged is None and here.kind is piece.kind) or _is_series(image["old"]):
        database.drop(piece.database, piece.name)
    else:
        raise _foreign(piece, here)


def _bring_back(database: Database, piece: Piece, old: Mapping[str, Any], walk: Walk) -> None:
    if CollectionKind(old["kind"]) is CollectionKind.COLLECTION:
        database.rename(piece.database, str(piece.aside), piece.name)
        return
    database.create(piece.database, piece.name, from_extended_json(old["options"]))
    if _is_series(old):
        walk.person.note(f"loading the time series {piece.name} back from its safety copy")
        _fill(database, piece.database, str(piece.aside), BUCKETS + piece.name)
        indexes = [from_extended_json(index) for index in old["indexes"]]
        if indexes:
            database.index(piece.database, piece.name, indexes)
        database.settle()
        database.drop(piece.database, str(piece.aside))


def _copy(database: Database, name: str, source: str, to: str) -> None:
    """Copy all documents within a database into a new plain collection."""
    database.drop(name, to)
    database.create(name, to, from_extended_json({}))
    _fill(database, name, source, to)


def _fill(database: Database, name: str, source: str, to: str) -> None:
    with database.batches(name, source, at=None) as batches:
        for batch in batches:
            database.insert(name, to, batch.documents, count=len(batch.each))


def _remembered(old: Collection) -> dict[str, Any]:
    """A collection as an image holds it; options and indexes let a time series be made again."""
    return {
        "kind": old.kind.value,
        "uuid": old.uuid,
        "options": to_extended_json(old.options),
        "indexes": [to_extended_json(index) for index in old.indexes],
    }


def _is_series(old: Mapping[str, Any] | None) -> bool:
    return old is not None and old["kind"] == CollectionKind.TIMESERIES.value


def _half(piece: Piece) -> str:
    """Where a safety copy grows until it is whole."""
    return f"{piece.aside}_half"


def _foreign(piece: Piece, here: Collection) -> RestoreFailed:
    return RestoreFailed(
        f"{piece.database}.{piece.name} was changed by someone else meanwhile",
        why=f"there is a {here.kind.value} that this restore neither found nor made",
        fix=f"move it away; the old data, if there was any, is in {piece.aside or 'no collection'}",
    )
