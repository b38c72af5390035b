"""Which findings a comment silences, and which comments do not count, and why."""

from datetime import date
from difflib import get_close_matches

from skillconnect_ops.code.exemptions import Allowance
from skillconnect_ops.commands.audit.checks import CHECKS
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Hit

_IDS = tuple(check.id for check in CHECKS)
_NO_REASON = "its `skc: allow` gives no reason, so it does not count"


class Silence:
    """The comments of the files that were looked at."""

    def __init__(self, facts: Facts, *, today: date) -> None:
        self._facts = facts
        self._today = today
        self.notes = tuple(self._misspelt()) + tuple(self._added())

    def over(self, check: Check, hit: Hit) -> tuple[str | None, str | None]:
        """What silences a hit; else why a comment that would does not count."""
        exemptions = self._facts.exemptions(hit.path)
        lines = [hit.line, hit.end_line, *((hit.bound_at,) if hit.bound_at is not None else ())]
        allowance = exemptions.allowing(check.id, lines)
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

    def _misspelt(self) -> list[str]:
        """Ids that are nearly those of checks; other words are a scan's business, or nobody's."""
        notes = []
        for path, allowance in self._allowances():
            for identity in allowance.ids:
                near = get_close_matches(identity, _IDS, n=1, cutoff=0.8)
                if identity not in _IDS and near:
                    place = f"{path}:{allowance.line}"
                    notes.append(f"{place} allows {identity}, which is no check: {near[0]}?")
        return notes

    def _added(self) -> list[str]:
        """Those that a change itself brings: whoever reviews it is to see them."""
        if self._facts.selection.lines is None:
            return []
        return [
            f"{path}:{one.line} is new and allows {', '.join(one.ids)}: {one.reason or 'no reason'}"
            for path, one in self._allowances()
            if set(one.ids) & set(_IDS) and self._facts.selection.counts(path, one.line, one.line)
        ]
