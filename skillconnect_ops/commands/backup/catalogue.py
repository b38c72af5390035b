"""`skc backup list`, `show`, `export` and `prune`: what a location holds, and what may go."""

from pathlib import Path

from skillconnect_ops.commands.backup.export import BackupExport
from skillconnect_ops.commands.backup.model import Leftover, Stored
from skillconnect_ops.commands.backup.prune import BackupPrune
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.commands.backup.restore_steps import Source, opened
from skillconnect_ops.commands.backup.retention import Decision, decide
from skillconnect_ops.commands.backup.run import summary
from skillconnect_ops.commands.backup.shown import (
    backups_table,
    collections_table,
    manifest_view,
)
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Refused
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.settings.model import Keep, Target
from skillconnect_ops.core.view import Cell, Lines, Table, Text, Tone, count, size
from skillconnect_ops.journal.model import Ask, Choices, NotNeeded
from skillconnect_ops.journal.resources import Resource


class FolderTaken(Refused):
    """The folder to write to holds something."""


def of_target(house: House, target: Target) -> Repository:
    """The backups of a target."""
    return Repository(house.backups(target), disk=house.disk)


def identity_file(house: House, given: Path | None) -> str | None:
    """The age identity file: the option, else `SKC_AGE_IDENTITY`; absolute."""
    named = str(given) if given is not None else house.environment.get("SKC_AGE_IDENTITY")
    return None if named is None else str((house.environment.folder / named).expanduser())


def list_backups(house: House, *, target: str | None) -> Report:
    """All backups of a target's location, newest first."""
    chosen = house.target(target)
    repository = of_target(house, chosen)
    stored, leftovers = repository.look()
    undrilled = [one.manifest.id for one in stored if one.drill is None]
    following = f"skc backup verify {undrilled[0]} --drill" if undrilled else "skc backup"
    return Report(
        command="backup list",
        subject={"target": chosen.name, "location": str(repository.location)},
        unknown=tuple(Unknown(one.id, one.reason) for one in leftovers if one.damaged),
        facts={
            "backups": [summary(one) for one in stored],
            "leftovers": leftovers,
            "location": str(repository.location),
        },
        view=(
            Lines((f"{chosen.name}: {repository.location}",)),
            backups_table(stored, leftovers),
        ),
        next=(following,),
    )


def show(house: House, *, target: str | None, backup: str) -> Report:
    """One backup and its collections."""
    chosen = house.target(target)
    repository = of_target(house, chosen)
    stored = repository.get(backup)
    return Report(
        command="backup show",
        subject={"target": chosen.name, "backup": stored.manifest.id},
        facts={"backup": stored.manifest, "drill": stored.drill},
        view=(manifest_view(stored, repository), collections_table(stored.manifest)),
        next=(f"skc backup verify {stored.manifest.id} --drill",),
    )


def export(
    house: House,
    *,
    target: str | None,
    backup: str,
    to: Path,
    identity: Path | None,
    choices: Choices,
) -> Report:
    """A backup as a plain mongodump folder.

    Raises:
        FolderTaken: the folder is there and holds something.
    """
    chosen = house.target(target)
    repository = of_target(house, chosen)
    manifest = repository.get(backup).manifest
    folder = (house.environment.folder / to).resolve()
    source = Source(
        backup=manifest.id,
        location=str(repository.location),
        target=chosen.name,
        identity=identity_file(house, identity),
    )
    opened(source, house.disk)

    def look() -> Plan:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise FolderTaken(
                f"{folder} is not empty",
                why="an export never mixes with files that are there",
                fix=f"skc backup export {manifest.id} --to {folder}/{manifest.id}",
            )
        notes = ["the documents lie there in clear, readable for this user alone"]
        return Plan(
            command="backup export",
            subject=Subject(target=chosen.name, files=(str(folder),)),
            state=manifest.digest,
            steps=(BackupExport(key=f"export:{manifest.id}", source=source, to=str(folder)),),
            notes=tuple(notes),
        )

    outcome = house.office().carry_out(
        look,
        person=house.person,
        resources=[Resource("folder", str(folder)), _lock(repository, manifest.id)],
        consent=NotNeeded(),
        choices=choices,
    )
    return Report(
        command="backup export",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={"backup": manifest, "folder": str(folder)},
        view=(Lines((f"{manifest.id} as a mongodump folder: {folder}",)),)
        if outcome.walked
        else (),
        next=(f"mongorestore --uri=URI {folder}",) if outcome.walked else (),
    )


