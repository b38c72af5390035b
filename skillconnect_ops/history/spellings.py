"""The ways a known value is spelled as text: as it is, escaped for URL, JSON and HTML, in UTF-16.

What escapes do to a value differs from one program to the next, and they are put on top of each
other. So a value is not looked for in a list of forms, but by an expression in which every
character that anybody escapes may stand in any of its forms. Anchors, of which every form has one,
say where it is worth trying: a long stretch that nobody escapes, or a short one together with all
ways in which what is beside it may end and begin.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain, pairwise
from operator import itemgetter
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
_WORD_COST = 0.5
"""A word more to look for, counted in hits by chance."""


class Spelled(NamedTuple):
    """Where a value stands; `codec` is what the text around it is in."""

    start: int
    end: int
    value: int
    codec: str


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
    ways = [(codec, escaped(text, codec)) for codec in (BYTES, *UTF16)]
    if not is_unicode(text):
        del ways[1:]
    ways += [(BYTES, parts) for parts in throughout(text)]
    for codec, parts in ways:
        anchors = [coded(one, codec) for one in _anchors(parts, codec)]
        yield Spelling(index, codec=codec, parts=parts), anchors


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
    every = chain.from_iterable(
        _around(parts, begins, length, most=most) for begins, length in _windows(parts)
    )
    return min(((_cost(anchors, codec), anchors) for anchors in every), key=itemgetter(0))


def _around(parts: Sequence[Part], begins: int, length: int, *, most: int) -> Iterator[list[str]]:
    right = heads(parts[begins:], length, most=most)
    for before in _BEFORE if right else ():
        left = tails(parts[:begins], before, most=most)
        if not left or not right or len(left) * len(right) > most:
            return
        yield [one + other for one in sorted(left) for other in sorted(right)]


def _windows(parts: Sequence[Part]) -> Iterator[tuple[int, int]]:
    """Where an anchor may begin, by part, and how many letters it takes from there."""
    plain = [place for place, part in enumerate(parts) if isinstance(part, Text)]
    plain.sort(key=lambda place: -_length(parts[place]))
    for place in plain[:_STRETCHES]:
        own = _length(parts[place])
        yield from ((place, own + more) for more in (0, *_BEFORE[1:], *_BEHIND))
    for place in dict.fromkeys((0, len(parts) // 2)):
        yield from ((place, length) for length in _BEHIND)


def _length(part: Part) -> int:
    return len(part.text) if isinstance(part, Text) else 0


def _cost(anchors: Sequence[str], codec: str) -> float:
    bits = _HISTORY_BITS if codec == BYTES else _HISTORY_BITS - 10  # less of all is UTF-16
    return sum(2 ** (bits - _bits(one)) + _WORD_COST for one in anchors)


def _bits(text: str) -> float:
    """How rare a text is: words and repetitions are not."""
    bits = 5.0 if text else 0.0
    for last, letter in pairwise(text):
        if letter == last:
            bits += 1
        elif letter.islower() and last.isalpha():
            bits += 2.5
        else:
            bits += 5 if letter.isalnum() else 4
    return bits
