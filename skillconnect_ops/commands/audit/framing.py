"""The code that a finding is about, as it may be shown."""

from collections.abc import Collection, Mapping, Sequence

from skillconnect_ops.code.discovery import Skipped
from skillconnect_ops.code.excerpts import shown
from skillconnect_ops.commands.audit.selection import Selection
from skillconnect_ops.core.finding import Finding, Rank
from skillconnect_ops.core.view import Frame

_MOST_LINES = 3
_MOST_FRAMES = 100
"""Whoever has more findings reads the list, and no code."""


def frames(
    findings: Sequence[Finding], selection: Selection, *, unshown: Collection[str] = ()
) -> Mapping[str, Frame]:
    """The lines of the worst findings, by fingerprint; what may be a value in them is masked.

    Of several findings in one line, the last one that is shown has it.

    Args:
        findings: what was found.
        selection: holds the lines.
        unshown: the checks in whose lines a secret stands: no finding shows these.
    """
    hidden = {
        (one.path, line)
        for one in findings
        if one.id in unshown and one.line is not None
        for line in range(one.line, (one.end_line or one.line) + 1)
    }
    worst = sorted(findings, key=lambda one: -Rank[one.severity.name])[:_MOST_FRAMES]
    order = {one.fingerprint: at for at, one in enumerate(findings)}
    worst.sort(key=lambda one: order[one.fingerprint], reverse=True)
    texts: dict[str, list[str]] = {}
    taken: set[tuple[str, int]] = set()
    found = {}
    for one in worst:
        if one.path is None or one.line is None:
            continue
        if one.path not in texts:
            texts[one.path] = _lines(selection, one.path)
        last = min(one.end_line or one.line, one.line + _MOST_LINES - 1)
        lines = [shown(line) for line in texts[one.path][one.line - 1 : last]]
        if any((one.path, line) in hidden for line in range(one.line, last + 1)):
            continue
        if lines and (one.path, one.line) not in taken:
            taken.add((one.path, one.line))
            found[one.fingerprint] = Frame(one.line, tuple(lines))
    return found


def _lines(selection: Selection, path: str) -> list[str]:
    data = selection.read(path)
    if isinstance(data, Skipped):
        return []
    text = data.decode("utf-8-sig", errors="replace")
    return [line.rstrip("\r").replace("\t", " ") for line in text.split("\n")]
