"""Findings as a baseline: the same bytes for the same findings, wherever they stand."""

import json
from datetime import UTC, datetime

from skillconnect_ops.core.finding import Finding, Severity
from skillconnect_ops.core.report import Report
from skillconnect_ops.terminal.baseline import as_baseline


def finding(mark: str, **given: object) -> Finding:
    known = {"id": "a-fault", "severity": Severity.LOW, "message": "wrong", "remedy": "mend it"}
    return Finding(**{"fingerprint": mark, **known, **given})  # type: ignore[arg-type]


def test_lines_times_folders_and_order_change_nothing() -> None:
    one = Report(
        command="audit",
        subject={"root": "/home/ada/shop"},
        started_at=datetime.now(UTC),
        seconds=1.5,
        findings=(finding("f", path="b.js", line=3), finding("g", path="a.js", line=4)),
    )
    other = Report(
        command="audit",
        findings=(finding("g", path="a.js", line=9, column=2), finding("f", path="b.js")),
    )
    assert as_baseline(one) == as_baseline(other)
    assert "ada" not in as_baseline(one)
    assert [each["path"] for each in json.loads(as_baseline(one))["accepted"]] == ["a.js", "b.js"]


def test_what_is_accepted_stays_and_what_a_comment_silences_needs_no_entry() -> None:
    found = (
        finding("f", path="a.js", suppressed="in the baseline b.json"),
        finding("g", path="a.js", suppressed="allowed: it is late"),
        finding("h", path="a.js", suppressed="eslint-disable-line"),
        finding("i", subject="refs/heads/main"),
    )
    kept = json.loads(as_baseline(Report(command="audit", findings=found)))["accepted"]
    assert {one["fingerprint"] for one in kept} == {"f", "i"}
