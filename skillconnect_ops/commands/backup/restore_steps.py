"""The steps of a restore: load beside, put in place, drop the old."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.backup.age_keys import IdentityMissing, identities
from skillconnect_ops.commands.backup.compare import shape_differences
from skillconnect_ops.commands.backup.load import Load, Loader
from skillconnect_ops.commands.backup.model import CollectionEntry, Manifest
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.commands.backup.stored import Identity
from skillconnect_ops.commands.house import Connected
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.database import Collection, CollectionKind, Database
from skillconnect_ops.core.view import count, listed, size
from skillconnect_ops.disk.files import Disk

Connect = Callable[[str], AbstractContextManager[Connected]]


class Piece(Struct, frozen=True, kw_only=True):
    """One collection of a backup on its way to its place."""

    entry: str
    """Its namespace in the backup."""
    kind: CollectionKind
    database: str
    name: str
    documents: int
    size_bytes: int
    staged: str | None = None
    """Where it is loaded first; None for what is made in place (views, time series)."""
    aside: str | None = None
    """Where the old one waits; None where nothing old has data."""


class Source(Struct, frozen=True, kw_only=True):
    """Where a restore reads from; stands in its steps, so that another process can resume."""

    backup: str
    location: str
    target: str
    identity: str | None


class RestoreStage(Step, frozen=True, kw_only=True, tag="restore.stage"):
    """Load collections beside the real ones, with their indexes."""

    source: Source
    pieces: tuple[Piece, ...]

    def says(self) -> str:
        """One line of the plan."""
        total = sum(piece.size_bytes for piece in self.pieces)
        return (
            f"load {count(len(self.pieces), 'collection')} ({size(total)}) beside, and check them"
        )


class RestorePlace(Step, frozen=True, kw_only=True, tag="restore.place"):
    """Move the old one aside, and the restored one to its place."""

    source: Source
    piece: Piece

    def says(self) -> str:
        """One line of the plan."""
        where = f"{self.piece.database}.{self.piece.name}"
        made = {
            CollectionKind.COLLECTION: "rename into place",
            CollectionKind.VIEW: "create the view",
            CollectionKind.TIMESERIES: "create and load the time series",
        }[self.piece.kind]
        return f"{made}: {where}" + (", the old one aside" if self.piece.aside else "")


class RestoreDiscard(Step, frozen=True, kw_only=True, tag="restore.discard"):
    """Drop the old one."""

    target: str
    database: str
    name: str
    aside: str

    def says(self) -> str:
        """One line of the plan."""
        return f"drop the old {self.database}.{self.name}"


class RestoreFailed(Precondition):
    """What was restored is not what the backup holds."""


class StageHandler:
    """Carries out `restore.stage`."""

    def __init__(self, *, connect: Connect, disk: Disk) -> None:
        self._connect = connect
        self._disk = disk

    def before(self, step: RestoreStage, walk: Walk) -> Image:
        """Names with a random token of their own: nothing is there."""
        return {}

    def apply(self, step: RestoreStage, walk: Walk) -> Mapping[str, Any]:
        """Load everything; a resumed load begins anew."""
        manifest, folder, keys = opened(step.source, self._disk)
        with self._connect(step.source.target) as connected:
            _drop_staged(connected.database, step)
            total = sum(piece.size_bytes for piece in step.pieces)
            with walk.person.progress("restoring", total=total, unit="B") as ticker:
                loader = Loader(
                    connected.database,
                    folder=folder,
                    identities=keys,
                    advance=ticker.advance,
                    stopped=walk.stopped,
                )
                loader.run(
                    [
                        Load(
                            entry=manifest.entry(piece.entry),
                            database=piece.database,
                            name=str(piece.staged),
                        )
                        for piece in step.pieces
                    ]
                )
        return {"documents": sum(piece.documents for piece in step.pieces)}

    def verify(self, step: RestoreStage, walk: Walk) -> Sequence[Proof]:
        """Count documents, compare options and indexes, at the server."""
        manifest, _, _ = opened(step.source, self._disk, keys=False)
        with self._connect(step.source.target) as connected:
            differences = [
                difference
                for piece in step.pieces
                for difference in _loaded_wrong(
                    connected.database, manifest.entry(piece.entry), piece
                )
            ]
            cluster = connected.cluster
        return (
            Proof(
                claim="restore.loaded",
                subject={
                    "target": step.source.target,
                    "cluster": cluster,
                    "databases": sorted({piece.database for piece in step.pieces}),
                },
                holds=not differences,
                facts={
                    "backup": manifest.id,
                    "manifest": manifest.digest,
                    "documents": sum(piece.documents for piece in step.pieces),
                    "differences": differences[:20],
                },
            ),
        )

    def undo(self, step: RestoreStage, image: Image, walk: Walk) -> None:
        """Drop what was loaded."""
        with self._connect(step.source.target) as connected:
            _drop_staged(connected.database, step)


class DiscardHandler:
    """Carries out `restore.discard`."""

    def __init__(self, *, connect: Connect) -> None:
        self._connect = connect

    def before(self, step: RestoreDiscard, walk: Walk) -> Image:
        """There is no way back."""
        return {}

    def apply(self, step: RestoreDiscard, walk: Walk) -> Mapping[str, Any]:
        """Drop it; dropping again is fine."""
        with self._connect(step.target) as connected:
            connected.database.drop(step.database, step.aside)
        return {}

    def verify(self, step: RestoreDiscard, walk: Walk) -> Sequence[Proof]:
        """It must be gone.

        Raises:
            RestoreFailed: it is still there.
        """
        with self._connect(step.target) as connected:
            if step.aside in by_name(connected.database, step.database):
                raise RestoreFailed(
                    f"the old {step.database}.{step.name} is still there",
                    why=f"the server kept {step.aside} after it was dropped",
                    fix=f"drop {step.aside} in {step.database} by hand",
                )
        return ()

    def undo(self, step: RestoreDiscard, image: Image, walk: Walk) -> None:
        """Never called: final steps only go forward."""


def opened(
    source: Source, disk: Disk, *, keys: bool = True
) -> tuple[Manifest, Path, Sequence[Identity] | None]:
    """A backup's manifest, folder and, where it is encrypted, the keys to read it.

    Raises:
        IdentityMissing: it is encrypted and no identity file was named.
    """
    repository = Repository(Path(source.location), disk=disk)
    manifest = repository.get(source.backup).manifest
    found = None
    if keys and manifest.encryption is not None:
        if source.identity is None:
            raise IdentityMissing(
                f"{manifest.id} is encrypted",
                why=f"to {listed(manifest.encryption.recipients, most=2)}",
                fix="--identity FILE   # the file that `age-keygen -o FILE` wrote",
            )
        found = identities(Path(source.identity))
    return manifest, repository.folder(manifest.id), found


def _drop_staged(database: Database, step: RestoreStage) -> None:
    for piece in step.pieces:
        database.drop(piece.database, str(piece.staged))


def by_name(database: Database, name: str) -> dict[str, Collection]:
    """What a database holds, by name."""
    return {collection.name: collection for collection in database.collections(name)}


def _loaded_wrong(database: Database, entry: CollectionEntry, piece: Piece) -> list[str]:
    found = by_name(database, piece.database).get(str(piece.staged))
    differences = list(shape_differences(entry, found))
    if found is not None:
        answer = database.command(piece.database, {"count": piece.staged})
        if answer["n"] != entry.documents:
            differences.append(
                f"{entry.namespace} holds {answer['n']:,} documents, not {entry.documents:,}"
            )
    return differences
