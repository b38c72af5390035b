"""A report as Markdown, in the dialect of GitHub: for a page, or a comment on a pull request."""

import re
from collections.abc import Iterator, Sequence

from skillconnect_ops.core.finding import Finding
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.view import Block, Cell, Lines, Pairs, Table, Text, count
from skillconnect_ops.terminal.text import one_line

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")


def as_markdown(report: Report) -> str:
    """The tables and lines of a report's view, its findings, and what could not be looked at."""
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
    rows = [
        (
            one.severity.value,
            one.id,
            one.message,
            one.subject or "" if one.path is None else f"{one.path}:{one.line}",
        )
        for one in findings
    ]
    title = count(len(findings), "finding")
    return _table(title, ("severity", "id", "message", "where"), rows, ())


def _unknown(unknown: Sequence[Unknown]) -> str:
    lines = [f"<details><summary>{count(len(unknown), 'place')} not looked at</summary>", ""]
    lines += list(_listed(unknown))
    return "".join(f"{line}\n" for line in (*lines, "", "</details>"))


def _listed(unknown: Sequence[Unknown]) -> Iterator[str]:
    for one in unknown:
        yield f"- {_text(one.subject)}: {_text(one.reason)}"


def _text(cell: Cell | None) -> str:
    """A text whose signs mean nothing to Markdown."""
    text = cell.text if isinstance(cell, Text) else cell or ""
    return _MARKS.sub(r"\\\1", one_line(text))
