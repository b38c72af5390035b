"""A small language of parts, of which a text that is looked for is made.

What the parts match is an expression; what they may begin and end with is listed, as words to look
for in much at once.
"""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from math import inf

from msgspec import Struct

BYTES = "utf-8"
UTF16 = ("utf-16-le", "utf-16-be")


class Text(Struct, frozen=True):
    """Just this."""

    text: str


class Letter(Struct, frozen=True):
    """One of these; ASCII."""

    any_of: str


class Either(Struct, frozen=True):
    """One of some parts."""

    parts: tuple["Part", ...]


class Row(Struct, frozen=True):
    """Parts one behind the other."""

    parts: tuple["Part", ...]


class Times(Struct, frozen=True):
    """A part some times over."""

    part: "Part"
    least: int
    most: int
    at_once: bool = False
    """Whether it takes all that are there, and never fewer."""


Part = Text | Letter | Either | Row | Times
_Ways = tuple[AbstractSet[str], AbstractSet[str]]


def source(part: Part, codec: str) -> bytes:
    """The part as an expression of bytes.

    Args:
        part: what to match.
        codec: what the text is in.
    """
    match part:
        case Text(text):
            return re.escape(coded(text, codec))
        case Letter(any_of):
            one = b"[" + re.escape(any_of.encode()) + b"]"
            if codec == BYTES:
                return one
            return one + b"\0" if codec == UTF16[0] else b"\0" + one
        case Either(parts):
            return b"(?:" + b"|".join(dict.fromkeys(source(one, codec) for one in parts)) + b")"
        case Row(parts):
            return b"".join(source(one, codec) for one in parts)
        case Times(one, least, most, at_once):
            count = b"{%d,%d}" % (least, most)
            return b"(?:" + source(one, codec) + b")" + count + b"+" * at_once


def coded(text: str, codec: str) -> bytes:
    """A text as a codec has it; single bytes of no text stay what they are."""
    return text.encode(codec, "surrogateescape" if codec == BYTES else "strict")


def longest(part: Part, codec: str) -> int:
    """The most bytes that the part may be."""
    match part:
        case Text(text):
            return len(coded(text, codec))
        case Letter():
            return 1 if codec == BYTES else 2
        case Either(parts):
            return max(longest(one, codec) for one in parts)
        case Row(parts):
            return sum(longest(one, codec) for one in parts)
        case Times(one, _, most, _):
            return most * longest(one, codec)


def heads(parts: Sequence[Part], length: int, *, most: int) -> set[str] | None:
    """All ways in which the parts may begin, cut after some letters; None for too many."""
    return _ends(parts, length, most, backwards=False)


def tails(parts: Sequence[Part], length: int, *, most: int) -> set[str] | None:
    """All ways in which they may end."""
    found = _ends(parts[::-1], length, most, backwards=True)
    return None if found is None else {one[::-1] for one in found}


def _ends(parts: Iterable[Part], length: int, most: int, *, backwards: bool) -> set[str] | None:
    begun, full = {""}, set()
    for part in parts if length else ():
        begun, more = _joined(begun, part, length, backwards=backwards, most=most)
        full |= more
        if len(begun) + len(full) > most:
            return None
        if not begun:
            break
    return begun | full


def _joined(
    begun: Iterable[str], part: Part, room: int, *, backwards: bool, most: float = inf
) -> tuple[set[str], set[str]]:
    """Each of them with the part behind it: with room left, and without; of too many only some."""
    opened: set[str] = set()
    full: set[str] = set()
    for one in begun:
        if len(opened) + len(full) > most:
            break
        some, others = _ways(part, room - len(one), backwards=backwards)
        opened |= {one + other for other in some}
        full |= {one + other for other in others}
    return opened, full


@lru_cache(1 << 14)
def _ways(part: Part, room: int, *, backwards: bool) -> _Ways:
    """What a part may be: all that leaves room, and what fills it, cut."""
    opened: set[str] = set()
    full: set[str] = set()
    match part:
        case Text(text):
            ordered = text[::-1] if backwards else text
            (opened if len(text) < room else full).add(ordered[:room])
        case Letter(any_of):
            (opened if room > 1 else full).update(any_of)
        case Either(parts):
            for each in parts:
                some, others = _ways(each, room, backwards=backwards)
                opened |= some
                full |= others
        case Row(parts):
            opened = {""}
            for each in parts[::-1] if backwards else parts:
                opened, others = _joined(opened, each, room, backwards=backwards)
                full |= others
        case Times(one, least, most, _):
            begun = {""}
            for number in range(most + 1):
                if number >= least:
                    opened |= begun
                if number < most:
                    begun, others = _joined(begun, one, room, backwards=backwards)
                    full |= others
                if not begun:
                    break
    return opened, full
