"""The command line of `skc init`."""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.init import run
from skillconnect_ops.commands.init.ci import System
from skillconnect_ops.commands.init.errors import CiWithEnroll, NameWithoutEnroll
from skillconnect_ops.core.report import Report
from skillconnect_ops.journal.model import Choices
from skillconnect_ops.terminal import options
from skillconnect_ops.terminal.group import Group

INIT = Group("init")


@INIT.bare(
    examples=(
        "skc init",
        "skc init --dry-run",
        "skc init backend --yes",
        "skc init --enroll --as ci",
        "skc init --ci github --ci pre-commit",
        "skc init --ci gitlab --dry-run",
    )
)
def init(
    house: House,
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FOLDER]",
            help="The project's folder; by default the repository's root, else this folder.",
        ),
    ] = None,
    *,
    profile: Annotated[
        str | None,
        typer.Option("--profile", metavar="NAME", help="Begin with what is known of an app."),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Write anew what is there, be it edited; asks to type its name."
        ),
    ] = False,
    ci: Annotated[
        list[System] | None,
        typer.Option("--ci", help="Have skc audit run there, too; more than once for several."),
    ] = None,
    enroll: Annotated[
        bool,
        typer.Option("--enroll", help="Only list this machine as a signer of a project."),
    ] = False,
    signer: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="Under which name, with --enroll."),
    ] = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    confirm: options.Confirm = None,
) -> Report:
    """Look at a project and write its skc.yaml.

    It finds the backend, the env files, the variable with the MongoDB URI, the database and the
    ports that a compose file publishes, and writes them down with comments. No value of a variable
    is copied, and no file is overwritten unless you say so.

    This machine gets a signing key, and its public half is listed in .skc/allowed_signers: what it
    observes then counts as proven. On a colleague's machine, --enroll does that alone.

    --ci writes what runs skc audit for each change, with the version that is installed here. Where
    skc.yaml is there already, it writes nothing else. A list of hooks or includes that is there
    gets one item more, and keeps every other byte. A file that somebody else wrote, or edited, is
    left as it is.
    """
    choices = Choices(dry_run=dry_run, yes=yes, confirm=confirm)
    if signer is not None and not enroll:
        raise NameWithoutEnroll
    if enroll and ci:
        raise CiWithEnroll
    if enroll:
        return run.enroll(house, folder, name=signer, choices=choices)
    return run.init(
        house, folder, profile=profile, replace=replace, systems=tuple(ci or ()), choices=choices
    )
