"""Findings as JUnit XML, which nearly every CI server shows: a failed test case each."""

import re
from xml.etree import ElementTree as ET

from skillconnect_ops.core.finding import Finding
from skillconnect_ops.core.report import Report, Unknown

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0, section 2.2: characters that no document can hold."""


def as_junit(report: Report) -> str:
    """One suite; a case for each finding and each thing not looked at, or one that passed."""
    found = [finding for finding in report.findings if finding.suppressed is None]
    cases = [*map(_failed, found), *map(_skipped, report.unknown)]
    if not cases:
        cases = [ET.Element("testcase", classname=f"skc.{report.command}", name="no findings")]
    suite = ET.Element(
        "testsuite",
        name=f"skc {report.command}",
        tests=str(len(cases)),
        failures=str(len(found)),
        errors="0",
        skipped=str(len(report.unknown)),
        time=f"{report.seconds:.3f}",
    )
    suite.extend(cases)
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _failed(finding: Finding) -> ET.Element:
    place = finding.path or finding.subject or ""
    where = f"{place}:{finding.line}" if finding.line is not None else place
    case = ET.Element("testcase", classname=f"skc.{finding.id}", name=_clean(where))
    if finding.path is not None:
        case.set("file", _clean(finding.path))
    if finding.line is not None:
        case.set("line", str(finding.line))
    failure = ET.SubElement(case, "failure", type=finding.severity.value)
    failure.set("message", _clean(finding.message))
    failure.text = _clean(f"{where}\n{finding.message}\n{finding.remedy}")
    return case


def _skipped(item: Unknown) -> ET.Element:
    case = ET.Element("testcase", classname="skc.not-looked-at", name=_clean(item.subject))
    ET.SubElement(case, "skipped", message=_clean(item.reason))
    return case


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
