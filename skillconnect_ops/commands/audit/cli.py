"""The command line of `skc audit`.

What a command needs is imported when that command runs: a hook that looks before each commit has no
use for the rest.
"""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal import options
from skillconnect_ops.terminal.group import BARE, Group

AUDIT = Group("audit")


@AUDIT.command(
    BARE,
    findings=True,
    examples=(
        "skc audit",
        "skc audit backend --select console-call --fail-on medium",
        "skc audit --changed origin/main --format github",
        "skc audit --staged",
        "skc audit --format baseline --out .skc/audit-baseline.json",
        "skc audit --baseline .skc/audit-baseline.json --baseline-from origin/main",
        "skc audit --format sarif --out audit.sarif",
        "skc audit --fix",
        "skc audit backend --write --request-id",
    ),
)
def audit(
    house: House,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH…",
            help="Files and folders; the working folder by default.",
            readable=False,  # whether it is, is asked where the answer is an error of ours
        ),
    ] = None,
    *,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="ID", help="Only this check; more than once for several."),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="ID", help="Not this check; more than once for several."),
    ] = None,
    changed: Annotated[
        str | None,
        typer.Option(
            "--changed",
            metavar="[REV]",
            help="Only lines that differ from where HEAD left REV (else the default branch).",
        ),
    ] = None,
    staged: Annotated[
        bool, typer.Option("--staged", help="Only lines that are staged, as they are staged.")
    ] = False,
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline", metavar="FILE", help="Accept what --format baseline, or json, wrote."
        ),
    ] = None,
    baseline_from: Annotated[
        str | None,
        typer.Option(
            "--baseline-from",
            metavar="REV",
            help="Read the baseline as it is there, where a change cannot add to it.",
        ),
    ] = None,
    fail_on: Annotated[
        Severity | None,
        typer.Option(
            "--fail-on", help="The lowest severity that ends with 10 to 13 (skc.yaml, else high)."
        ),
    ] = None,
    show_ignored: Annotated[
        bool, typer.Option("--show-ignored", help="List what comments and the baseline silence.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with 14 where something was not looked at.")
    ] = False,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Show how calls of console become a logger's, as a diff."),
    ] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Write what --fix shows, once you agreed.")
    ] = False,
    logger: Annotated[
        Path | None,
        typer.Option(
            "--logger",
            metavar="PATH",
            help="The module to log through (skc.yaml, else the only one found).",
        ),
    ] = None,
    request_id: Annotated[
        bool,
        typer.Option("--request-id", help="Add `requestId: req.id` where `req` is in scope."),
    ] = False,
    dry_run: options.DryRun = False,
    save_plan: options.SavePlan = None,
    yes: options.Yes = False,
) -> Report:
    """Find what code should not do, without running any of it.

    All checks run that apply; `skc audit list` names them, and `skc audit explain ID` shows what
    one looks for, why, and how to mend it. Of a folder in a repository the files are looked at that
    git tracks or would add. Installed, vendored, built and minified code is left out, and said to
    be. A file that does not fit its grammar is looked at around the fault, and listed as unknown.

    A finding below --fail-on is shown, and the exit is 0. `// skc: allow ID REASON` at the end of a
    line, or alone on the line before, silences one; `until YYYY-MM-DD` may stand before the reason.

    --baseline accepts what an earlier run wrote with --format baseline. A pull request could add to
    that file what it brings itself, so in CI it is read at the branch that the change is meant for,
    by --baseline-from. With --changed and --staged, each new comment and each new entry is named.

    --fix shows what calls of console become when they go through the project's logger; --write
    writes it. Tests, scripts run by hand, front-end files and what is not plain stay, with the
    reason.
    """
    from skillconnect_ops.commands.audit import model, run

    wish = model.Wish(
        paths=tuple(paths or ()),
        select=tuple(select or ()),
        ignore=tuple(ignore or ()),
        changed=changed,
        staged=staged,
        baseline=baseline,
        baseline_from=baseline_from,
        fail_on=fail_on,
        show_ignored=show_ignored,
        strict=strict,
    )
    if fix or write or logger is not None or request_id or dry_run or save_plan or yes:
        from skillconnect_ops.commands.audit import fix_model, fix_run
        from skillconnect_ops.journal.model import Choices

        how = fix_model.FixWish(show=fix, write=write, logger=logger, request_id=request_id)
        choices = Choices(dry_run=dry_run, save_plan=save_plan, yes=yes)
        return fix_run.fix(house, wish, how, choices)
    return run.audit(house, wish)


@AUDIT.command("list", examples=("skc audit list", "skc audit list --format json"))
def list_checks(house: House) -> Report:  # noqa: ARG001 - every command is given one
    """List every check: its id, its severity and what is wrong."""
    from skillconnect_ops.commands.audit import run

    return run.listing()


@AUDIT.command("explain", examples=("skc audit explain console-call",))
def explain(
    house: House,  # noqa: ARG001 - every command is given one
    check: Annotated[str, typer.Argument(metavar="ID", help="The check, as the list names it.")],
) -> Report:
    """Show the page of a check: what, why, how it looks, and the remedy."""
    from skillconnect_ops.commands.audit import run

    return run.explain(check)