def prune(house: House, *, target: str | None, choices: Choices) -> Report:
    """Remove what the retention policy lets go."""
    chosen = house.target(target)
    repository = of_target(house, chosen)
    settings = chosen.settings.backups
    keep = settings.keep if settings else Keep()
    stored, leftovers = repository.look()
    decisions = _decisions(stored, chosen.name, keep)
    going = [one for one in stored if not decisions[one.manifest.id].stays]
    dead = [one for one in leftovers if not one.damaged and _is_dead(house, repository, one)]

    def look() -> Plan:
        return _prune_plan(chosen, repository, going, dead, keep)

    outcome = house.office().carry_out(
        look,
        person=house.person,
        resources=[
            Resource("backups", f"{repository.location}#{chosen.name}"),
            *(_lock(repository, one.manifest.id) for one in going),
        ],
        consent=Ask(),
        choices=choices,
    )
    freed = sum(one.manifest.stored_bytes for one in going) if outcome.walked else 0
    return Report(
        command="backup prune",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={
            "removed": [one.manifest.id for one in going] if outcome.walked else [],
            "kept": [
                {"id": decision.id, "reasons": decision.reasons}
                for decision in decisions.values()
                if decision.stays
            ],
            "freed_bytes": freed,
        },
        view=(_decision_table(stored, decisions), Lines((f"freed {size(freed)}",))),
        next=("skc backup list",),
    )


def _prune_plan(
    target: Target,
    repository: Repository,
    going: list[Stored],
    dead: list[Leftover],
    keep: Keep,
) -> Plan:
    location = str(repository.location)
    kept = (
        f"kept: {keep.daily} daily, {keep.weekly} weekly, {keep.monthly} monthly, "
        "the newest, and the newest that passed a drill"
    )
    steps = [
        BackupPrune(
            key=f"prune:{one.manifest.id}",
            location=location,
            id=one.manifest.id,
            stored_bytes=one.manifest.stored_bytes,
        )
        for one in going
    ]
    steps += [
        BackupPrune(key=f"prune:{one.id}", location=location, id=one.id, stored_bytes=None)
        for one in dead
    ]
    return Plan(
        command="backup prune",
        subject=Subject(target=target.name, files=(location,)),
        state=" ".join(step.id for step in steps),
        final=tuple(steps),
        notes=(kept,),
    )


def _decisions(stored: list[Stored], target: str, keep: Keep) -> dict[str, Decision]:
    """By id. Other targets' backups stay; what holds only a part stands in a line of its own."""
    groups: dict[tuple[object, ...], list[Stored]] = {}
    decisions = {
        one.manifest.id: Decision(id=one.manifest.id, reasons=("of another target",))
        for one in stored
    }
    for one in stored:
        subject = one.manifest.subject
        if subject.target == target:
            groups.setdefault((subject.databases, subject.complete), []).append(one)
    for group in groups.values():
        decisions |= {decision.id: decision for decision in decide(group, keep)}
    return decisions


def _decision_table(stored: list[Stored], decisions: dict[str, Decision]) -> Table:
    def row(one: Stored) -> tuple[Cell, ...]:
        decision = decisions[one.manifest.id]
        why = ", ".join(decision.reasons)
        return (
            one.manifest.id,
            size(one.manifest.stored_bytes),
            Text(f"kept: {why}", Tone.GOOD) if decision.stays else Text("goes", Tone.WARN),
        )

    return Table(
        headers=("backup", "stored", "decision"),
        right=(1,),
        rows=tuple(row(one) for one in stored),
        title=count(len(stored), "backup"),
        empty="no backup yet",
    )


def _is_dead(house: House, repository: Repository, leftover: Leftover) -> bool:
    """Whether nobody on this machine is writing it; a run elsewhere may, so it must be old too."""
    folder = repository.folder(leftover.id)
    newest = max((path.stat().st_mtime for path in folder.rglob("*")), default=0.0)
    return house.clock.now().timestamp() - newest > 86_400


def _lock(repository: Repository, backup: str) -> Resource:
    return Resource("backup", str(repository.folder(backup)))
