"""Findings as GitLab's code quality report, which merge requests show beside the lines.

Source: docs.gitlab.com, "Code Quality", "Code Quality report format": a part of the specification
of Code Climate. A path and a line are asked for in any case.
"""

import json

from skillconnect_ops.core.finding import Finding, Severity
from skillconnect_ops.core.report import Report

_GRADES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
}


def as_gitlab(report: Report) -> str:
    """A list of the findings that are not suppressed."""
    found = [_issue(finding) for finding in report.findings if finding.suppressed is None]
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _issue(finding: Finding) -> dict[str, object]:
    """One finding; of one that is in no file the subject stands for a path."""
    return {
        "description": finding.message,
        "check_name": finding.id,
        "fingerprint": finding.fingerprint,
        "severity": _GRADES[finding.severity],
        "location": {
            "path": finding.path or finding.subject or ".",
            "lines": {"begin": finding.line or 1, "end": finding.end_line or finding.line or 1},
        },
    }
