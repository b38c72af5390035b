"""The command line of `skc journal`."""

from typing import Annotated

import typer

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.journal import run
from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal import options
from skillconnect_ops.terminal.group import Group

JOURNAL = Group("journal")

JournalId = Annotated[str, typer.Argument(metavar="ID", help="The journal's id.")]
Open = Annotated[
    bool, typer.Option("--open", help="Only runs that did not come to their end, or still run.")
]


@JOURNAL.bare(examples=("skc journal", "skc journal --open"))
def journal(house: House, *, only_open: Open = False) -> Report:
    """List the runs of this project's plans, newest first.

    Every command that changes something keeps a journal: what it was about to do, written down
    before it did it. The list is that of `skc journal list`.
    """
    return run.list_journals(house, only_open=only_open)


@JOURNAL.command("list", examples=("skc journal list", "skc journal list --format json"))
def list_(house: House, *, only_open: Open = False) -> Report:
    """List the runs of this project's plans, newest first."""
    return run.list_journals(house, only_open=only_open)


@JOURNAL.command("show", examples=("skc journal show 2026-11-22T15-44-03Z-backup-3f1a",))
def show(house: House, journal_id: JournalId) -> Report:
    """Show one run: each step, how far it came, and what it failed with."""
    return run.show(house, journal_id)


@JOURNAL.command("resume", examples=("skc journal resume 2026-11-22T15-44-03Z-backup-3f1a",))
def resume(house: House, journal_id: JournalId, *, dry_run: options.DryRun = False) -> Report:
    """Walk a run on that did not come to its end.

    It goes on from the first step that is not done. If a step fails that can be put back, all of
    them are.
    """
    return run.resume(house, journal_id, dry_run=dry_run)


@JOURNAL.command("rollback", examples=("skc journal rollback 2026-11-22T15-44-03Z-backup-3f1a",))
def rollback(house: House, journal_id: JournalId, *, dry_run: options.DryRun = False) -> Report:
    """Put a run back that did not come to its end.

    Every step that may have taken effect is undone, the last one first. A run that has begun its
    steps without a way back can only be resumed.
    """
    return run.rollback(house, journal_id, dry_run=dry_run)
