"""Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the code.

A place that is no file of the work tree (a commit's message, a ref) becomes a logical location.
"""

import json
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from skillconnect_ops.core.finding import Finding, Severity
from skillconnect_ops.core.report import Report

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
}
"""What GitHub orders security findings by (`security-severity`, a CVSS score)."""

_COMMENTS = ("allowed:", "eslint", "#")
"""How a suppression begins that stands as a comment beside the code (SARIF 2.1.0, 3.35.2)."""


def as_sarif(report: Report) -> str:
    """One run with all findings; suppressed ones are there, and say so."""
    rules = {finding.id: finding for finding in report.findings}
    order = {name: index for index, name in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "skc",
                "semanticVersion": version("skillconnect-ops"),
                "rules": [_rule(finding) for finding in rules.values()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "the project's root"}}},
        "invocations": [
            {
                "executionSuccessful": report.error is None,
                "toolExecutionNotifications": [
                    {
                        "level": "warning",
                        "message": {"text": f"not looked at: {item.subject}: {item.reason}"},
                    }
                    for item in report.unknown
                ],
            }
        ],
        "results": [_result(finding, order[finding.id]) for finding in report.findings],
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "shortDescription": {"text": finding.id.replace("-", " ")},
        "help": {"text": finding.remedy or "see the message"},
        "defaultConfiguration": {"level": _LEVELS[finding.severity]},
        "properties": {"security-severity": _SCORES[finding.severity], "tags": ["security"]},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.id,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [_location(finding)],
        "partialFingerprints": {"skcFingerprint/v1": finding.fingerprint},
        "properties": {
            "severity": finding.severity.value,
            "confidence": finding.confidence.value,
        },
    }
    if finding.suppressed is not None:
        in_source = finding.suppressed.startswith(_COMMENTS)
        kind = "inSource" if in_source else "external"
        result["suppressions"] = [{"kind": kind, "justification": finding.suppressed}]
    return result


def _location(finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if finding.path is not None:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": quote(finding.path), "uriBaseId": "ROOT"}
        }
        region = {
            "startLine": finding.line,
            "startColumn": finding.column,
            "endLine": finding.end_line,
        }
        if finding.line is not None:
            location["physicalLocation"]["region"] = {
                name: number for name, number in region.items() if number is not None
            }
    if finding.subject is not None:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.subject}]
    return location
