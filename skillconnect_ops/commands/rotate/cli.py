"""The command line of `skc rotate`."""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate import due as dates
from skillconnect_ops.commands.rotate import finish as ending
from skillconnect_ops.commands.rotate import run, status
from skillconnect_ops.commands.rotate.admin import AdminSource
from skillconnect_ops.commands.rotate.manual import Source
from skillconnect_ops.commands.rotate.notice import told_of_failure
from skillconnect_ops.core.report import Report
from skillconnect_ops.evidence.matching import Reason
from skillconnect_ops.journal.model import Choices
from skillconnect_ops.terminal import options
from skillconnect_ops.terminal.group import Group

ROTATE = Group("rotate")
AdminFile = Annotated[
    Path | None,
    typer.Option(
        "--admin-uri-file", metavar="FILE", help="Read the administrator's MongoDB URI from there."
    ),
]
AdminDescriptor = Annotated[
    int | None,
    typer.Option("--admin-uri-fd", metavar="N", min=0, help="Read it from this file descriptor."),
]


@ROTATE.bare(examples=("skc rotate", "skc rotate --only mongodb --reason leaked"))
def rotate(
    house: House,
    *,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Only this secret, or variable; repeatable."),
    ] = None,
    reason: Annotated[
        Reason, typer.Option("--reason", help="Why; a leaked one is overlapped for minutes only.")
    ] = Reason.SCHEDULED,
    confirm_reloaded: Annotated[
        bool,
        typer.Option(
            "--confirm-reloaded", help="Every instance was restarted since a key was staged."
        ),
    ] = False,
    lockdown: Annotated[
        bool,
        typer.Option(
            "--lockdown",
            help="Cut the leaked user off before there is another one: an outage, on purpose.",
        ),
    ] = False,
    admin_uri_file: AdminFile = None,
    admin_uri_fd: AdminDescriptor = None,
    stdin: options.Stdin = False,
    descriptor: options.Descriptor = None,
    target: options.Target = None,
    dry_run: options.DryRun = False,
    save_plan: options.SavePlan = None,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
) -> Report:
    """Renew credentials without an outage, and prove the old ones dead.

    The old ones work until `skc rotate finish`.

    A user of MongoDB or Redis gets a successor with the same rights (app_a, app_b in turns): its
    login is proven before an env file names it, then the consumers are reloaded. Whatever fails is
    put back, and the old credential never stops working on the way. A key that signs tokens goes
    one state on: staged, then signing while the old one verifies, then `finish`. What is made by
    hand elsewhere (a mail password) is named with --only, and typed, piped or read from --fd.

    A value that the ledger of retired secrets knows, or that git holds, counts as leaked, and the
    plan says why.
    """
    choices = Choices(dry_run=dry_run, save_plan=save_plan, yes=yes, confirm=confirm)
    with told_of_failure(house, "rotate", target=target):
        return run.rotate(
            house,
            target=target,
            only=tuple(only or ()),
            reason=reason,
            confirmed=confirm_reloaded,
            choices=choices,
            lockdown=lockdown,
            admin=AdminSource(file=admin_uri_file, descriptor=admin_uri_fd),
            source=Source(stdin=stdin, descriptor=descriptor),
        )


@ROTATE.command("finish", examples=("skc rotate finish", "skc rotate finish --wait 60"))
def finish(
    house: House,
    *,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="NAME", help="Only the rotation of this secret; repeatable."
        ),
    ] = None,
    now: Annotated[
        bool,
        typer.Option(
            "--now",
            help="Wait for nobody, and end old signing keys before their time: whoever has a "
            "token of theirs is logged out.",
        ),
    ] = False,
    wait: Annotated[
        int | None,
        typer.Option(
            "--wait", min=0, metavar="SECONDS", help="How long to wait for users of the old one."
        ),
    ] = None,
    reason: Annotated[
        Reason | None,
        typer.Option("--reason", help="Recorded with the old value; a leaked one is cut off."),
    ] = None,
    admin_uri_file: AdminFile = None,
    admin_uri_fd: AdminDescriptor = None,
    revoked_by: Annotated[
        str | None,
        typer.Option(
            "--revoked-by", metavar="NAME", help="Who has revoked the old ones that skc cannot."
        ),
    ] = None,
    publish_again: Annotated[
        bool,
        typer.Option(
            "--publish-again",
            help="First write the new value again, and make its user again if it is gone.",
        ),
    ] = False,
    confirm_reloaded: Annotated[
        bool,
        typer.Option(
            "--confirm-reloaded", help="Whatever skc does not reload was restarted by hand."
        ),
    ] = False,
    target: options.Target = None,
    dry_run: options.DryRun = False,
    save_plan: options.SavePlan = None,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
) -> Report:
    """Retire the old credentials, and prove that they are refused.

    It waits until nobody is connected as the old user, disarms it, drops it, and tries its
    password on every node. An old signing key leaves the ring when its time is over. A mail
    password that you revoked is tried at its server. What an app judges by itself (a key that was
    replaced at once, an opaque value that leaked) is over once each of its readers was restarted:
    by skc, by what its health answer says, or by --confirm-reloaded. What each was is remembered
    by fingerprint, so that it never comes back.

    Where nobody can see who is connected (Atlas), and skc.yaml does not say how each app is
    reloaded, the target's name is asked for: whatever still uses the old user is cut off.
    """
    choices = Choices(dry_run=dry_run, save_plan=save_plan, yes=yes, confirm=confirm)
    with told_of_failure(house, "rotate finish", target=target):
        return ending.finish(
            house,
            target=target,
            now=now,
            patience_s=wait,
            reason=reason,
            choices=choices,
            admin=AdminSource(file=admin_uri_file, descriptor=admin_uri_fd),
            revoked_by=revoked_by,
            publish_again=publish_again,
            confirmed=confirm_reloaded,
            secrets=tuple(only or ()),
        )


@ROTATE.command("status", examples=("skc rotate status",))
def show(house: House, *, target: options.Target = None) -> Report:
    """Show when each secret was renewed, and what is due."""
    return status.status(house, target=target)


@ROTATE.command("due", examples=("skc rotate due",))
def due(house: House, *, target: options.Target = None) -> Report:
    """Say what is due, for cron.

    Exit 0 for nothing, 11 for due, 12 for overdue.

    A secret with `every: 30d` in skc.yaml is due when that time is over, and overdue a quarter
    later; so is a rotation that nobody finished for a day (ten minutes where it leaked), and at
    once a run that stopped half-way.
    """
    return dates.due(house, target=target)
