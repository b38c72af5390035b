"""The command line of `skc demo`."""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.demo import run
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal.group import Group

DEMO = Group("demo")


@DEMO.bare(examples=("skc demo", "skc demo --keep --folder ./skc-demo"))
def demo(
    house: House,
    *,
    documents: Annotated[
        int,
        typer.Option(
            "--documents", metavar="N", min=200, max=5_000_000, help="How many documents, about."
        ),
    ] = 220_000,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", metavar="DIR", help="Where it plays; a new or empty folder."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave project, backup and journals there.")
    ] = False,
) -> Report:
    """Back up, restore, rotate and scrub a sample app, here and now.

    It starts a MongoDB of its own on this machine, fills it, keeps writing to it in transactions,
    and meanwhile backs it up, proves the backup by restoring it elsewhere, loses a collection and
    restores it; then it finds what the sample's history gives away, and replaces that. Nothing
    outside its folder is touched, and all of it is removed at the end.
    """
    return run.demo(house, documents=documents, folder=folder, keep=keep)
