"""The command line of `skc api`."""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.api import run
from skillconnect_ops.commands.api.model import Asked
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal.group import Group

API = Group("api")


@API.bare(
    examples=(
        "skc api --embedded",
        "skc api --workers 2 --port 4000 --env-file backend/.env",
        "skc api --embedded --folder ./try-it --port 4100",
    )
)
def api(
    house: House,
    *,
    workers: Annotated[
        int,
        typer.Option("--workers", metavar="N", min=1, max=64, help="How many processes serve."),
    ] = 1,
    host: Annotated[
        str, typer.Option("--host", metavar="H", help="The address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            metavar="N",
            min=1,
            max=65535,
            help="By default PORT as set, else 4000.",
        ),
    ] = None,
    env_file: Annotated[
        Path | None,
        typer.Option(
            "--env-file",
            metavar="FILE",
            help="Its settings, below those of the environment; by default the target's, or .env.",
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="NAME", help="Whose env file is taken."),
    ] = None,
    embedded: Annotated[
        bool,
        typer.Option("--embedded", help="Start a MongoDB and a Redis of its own."),
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder",
            metavar="DIR",
            help="With --embedded: where its files lie; a new or empty folder.",
        ),
    ] = None,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="With --embedded: leave settings, logs and mails there."),
    ] = False,
) -> Report:
    """Run the hardened reference API until Ctrl-C.

    It is a program of its own, which reads its settings from the environment and an env file, and
    refuses weak ones. What it prints comes on stderr. Ctrl-C or SIGTERM lets it finish what it has
    begun; a second one ends it at once.

    With --embedded nothing has to be there: a MongoDB and a Redis start on this machine, with
    users, passwords and keys that are made for this run. Their data goes at the end, and so does
    the folder unless --keep is given. A skc.yaml lies in it, so that `skc rotate` can be tried on
    the running API from a second terminal.
    """
    asked = Asked(
        workers=workers,
        host=host,
        port=port,
        env_file=env_file,
        target=target,
        embedded=embedded,
        folder=folder,
        keep=keep,
    )
    return run.api(house, asked)
