"""The command line of `skc env`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.env import example_cli, set_run, untrack_run
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.report import Report
from skillconnect_ops.envfile.readers import Reader
from skillconnect_ops.journal.model import Choices
from skillconnect_ops.terminal import options
from skillconnect_ops.terminal.group import Group

ENV = Group("env")
ENV.command("example", examples=example_cli.OF_EXAMPLE)(example_cli.example)
ENV.command("check", examples=example_cli.OF_CHECK)(example_cli.check)


class ReaderName(StrEnum):
    """A reader of env files, as it is typed."""

    NODE_ENV_FILE = "node-env-file"
    PYTHON_DOTENV = "python-dotenv"
    BASH = "bash"


@ENV.command(
    "set",
    examples=(
        "skc env set JWT_SECRET_KEY",
        "skc env set MONGO_URI --stdin --yes",
        "skc env set SMTP_PASS --file backend/.env.local --not-for bash",
    ),
)
def set_value(
    house: House,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The variable's name.")],
    *,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="PATH", help="The env file, where not the target's own."),
    ] = None,
    stdin: Annotated[
        bool,
        typer.Option("--stdin", help="Read the value from stdin, less one line end at its end."),
    ] = False,
    descriptor: Annotated[
        int | None,
        typer.Option(
            "--fd", metavar="N", help="Read it from an open file descriptor, in the same way."
        ),
    ] = None,
    empty: Annotated[bool, typer.Option("--empty", help="Let it hold nothing.")] = False,
    after: Annotated[
        str | None,
        typer.Option("--after", metavar="NAME", help="Put a new line behind that variable's."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Set every line where the name stands several times.")
    ] = False,
    not_for: Annotated[
        list[ReaderName] | None,
        typer.Option("--not-for", help="A reader that never sees the file; may be repeated."),
    ] = None,
    target: options.Target = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> Report:
    """Give one variable of an env file a value, and touch nothing else.

    The value is typed twice, without being shown, or comes from a pipe, of which exactly one line
    end at its end is cut off; never from the command line. A retired value is refused.
    Comments, order, line ends and all other bytes stay. The value is written so that Node's dotenv,
    node --env-file, python-dotenv and bash read the same, or it is refused.
    """
    request = set_run.Request(
        target=target,
        file=file,
        stdin=stdin,
        descriptor=descriptor,
        empty=empty,
        every=every,
        after=after,
        not_for=tuple(Reader(name.value) for name in not_for or ()),
    )
    choices = Choices(dry_run=dry_run, yes=yes)
    return set_run.set_value(house, key, request=request, choices=choices)


@ENV.command(
    "untrack",
    examples=("skc env untrack --dry-run", "skc env untrack --commit --yes"),
)
def untrack(
    house: House,
    *,
    commit: Annotated[
        bool, typer.Option("--commit", help="Commit that, and nothing else that is staged.")
    ] = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> Report:
    """Take every env file out of git's index, and keep them out.

    That is every .env* but the examples, in every folder. The files stay on disk; .gitignore gets
    the rules it lacks, and git is asked whether they cover. History still holds what was committed:
    the secrets in it are to be replaced.
    """
    choices = Choices(dry_run=dry_run, yes=yes)
    return untrack_run.untrack(house, commit=commit, choices=choices)
