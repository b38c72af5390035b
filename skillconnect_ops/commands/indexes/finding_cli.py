"""What `skc indexes import` and `skc indexes advise` take; `cli.py` declares them."""

from pathlib import Path
from typing import Annotated

import typer

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.indexes import advising, importing
from skillconnect_ops.commands.indexes.wishes import seconds
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.report import Report
from skillconnect_ops.journal.model import Choices
from skillconnect_ops.terminal import options

OF_IMPORT = ("skc indexes import", "skc indexes import --from database --dry-run")
OF_ADVISE = ("skc indexes advise", "skc indexes advise --fail-on low --format github")


def bring_in(
    house: House,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Only code in or below these; else all of it."),
    ] = None,
    *,
    source: Annotated[
        importing.Source | None,
        typer.Option(
            "--from", help="Where to look; by default the code, and the database if that has none."
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Write the file anew: what only stands in it goes."),
    ] = False,
    target: options.Target = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
) -> Report:
    """Write indexes.yaml from the app's code, or from the database.

    Code is read and never run: Mongoose schemas, the classes of NestJS and typegoose, createIndex
    and its like in JavaScript, TypeScript and scripts for the shell. Each index stands there with
    the file and line that it was found at. What is decided at run time is listed as unknown. Of
    declarations that exclude each other the first stays, and both places are told.

    A file that is there is only added to, unless --replace is given; what changes is shown first.
    """
    choices = Choices(dry_run=dry_run, yes=yes)
    return importing.bring_in(
        house,
        target=target,
        source=source,
        paths=tuple(paths or ()),
        replace=replace,
        choices=choices,
    )


def give_advice(
    house: House,
    *,
    unused_for: Annotated[
        str,
        typer.Option("--unused-for", metavar="TIME", help="How long nothing used it: 7d, 12h."),
    ] = "7d",
    sample: Annotated[
        int,
        typer.Option(
            "--sample", metavar="N", min=0, max=10_000, help="Documents to look at; 0 for none."
        ),
    ] = advising.SAMPLE,
    fail_on: Annotated[
        Severity,
        typer.Option("--fail-on", help="The lowest severity that ends with 10 to 13."),
    ] = Severity.HIGH,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with 14 where something was not looked at.")
    ] = False,
    target: options.Target = None,
) -> Report:
    """Say which indexes could go, or could be better, and why.

    Looks for indexes that a longer one stands in for, that are there twice, that no node used, that
    tell only yes from no, that are on the date of an end and end nothing, and, where the profiler
    kept queries, whose order makes the server sort. Each with what it was concluded from and the
    change to indexes.yaml. Of the sampled documents only the kinds of values leave the server.
    Nothing is changed.
    """
    return advising.give(
        house,
        target=target,
        unused_for_s=seconds(unused_for, option="--unused-for"),
        sample=sample,
        fail_on=fail_on,
        strict=strict,
    )
