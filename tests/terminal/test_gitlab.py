"""Findings as GitLab's code quality report."""

import json

from skillconnect_ops.core.finding import Finding, Severity
from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal.gitlab import as_gitlab


def finding(**given: object) -> Finding:
    known = {"id": "a-fault", "severity": Severity.LOW, "message": "wrong", "remedy": ""}
    return Finding(**{"fingerprint": "f", **known, **given})  # type: ignore[arg-type]


def test_each_finding_has_a_place_and_a_grade_that_gitlab_knows() -> None:
    found = (
        finding(path="a.js", line=3, end_line=5, severity=Severity.CRITICAL),
        finding(path="b.js", line=7, severity=Severity.HIGH),
        finding(path="c.js", severity=Severity.MEDIUM),
        finding(subject="refs/heads/main"),
        finding(path="d.js", line=1, suppressed="allowed: it is"),
    )
    told = json.loads(as_gitlab(Report(command="audit", findings=found)))
    places = [(one["location"]["path"], *one["location"]["lines"].values()) for one in told]
    assert places == [("a.js", 3, 5), ("b.js", 7, 7), ("c.js", 1, 1), ("refs/heads/main", 1, 1)]
    assert [one["severity"] for one in told] == ["blocker", "critical", "major", "minor"]


def test_of_nothing_there_is_an_empty_list() -> None:
    assert json.loads(as_gitlab(Report(command="audit"))) == []
