"""The command line of `skc secrets scan`."""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.report import Report

EXAMPLES = (
    "skc secrets scan",
    "skc secrets scan backend --format sarif --out secrets.sarif",
    "skc secrets scan --staged",
    "skc secrets scan --history",
    "skc secrets scan --since origin/main --format github",
)


def scan(
    house: House,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH…",
            help="Files and folders; the working folder by default, of history all of it.",
            readable=False,  # whether it is, is asked where the answer is an error of ours
        ),
    ] = None,
    *,
    staged: Annotated[
        bool, typer.Option("--staged", help="Only what is staged for the next commit.")
    ] = False,
    history: Annotated[
        bool,
        typer.Option("--history", help="Everything the repository holds, reachable or not."),
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="REV", help="Only commits that this revision does not reach."
        ),
    ] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show the values in clear, in the table alone.")
    ] = False,
    thorough: Annotated[
        bool,
        typer.Option(
            "--thorough", help="Noisy detectors, low confidence and dependencies count, too."
        ),
    ] = False,
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline",
            metavar="FILE",
            help="Accept what an earlier JSON report or a .secrets.baseline holds.",
        ),
    ] = None,
    fail_on: Annotated[
        Severity,
        typer.Option("--fail-on", help="The lowest severity that ends with 10 to 13."),
    ] = Severity.HIGH,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with 14 where something was not looked at.")
    ] = False,
) -> Report:
    """Find secrets in files, in the index, or in all of history.

    Of a folder, every file is looked at: tracked, untracked and ignored ones, each named as such;
    folders of dependencies are left out and said to be. With --history it is every object of the
    repository, whether anything reaches it or not: also messages, names, notes, stashes, reflogs,
    refs, hooks, configuration, submodules and LFS objects, and what is encoded or packed. Values
    are masked. Findings of low confidence (placeholders, examples, fixtures) are in the report as
    suppressed; a line's own `skc: allow REASON` suppresses, too.

    Secrets in a target's own env file (skc.yaml: env_files) are where they belong, and so no fault,
    while git ignores the file, only its owner may read it and no image takes it in. They are
    counted, and shown with --thorough: that is the list of what to renew after a break-in.
    With PATH and --history or --since only what history has at or below these paths is shown:
    commit messages, and all else that has no path, are left out.
    With --since a secret that older versions of its file hold already is counted, not shown.
    What is staged is held against the ledger of retired secrets, too.
    """
    from skillconnect_ops.commands.secrets import scan_model, scan_run

    wish = scan_model.Wish(
        paths=tuple(paths or ()),
        staged=staged,
        history=history,
        since=since,
        reveal=reveal,
        thorough=thorough,
        baseline=baseline,
        fail_on=fail_on,
        strict=strict,
    )
    return scan_run.scan(house, wish)
