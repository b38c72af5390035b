"""Which findings a comment silences, and which comments do not count, and why."""

from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches

from skillconnect_ops.code.exemptions import Allowance
from skillconnect_ops.commands.audit.checks import CHECKS
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Hit
from skillconnect_ops.core.finding import Finding
from skillconnect_ops.core.view import Remark

_IDS = tuple(check.id for check in CHECKS)
_ALLOWED, _ACCEPTED = "allowed: ", "in the baseline"
_NO_REASON = "its `skc: allow` gives no reason, so it does not count"


class Silence:
    """The comments of the files that were looked at."""

    def __init__(self, facts: Facts, *, today: date) -> None:
        self._facts = facts
        self._today = today
        self.remarks = tuple(self._misspelt()) + tuple(self._added())

    def over(self, check: Check, hit: Hit) -> tuple[str | None, str | None]:
        """What silences a hit; else why a comment that would does not count."""
        if hit.silenced is not None or not check.heeds_comments:
            return hit.silenced, None
        exemptions = self._facts.exemptions(hit.path)
        lines = [hit.line, hit.end_line, *((hit.bound_at,) if hit.bound_at is not None else ())]
        allowance = exemptions.allowing(check.id, None if hit.of_file else lines)
        if allowance is not None:
            fault = self._fault(allowance)
            if fault is None:
                return f"allowed: {allowance.reason}", None
            return None, fault
        if not check.heeds_linters:
            return None, None
        places = [(hit.line, hit.column)]
        places += [(hit.bound_at, 1)] if hit.bound_at is not None else []
        comments = (exemptions.by_linter(place) for place in places)
        return next((comment for comment in comments if comment is not None), None), None

    def _fault(self, allowance: Allowance) -> str | None:
        if allowance.mistake is not None:
            return f"its `skc: allow` does not count: {allowance.mistake}"
        if not allowance.reason:
            return _NO_REASON
        if allowance.until is not None and allowance.until < self._today:
            return f"its `skc: allow` ended on {allowance.until}"
        return None

    def _allowances(self) -> list[tuple[str, Allowance]]:
        return list(
            dict.fromkeys(  # a file that is looked at for several things is told of once
                (path, allowance)
                for looked in self._facts.looked()
                for path, exemptions in looked.exemptions.items()
                for allowance in exemptions.allowances
            )
        )

    def elsewhere(self, findings: Sequence[Finding]) -> tuple[Remark, ...]:
        """Of a change, what comments silence in it of which it is not told when they came.

        Those are comments for linters and scanners, and ours in files that no check parses.
        """
        if self._facts.selection.lines is None:
            return ()
        return tuple(
            Remark(
                text=f"{_place(one)} is silenced by {_comment(one.suppressed)}: {one.id}",
                title="silenced in this change",
                path=one.path,
                line=one.line,
            )
            for one in findings
            if one.suppressed is not None and not self._is_told(one, one.suppressed)
        )

    def _is_told(self, finding: Finding, suppressed: str) -> bool:
        """Whether it is named already if it is new: an entry of the baseline, or an allowance."""
        if not suppressed.startswith(_ALLOWED):
            return suppressed.startswith(_ACCEPTED)
        lines = None if finding.line is None else (finding.line, finding.end_line or finding.line)
        exemptions = self._facts.exemptions(finding.path or "")
        return exemptions.allowing(finding.id, lines) is not None

    def _misspelt(self) -> list[Remark]:
        """Ids that are nearly those of checks; other words are a scan's business, or nobody's."""
        notes: list[Remark] = []
        for path, allowance in self._allowances():
            if allowance.mistake is not None and set(allowance.ids) <= set(_IDS):
                says = f"has a `skc: allow` that does not count: {allowance.mistake}"
                notes.append(_remark(path, allowance.line, says, "not silenced"))
            for identity in allowance.ids:
                near = get_close_matches(identity, _IDS, n=1, cutoff=0.8)
                if identity not in _IDS and near:
                    says = f"allows {identity}, which is no check: {near[0]}?"
                    notes.append(_remark(path, allowance.line, says, "no such check"))
        return notes

    def _added(self) -> list[Remark]:
        """Those that a change itself brings: whoever reviews it is to see them."""
        if self._facts.selection.lines is None:
            return []
        return [
            _remark(
                path,
                one.line,
                f"is new and allows {', '.join(one.ids)}: {one.reason or 'no reason'}",
                "silenced by this change",
            )
            for path, one in self._allowances()
            if set(one.ids) & set(_IDS) and self._facts.selection.counts(path, one.line, one.line)
        ]


def _remark(path: str, line: int, says: str, title: str) -> Remark:
    return Remark(text=f"{path}:{line} {says}", title=title, path=path, line=line)


def _place(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}" if finding.line is not None else finding.path or "it"


def _comment(suppressed: str) -> str:
    """What silences it, as words of a sentence."""
    if suppressed.startswith(_ALLOWED):
        return f"a comment, {suppressed.removeprefix(_ALLOWED)}"
    return suppressed
