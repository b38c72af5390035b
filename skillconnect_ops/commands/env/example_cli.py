"""What `skc env example` and `skc env check` take; `cli.py` declares them."""

from typing import Annotated

import typer

from skillconnect_ops.commands.env import check_run, example_run
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.report import Report
from skillconnect_ops.journal.model import Choices
from skillconnect_ops.terminal import options

OF_EXAMPLE = ("skc env example", "skc env example --dry-run", "skc env example --check")
OF_CHECK = ("skc env check", "skc env check --target production --strict")


def example(
    house: House,
    *,
    target: options.Target = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Only say in what the example is behind; exit 10 if it is."),
    ] = False,
    bare: Annotated[
        bool,
        typer.Option(
            "--bare", help="Names and placeholders alone: every comment goes, yours, too."
        ),
    ] = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> Report:
    """Write .env.example from the code, the .env and the old example.

    Each variable that the code reads or the .env holds gets a line with a placeholder that says
    how to make its value, its purpose, whether it is required, and where it is read. Of the .env
    only names are taken, never a value. What a person wrote in the old example stays: order,
    comments (but with --bare), and values that are no secret.
    """
    choices = Choices(dry_run=dry_run, yes=yes)
    return example_run.example(house, target, check=check, bare=bare, choices=choices)


def check(
    house: House,
    *,
    target: options.Target = None,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Exit 14 where something could not be looked at."),
    ] = False,
) -> Report:
    """Say what is wrong with the env files, without showing a value.

    Looks for variables that are missing, unused, undocumented, twice there, weak, equal, or still
    a placeholder; for files that others can read, that git tracks or once held, or that an image
    is built with; and for lines that Node's dotenv, node --env-file, python-dotenv, bash or docker
    compose cannot read, or read differently. Where there is nothing to look at it exits with 14.
    """
    return check_run.check(house, target, strict=strict)
