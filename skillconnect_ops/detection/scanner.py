"""The scanner: one pass over the bytes for keywords, and detectors only where these stand."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from msgspec.structs import replace

from skillconnect_ops.core.excerpts import Excerpts, Within, joined, reaching
from skillconnect_ops.core.regex import regex
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.words import Hit, Words
from skillconnect_ops.detection.context import NO_REASON, Place, Places
from skillconnect_ops.detection.crowd import Crowd
from skillconnect_ops.detection.detectors import DETECTORS
from skillconnect_ops.detection.grading import Grade, grade
from skillconnect_ops.detection.model import Blob, Detector, Look, Match, Span
from skillconnect_ops.detection.page import HEAD_BYTES, Page
from skillconnect_ops.detection.unicode import Transcoded, utf16_codec
from skillconnect_ops.detection.values import looks_random

PIECE = 1 << 22
"""Bytes that are searched at once: what is hit is a list, which must not grow with the file."""
REACH_BYTES = 4200
"""How far from its keyword a detector looks for the secret, at most; see `Detector.wide`."""
_LETTERS = regex(r"[a-z]+")
_JOINED = regex(rb"[:;,|]?([A-Za-z0-9/+=_-]{16,200})[:;,|]?")
"""A secret beside another one in the same value."""

Found = tuple[int, Span]
"""A span and the rank of its detector in the register; a lower rank is more specific."""


class Scanner:
    """Finds secrets in blobs. Build one per process and keep it.

    Args:
        thorough: also run the detectors that are noisy (entropy alone, any keyword).
    """

    def __init__(self, *, thorough: bool = False) -> None:
        self.passed_over: Counter[str] = Counter()
        """How often something was seen and not reported, by reason, over all scans."""
        self._thorough = thorough
        self._detectors = tuple(one for one in DETECTORS if thorough or not one.thorough)
        keywords: dict[bytes, list[tuple[int, Look]]] = {}
        for rank, detector in enumerate(self._detectors):
            for keyword in _spellings(detector):
                if detector.look is not None:
                    keywords.setdefault(keyword, []).append((rank, detector.look))
        self._looks = tuple(tuple(looks) for looks in keywords.values())
        self._overlap = max(map(len, keywords)) - 1
        self._wide = Words(sorted({word.encode() for one in self._detectors for word in one.wide}))
        self._keywords = Words(list(keywords))
        self._readers = tuple(
            (rank, regex(one.files, re.IGNORECASE), one.read)
            for rank, one in enumerate(self._detectors)
            if one.files is not None and one.read is not None
        )
        any_reader = regex(
            "|".join(f"(?:{one.files})" for one in self._detectors if one.files), re.IGNORECASE
        )
        # versions of one file are looked at one after the other
        self._is_read = lru_cache(1 << 10)(lambda path: any_reader.search("/" + path) is not None)
        self._whole = tuple(
            (rank, one.read)
            for rank, one in enumerate(self._detectors)
            if one.files is None and one.read is not None
        )

    def worth(self, content: bytes) -> bool:
        """Whether the content holds any keyword.

        False means that only a detector that goes by the file's name can hit.
        """
        text = _as_utf8(content)
        data = content if text is None else text.content
        return bool(self._whole) or any(True for _ in self._hits(data))

    def is_local(self, path: str, content: bytes, *, begin: int, texts: Sequence[bytes]) -> bool:
        """Whether changes count at the keywords around them alone, and nowhere else in the file.

        Args:
            path: of the file.
            content: all of it.
            begin: where the first change begins.
            texts: what stands there now, and what stood there before.
        """
        if self._whole or self._is_read(path):
            return False
        if begin < HEAD_BYTES and not Page(path, content).is_known_by_name:
            return False
        return not self._wide.hits(joined(texts))

    def scan(self, blob: Blob, *, within: Within | None = None) -> list[Match]:
        """All secrets of the blob, in their order of place, each graded.

        What is sure to be code (`token = next()`) is only counted, in `passed_over`, unless the
        scanner is thorough.

        Args:
            blob: what is looked at.
            within: only what keywords that see these parts lead to; see `is_local`.
        """
        text = _as_utf8(blob.content)
        content = blob.content if text is None else text.content
        page = Page(blob.path, content, thorough=self._thorough)
        found = self._at_keywords(page, within)
        if within is None:
            found += self._by_reading(page)
        if page.passed_over:
            self.passed_over.update(page.passed_over)
        if not found:
            return []
        return list(self._matches(page, _settled(found), text))

    def _at_keywords(self, page: Page, within: Within | None) -> list[Found]:
        found: list[Found] = []
        done = [0] * len(self._detectors)
        hits = self._hits(page.content) if within is None else self._within(page.content, within)
        for index, start, end in hits:
            for rank, look in self._looks[index]:
                # A keyword within what this detector has just found is part of that.
                if start >= done[rank]:
                    for span in look(page, start, end):
                        found.append((rank, span))
                        done[rank] = span.end
        return found

    def _by_reading(self, page: Page) -> list[Found]:
        """What is found in files that are read whole, some for their name."""
        found = [(rank, span) for rank, read in self._whole for span in read(page)]
        if page.path is not None and self._is_read(page.path):
            for rank, names, read in self._readers:
                if names.search("/" + page.path):
                    found.extend((rank, span) for span in read(page))
        return found

    def _within(self, content: bytes, within: Within) -> Iterator[Hit]:
        """Keywords from which a detector may see these parts."""
        parts = Excerpts.of(content, _reached(content, within), beyond_bytes=self._overlap)
        for index, start, end in self._hits(parts.text):
            origin = parts.origin(start)
            if origin is not None:
                yield index, origin, origin + end - start

    def _hits(self, content: bytes) -> Iterable[Hit]:
        """All keywords."""
        if len(content) <= PIECE:
            return self._keywords.hits(content)
        return self._in_pieces(content)

    def _in_pieces(self, content: bytes) -> Iterator[Hit]:
        view = memoryview(content)
        for begin in range(0, len(content), PIECE):
            length = min(PIECE, len(content) - begin)
            piece = view[begin : begin + length + self._overlap]
            for index, start, end in self._keywords.hits(piece):
                if start < length:
                    yield index, begin + start, begin + end

    def _matches(
        self, page: Page, found: Sequence[Found], text: Transcoded | None
    ) -> Iterator[Match]:
        found = [_told(page.content, one) for one in found]
        places = Places(page.content, [(span.start, span.end) for _, span in found])
        grades: dict[tuple[object, ...], Grade] = {}
        crowd = Crowd()
        for (rank, span), place in zip(found, places, strict=True):
            if rank < 0:
                continue  # a rest, which is only masked
            detector = self._detectors[rank]
            value = _decoded(page.content[span.start : span.end])
            # What is there a thousand times is judged once.
            key = (detector.kin, span.name, span.promised, span.confidence, span.reasons, value)
            if key not in grades:
                grades[key] = grade(page, span, value, detector.kin)
            at = (span.start, span.end)
            if text is not None:
                at = (text.origin(span.start), text.origin(span.end))
            if crowd.takes(detector, grades[key], place, at):
                continue
            yield _match(page, detector, span, value=value, graded=grades[key], place=place, at=at)
        yield from crowd.rests()


def _reached(content: bytes, within: Within) -> Within:
    """The parts and what lies before them, as far as a look reaches, and their lines to the end."""
    ended = []
    limits = (*(begin for begin, _ in within[1:]), len(content))
    for (begin, end), limit in zip(within, limits, strict=True):
        last = min(limit, end + REACH_BYTES)
        line_end = end if content[end - 1 : end] == b"\n" else content.find(b"\n", end, last)
        ended.append((begin, last if line_end < 0 else line_end))
    return reaching(tuple(ended), before_bytes=REACH_BYTES)


def _as_utf8(content: bytes) -> Transcoded | None:
    codec = utf16_codec(content)
    return None if codec is None else Transcoded(content, *codec)


def _spellings(detector: Detector) -> Iterator[bytes]:
    for keyword in detector.keywords:
        yield from dict.fromkeys(_cases(keyword) if detector.any_case else (keyword.encode(),))


def _cases(keyword: str) -> Iterator[bytes]:
    """`api_key` as people write it: API_KEY, Api_Key, apiKey, ApiKey, apikey, api-key."""
    words = keyword.split("_")
    joints = ("_", "-", "", ".") if all(words) else ("_",)
    for joint in joints:
        lower = joint.join(words)
        yield lower.encode()
        yield lower.upper().encode()
        yield _LETTERS.sub(_capital, lower, count=1).encode()
        yield joint.join([words[0], *(_LETTERS.sub(_capital, w) for w in words[1:])]).encode()
        yield _LETTERS.sub(_capital, lower).encode()
        yield "".join(_LETTERS.sub(_capital, w, count=1) for w in words).encode()


def _capital(word: re.Match[str]) -> str:
    return word[0].capitalize()


def _settled(found: list[Found]) -> list[Found]:
    """Spans that do not overlap: of two that do, the more specific one, and the other's rest."""
    kept: list[Found] = []
    for rank, span in sorted(found, key=lambda one: (one[1].start, one[1].end)):
        if kept and span.start < kept[-1][1].end:
            if (rank, span.start) < (kept[-1][0], kept[-1][1].start):
                kept[-1] = (rank, span)
            continue
        kept.append((rank, span))
    rests = list(_rests(found, kept))
    return sorted([*kept, *rests], key=lambda one: one[1].start) if rests else kept


