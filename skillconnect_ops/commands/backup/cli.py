"""The command lines of `skc backup` and `skc restore`."""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.backup import catalogue, proving, pruning, restoring, run
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.report import Report
from skillconnect_ops.journal.model import Choices
from skillconnect_ops.terminal import options
from skillconnect_ops.terminal.group import Group

BACKUP = Group("backup")
RESTORE = Group("restore")

BackupId = Annotated[str, typer.Argument(metavar="ID", help="The backup's id, or `latest`.")]
Identity = Annotated[
    Path | None,
    typer.Option(
        "--identity",
        metavar="FILE",
        help="The age key that opens an encrypted backup; else SKC_AGE_IDENTITY names the file.",
    ),
]
Untested = Annotated[
    bool, typer.Option("--untested-topology", help="Go on although it is a sharded cluster.")
]


@BACKUP.bare(
    examples=("skc backup", "skc backup --target production --exclude 'logs_*'"),
)
def backup(
    house: House,
    *,
    db: Annotated[
        list[str] | None,
        typer.Option(
            "--db", metavar="NAME", help="A database other than the target's; repeatable."
        ),
    ] = None,
    all_databases: Annotated[
        bool, typer.Option("--all-databases", help="Every database but admin, config and local.")
    ] = False,
    collection: Annotated[
        list[str] | None,
        typer.Option("--collection", metavar="NAME", help="Only this collection; repeatable."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--exclude", metavar="PATTERN", help="Leave collections out, by name or *; repeatable."
        ),
    ] = None,
    level: Annotated[
        int,
        typer.Option("--level", min=1, max=19, metavar="1-19", help="How hard zstd compresses."),
    ] = 1,
    unencrypted: Annotated[
        bool, typer.Option("--unencrypted", help="Do not encrypt, although there are recipients.")
    ] = False,
    allow_fuzzy: Annotated[
        bool,
        typer.Option(
            "--allow-fuzzy", help="Where the snapshot is lost, read without one and say so."
        ),
    ] = False,
    safety: Annotated[
        bool,
        typer.Option("--safety", help="Taken before something is replaced: not for `latest`."),
    ] = False,
    untested_topology: Untested = False,
    target: options.Target = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> Report:
    """Back up the database at one instant.

    Every collection is read at one cluster time, compressed, encrypted to the age recipients of
    skc.yaml, and described by a manifest that is written last. A run that fails leaves nothing.
    A standalone server has no snapshots: its backup says by how many seconds it is fuzzy.
    """
    request = run.Request(
        databases=tuple(db or ()),
        all_databases=all_databases,
        collections=tuple(collection or ()),
        exclude=tuple(exclude or ()),
        level=level,
        unencrypted=unencrypted,
        allow_fuzzy=allow_fuzzy,
        untested_topology=untested_topology,
        safety=safety,
    )
    choices = Choices(dry_run=dry_run, yes=yes)
    return run.backup(house, target=target, request=request, choices=choices)


@BACKUP.command("list", examples=("skc backup list",))
def list_backups(house: House, *, target: options.Target = None) -> Report:
    """List the backups, and what is proven about each."""
    return catalogue.list_backups(house, target=target)


@BACKUP.command("show", examples=("skc backup show latest",))
def show(house: House, backup_id: BackupId, *, target: options.Target = None) -> Report:
    """Show one backup and its collections."""
    return catalogue.show(house, target=target, backup=backup_id)


@BACKUP.command("verify", examples=("skc backup verify latest --drill",))
def verify(
    house: House,
    backup_id: BackupId,
    *,
    drill: Annotated[
        bool,
        typer.Option("--drill", help="Restore it to a throw-away server, and compare everything."),
    ] = False,
    scratch: Annotated[
        str | None,
        typer.Option(
            "--scratch", metavar="DB", help="Drill in this empty database of the target instead."
        ),
    ] = None,
    hashes: Annotated[
        bool, typer.Option("--hashes", help="Only the hashes; needs no key for encrypted ones.")
    ] = False,
    identity: Identity = None,
    target: options.Target = None,
) -> Report:
    """Read a backup again, and say whether it is as it was written.

    With --drill it is restored and compared, collection by collection: documents, content,
    options, indexes. The verdict lies beside the backup and in the evidence ledger.
    """
    return proving.verify(
        house,
        target=target,
        backup=backup_id,
        with_drill=drill or scratch is not None,
        scratch=scratch,
        identity=identity,
        hashes_only=hashes,
    )


@BACKUP.command("export", examples=("skc backup export latest --to /secure/dump",))
def export(
    house: House,
    backup_id: BackupId,
    *,
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The folder to write.")],
    identity: Identity = None,
    target: options.Target = None,
    dry_run: options.DryRun = False,
) -> Report:
    """Write a backup as a plain folder that mongorestore takes."""
    return catalogue.export(
        house,
        target=target,
        backup=backup_id,
        to=to,
        identity=identity,
        choices=Choices(dry_run=dry_run),
    )


@BACKUP.command("prune", examples=("skc backup prune --dry-run", "skc backup prune --yes"))
def prune(
    house: House,
    *,
    target: options.Target = None,
    dry_run: options.DryRun = False,
    save_plan: options.SavePlan = None,
    yes: options.Yes = False,
) -> Report:
    """Remove the backups that the retention policy lets go.

    Kept are the newest of each day, week and month as `backups.keep` in skc.yaml says, the newest
    of all, and always the newest that passed a drill.
    """
    choices = Choices(dry_run=dry_run, save_plan=save_plan, yes=yes)
    return pruning.prune(house, target=target, choices=choices)


@RESTORE.bare(
    examples=(
        "skc restore latest --into shop_copy",
        "skc restore latest --collection orders --rename orders=orders_before",
        "skc restore latest --replace",
    ),
)
def restore(
    house: House,
    backup_id: BackupId,
    *,
    into: Annotated[
        str | None, typer.Option("--into", metavar="DB", help="Another database to restore to.")
    ] = None,
    db: Annotated[
        list[str] | None,
        typer.Option("--db", metavar="NAME", help="Only this database of the backup; repeatable."),
    ] = None,
    collection: Annotated[
        list[str] | None,
        typer.Option("--collection", metavar="NAME", help="Only this collection; repeatable."),
    ] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option("--rename", metavar="A=B", help="Restore A under the name B; repeatable."),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Replace what is there, after a safety backup of it."),
    ] = False,
    identity: Identity = None,
    untested_topology: Untested = False,
    target: options.Target = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
) -> Report:
    """Restore a backup, or a part of it.

    Everything is loaded beside the real collections and checked; then each is renamed into its
    place, and what was there is dropped last. A target that is not empty is refused, unless
    --replace is given: then the name of the database is asked for, and backed up first.
    """
    request = restoring.Request(
        backup=backup_id,
        databases=tuple(db or ()),
        collections=tuple(collection or ()),
        into=into,
        renames=tuple(rename or ()),
        replace=replace,
        identity=identity,
        untested_topology=untested_topology,
    )
    choices = Choices(dry_run=dry_run, yes=yes, confirm=confirm)
    return restoring.restore(house, target=target, request=request, choices=choices)
