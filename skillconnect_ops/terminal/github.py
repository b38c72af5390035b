"""Findings as workflow commands of GitHub Actions: annotations beside the lines."""

from skillconnect_ops.core.finding import Finding, Severity
from skillconnect_ops.core.report import Report

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}


def as_github(report: Report) -> str:
    """A line for each finding that is not suppressed, and for each thing not looked at."""
    lines = [_line(finding) for finding in report.findings if finding.suppressed is None]
    lines += [
        f"::notice title=not looked at::{_text(f'{item.subject}: {item.reason}')}"
        for item in report.unknown
    ]
    return "".join(f"{line}\n" for line in lines)


def _line(finding: Finding) -> str:
    numbers = {"line": finding.line, "col": finding.column, "endLine": finding.end_line}
    place = {"file": finding.path} | numbers if finding.path is not None else {}
    known = {**place, "title": finding.id}
    properties = ",".join(
        f"{name}={_property(str(value))}" for name, value in known.items() if value is not None
    )
    message = finding.message
    if finding.path is None and finding.subject is not None:
        message = f"{finding.subject}: {message}"
    return f"::{_LEVELS[finding.severity]} {properties}::{_text(message)}"


def _text(text: str) -> str:
    """What the runner undoes again (actions/toolkit, `escapeData`)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
