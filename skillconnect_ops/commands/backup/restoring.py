"""`skc restore`: looks, plans, takes a safety backup where something is replaced, and walks."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.backup.catalogue import identity_file, of_target
from skillconnect_ops.commands.backup.choice import Selection, choose
from skillconnect_ops.commands.backup.model import Manifest
from skillconnect_ops.commands.backup.mongodump_format import BUCKETS
from skillconnect_ops.commands.backup.repository import LATEST, Repository
from skillconnect_ops.commands.backup.restore_plan import Found, plan_restore, replaced
from skillconnect_ops.commands.backup.restore_rights import must_be_allowed
from skillconnect_ops.commands.backup.restore_steps import Piece, Source, opened
from skillconnect_ops.commands.backup.topology import refuse_untested
from skillconnect_ops.commands.backup.whose import number
from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.core.errors import Precondition, Refused, UsageError
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.ports.database import CollectionKind, NotAuthorized
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.view import Block, Pairs, Text, Tone, count, duration, listed, size
from skillconnect_ops.journal.model import Ask, Choices, Outcome, TypeName
from skillconnect_ops.journal.resources import Resource


class Request(Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    backup: str
    databases: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    into: str | None = None
    renames: tuple[str, ...] = ()
    replace: bool = False
    identity: Path | None = None
    untested_topology: bool = False


class LatestIsForeign(Refused):
    """`latest` is a backup of another deployment."""


class SafetyBackupFailed(Precondition):
    """What would be replaced could not be backed up first."""


def restore(house: House, *, target: str | None, request: Request, choices: Choices) -> Report:
    """Restore a backup, or a part of it.

    Raises:
        SkcError: see the errors of the rooms that are asked.
    """
    chosen = house.target(target)
    repository = of_target(house, chosen)
    manifest = repository.get(request.backup).manifest
    source = Source(
        backup=manifest.id,
        location=str(repository.location),
        target=chosen.name,
        identity=identity_file(house, request.identity),
    )
    opened(source, house.disk)
    selection = _selection(request)
    pieces = choose(manifest, selection)
    with house.database(chosen) as connected:
        if request.backup == LATEST:
            _refuse_foreign(repository, manifest, connected.cluster)
        refuse_untested(
            connected,
            insists=request.untested_topology,
            why="a restore to one was never tested; collections come back unsharded",
        )
        errand = _Errand(
            house=house,
            connected=connected,
            target=chosen.name,
            manifest=manifest,
            source=source,
            selection=selection,
            pieces=pieces,
            replace=request.replace,
            untested=request.untested_topology,
            token=secrets.token_hex(4),
        )
        return errand.run(choices)


def _refuse_foreign(repository: Repository, latest: Manifest, cluster: str) -> None:
    """Projects may share a location and a target's name: `latest` does not guess whose is meant.

    Raises:
        LatestIsForeign: it was taken elsewhere, while there is one that was taken here.
    """
    if latest.subject.cluster == cluster:
        return
    for one in repository.look()[0]:
        subject = one.manifest.subject
        same = (subject.target, subject.cluster) == (latest.subject.target, cluster)
        if same and not subject.safety:
            raise LatestIsForeign(
                f"the newest backup was taken from {latest.subject.cluster}",
                why=f"this is {cluster}; the newest one that was taken here is {one.manifest.id}",
                fix=f"skc restore {one.manifest.id}   # or {latest.id}, if that one is meant",
            )


class _Errand(Struct, frozen=True, kw_only=True):
    """One restore, its connection open."""

    house: House
    connected: Connected
    target: str
    manifest: Manifest
    source: Source
    selection: Selection
    pieces: Sequence[Piece]
    replace: bool
    untested: bool
    token: str

    @property
    def databases(self) -> list[str]:
        """That something is restored to."""
        return sorted({piece.database for piece in self.pieces})

    def run(self, choices: Choices) -> Report:
        """From the first look to the report."""
        house, resources = self.house, self.resources()
        office = house.office()
        if not choices.dry_run:
            office.recover(resources, person=house.person)
        going = replaced(self.pieces, self.found()) if self.replace else []
        safety: list[str] = []

        def back_up_first() -> None:
            names = sorted({database for database, _ in going})
            safety.extend(
                _safety_backup(house, self.target, name, untested=self.untested) for name in names
            )

        started = house.clock.monotonic()
        outcome = office.carry_out(
            self.look,
            person=house.person,
            resources=resources,
            consent=TypeName(self.destroyed()) if going else Ask(),
            choices=choices,
            prepare=back_up_first if going else None,
        )
        seconds = house.clock.monotonic() - started
        report = _report(outcome, self.manifest, self.pieces, safety=safety, seconds=seconds)
        return replace(report, unknown=tuple(self.uncounted())) if outcome.walked else report

    def look(self) -> Plan:
        """The plan; the backup is read again, since a prune may have taken it meanwhile."""
        manifest, _, _ = opened(self.source, self.house.disk, keys=False)
        found = self.found()
        plan = plan_restore(
            manifest,
            self.pieces,
            found,
            selection=self.selection,
            source=self.source,
            subject=Subject(
                target=self.target,
                cluster=self.connected.cluster,
                database=", ".join(self.databases),
            ),
            token=self.token,
            replace=self.replace,
        )
        must_be_allowed(self.connected.database, self.pieces, found)
        return plan

    def found(self) -> Found:
        """What each database holds now; one that is not there holds nothing."""
        return {name: self.connected.database.collections(name) for name in self.databases}

    def uncounted(self) -> Iterator[Unknown]:
        """The time series that could not be counted: who may write buckets may not read them."""
        for piece in self.pieces:
            if piece.kind is CollectionKind.TIMESERIES:
                try:
                    number(self.connected.database, piece.database, BUCKETS + piece.name)
                except NotAuthorized as cause:
                    yield Unknown(f"{piece.database}.{piece.name}", f"not counted: {cause.why}")

    def destroyed(self) -> str:
        """What to type: the database, or the backup where there are several."""
        return self.databases[0] if len(self.databases) == 1 else self.manifest.id

    def resources(self) -> list[Resource]:
        """What nobody else may touch meanwhile, the backup included."""
        cluster = self.connected.cluster
        held = [Resource("database", f"{cluster}/{name}") for name in self.databases]
        return [*held, Resource("backup", str(Path(self.source.location) / self.source.backup))]


def _safety_backup(house: House, target: str, name: str, *, untested: bool = False) -> str:
    """A backup of a database in which something is replaced; its id.

    Raises:
        SafetyBackupFailed: it could not be taken.
    """
    house.person.note(f"a safety backup of {name} first")
    more = ("--untested-topology",) if untested else ()
    report = house.commands.run("backup", "--safety", "--target", target, "--db", name, *more)
    if report.status is not Status.OK:
        error = report.error
        raise SafetyBackupFailed(
            f"the safety backup of {name} failed, so nothing was replaced",
            why=f"{error.what}: {error.why}" if error else f"it ended {report.status.value}",
            fix=error.fix if error else "skc backup",
        )
    facts = report.facts["backup"]
    taken = str(facts["id"] if isinstance(facts, Mapping) else facts.id)
    house.person.note(f"the safety backup of {name} is {taken}")
    return taken


def _selection(request: Request) -> Selection:
    renames: dict[str, str] = {}
    for text in request.renames:
        old, found, new = text.partition("=")
        if not (old and found and new):
            raise UsageError(
                f"--rename {text} is not of the form A=B",
                why="it takes the name in the backup, `=`, and the name to give",
                fix=f"--rename {old or 'orders'}={old or 'orders'}_old",
            )
        renames[old] = new
    return Selection(
        databases=request.databases,
        collections=request.collections,
        into=request.into,
        renames=renames,
    )


def _report(
    outcome: Outcome,
    manifest: Manifest,
    pieces: Sequence[Piece],
    *,
    safety: Sequence[str],
    seconds: float,
) -> Report:
    subject = outcome.plan.subject.facts()
    if not outcome.walked:
        return Report(command="restore", subject=subject, facts={"plan": outcome.plan})
    documents = sum(piece.documents for piece in pieces)
    size_bytes = sum(piece.size_bytes for piece in pieces)
    databases = sorted({piece.database for piece in pieces})
    content = (
        f"{count(documents, 'document')} in {count(len(pieces), 'collection')}, {size(size_bytes)}"
    )
    pairs: list[tuple[str, str | Text]] = [
        ("restored", Text(", ".join(databases), Tone.STRONG)),
        ("from", manifest.id),
        ("content", content),
        ("checked", Text("hashes, documents loaded, options, indexes", Tone.GOOD)),
        ("took", f"{duration(seconds)}, {size(size_bytes / max(seconds, 0.001))}/s"),
    ]
    if safety:
        pairs.append(("before it", f"{listed(safety)} (safety backup)"))
    view: tuple[Block, ...] = (Pairs(tuple(pairs)),)
    return Report(
        command="restore",
        subject=subject,
        journal=outcome.journal,
        steps=outcome.steps,
        facts={
            "restore": {
                "backup": manifest.id,
                "databases": databases,
                "collections": [
                    {"from": piece.entry, "to": f"{piece.database}.{piece.name}"}
                    for piece in pieces
                ],
                "documents": documents,
                "size_bytes": size_bytes,
                "safety_backups": list(safety),
            }
        },
        view=view,
        next=(f"skc restore {safety[0]} --replace" if safety else "skc status",),
    )
