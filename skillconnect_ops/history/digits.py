"""A known value in base64 or hex: found at any offset and over line ends, and painted over.

Digits that belong to the value alone are the same wherever it is encoded together with others. Two
stretches of them that touch are the anchors: as a line is longer than both together, no line end
breaks both. Around an anchor that is hit, the digits are compared without line ends.
"""

import base64
import html
import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from skillconnect_ops.core.regex import regex

_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_HEX = b"0123456789abcdef"
_TO_LOWER = bytes.maketrans(b"ABCDEF", b"abcdef")
# Real line ends, and those within a string of JSON or of a program.
_LINE_END = regex(rb"(?:(?:\\{1,2}r)?\\{1,2}n|\\?(?:\r\n?|\n))[ \t]{0,64}")
_ANCHOR = {6: 8, 4: 12}
"""Digits of an anchor at the most; two of them are shorter than any line."""
_FILL = b"*"


class Coded(NamedTuple):
    """A value that stands there as digits."""

    places: tuple[int, ...]
    value: int
    before: int
    """Bits of the first digit that belong to what is in front."""
    fill: bytes
    """What is to stand there in the value's place."""
    bits: int
    """Of one digit."""

    @property
    def start(self) -> int:
        """Of the first digit."""
        return self.places[0]

    @property
    def end(self) -> int:
        """Behind the last digit."""
        return self.places[-1] + 1

    def paint(self, content: bytearray) -> None:
        """Write the filling in the value's place; what shares a digit with it stays."""
        alphabet = _BASE64 if self.bits == 6 else _HEX
        table = bytes.maketrans(alphabet, bytes(range(len(alphabet))))
        digits = bytes(content[place] for place in self.places)
        upper = self.bits == 4 and any(65 <= digit <= 70 for digit in digits)
        folded = digits.translate(_folding(self.bits)).translate(table)
        number = 0
        for digit in folded:
            number = number << self.bits | digit
        after = self.bits * len(digits) - self.before - 8 * len(self.fill)
        ones = (1 << 8 * len(self.fill)) - 1
        number = number & ~(ones << after) | int.from_bytes(self.fill) << after
        for place in reversed(self.places):
            digit = alphabet[number & (len(alphabet) - 1)]
            content[place] = ord(chr(digit).upper()) if upper else digit
            number >>= self.bits


def _folding(bits: int) -> bytes:
    return _TO_STANDARD if bits == 6 else _TO_LOWER


