"""A report as text: JSON for machines, or what its view says for people."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from pathlib import PurePath
from typing import Any, Literal, assert_never

import msgspec

from skillconnect_ops.core.report import SCHEMA, Report
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import Document, Lines
from skillconnect_ops.terminal.options import Format
from skillconnect_ops.terminal.streams import Screen
from skillconnect_ops.terminal.text import one_line, wrapped


def rendered(report: Report, *, report_format: Format, screen: Screen) -> str:
    """What goes to stdout or into the `--out` file, with its last line end; empty for nothing.

    A failed command rarely has anything to show as a table: stdout is for data.
    """
    match report_format:
        case Format.JSON:
            return as_json(report)
        case Format.TABLE:
            failed = report.error is not None and not report.view
            return "" if failed else as_text(report, screen=screen)
        case Format.SARIF | Format.JUNIT | Format.GITHUB | Format.GITLAB:
            return "" if report.error is not None else _for_ci(report, report_format)
        case Format.HTML:
            pages = (one.html for one in report.view if isinstance(one, Document))
            return "" if report.error is not None else next(pages, "")
        case Format.MARKDOWN | Format.BASELINE:
            return "" if report.error is not None else _for_review(report, report_format)
    assert_never(report_format)


def _for_ci(
    report: Report,
    report_format: Literal[Format.SARIF, Format.JUNIT, Format.GITHUB, Format.GITLAB],
) -> str:
    """The report as other programs read it; each form is loaded only when it is asked for."""
    match report_format:
        case Format.SARIF:
            from skillconnect_ops.terminal.sarif import as_sarif  # noqa: PLC0415

            return as_sarif(report)
        case Format.JUNIT:
            from skillconnect_ops.terminal.junit import as_junit  # noqa: PLC0415

            return as_junit(report)
        case Format.GITHUB:
            from skillconnect_ops.terminal.github import as_github  # noqa: PLC0415

            return as_github(report)
        case Format.GITLAB:
            from skillconnect_ops.terminal.gitlab import as_gitlab  # noqa: PLC0415

            return as_gitlab(report)
    assert_never(report_format)


def _for_review(report: Report, report_format: Literal[Format.MARKDOWN, Format.BASELINE]) -> str:
    """The report as those read it who look over a change; loaded as above."""
    match report_format:
        case Format.MARKDOWN:
            from skillconnect_ops.terminal.markdown import as_markdown  # noqa: PLC0415

            return as_markdown(report)
        case Format.BASELINE:
            from skillconnect_ops.terminal.baseline import as_baseline  # noqa: PLC0415

            return as_baseline(report)
    assert_never(report_format)


def as_text(report: Report, *, screen: Screen) -> str:
    """The view, then the findings, then what could not be looked at."""
    lines = [
        (line, screen.width if block.prose else None)
        for block in report.view
        if isinstance(block, Lines)
        for line in block.lines
    ]
    only_words = all(isinstance(block, Lines) for block in report.view) and not (
        report.findings or report.unknown
    )
    if only_words and all(isinstance(line, str) for line, _ in lines):
        return "".join(f"{wrapped(one_line(str(line)), width, hang=2)}\n" for line, width in lines)
    from skillconnect_ops.terminal.draw import drawn  # noqa: PLC0415 - rich only where it is used

    return drawn(report, screen=screen)


def as_json(report: Report) -> str:
    """The contract `skc/report/1`: every key always there, in this order."""
    document = {
        "schema": SCHEMA,
        "command": report.command,
        "subject": plain(report.subject),
        "status": report.status.value,
        "started_at": plain(report.started_at),
        "seconds": report.seconds,
        "error": plain(report.error),
        "journal": report.journal,
        "next": [command.partition("   #")[0] for command in report.next],
        "findings": plain(report.findings),
        "unknown": plain(report.unknown),
        "steps": plain(report.steps),
        "facts": plain(report.facts),
    }
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """A value as JSON knows it: times in UTC with `Z`, sets sorted, structs by their fields.

    Raises:
        TypeError: of such a type no fact should be.
    """
    if value is None or (isinstance(value, str | int | float) and not isinstance(value, Enum)):
        return _finite(value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(of_key) for key, of_key in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, frozenset | set):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, msgspec.Struct):
        return _fields(value)
    return _atom(value)


def _atom(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, PurePath):
        return value.as_posix()
    if isinstance(value, Secret):
        return str(value)
    raise TypeError(f"a report cannot hold a {type(value).__name__}")


def _fields(struct: msgspec.Struct) -> dict[str, Any]:
    config = struct.__struct_config__
    tag = {config.tag_field: config.tag} if config.tag_field else {}
    return {**tag, **{name: plain(getattr(struct, name)) for name in struct.__struct_fields__}}


def _finite(value: Any) -> Any:
    """JSON has no infinity and no NaN; both say that there is no number."""
    if isinstance(value, float) and not (float("-inf") < value < float("inf")):
        return None
    return value
