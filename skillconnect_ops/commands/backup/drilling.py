"""Holds a restore drill in its place, and keeps the verdict: beside the backup and as evidence."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from skillconnect_ops.commands.backup.drill import DIFFERENCES, Place, drill, refuse_taken
from skillconnect_ops.commands.backup.manifest import ZEROS
from skillconnect_ops.commands.backup.model import Drill, Manifest, Verdict
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.commands.backup.sealing import Identity
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.plan import Proof
from skillconnect_ops.core.ports.database import Database, DatabaseError
from skillconnect_ops.core.settings.model import Target


def drilled(
    house: House,
    target: Target,
    repository: Repository,
    manifest: Manifest,
    *,
    keys: Sequence[Identity] | None,
    scratch: str | None,
) -> Drill:
    """Restore a backup elsewhere, compare everything, and write the verdict down."""
    with _place(house, target, scratch) as place:
        verdict = drill(
            manifest,
            folder=repository.folder(manifest.id),
            place=place,
            identities=keys,
            clock=house.clock,
            person=house.person,
            stopped=lambda: False,
        )
    return written(house, target, repository, manifest, verdict)


def damaged(
    house: House,
    target: Target,
    repository: Repository,
    manifest: Manifest,
    faults: Sequence[str],
) -> Drill:
    """Write down that a backup cannot be restored, since its files are not as they were written."""
    verdict = Drill(
        backup=manifest.id,
        manifest=manifest.digest,
        at=house.clock.now(),
        seconds=0.0,
        verdict=Verdict.FAILED,
        where="nowhere: its files were read again",
        collections=len(manifest.collections),
        documents=manifest.documents,
        size_bytes=manifest.size_bytes,
        differences=tuple(faults[:DIFFERENCES]),
        digest=ZEROS,
    )
    return written(house, target, repository, manifest, verdict)


def written(
    house: House, target: Target, repository: Repository, manifest: Manifest, verdict: Drill
) -> Drill:
    """Keep a verdict, beside the backup and in the evidence ledger."""
    verdict = repository.write_drill(verdict)
    house.ledger().record(
        [
            Proof(
                claim="backup.restorable",
                subject={
                    "target": target.name,
                    "cluster": manifest.subject.cluster,
                    "databases": list(manifest.subject.databases),
                    "complete": manifest.subject.complete,
                },
                holds=verdict.verdict is Verdict.PASSED,
                facts={
                    "backup": manifest.id,
                    "manifest": manifest.digest,
                    "taken_at": manifest.started_at.isoformat(),
                    "documents": verdict.documents,
                    "seconds": verdict.seconds,
                    "where": verdict.where,
                    "differences": len(verdict.differences),
                },
            )
        ],
        command="backup verify",
    )
    return verdict


@contextmanager
def _place(house: House, target: Target, scratch: str | None) -> Iterator[Place]:
    """An own server in the private folder, or an empty database of the target, dropped after."""
    if scratch is None:
        folder = house.project().state / "drills"
        house.person.note("starting a throw-away MongoDB for the drill")
        with (
            house.embedded.mongodb(folder, expires=False) as uri,
            house.connect(uri) as database,
        ):
            name = f"embedded MongoDB {database.server().version}"
            yield Place(database=database, name=name, scratch=None)
        return
    with house.database(target) as connected:
        refuse_taken(connected.database, scratch)
        try:
            name = f"database {scratch} on {connected.cluster}"
            yield Place(database=connected.database, name=name, scratch=scratch)
        finally:
            _drop(house, connected.database, scratch)


def _drop(house: House, database: Database, scratch: str) -> None:
    """Drop the scratch database; the verdict stands, whether that is allowed or not."""
    try:
        database.drop_database(scratch)
    except DatabaseError as error:
        house.person.note(f"the scratch database {scratch} is still there: {error.what}")