def _rests(found: list[Found], kept: list[Found]) -> Iterator[Found]:
    """What is covered beyond the spans that stay; the rank is inverted, which marks a rest."""
    covered_to = index = 0
    for rank, span in sorted(found, key=lambda one: (one[1].start, one[1].end)):
        at = max(span.start, covered_to)
        covered_to = max(covered_to, span.end)
        while index < len(kept) and kept[index][1].end <= at:
            index += 1
        following = index
        while at < span.end:
            stop = resume = span.end
            if following < len(kept) and kept[following][1].start < span.end:
                stop, resume = kept[following][1].start, kept[following][1].end
                following += 1
            if at < stop:
                yield ~rank, replace(span, start=at, end=stop)
            at = max(at, resume)


def _told(content: bytes, one: Found) -> Found:
    """A rest that is a secret of its own, as the second half of `ID:SECRET` is, counts as one."""
    rank, span = one
    joined = _JOINED.fullmatch(content, span.start, span.end) if rank < 0 else None
    if joined is None or not looks_random(joined[1].decode()):
        return one
    return ~rank, replace(span, start=joined.start(1), end=joined.end(1))


def _match(
    page: Page,
    detector: Detector,
    span: Span,
    *,
    value: str,
    graded: Grade,
    place: Place,
    at: tuple[int, int],
) -> Match:
    whole = value
    if span.whole is not None:
        whole = _decoded(page.content[span.whole[0] : span.whole[1]])
    confidence, reasons = graded
    return Match(
        detector=detector.id,
        what=detector.what,
        secret=Secret(value),
        whole=Secret(whole),
        start=at[0],
        end=at[1],
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        context=place.context,
        severity=detector.severity,
        confidence=confidence,
        reasons=(*reasons, NO_REASON) if place.unreasoned else reasons,
        allowed=place.allowed,
        remedy=detector.remedy,
    )


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
