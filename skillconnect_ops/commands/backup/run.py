"""`skc backup`: looks, plans, dumps and reports."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct, structs

from skillconnect_ops.commands.backup.age_keys import recipients
from skillconnect_ops.commands.backup.dump import Listed
from skillconnect_ops.commands.backup.dump_step import BackupDump, sentence
from skillconnect_ops.commands.backup.estimate import Estimate, estimate
from skillconnect_ops.commands.backup.ids import backup_id
from skillconnect_ops.commands.backup.listing import Wanted, identity, list_wanted
from skillconnect_ops.commands.backup.location import (
    outside,
    refuse_unusable,
    refuse_without_space,
)
from skillconnect_ops.commands.backup.model import Leftover, Manifest, Stored
from skillconnect_ops.commands.backup.mongodump_format import BUCKETS
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.commands.backup.shown import manifest_view
from skillconnect_ops.commands.backup.topology import refuse_untested
from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.core.errors import Precondition, UsageError
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.ports.database import (
    CollectionKind,
    Database,
    NotAuthorized,
    Topology,
)
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import count
from skillconnect_ops.core.view import listed as shown
from skillconnect_ops.journal.model import Choices, NotNeeded
from skillconnect_ops.journal.resources import Resource


class Request(Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    databases: tuple[str, ...] = ()
    all_databases: bool = False
    collections: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    level: int = 1
    unencrypted: bool = False
    allow_fuzzy: bool = False
    untested_topology: bool = False
    safety: bool = False


class NotReadable(Precondition):
    """The user may not read everything that was asked for."""


def backup(house: House, *, target: str | None, request: Request, choices: Choices) -> Report:
    """Take a backup of a target.

    Raises:
        SkcError: see the errors of the rooms that are asked.
    """
    _refuse_both(request)
    chosen = house.target(target)
    repository = Repository(outside(house, chosen), disk=house.disk, target=chosen.name)
    identifier = _free_id(house, repository, _name(house, chosen, request))

    def look() -> Plan:
        with house.database(chosen) as connected:
            return _look(
                house,
                connected,
                target=chosen,
                repository=repository,
                identifier=identifier,
                request=request,
            )

    outcome = house.office().carry_out(
        look,
        person=house.person,
        resources=[
            Resource("backups", f"{repository.location}#{chosen.name}"),
            Resource("backup", str(repository.folder(identifier))),
        ],
        consent=NotNeeded(),
        choices=choices,
    )
    subject = outcome.plan.subject.facts()
    if not outcome.walked:
        return Report(command="backup", subject=subject, facts={"plan": outcome.plan})
    manifest = repository.get(identifier).manifest
    return Report(
        command="backup",
        subject=subject,
        journal=outcome.journal,
        steps=outcome.steps,
        facts={"backup": manifest, "location": str(repository.folder(identifier))},
        view=(manifest_view(Stored(manifest=manifest, drill=None), repository),),
        next=(drill_command(house, manifest),),
    )


def _refuse_both(request: Request) -> None:
    if request.all_databases and request.databases:
        raise UsageError(
            "--all-databases and --db exclude each other",
            why="one means every database, the other names some",
            fix="leave one of them out",
        )


def _look(
    house: House,
    connected: Connected,
    *,
    target: Target,
    repository: Repository,
    identifier: str,
    request: Request,
) -> Plan:
    database = connected.database
    refuse_untested(
        connected,
        insists=request.untested_topology,
        why="a dump of one was never tested; chunks that move meanwhile are not looked at",
    )
    wanted = _wanted(request, connected.name)
    listed = list_wanted(database, wanted)
    _refuse_unreadable(database, listed)
    refuse_unusable(repository.location)
    stored, leftovers = repository.look()
    total = sum(one.size.size_bytes for one in listed)
    expected = estimate(total, stored, target=target.name, window_s=database.history_window_s())
    refuse_without_space(house, repository.location, expected)
    fuzzy = database.server().topology is Topology.STANDALONE
    keys = () if request.unencrypted else _recipients(target)
    step = BackupDump(
        key=f"dump:{identifier}",
        id=identifier,
        location=str(repository.location),
        target=target.name,
        cluster=connected.cluster,
        wanted=wanted,
        level=request.level,
        recipients=keys,
        allow_fuzzy=request.allow_fuzzy,
        safety=request.safety,
        sentence=sentence(
            listed, expected.seconds, fuzzy=fuzzy, folder=str(repository.folder(identifier))
        ),
    )
    return Plan(
        command="backup",
        subject=Subject(
            target=target.name,
            cluster=connected.cluster,
            database=", ".join(sorted({one.database for one in listed})),
        ),
        state=identity(listed),
        steps=(step,),
        notes=(
            *_left_out(wanted, listed, database),
            *_notes(listed, expected, keys, leftovers, fuzzy=fuzzy),
        ),
    )


def _left_out(wanted: Wanted, listed: list[Listed], database: Database) -> Iterator[str]:
    """What `--exclude` leaves out, so that a pattern that misses is seen."""
    if not wanted.exclude:
        return
    there = {
        f"{name}.{one.name}"
        for name in {one.database for one in listed}
        for one in database.collections(name)
    }
    out = sorted(there - {one.namespace for one in listed})
    if wanted.collections or out:
        yield f"left out: {shown(out, most=20)}"
    else:
        yield f"--exclude {shown(wanted.exclude)} matches no collection"


def _notes(
    listed: list[Listed],
    expected: Estimate,
    keys: tuple[str, ...],
    leftovers: list[Leftover],
    *,
    fuzzy: bool,
) -> list[str]:
    notes = []
    if fuzzy:
        notes.append("a standalone server has no snapshots: the backup will be fuzzy, and say so")
    else:
        notes.append(expected.sentence())
    if expected.outlives_window and not fuzzy:
        notes.append(
            "raise minSnapshotHistoryWindowInSeconds first, or allow a fuzzy one (--allow-fuzzy)"
        )
    if keys:
        notes.append(f"encrypted to {count(len(keys), 'age recipient')}")
    else:
        notes.append("NOT ENCRYPTED: whoever reads the folder reads the data (backups.recipients)")
    if leftovers:
        names = ", ".join(leftover.id for leftover in leftovers[:3])
        notes.append(
            f"{count(len(leftovers), 'folder')} there without a sound manifest: {names} "
            "(skc backup list)"
        )
    empty = sum(1 for one in listed if one.size.documents == 0)
    if empty == len(listed):
        notes.append("every collection looks empty")
    return notes


def _wanted(request: Request, name: str) -> Wanted:
    return Wanted(
        databases=() if request.all_databases else (request.databases or (name,)),
        collections=request.collections,
        exclude=request.exclude,
    )


def _recipients(target: Target) -> tuple[str, ...]:
    settings = target.settings.backups
    keys = settings.recipients if settings else ()
    recipients(keys)  # a wrong one is told before anything is read
    return keys


def _refuse_unreadable(database: Database, listed: Sequence[Listed]) -> None:
    """The documents of a time series need a stronger role than `read`: told before it begins.

    Raises:
        NotReadable: one may not be read.
    """
    for one in listed:
        name = one.collection.name
        if one.collection.kind is not CollectionKind.TIMESERIES:
            continue
        try:
            with database.batches(one.database, BUCKETS + name, at=None) as batches:
                next(batches, None)
        except NotAuthorized as cause:
            raise NotReadable(
                f"the time series {one.namespace} cannot be read whole by this user",
                why=f"{cause.what}; the role {cause.role or 'backup@admin'} may",
                fix=f"{cause.fix}   # or --exclude {name}",
            ) from cause


def _name(house: House, target: Target, request: Request) -> str:
    """The readable part of the id; with several targets it tells them apart."""
    settings = house.project().settings
    one = len(request.databases) == 1
    name = request.databases[0] if one else settings.project.name
    return name if len(settings.targets) == 1 else f"{name[:24]}-{target.name}"


def _free_id(house: House, repository: Repository, name: str) -> str:
    """An id that no folder has; two runs in one second get two ids."""
    taken = set(repository.ids())
    base = identifier = backup_id(house.clock.now(), name)
    number = 2
    while identifier in taken:
        identifier, number = f"{base}-{number}", number + 1
    return identifier


def drill_command(house: House, manifest: Manifest) -> str:
    """What proves a backup; an encrypted one wants a key besides."""
    known = manifest.encryption is None or house.environment.get("SKC_AGE_IDENTITY")
    return f"skc backup verify {manifest.id} --drill" + ("" if known else " --identity FILE")


def summary(stored: Stored) -> dict[str, Any]:
    """One row of `facts.backups`."""
    manifest = stored.manifest
    drill = stored.drill
    return {
        "id": manifest.id,
        "target": manifest.subject.target,
        "cluster": manifest.subject.cluster,
        "databases": manifest.subject.databases,
        "complete": manifest.subject.complete,
        "only": manifest.subject.only,
        "without": manifest.subject.without,
        "safety": manifest.subject.safety,
        "created_at": manifest.started_at,
        "seconds": manifest.seconds,
        "documents": manifest.documents,
        "size_bytes": manifest.size_bytes,
        "stored_bytes": manifest.stored_bytes,
        "encrypted": manifest.encryption is not None,
        "consistency": structs.asdict(manifest.consistency),
        "drill": None if drill is None else {"verdict": drill.verdict, "at": drill.at},
    }
