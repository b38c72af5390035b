"""Findings as workflow commands of GitHub Actions: annotations beside the lines."""

from skillconnect_ops.core.finding import Finding, Severity
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Remarks
from skillconnect_ops.terminal.text import printable

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}


def as_github(report: Report) -> str:
    """A line for each finding that is not suppressed, each remark, and each thing not looked at."""
    lines = [_line(finding) for finding in report.findings if finding.suppressed is None]
    lines += [
        f"::notice {_properties(file=one.path, line=one.line, title=one.title)}::{_text(one.text)}"
        for block in report.view
        if isinstance(block, Remarks)
        for one in block.remarks
    ]
    lines += [
        f"::notice title=not looked at::{_text(f'{item.subject}: {item.reason}')}"
        for item in report.unknown
    ]
    return "".join(f"{line}\n" for line in lines)


def _line(finding: Finding) -> str:
    numbers = {"line": finding.line, "col": finding.column, "endLine": finding.end_line}
    place = {"file": finding.path} | numbers if finding.path is not None else {}
    known = {**place, "title": finding.id}
    message = finding.message
    if finding.path is None and finding.subject is not None:
        message = f"{finding.subject}: {message}"
    return f"::{_LEVELS[finding.severity]} {_properties(**known)}::{_text(message)}"


def _properties(**known: str | int | None) -> str:
    return ",".join(
        f"{name}={_property(str(value))}" for name, value in known.items() if value is not None
    )


def _text(text: str) -> str:
    """What the runner undoes again (actions/toolkit, `escapeData`)."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return printable(text)


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
