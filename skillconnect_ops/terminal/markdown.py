"""A report as Markdown, in the dialect of GitHub: for a page, or a comment on a pull request."""

import re
from collections.abc import Iterator, Sequence

from skillconnect_ops.core.finding import Finding, Rank, Severity
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.view import (
    Block,
    Cell,
    Document,
    Lines,
    Pairs,
    Remarks,
    Table,
    Text,
    count,
)
from skillconnect_ops.terminal.text import one_line

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~@])")
_MOST = 200
"""Findings shown; a comment on GitHub holds 65,536 characters."""


def as_markdown(report: Report) -> str:
    """The tables and lines of a report's view, its findings, and what could not be looked at."""
    page = next((one for one in report.view if isinstance(one, Document)), None)
    if page is not None:
        return page.markdown
    parts = [part for block in report.view if (part := _block(block))]
    shown = [one for one in report.findings if one.suppressed is None]
    if shown:
        parts.append(_findings(shown))
    if report.unknown:
        parts.append(_unknown(report.unknown))
    return "\n".join(parts)


def _block(block: Block) -> str:
    match block:
        case Lines(lines, _):
            return "".join(f"{_text(line)}\n" for line in lines)
        case Remarks(remarks):
            return "".join(f"- {_text(one.text)}\n" for one in remarks)
        case Pairs(pairs, title):
            return _table(title, ("", ""), [(name, value) for name, value in pairs], ())
        case Table(headers, rows, right, title, empty):
            if not rows:
                head = f"### {_text(title)}\n\n" if title else ""
                return f"{head}{_text(empty)}\n"
            return _table(title, headers, rows, right)
    return ""


def _table(
    title: str | None, headers: Sequence[str], rows: Sequence[Sequence[Cell]], right: Sequence[int]
) -> str:
    lines = [f"### {_text(title)}", ""] if title else []
    lines.append(_row(headers))
    marks = ("---:" if index in right else "---" for index in range(len(headers)))
    lines.append(f"| {' | '.join(marks)} |")
    lines += [_row(row) for row in rows]
    return "".join(f"{line}\n" for line in lines)


def _row(cells: Sequence[Cell]) -> str:
    return f"| {' | '.join(_text(cell) for cell in cells)} |"


def _findings(findings: Sequence[Finding]) -> str:
    """A table of them with their grades above, and what mends each sort below."""
    grades = [
        f"{many:,} {grade.value}"
        for grade in sorted(Severity, key=lambda one: -Rank[one.name])
        if (many := sum(one.severity is grade for one in findings))
    ]
    lines = [
        f"### {count(len(findings), 'finding')}: {', '.join(grades)}",
        "",
        "| severity | where | message | id |",
        "| --- | --- | --- | --- |",
    ]
    for one in findings[:_MOST]:
        cells = (one.severity.value, _place(one), _text(one.message), _text(one.id))
        lines.append(f"| {' | '.join(cells)} |")
    if len(findings) > _MOST:
        lines += ["", f"… and {len(findings) - _MOST:,} more."]
    remedies = {one.id: one.remedy for one in findings if one.remedy}
    lines += ["", *(f"- **{_text(name)}**: {_text(said)}" for name, said in remedies.items())]
    return "".join(f"{line}\n" for line in lines)


def _place(finding: Finding) -> str:
    """The place in code style, whatever is in its name; a bar would end the cell."""
    if finding.path is None:
        return _text(finding.subject)
    where = finding.path if finding.line is None else f"{finding.path}:{finding.line}"
    flat = one_line(where).replace("|", "\\|")
    fence = "``" if "`" in flat else "`"
    return f"{fence}{flat}{fence}"


def _unknown(unknown: Sequence[Unknown]) -> str:
    lines = [f"<details><summary>{count(len(unknown), 'place')} not looked at</summary>", ""]
    lines += list(_listed(unknown[:_MOST]))
    return "".join(f"{line}\n" for line in (*lines, "", "</details>"))


def _listed(unknown: Sequence[Unknown]) -> Iterator[str]:
    for one in unknown:
        yield f"- {_text(one.subject)}: {_text(one.reason)}"


def _text(cell: Cell | None) -> str:
    """A text whose signs mean nothing to Markdown."""
    text = cell.text if isinstance(cell, Text) else cell or ""
    return _MARKS.sub(r"\\\1", one_line(text))
