"""The steps of a restore: load beside, put in place, drop the old."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from typing import Any

from skillconnect_ops.commands.backup.age_keys import IdentityMissing, identities
from skillconnect_ops.commands.backup.compare import shape_differences
from skillconnect_ops.commands.backup.load import Load, Loader
from skillconnect_ops.commands.backup.model import CollectionEntry, Manifest
from skillconnect_ops.commands.backup.quiet import quiet
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.commands.backup.restore_model import Piece, Source
from skillconnect_ops.commands.backup.sealing import Identity
from skillconnect_ops.commands.backup.stored import FileDamaged, entry_runs
from skillconnect_ops.commands.deployment import Connect
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.database import Collection, CollectionKind, Database
from skillconnect_ops.core.view import count, listed, size
from skillconnect_ops.disk.files import Disk

_TRIES = 5


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
            _drop_staged(connected.database, step, walk)
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
        """Count documents, compare options and indexes, at the server.

        Raises:
            RestoreFailed: something differs.
        """
        manifest, _, _ = opened(step.source, self._disk, keys=False)
        with self._connect(step.source.target) as connected:
            differences = list(_loaded_wrong(connected.database, manifest, step.pieces))
            cluster = connected.cluster
        if differences:
            raise RestoreFailed(
                "what was loaded is not what the backup holds",
                why=listed(differences),
                fix=f"skc backup verify {manifest.id} --drill   # is the backup at fault?",
            )
        return (
            Proof(
                claim="restore.loaded",
                subject={
                    "target": step.source.target,
                    "cluster": cluster,
                    "databases": sorted({piece.database for piece in step.pieces}),
                },
                holds=True,
                facts={
                    "backup": manifest.id,
                    "manifest": manifest.digest,
                    "documents": sum(piece.documents for piece in step.pieces),
                },
            ),
        )

    def undo(self, step: RestoreStage, image: Image, walk: Walk) -> None:
        """Drop what was loaded."""
        with self._connect(step.source.target) as connected:
            _drop_staged(connected.database, step, walk)


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
            if by_name(connected.database, step.database, {step.aside}):
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
        IdentityWrong: it is encrypted to somebody else.
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
        _must_open(repository.folder(manifest.id), manifest, found)
    return manifest, repository.folder(manifest.id), found


def by_name(database: Database, name: str, only: AbstractSet[str]) -> dict[str, Collection]:
    """What of some names a database holds."""
    return {collection.name: collection for collection in database.collections(name, only=only)}


def count_difference(
    database: Database,
    name: str,
    collection: str,
    entry: CollectionEntry,
    *,
    in_use: bool = False,
) -> Iterator[str]:
    """How the number of documents differs; a server may have removed expired ones meanwhile.

    In what is in use already, an application may have added some.
    """
    there = int(database.command(name, {"count": collection})["n"])
    more, fewer = there > entry.documents, there < entry.documents
    if (more and not in_use) or (fewer and not _expires(entry)):
        yield f"{entry.namespace} holds {there:,} documents, not {entry.documents:,}"


def _must_open(folder: Path, manifest: Manifest, keys: Sequence[Identity]) -> None:
    """Open the smallest file for a try, before anything else happens.

    Raises:
        IdentityWrong: the keys are those of somebody else.
    """
    stored = [entry for entry in manifest.collections if entry.file is not None]
    if stored:
        smallest = min(stored, key=lambda entry: entry.stored_bytes)
        with suppress(FileDamaged):  # whoever reads all of it says so
            next(entry_runs(folder, smallest, identities=keys), None)


def _drop_staged(database: Database, step: RestoreStage, walk: Walk) -> None:
    """Drop them for certain: an insert that is still under way would make one of them anew."""
    names: dict[str, set[str]] = {}
    for piece in step.pieces:
        names.setdefault(piece.database, set()).add(str(piece.staged))
    for name, staged in names.items():
        for _ in range(_TRIES):
            quiet(database, name, staged, clock=walk.clock)
            found = by_name(database, name, staged)
            if not found:
                break
            for one in found:
                database.drop(name, one)


def _loaded_wrong(database: Database, manifest: Manifest, pieces: Sequence[Piece]) -> Iterator[str]:
    for name in sorted({piece.database for piece in pieces}):
        here = [piece for piece in pieces if piece.database == name]
        found = by_name(database, name, {str(piece.staged) for piece in here})
        for piece in here:
            entry = manifest.entry(piece.entry)
            one = found.get(str(piece.staged))
            yield from shape_differences(entry, one)
            if one is not None:
                yield from count_difference(database, name, one.name, entry)


def _expires(entry: CollectionEntry) -> bool:
    """Whether documents of it go by themselves once they are old."""
    return any("expireAfterSeconds" in one for one in (entry.options, *entry.indexes))
