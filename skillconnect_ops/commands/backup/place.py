"""The step that puts one restored collection in its place; `swap` says how."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from skillconnect_ops.commands.backup.compare import shape_differences
from skillconnect_ops.commands.backup.load import Load, Loader, creation_options
from skillconnect_ops.commands.backup.model import CollectionEntry
from skillconnect_ops.commands.backup.mongodump_format import BUCKETS
from skillconnect_ops.commands.backup.restore_model import Piece
from skillconnect_ops.commands.backup.restore_steps import (
    RestoreFailed,
    RestorePlace,
    by_name,
    count_difference,
    opened,
)
from skillconnect_ops.commands.backup.swap import Swap
from skillconnect_ops.commands.backup.whose import remembered
from skillconnect_ops.commands.deployment import Connect
from skillconnect_ops.core.plan import Image, Proof, Walk
from skillconnect_ops.core.ports.database import CollectionKind, Database, NotAuthorized
from skillconnect_ops.core.view import listed
from skillconnect_ops.disk.files import Disk


class PlaceHandler:
    """Carries out `restore.place`."""

    def __init__(self, *, connect: Connect, disk: Disk) -> None:
        self._connect = connect
        self._disk = disk

    def before(self, step: RestorePlace, walk: Walk) -> Image:
        """What has the name now."""
        piece = step.piece
        with self._connect(step.source.target) as connected:
            found = by_name(connected.database, piece.database, {piece.name})
        return {"old": remembered(found.get(piece.name))}

    def apply(self, step: RestorePlace, walk: Walk) -> Mapping[str, Any]:
        """Old aside, new in place."""
        with self._connect(step.source.target) as connected:
            database = connected.database
            manifest, _, _ = opened(step.source, self._disk, keys=False)
            swap = Swap(database, step.piece, key=step.key, walk=walk)
            swap.forward(
                lambda: self._make(step, database, walk, swap.made),
                options=manifest.entry(step.piece.entry).options,
            )
        return {}

    def verify(self, step: RestorePlace, walk: Walk) -> Sequence[Proof]:
        """The name must stand for what the backup holds.

        Raises:
            RestoreFailed: it does not.
        """
        manifest, _, _ = opened(step.source, self._disk, keys=False)
        piece = step.piece
        with self._connect(step.source.target) as connected:
            differences = list(_differences(connected.database, piece, manifest.entry(piece.entry)))
        if differences:
            raise RestoreFailed(
                f"{piece.database}.{piece.name} is not as the backup holds it",
                why=listed(differences),
                fix=f"skc backup verify {manifest.id} --drill   # is the backup at fault?",
            )
        return ()

    def undo(self, step: RestorePlace, image: Image, walk: Walk) -> None:
        """Give the name back to what had it."""
        with self._connect(step.source.target) as connected:
            Swap(connected.database, step.piece, key=step.key, walk=walk).back(image["old"])

    def _make(
        self, step: RestorePlace, database: Database, walk: Walk, made: Callable[[], None]
    ) -> None:
        """Make a view, or make and load a time series, under its own name."""
        piece = step.piece
        view = piece.kind is CollectionKind.VIEW
        manifest, folder, keys = opened(step.source, self._disk, keys=not view)
        entry = manifest.entry(piece.entry)
        if view:
            database.create(piece.database, piece.name, creation_options(entry))
            return
        with walk.person.progress(piece.name, total=entry.size_bytes, unit="B") as ticker:
            loader = Loader(
                database,
                folder=folder,
                identities=keys,
                advance=ticker.advance,
                stopped=walk.stopped,
                created=made,
            )
            loader.run([Load(entry=entry, database=piece.database, name=piece.name)])


def _differences(database: Database, piece: Piece, entry: CollectionEntry) -> Iterator[str]:
    """How what has the name differs; staged collections were counted when they were loaded."""
    found = by_name(database, piece.database, {piece.name}).get(piece.name)
    yield from shape_differences(entry, found)
    if found is not None and found.kind is CollectionKind.TIMESERIES:
        with suppress(NotAuthorized):  # who may write buckets may not be allowed to read them
            yield from count_difference(
                database, piece.database, BUCKETS + piece.name, entry, in_use=True
            )
