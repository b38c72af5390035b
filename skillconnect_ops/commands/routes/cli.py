"""The command line of `skc routes`."""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.routes import run
from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal.group import Group

ROUTES = Group("routes")


@ROUTES.bare(
    examples=(
        "skc routes",
        "skc routes backend",
        "skc routes --format markdown --out routes.md",
    ),
    markdown=True,
)
def routes(
    house: House,
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PATH]", help="Only routes of this file or folder; by default the project's."
        ),
    ] = None,
) -> Report:
    """Show the routes of Express or FastAPI, and what protects each.

    Apps, routers, mounts, middlewares and dependencies are read out of the code, and nothing of it
    runs. A middleware counts by the package that it comes from, or by what its function does, never
    by its name. What the text does not tell is listed as unresolved, and never as protected.

    AUTH, VALID, LIMIT and CSRF: yes, no, partly (where a condition holds), ? (not told), - (not
    needed: health and login routes need no login, nothing sent needs no check, and only what
    browsers send by themselves needs CSRF protection).
    """
    return run.routes(house, path)
