"""The command line of `skc journal`."""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.journal import run, take
from skillconnect_ops.core.report import Report
from skillconnect_ops.journal.model import Choices
from skillconnect_ops.terminal import options
from skillconnect_ops.terminal.group import Group

JOURNAL = Group("journal")

JournalId = Annotated[str, typer.Argument(metavar="ID", help="The journal's id.")]
Open = Annotated[
    bool, typer.Option("--open", help="Only runs that did not come to their end, or still run.")
]


Last = Annotated[
    int,
    typer.Option("--last", metavar="N", min=0, help="How many, newest first; 0 for all of them."),
]


Without = Annotated[
    list[str] | None,
    typer.Option(
        "--without-reload",
        metavar="NAME",
        help="A consumer whose reload fails and cannot be mended: leave it out; repeatable.",
    ),
]
Confirm = Annotated[
    list[str] | None,
    typer.Option("--confirm", metavar="NAME", help="Name it, instead of typing it; repeatable."),
]


@JOURNAL.bare(examples=("skc journal", "skc journal --open"))
def journal(house: House, *, only_open: Open = False, last: Last = 20) -> Report:
    """List the runs of this project's plans, newest first.

    Every command that changes something keeps a journal: what it was about to do, written down
    before it did it. The list is that of `skc journal list`.
    """
    return run.list_journals(house, only_open=only_open, last=last)


@JOURNAL.command("list", examples=("skc journal list", "skc journal list --last 0 --format json"))
def list_(house: House, *, only_open: Open = False, last: Last = 20) -> Report:
    """List the runs of this project's plans, newest first."""
    return run.list_journals(house, only_open=only_open, last=last)


@JOURNAL.command("show", examples=("skc journal show 2026-11-22T15-44-03Z-backup-3f1a",))
def show(house: House, journal_id: JournalId) -> Report:
    """Show one run: each step, how far it came, and what it failed with."""
    return run.show(house, journal_id)


@JOURNAL.command("resume", examples=("skc journal resume 2026-11-22T15-44-03Z-backup-3f1a",))
def resume(
    house: House,
    journal_id: JournalId,
    *,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    without_reload: Without = None,
    confirm: Confirm = None,
) -> Report:
    """Walk a run on that did not come to its end.

    It shows what is left and asks; then it goes on from the first step that is not done. If a step
    fails that can be put back, all of them are. `skc journal rollback` is the other way: it puts
    the world as it was before the run.

    A consumer that can be reloaded no more is left out with --without-reload, which asks for its
    name: it goes on with the old value until you restart it by hand.
    """
    waive = run.Waive(names=tuple(without_reload or ()), confirmed=tuple(confirm or ()))
    return run.resume(house, journal_id, choices=Choices(dry_run=dry_run, yes=yes), waive=waive)


@JOURNAL.command("rollback", examples=("skc journal rollback 2026-11-22T15-44-03Z-backup-3f1a",))
def rollback(
    house: House,
    journal_id: JournalId,
    *,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    without_reload: Without = None,
    confirm: Confirm = None,
) -> Report:
    """Put a run back that did not come to its end.

    It shows what will be undone and asks; then every step that may have taken effect is undone,
    the last one first, and the world is as before the run. A run that has begun its steps without
    a way back can only be resumed.

    A consumer that can be reloaded no more is left out with --without-reload, which asks for its
    name: if it has loaded the new value, it has one that is gone until you restart it by hand.
    """
    waive = run.Waive(names=tuple(without_reload or ()), confirmed=tuple(confirm or ()))
    return run.rollback(house, journal_id, choices=Choices(dry_run=dry_run, yes=yes), waive=waive)


@JOURNAL.command(
    "take",
    examples=(
        "skc journal take 2026-11-22T15-44-03Z-rotate-3f1a --identity key.txt",
        "skc journal take 2026-11-22T15-44-03Z-rotate-3f1a --fd 3",
    ),
)
def take_(
    house: House,
    journal_id: JournalId,
    *,
    identity: Annotated[
        Path | None,
        typer.Option("--identity", metavar="FILE", help="Age identities, or an SSH private key."),
    ] = None,
    stdin: options.Stdin = False,
    descriptor: options.Descriptor = None,
    yes: options.Yes = False,
) -> Report:
    """Take a run over from a machine that cannot finish it.

    It lies at `handover` of skc.yaml, sealed for the recipients of the backups or under a
    passphrase; what opens it is typed, or comes from a file or a pipe. The first machine is fenced:
    it stops before its next effect. Then resume or roll back the run here.
    """
    secret = take.Means(identity=identity, stdin=stdin, descriptor=descriptor)
    return take.take(house, journal_id, secret=secret, choices=Choices(yes=yes))