class Digits:
    """One value as digits, at one offset within what was encoded.

    Args:
        value: the value's index.
        inner: the digits that are the value's alone, in the standard alphabet or in lower case.
        leading: digits that may stand right before them, if the value shares one.
        trailing: the same behind.
        before: bits of the first digit that belong to what is in front.
        fill: what takes the value's place, as long as what was encoded.
        bits: of a digit.
    """

    def __init__(
        self,
        value: int,
        *,
        inner: bytes,
        leading: bytes,
        trailing: bytes,
        before: int,
        fill: bytes,
        bits: int,
    ) -> None:
        self._value = value
        self._inner = inner
        self._leading = leading
        self._trailing = trailing
        self._before = before
        self._fill = fill
        self._bits = bits

    def anchors(self) -> list[tuple[bytes, int]]:
        """What to look for, and how far behind the beginning of the inner digits it stands."""
        number = len(self._inner)
        length = min(_ANCHOR[self._bits], (number + 1) // 2)
        second = min(number, 2 * length) - length
        found: dict[bytes, int] = {}
        for offset in (0, second):
            anchor = self._inner[offset : offset + length]
            for one in (
                (anchor, anchor.translate(_TO_URL_SAFE))
                if self._bits == 6
                else (anchor, anchor.upper())
            ):
                found.setdefault(one, offset)
        return list(found.items())

    def around(self, content: bytes, hits: Sequence[tuple[int, int, int]]) -> Iterator[Coded]:
        """The value wherever an anchor was hit (start, end, offset of the anchor)."""
        seen: set[int] = set()
        for start, _, offset in sorted(hits):
            for places in self._placed(content, start, offset):
                if places and places[0] not in seen and self._fits(content, places):
                    seen.add(places[0])
                    yield Coded(places, self._value, self._before, self._fill, self._bits)
                    break

    def _placed(self, content: bytes, start: int, offset: int) -> Iterator[tuple[int, ...]]:
        """Where the digits stand, without and with line ends among them."""
        before = offset + bool(self._leading)
        number = bool(self._leading) + len(self._inner) + bool(self._trailing)
        first = start - before
        if first >= 0 and first + number <= len(content):
            yield tuple(range(first, first + number))
        low = max(0, start - 3 * before - 200)
        high = min(len(content), start + 3 * number + 200)
        places: list[int] = []
        last = low
        for match in _LINE_END.finditer(content, low, high):
            places.extend(range(last, match.start()))
            last = match.end()
        places.extend(range(last, high))
        at = bisect_left(places, start) - before
        if at >= 0 and places[at + before : at + before + 1] == [start]:
            wrapped = tuple(places[at : at + number])
            if len(wrapped) == number:
                yield wrapped

    def _fits(self, content: bytes, places: Sequence[int]) -> bool:
        digits = bytes(content[place] for place in places).translate(_folding(self._bits))
        at = bool(self._leading)
        if digits[at : at + len(self._inner)] != self._inner:
            return False
        if self._leading and digits[0] not in self._leading:
            return False
        return not self._trailing or digits[-1] in self._trailing


def digits(index: int, value: bytes) -> Iterator[Digits]:
    """All forms of a value as digits.

    Args:
        index: the value's index.
        value: the value.
    """
    yield _in_hex(index, value)
    for raw, fill in _texts(value):
        for offset in range(3):
            yield _in_base64(index, raw, fill, offset)
    for offset in range(3):
        once, filled = (_own(one, offset) for one in (value, _FILL * len(value)))
        for inner in dict.fromkeys((once, once.translate(_TO_URL_SAFE))):
            for outer in range(3):
                yield _in_base64(index, inner, filled, outer)


def _texts(value: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What is encoded, and what shall be decoded instead."""
    raws = {value: _FILL * len(value)}
    for digits_of in (value.hex(), value.hex().upper()):
        raws[digits_of.encode()] = _FILL.hex().encode() * len(value)
    try:
        text = value.decode()
    except UnicodeDecodeError:
        yield from raws.items()
        return
    for one in _escaped(text):
        raws.setdefault(one.encode(), _FILL * len(one.encode()))
    wide = text.encode("utf-16-le")
    raws.setdefault(wide, b"*\0" * (len(wide) // 2))
    yield from raws.items()


def _escaped(text: str) -> Iterator[str]:
    """As it stands in what is encoded as a whole: settings in JSON, a URI, a page."""
    unix = text.replace("\r\n", "\n")
    yield from (unix, unix.replace("\n", "\r\n"))
    for ascii_only in (True, False):
        once = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield once
        yield once.replace("/", "\\/")
        yield "".join(f"\\u{ord(sign):04x}" if sign in "<>&" else sign for sign in once)
        yield json.dumps(once, ensure_ascii=ascii_only)[1:-1]
    for safe in ("", "!'()*~", "!'()*~;,/?:@&=+$#"):
        yield quote(text, safe=safe)
    yield quote_plus(text)
    yield html.escape(text)
    yield html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


def _in_hex(index: int, value: bytes) -> Digits:
    return Digits(
        index,
        inner=value.hex().encode(),
        leading=b"",
        trailing=b"",
        before=0,
        fill=_FILL * len(value),
        bits=4,
    )


def _own(raw: bytes, offset: int) -> bytes:
    """The digits that are a content's alone, behind some other bytes."""
    first, last = -(-8 * offset // 6), 8 * (offset + len(raw)) // 6
    return base64.b64encode(bytes(offset) + raw)[first:last]


def _in_base64(index: int, raw: bytes, fill: bytes, offset: int) -> Digits:
    """Each byte that is encoded in front moves the digits on by a third of one."""
    coded = base64.b64encode(bytes(offset) + raw)
    end = 8 * (offset + len(raw))
    first, last = -(-8 * offset // 6), end // 6
    before = 8 * offset % 6
    leading = trailing = b""
    if before:
        ours = _BASE64.index(coded[first - 1])
        leading = bytes(digit for at, digit in enumerate(_BASE64) if at % (64 >> before) == ours)
    if after := end % 6:
        ours = _BASE64.index(coded[last]) >> (6 - after)
        trailing = bytes(digit for at, digit in enumerate(_BASE64) if at >> (6 - after) == ours)
    return Digits(
        index,
        inner=_own(raw, offset),
        leading=leading,
        trailing=trailing,
        before=before,
        fill=fill,
        bits=6,
    )
