"""`skc restore`: looks, plans, takes a safety backup where something is replaced, and walks."""

import secrets
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.backup.catalogue import identity_file, of_target
from skillconnect_ops.commands.backup.choice import Selection, choose
from skillconnect_ops.commands.backup.latest import failed, refuse_guess
from skillconnect_ops.commands.backup.model import Manifest
from skillconnect_ops.commands.backup.mongodump_format import BUCKETS
from skillconnect_ops.commands.backup.repository import LATEST
from skillconnect_ops.commands.backup.restore_model import Piece, Source
from skillconnect_ops.commands.backup.restore_plan import Found, plan_restore, replaced
from skillconnect_ops.commands.backup.restore_rights import must_be_allowed, refuse_other_spelling
from skillconnect_ops.commands.backup.restore_steps import opened
from skillconnect_ops.commands.backup.restored import Safety, report
from skillconnect_ops.commands.backup.staging import is_kept
from skillconnect_ops.commands.backup.topology import refuse_untested
from skillconnect_ops.commands.backup.whose import number
from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.core.errors import Precondition, UsageError
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.ports.database import CollectionKind, NotAuthorized
from skillconnect_ops.core.report import Report
from skillconnect_ops.journal.model import Ask, Choices, TypeName
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


class SafetyBackupFailed(Precondition):
    """What would be replaced could not be backed up first."""


def restore(house: House, *, target: str | None, request: Request, choices: Choices) -> Report:
    """Restore a backup, or a part of it.

    Raises:
        SkcError: see the errors of the rooms that are asked.
    """
    chosen = house.target(target)
    repository = of_target(house, chosen)
    stored = repository.get(request.backup)
    manifest = stored.manifest
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
            refuse_guess(repository, stored, cluster=connected.cluster, database=connected.name)
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
            request=request,
            doubted=failed(stored),
            token=secrets.token_hex(4),
        )
        return errand.run(choices)


class _Errand(Struct, frozen=True, kw_only=True):
    """One restore, its connection open."""

    house: House
    connected: Connected
    target: str
    manifest: Manifest
    source: Source
    selection: Selection
    pieces: Sequence[Piece]
    request: Request
    doubted: bool
    """Whether the newest look at the backup found it damaged."""
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
        going = replaced(self.pieces, self.found()) if self.request.replace else []
        safety: dict[str, str] = {}

        def back_up_first() -> None:
            for name in sorted({database for database, _ in going}):
                safety[name] = _safety_backup(
                    house, self.target, name, untested=self.request.untested_topology
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
        if not outcome.walked:
            facts = {"plan": outcome.plan}
            return Report(command="restore", subject=outcome.plan.subject.facts(), facts=facts)
        return report(
            outcome,
            self.manifest,
            self.pieces,
            safety=[
                Safety(
                    backup=backup,
                    undo=self._undo(backup, [name for at, name in going if at == database]),
                )
                for database, backup in safety.items()
            ],
            kept=self._kept(),
            uncounted=list(self._uncounted()),
            seconds=seconds,
        )

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
            replace=self.request.replace,
            lost_only=not self._has_open_run(),
            doubted=self.doubted,
        )
        refuse_other_spelling(self.connected.database, self.databases)
        must_be_allowed(self.connected.database, self.pieces, found)
        return plan

    def _has_open_run(self) -> bool:
        """Whether a run of this project did not come to its end; it is put right first."""
        return any(not state.standing.over for state in self.house.office().journals())

    def found(self) -> Found:
        """What each database holds now; one that is not there holds nothing."""
        return {name: self.connected.database.collections(name) for name in self.databases}

    def _uncounted(self) -> Iterator[str]:
        """The time series that no one counted: who may write buckets may not read them."""
        for piece in self.pieces:
            if piece.kind is CollectionKind.TIMESERIES:
                try:
                    number(self.connected.database, piece.database, BUCKETS + piece.name)
                except NotAuthorized:
                    yield f"{piece.database}.{piece.name}"

    def _kept(self) -> list[str]:
        """What restores kept beside, since an application wrote to it while they ran."""
        return [
            f"{database}.{one.name}"
            for database, collections in self.found().items()
            for one in collections
            if is_kept(one.name)
        ]

    def _undo(self, safety: str, names: Sequence[str]) -> str:
        """What brings back what was replaced, and touches nothing else."""
        words = ["skc", "restore", safety, "--replace"]
        words += [word for name in names for word in ("--collection", name)]
        if self.request.identity is not None:
            words += ["--identity", str(self.request.identity)]
        if len(self.house.project().settings.targets) > 1:
            words += ["--target", self.target]
        return shlex.join(words)

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
