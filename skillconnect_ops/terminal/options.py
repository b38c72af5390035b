"""The options that several commands share, as annotations for their signatures."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"
    GITLAB = "gitlab"
    MARKDOWN = "markdown"
    BASELINE = "baseline"
    HTML = "html"


class FindingsIn(StrEnum):
    """How a report is written that holds findings."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"
    GITLAB = "gitlab"
    MARKDOWN = "markdown"
    BASELINE = "baseline"


class TablesFormat(StrEnum):
    """How a report is written whose tables belong onto a page."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


class PlainFormat(StrEnum):
    """How a report is written that holds no findings."""

    TABLE = "table"
    JSON = "json"


Target = Annotated[
    str | None,
    typer.Option(
        "--target", metavar="NAME", help="The target of skc.yaml; needed when there are several."
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the plan and stop; nothing is changed.")
]
Yes = Annotated[
    bool, typer.Option("--yes", help="Agree to the plan beforehand, for scripts and schedules.")
]
SavePlan = Annotated[
    Path | None,
    typer.Option(
        "--save-plan", metavar="FILE", help="Write the plan there, for `skc apply`, and stop."
    ),
]
Confirm = Annotated[
    str | None,
    typer.Option(
        "--confirm", metavar="NAME", help="Name what will be destroyed, instead of typing it."
    ),
]
Stdin = Annotated[
    bool, typer.Option("--stdin", help="Read the value from stdin; one line end is cut off.")
]
Descriptor = Annotated[
    int | None,
    typer.Option("--fd", metavar="N", min=0, help="Read the value from this file descriptor."),
]
ReportFormat = Annotated[
    PlainFormat, typer.Option("--format", help="How the report is written.", show_default=True)
]
TablesIn = Annotated[
    TablesFormat, typer.Option("--format", help="How the report is written.", show_default=True)
]
FindingsFormat = Annotated[
    FindingsIn, typer.Option("--format", help="How the report is written.", show_default=True)
]
PageFormat = Annotated[
    Format, typer.Option("--format", help="How the report is written.", show_default=True)
]
ReportFile = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write the report to a file instead of stdout."),
]

COMMON = frozenset({"--target", "--dry-run", "--save-plan", "--yes", "--confirm"})
"""Shown in a section of their own, after what only the command has."""
EVERYWHERE = frozenset({"--format", "--out", "--help"})
"""Added to every command; shown last."""
