"""Too many secrets in one file to list: the rest is counted, and told as one finding.

A dump of a user table holds a hundred thousand password hashes. Nobody reads a list of them, and
making it costs more than finding them. What is counted stays apart by detector and confidence, so
that no mass of placeholders hides a real key behind it.
"""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

from msgspec import Struct

from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.detection.context import Place
from skillconnect_ops.detection.model import Detector, Match

MOST_LISTED = 200
"""Of one detector and one confidence, in one content."""

_ALLOWED = "each on its own line"
_DIGEST_BYTES = 16
_Sort = tuple[str, Confidence, bool]


class _Rest(Struct):
    detector: Detector
    confidence: Confidence
    reasons: tuple[str, ...]
    first: Place
    start: int
    end: int
    last_line: int
    number: int = 0
    marks: int = 0
    """The sum of the contexts' digests: another name makes it another rest."""


class Crowd:
    """Counts what one content holds, and keeps what is beyond the first few hundred."""

    def __init__(self) -> None:
        self._listed: Counter[_Sort] = Counter()
        self._rests: dict[_Sort, _Rest] = {}

    def takes(
        self,
        detector: Detector,
        graded: tuple[Confidence, tuple[str, ...]],
        place: Place,
        at: tuple[int, int],
    ) -> bool:
        """Whether this one is counted from here on, and not listed."""
        confidence, reasons = graded
        sort = (detector.id, confidence, place.allowed is not None)
        if self._listed[sort] < MOST_LISTED:
            self._listed[sort] += 1
            return False
        rest = self._rests.get(sort)
        if rest is None:
            rest = self._rests[sort] = _Rest(
                detector, confidence, reasons, place, at[0], at[1], place.end_line
            )
        rest.number += 1
        rest.marks += int.from_bytes(sha256(place.context.encode()).digest()[:_DIGEST_BYTES])
        rest.end = max(rest.end, at[1])
        rest.last_line = max(rest.last_line, place.end_line)
        return True

    def rests(self) -> Iterator[Match]:
        """One for each sort of which there are more: it holds no secret, it says how many."""
        for rest in self._rests.values():
            more = f"{rest.number:,} more"
            mark = rest.marks % (1 << 8 * _DIGEST_BYTES)
            yield Match(
                detector=rest.detector.id,
                what=f"{rest.detector.what}: {more} from here on, counted and not listed",
                secret=Secret(""),
                whole=Secret(""),
                start=rest.start,
                end=rest.end,
                line=rest.first.line,
                column=rest.first.column,
                end_line=rest.last_line,
                context=f"{more}, {mark:x}",
                severity=rest.detector.severity,
                confidence=rest.confidence,
                reasons=rest.reasons,
                allowed=None if rest.first.allowed is None else _ALLOWED,
                remedy=rest.detector.remedy,
            )
