"""`skc backup list`, `show` and `export`: what a location holds."""

from pathlib import Path

from msgspec.structs import replace

from skillconnect_ops.commands.backup.export import BackupExport
from skillconnect_ops.commands.backup.location import refuse_committable
from skillconnect_ops.commands.backup.model import Leftover, Manifest, Stored
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.commands.backup.restore_model import Source
from skillconnect_ops.commands.backup.restore_steps import opened
from skillconnect_ops.commands.backup.run import drill_command, summary
from skillconnect_ops.commands.backup.shown import (
    backups_table,
    collections_table,
    manifest_view,
)
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Refused
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import Lines
from skillconnect_ops.journal.model import Choices, NotNeeded, Standing
from skillconnect_ops.journal.resources import Resource


class FolderTaken(Refused):
    """The folder to write to holds something."""


def of_target(house: House, target: Target) -> Repository:
    """The backups of a target."""
    return Repository(house.backups(target), disk=house.disk, target=target.name)


def identity_file(house: House, given: Path | None) -> str | None:
    """The age identity file: the option, else `SKC_AGE_IDENTITY`; absolute."""
    named = str(given) if given is not None else house.environment.get("SKC_AGE_IDENTITY")
    return None if named is None else str((house.environment.folder / named).expanduser())


def list_backups(house: House, *, target: str | None) -> Report:
    """All backups of a target's location, newest first."""
    chosen = house.target(target)
    repository = of_target(house, chosen)
    stored, leftovers = looked(house, repository)
    undrilled = [one.manifest for one in stored if one.drill is None]
    undrilled.sort(key=lambda manifest: manifest.subject.safety)  # those of a restore come last
    following = drill_command(house, undrilled[0]) if undrilled else "skc backup"
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
        next=(drill_command(house, stored.manifest),),
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
        ExportInRepository: it would be committed with the next `git add`.
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
    refuse_committable(house, folder)

    outcome = house.office().carry_out(
        lambda: _export_plan(source, manifest, folder),
        person=house.person,
        resources=[Resource("folder", str(folder)), lock(repository, manifest.id)],
        consent=NotNeeded(),
        choices=choices,
    )
    done = outcome.walked
    following = f'mongorestore --uri "$URI" --bypassDocumentValidation {folder}'
    return Report(
        command="backup export",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={"backup": manifest, "folder": str(folder)},
        view=(Lines((f"{manifest.id} as a mongodump folder: {folder}",)),) if done else (),
        next=(following,) if done else (),
    )


def _export_plan(source: Source, manifest: Manifest, folder: Path) -> Plan:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderTaken(
            f"{folder} is not empty",
            why="an export never mixes with files that are there",
            fix=f"skc backup export {manifest.id} --to {folder}/{manifest.id}",
        )
    return Plan(
        command="backup export",
        subject=Subject(target=source.target, files=(str(folder),)),
        state=manifest.digest,
        steps=(BackupExport(key=f"export:{manifest.id}", source=source, to=str(folder)),),
        notes=("the documents lie there in clear, readable for this user alone",),
    )


def looked(house: House, repository: Repository) -> tuple[list[Stored], list[Leftover]]:
    """What a location holds; a folder that a process of this project writes to is told apart."""
    stored, leftovers = repository.look()
    if all(one.damaged for one in leftovers):
        return stored, leftovers
    running = {
        step.key.partition(":")[2]: state
        for state in house.office().journals()
        if state.standing is Standing.RUNNING
        for step in state.steps
    }
    return stored, [
        replace(one, running=True, reason=f"{state.command} {state.id} is writing it")
        if (state := running.get(one.id)) is not None and not one.damaged
        else one
        for one in leftovers
    ]


def lock(repository: Repository, backup: str) -> Resource:
    """One backup, for whoever reads it while others prune, and the other way round."""
    return Resource("backup", str(repository.folder(backup)))
