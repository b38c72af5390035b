"""The detectors as a search: what is handed to child processes, and what they build of it."""

from collections.abc import Sequence
from functools import cache

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.core.excerpts import Within
from skillconnect_ops.detection import DETECTORS, Blob, Match, Scanner
from skillconnect_ops.detection.assignment import UNREAD
from skillconnect_ops.history.encodings import Disguises
from skillconnect_ops.history.model import Looked, Part, Search, Trace
from skillconnect_ops.history.unfold import Unfolding


class Detectors(Struct, frozen=True, kw_only=True):
    """A `history.model.Search`. It is plain data; the automata are built once a process."""

    thorough: bool = False

    def __call__(self, path: str | None, content: bytes) -> Looked:
        """Look at one content, and at all that is wrapped in it."""
        counted = _scanner(thorough=self.thorough).passed_over
        before, unread = counted.total(), counted[UNREAD]
        looked = _unfolding(thorough=self.thorough)(path, content)
        passed_over = counted.total() - before
        looked = replace(looked, passed_over=passed_over) if passed_over else looked
        return _unread(looked, counted[UNREAD] - unread)

    def around(self, path: str, content: bytes, parts: Sequence[Part]) -> Looked | None:
        """What is found at the words within parts, where parts can tell."""
        texts = [content[one.begin : one.end] for one in parts] + [one.gone for one in parts]
        if not _scanner(thorough=self.thorough).is_local(
            path, content, begin=parts[0].begin, texts=texts
        ):
            return None
        counted = _scanner(thorough=self.thorough).passed_over
        unread = counted[UNREAD]
        looked = _unfolding(thorough=self.thorough).around(path, content, parts)
        return _unread(looked, counted[UNREAD] - unread)


def _unread(looked: Looked, number: int) -> Looked:
    """The same, and in words that so many expressions were not read."""
    if not number:
        return looked
    return replace(looked, skipped=(*looked.skipped, f"{number:,} {UNREAD}"))


class Inside(Struct, frozen=True, kw_only=True):
    """The same search in a repository within another: what a path says, its whole path says."""

    search: Search
    folder: str

    def __call__(self, path: str | None, content: bytes) -> Looked:
        """Look at one content."""
        return self.search(self._whole(path), content)

    def around(self, path: str, content: bytes, parts: Sequence[Part]) -> Looked | None:
        """What is found at the words within parts, where parts can tell."""
        return self.search.around(f"{self.folder}/{path}", content, parts)

    def _whole(self, path: str | None) -> str | None:
        return None if path is None else f"{self.folder}/{path}"


@cache
def _scanner(*, thorough: bool) -> Scanner:
    return Scanner(thorough=thorough)


@cache
def _unfolding(*, thorough: bool) -> Unfolding:
    scanner = _scanner(thorough=thorough)

    def search(path: str | None, content: bytes, within: Within | None) -> list[Trace]:
        blob = Blob(path=path, content=content)
        return [_trace(match) for match in scanner.scan(blob, within=within)]

    return Unfolding(search, disguises=Disguises(_anchors()))


def _anchors() -> frozenset[bytes]:
    """Every spelling of the detectors' keywords; what has to be looked at whole has none."""
    return frozenset(
        spelling.encode()
        for detector in DETECTORS
        if not detector.thorough
        for word in detector.keywords
        if word.isascii()
        for spelling in ((word, word.upper(), word.capitalize()) if detector.any_case else (word,))
    )


def _trace(match: Match) -> Trace:
    return Trace(
        detector=match.detector,
        what=match.what,
        secret=match.secret,
        whole=match.whole,
        line=match.line,
        column=match.column,
        end_line=match.end_line,
        context=match.context,
        severity=match.severity,
        confidence=match.confidence,
        reasons=match.reasons,
        allowed=match.allowed,
        remedy=match.remedy,
    )
