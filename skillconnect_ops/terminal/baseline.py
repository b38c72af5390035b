"""Findings as a baseline: what a team accepts, to be committed and reviewed.

It has no line numbers, times or folders of a machine: what moves changes nothing in it, and two
branches that accept different things rarely meet in a line. A report in JSON is read as well.
"""

import json

from skillconnect_ops.core.report import Report

SCHEMA = "skc/baseline/2"
_ACCEPTED = "in the baseline"


def as_baseline(report: Report) -> str:
    """Every finding that is open, or accepted already; what a comment silences needs no entry."""
    entries = [
        {
            "id": one.id,
            "severity": one.severity.value,
            "path": one.path,
            "subject": one.subject,
            "message": one.message,
            "fingerprint": one.fingerprint,
        }
        for one in report.findings
        if one.suppressed is None or one.suppressed.startswith(_ACCEPTED)
    ]
    entries.sort(key=lambda one: (one["path"] or one["subject"] or "", one["id"], str(one)))
    return json.dumps({"schema": SCHEMA, "accepted": entries}, indent=1, ensure_ascii=False) + "\n"
