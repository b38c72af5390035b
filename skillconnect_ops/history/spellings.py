"""The ways a known value is spelled as text: as it is, escaped for URL, JSON and HTML, in UTF-16.

What escapes do to a value differs from one program to the next, and they are put on top of each
other. So a value is not looked for in a list of forms, but by an expression in which every
character that anybody escapes may stand in any of its forms. Anchors, of which every form has one,
say where it is worth trying: a long stretch that nobody escapes, or a short one together with all
ways in which what is beside it may end and begin.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from math import inf
from typing import NamedTuple

from skillconnect_ops.history.escapes import escaped, is_unicode, throughout
from skillconnect_ops.history.grammar import (
    BYTES,
    UTF16,
    Part,
    Row,
    Text,
    coded,
    heads,
    longest,
    source,
    tails,
)

_MOST = 96
"""Anchors of a value in one codec; each is one more word to look for in everything."""
_UTMOST, _DEAR = 400, 20_000
"""So many for a value that would be looked for in too many places otherwise."""
_BEFORE, _BEHIND = (0, 1, 2, 3), (1, 2, 3, 4, 5, 6, 8, 10)
"""Letters of what is beside a stretch that are tried for its anchors."""
_STRETCHES = 4
"""So many are tried, the longest."""
_HISTORY_BITS = 32
"""Of a large history's length: what stands in it by chance should be rare."""
_FIRST_BITS = 5.0
_WORD_COST = 0.5
"""A word more to look for, counted in hits by chance."""


class Spelled(NamedTuple):
    """Where a value stands; `codec` is what the text around it is in."""

    start: int
    end: int
    value: int
    codec: str


class _End(NamedTuple):
    """A piece that anchors begin or end with, and how rare it is by what is behind its first."""

    text: str
    bits: float


class Spelling:
    """One value in one codec, in all its text forms.

    Args:
        value: the value's index.
        codec: what the text is in.
        parts: what it may be.
    """

    def __init__(self, value: int, *, codec: str, parts: Sequence[Part]) -> None:
        self._value = value
        self._codec = codec
        self._row = Row(tuple(parts))

    @cached_property
    def _expression(self) -> re.Pattern[bytes]:
        return re.compile(source(self._row, self._codec), re.DOTALL)

    @cached_property
    def _reach(self) -> int:
        return longest(self._row, self._codec)

    def around(self, content: bytes, hits: Sequence[tuple[int, int, int]]) -> Iterator[Spelled]:
        """The value wherever an anchor was hit (start, end, offset of the anchor)."""
        for low, high in self._regions(hits):
            at = low
            while match := self._expression.search(content, at, high):
                yield Spelled(match.start(), match.end(), self._value, self._codec)
                at = match.start() + 1  # occurrences may overlap

    def _regions(self, hits: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
        low = high = -1
        for start, end, _ in sorted(hits):
            if high < 0:
                low = max(0, start - self._reach)
            elif start - self._reach > high:
                yield low, high
                low = start - self._reach
            high = end + self._reach
        if high >= 0:
            yield low, high


def spellings(index: int, value: bytes) -> Iterator[tuple[Spelling, list[bytes]]]:
    """All text forms of a value, each with its anchors.

    Args:
        index: the value's index.
        value: the value.
    """
    text = value.decode("utf-8", "surrogateescape")
    both = (UTF16,) if is_unicode(text) else ()  # their texts are the same, and so the anchors
    ways = [(codecs, escaped(text, codecs[0])) for codecs in ((BYTES,), *both)]
    ways += [((BYTES,), parts) for parts in throughout(text)]
    for codecs, parts in ways:
        anchors = _anchors(parts, codecs[0])
        for codec in codecs:
            yield (
                Spelling(index, codec=codec, parts=parts),
                [coded(one, codec) for one in anchors],
            )


def plainly(index: int, value: bytes) -> Spelling:
    """A value that is looked for as it stands alone; it is its own anchor."""
    text = value.decode("utf-8", "surrogateescape")
    return Spelling(index, codec=BYTES, parts=[Text(text)])


def _anchors(parts: Sequence[Part], codec: str) -> list[str]:
    """Of which every form has one: those that cost least, in words and in hits by chance."""
    cost, anchors = _cheapest(parts, codec, most=_MOST)
    if cost > _DEAR:
        anchors = _cheapest(parts, codec, most=_UTMOST)[1]
    return anchors


def _cheapest(parts: Sequence[Part], codec: str, *, most: int) -> tuple[float, list[str]]:
    least, best = inf, None
    for begins, lengths in _windows(parts):
        for left, right in _around(parts, begins, lengths, most=most):
            if len(right) * _WORD_COST >= least:
                break  # nor are there fewer that are longer
            cost = _cost(left, right, codec, below=least)
            if cost < least:
                least, best = cost, (left, right)
    if best is None:
        raise ValueError("a value has no anchors")
    return least, [one.text + other.text for one in best[0] for other in best[1]]


def _around(
    parts: Sequence[Part], begins: int, lengths: Sequence[int], *, most: int
) -> Iterator[tuple[list[_End], list[_End]]]:
    """What every anchor begins with and what it ends with, for each length and what is before."""
    lefts: list[list[_End]] = []  # found when first needed; the same for every length
    for length in lengths:
        right = _ends(heads(parts[begins:], length, most=most))
        if not right:
            return  # too many, and as many if they are longer
        for number, before in enumerate(_BEFORE):
            if number == len(lefts):
                lefts.append(_ends(tails(parts[:begins], before, most=most)))
            left = lefts[number]
            if not left or len(left) * len(right) > most:
                break
            yield left, right


def _ends(texts: set[str] | None) -> list[_End]:
    return [_End(one, sum(map(_step, one, one[1:]))) for one in sorted(texts or ())]


def _windows(parts: Sequence[Part]) -> Iterator[tuple[int, Sequence[int]]]:
    """Where an anchor may begin, by part, and how many letters it may take, fewest first."""
    plain = [place for place, part in enumerate(parts) if isinstance(part, Text)]
    plain.sort(key=lambda place: -_length(parts[place]))
    for place in plain[:_STRETCHES]:
        own = _length(parts[place])
        yield place, [own + more for more in (0, *_BEHIND)]
    for place in dict.fromkeys((0, len(parts) // 2)):
        yield place, _BEHIND


def _length(part: Part) -> int:
    return len(part.text) if isinstance(part, Text) else 0


def _cost(left: Sequence[_End], right: Sequence[_End], codec: str, *, below: float) -> float:
    """What the anchors cost that begin and end so; without end where it is not below that."""
    if len(left) * len(right) * _WORD_COST >= below:
        return inf
    bits = _HISTORY_BITS if codec == BYTES else _HISTORY_BITS - 10  # less of all is UTF-16
    cost = 0.0
    for one in left:
        last = one.text[-1:]
        for other in right:
            rare = _FIRST_BITS + one.bits + _step(last, other.text[:1]) + other.bits
            cost += 2 ** (bits - rare) + _WORD_COST
        if cost >= below:
            return inf
    return cost


@lru_cache(1 << 14)
def _step(last: str, letter: str) -> float:
    """How much rarer a letter makes what it stands behind: words and repetitions are not rare."""
    if not last:
        return 0
    if letter == last:
        return 1
    if letter.islower() and last.isalpha():
        return 2.5
    return 5 if letter.isalnum() else 4
