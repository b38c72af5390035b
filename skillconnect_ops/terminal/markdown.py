"""Findings as Markdown, for a comment on a pull request."""

from collections.abc import Iterable, Iterator

from skillconnect_ops.core.finding import Finding, Rank, Severity
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import count

_MOST = 200
"""Rows; a comment on GitHub holds 65,536 characters."""


def as_markdown(report: Report) -> str:
    """A heading with the counts, a table for each file, what to do, and what was not looked at."""
    found = [finding for finding in report.findings if finding.suppressed is None]
    return "".join(f"{line}\n" for line in (*_head(report, found), *_body(report, found)))


def _head(report: Report, found: list[Finding]) -> Iterator[str]:
    said = count(len(found), "finding") if found else "no finding"
    yield f"### skc {_text(report.command)}: {said}"
    yield ""
    grades = [
        f"{sum(finding.severity is grade for finding in found):,} {grade.value}"
        for grade in sorted(Severity, key=lambda one: -Rank[one.name])
        if any(finding.severity is grade for finding in found)
    ]
    hidden = len(report.findings) - len(found)
    words = [*grades, *([f"{hidden:,} accepted or silenced"] if hidden else [])]
    if words:
        yield f"{', '.join(words)}."
        yield ""


def _body(report: Report, found: list[Finding]) -> Iterator[str]:
    if found:
        yield "| severity | where | what | id |"
        yield "|---|---|---|---|"
        for finding in found[:_MOST]:
            cells = (finding.severity.value, _place(finding), _text(finding.message), finding.id)
            yield f"| {' | '.join(cells)} |"
        yield ""
        if len(found) > _MOST:
            yield f"… and {len(found) - _MOST:,} more."
            yield ""
        yield from _remedies(found)
    if report.unknown:
        yield f"<details><summary>{count(len(report.unknown), 'thing')} not looked at</summary>"
        yield ""
        for item in report.unknown[:_MOST]:
            yield f"- {_code(item.subject)}: {_text(item.reason)}"
        yield ""
        yield "</details>"


def _remedies(found: Iterable[Finding]) -> Iterator[str]:
    remedies = {finding.id: finding.remedy for finding in found}
    for identity, remedy in remedies.items():
        if remedy:
            yield f"- **{identity}**: {_text(remedy)}"
    yield ""


def _place(finding: Finding) -> str:
    where = finding.path or finding.subject or ""
    return _code(where if finding.line is None else f"{where}:{finding.line}")


def _code(text: str) -> str:
    """A word in code style, whatever is in it; a bar would end the cell."""
    flat = " ".join(text.split()).replace("|", "\\|")
    fence = "``" if "`" in flat else "`"
    return f"{fence}{flat}{fence}"


def _text(text: str) -> str:
    """Plain words: no markup, no mention and no link comes out of what was found."""
    flat = " ".join(text.split())
    for sign in "\\`*_[]<>|#@":
        flat = flat.replace(sign, f"\\{sign}")
    return flat
