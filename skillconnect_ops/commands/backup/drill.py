"""The restore drill: a backup is good once it was restored and found equal.

It is restored into a throw-away server of our own, or into an empty scratch database, and every
collection is compared: kind, options, indexes, number and content digest of its documents.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.backup.compare import (
    content_difference,
    content_of,
    shape_differences,
)
from skillconnect_ops.commands.backup.listing import SYSTEM_DATABASES
from skillconnect_ops.commands.backup.load import BackupUnfit, Load, Loader
from skillconnect_ops.commands.backup.manifest import ZEROS
from skillconnect_ops.commands.backup.model import Drill, Manifest, Verdict
from skillconnect_ops.commands.backup.sealing import Identity
from skillconnect_ops.core.errors import Refused
from skillconnect_ops.core.plan import Clock, Person
from skillconnect_ops.core.ports.database import CollectionKind, Database
from skillconnect_ops.core.view import count

DIFFERENCES = 50
"""How many a verdict names at most."""


class ScratchTaken(Refused):
    """The scratch database holds something."""


class Place(Struct, frozen=True, kw_only=True):
    """Where a drill restores to."""

    database: Database
    name: str
    """For people: `embedded MongoDB 6.0.5`."""
    scratch: str | None
    """The scratch database; None for a server of our own, where every name is free."""


def drill(
    manifest: Manifest,
    *,
    folder: Path,
    place: Place,
    identities: Sequence[Identity] | None,
    clock: Clock,
    person: Person,
    stopped: Callable[[], bool],
) -> Drill:
    """Restore everything, compare everything; a fault of the backup is a failed verdict.

    Raises:
        Precondition: what is no fault of the backup: the server or the keys.
    """
    began, started = clock.now(), clock.monotonic()
    loads = [
        Load(entry=entry, database=place.scratch or entry.database, name=entry.name)
        for entry in manifest.collections
    ]
    try:
        with person.progress("restoring", total=manifest.size_bytes, unit="B") as ticker:
            loader = Loader(
                place.database,
                folder=folder,
                identities=identities,
                advance=ticker.advance,
                stopped=stopped,
                keeps_all=place.scratch is not None,
            )
            loader.run(loads)
        with person.progress("comparing", total=manifest.size_bytes, unit="B") as ticker:
            contents = list(_content_differences(loads, place.database, ticker.advance))
        if place.scratch is not None:
            loader.expire(loads)
        differences = (*contents, *_shape_differences(loads, place.database))
    except BackupUnfit as fault:
        differences = (f"{fault.what}: {fault.why}",)
    return Drill(
        backup=manifest.id,
        manifest=manifest.digest,
        at=began,
        seconds=round(clock.monotonic() - started, 3),
        verdict=Verdict.FAILED if differences else Verdict.PASSED,
        where=place.name,
        collections=len(manifest.collections),
        documents=manifest.documents,
        size_bytes=manifest.size_bytes,
        differences=differences[:DIFFERENCES],
        digest=ZEROS,
    )


def refuse_system(scratch: str) -> None:
    """A scratch database is dropped after the drill, so it is none of the server's own.

    Raises:
        ScratchTaken: it is.
    """
    if scratch in SYSTEM_DATABASES:
        raise ScratchTaken(
            f"{scratch} is no scratch database",
            why="it belongs to the server, and a scratch database is dropped after the drill",
            fix="--scratch NAME   # of a database that does not exist",
        )


def refuse_taken(database: Database, scratch: str) -> None:
    """A scratch database must be empty, since it is dropped after the drill.

    Raises:
        ScratchTaken: it holds collections.
    """
    found = database.collections(scratch)
    if found:
        raise ScratchTaken(
            f"the scratch database {scratch} is not empty",
            why=f"it holds {count(len(found), 'collection')}, and is dropped after the drill",
            fix="--scratch NAME   # of a database that does not exist",
        )


def _content_differences(
    loads: Sequence[Load], database: Database, advance: Callable[[int], None]
) -> Iterator[str]:
    for load in loads:
        entry = load.entry
        if entry.kind is not CollectionKind.VIEW:
            content = content_of(database, load.database, load.name, entry.kind, advance=advance)
            yield from content_difference(entry, content)


def _shape_differences(loads: Sequence[Load], database: Database) -> Iterator[str]:
    databases = {load.database for load in loads}
    found = {
        (name, collection.name): collection
        for name in databases
        for collection in database.collections(name)
    }
    for load in loads:
        yield from shape_differences(load.entry, found.pop((load.database, load.name), None))
    for database_name, name in sorted(found):
        yield f"{database_name}.{name} was restored and is not in the backup"
