"""The command line of `skc apply`."""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.apply import run
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal import options
from skillconnect_ops.terminal.group import Group

APPLY = Group("apply")


@APPLY.bare(examples=("skc apply plan.json", "skc apply plan.json --yes"))
def apply(
    house: House,
    plan: Annotated[Path, typer.Argument(metavar="FILE", help="What --save-plan wrote.")],
    *,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
    admin_uri_file: Annotated[
        Path | None,
        typer.Option(
            "--admin-uri-file", metavar="FILE", help="As `skc rotate` takes it; no plan holds it."
        ),
    ] = None,
    admin_uri_fd: Annotated[
        int | None,
        typer.Option(
            "--admin-uri-fd", metavar="N", min=0, help="As `skc rotate` takes it; no plan holds it."
        ),
    ] = None,
    stdin: options.Stdin = False,
    descriptor: options.Descriptor = None,
) -> Report:
    """Carry out a plan that --save-plan wrote, if it is still right.

    The command that made it looks again and makes a plan of its own. Where that differs from the
    saved one, nothing is touched, and what differs is said (exit 4); else it is shown, asked for
    and carried out. Nothing that is done is taken from the file.
    """
    own = {
        "--dry-run": dry_run,
        "--yes": yes,
        "--confirm": confirm,
        "--admin-uri-file": admin_uri_file,
        "--admin-uri-fd": admin_uri_fd,
        "--stdin": stdin,
        "--fd": descriptor,
    }
    return run.apply(house, plan, own=own)
