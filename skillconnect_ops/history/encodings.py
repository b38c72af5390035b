"""Disguises of text: base64 at any offset, URL and JSON escapes, hex, UTF-16.

Looking everywhere for what might be encoded would cost more than all other work together. So each
anchor (a word that plain secrets are found by) is encoded in every form beforehand; one pass finds
these, and only around a hit is anything decoded.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from skillconnect_ops.core.excerpts import Excerpts, Within, reaching
from skillconnect_ops.core.regex import regex
from skillconnect_ops.core.words import MUCH_BYTES, Words

_LONGEST = 1 << 16
"""How far a disguised text is followed from its anchor, in bytes."""
_LONGEST_ANCHOR = 256
"""More than any anchor takes in any form."""
_REACH_BYTES = 1024
"""How far in front of a change its anchor may stand, in bytes of the disguise."""
_SHORTEST = 4
"""Anchors, plain or encoded, below this length would hit everywhere."""
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_HEX = b"0123456789abcdefABCDEF"
_PORTION = 1024
_WRAPPED = 60
"""A line of base64 this long may go on in the next one (RFC 2045: 76, RFC 7468: 64)."""
_DIGITS = regex(rb"[0-9a-fA-F]{8}")
_ESCAPES = regex(rb"""\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([nrtbf"'/\\]))""")
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Form(StrEnum):
    """How a text is disguised."""

    BASE64 = "base64"
    HEX = "hex"
    URL = "URL encoding"
    ESCAPED = "JSON or UTF-16 escapes"
    UTF16_LE = "UTF-16 LE"
    UTF16_BE = "UTF-16 BE"


class Plain(Struct, frozen=True):
    """A stretch of content, undisguised; `start` is where the stretch begins in the content."""

    form: Form
    start: int
    content: bytes
    starts: tuple[int, ...] = ()
    """Of several stretches together: where each line of `content` comes from."""

    def origin(self, line: int) -> int:
        """Where in the disguised content a line of the plain one, counted from 1, comes from."""
        return self.starts[line - 1] if self.starts else self.start


class _Known(Struct, frozen=True):
    """The anchors in some forms; indexes of words are places in `coded`."""

    forms: frozenset[Form]
    coded: tuple[tuple[Form, int], ...]
    words: Words


class Disguises:
    """Finds and undoes disguises.

    Args:
        anchors: words that what is looked for holds, as bytes of ASCII.
    """

    def __init__(self, anchors: Iterable[bytes]) -> None:
        self._anchors = sorted(anchor for anchor in set(anchors) if len(anchor) >= _SHORTEST)
        self._known: _Known | None = None
        self._seen_bytes = 0

    def undone(self, content: bytes, *, within: Within | None = None) -> Iterator[Plain]:
        """Every stretch that holds an anchor in disguise, once.

        Args:
            content: what is looked at.
            within: only what anchors in these parts, or shortly before them, lead to.
        """
        # Whoever takes a stretch may have it searched before taking the next one.
        seen: dict[Form, int] = {}
        for index, start, end, known in self._matches(content, within):
            form, shift = known.coded[index]
            if start < seen.get(form, -1):
                continue
            plain, until = _undo(content, form, start, end, shift)
            seen[form] = until
            yield plain

    def _matches(
        self, content: bytes, within: Within | None
    ) -> Iterator[tuple[int, int, int, _Known]]:
        if within is None:
            known = self._ready_for(content)
            for index, start, end in known.words.hits(content):
                yield index, start, end, known
            return
        reached = reaching(within, before_bytes=_REACH_BYTES)
        parts = Excerpts.of(content, reached, beyond_bytes=_LONGEST_ANCHOR)
        known = self._ready_for(parts.text)
        for index, start, end in known.words.hits(parts.text):
            origin = parts.origin(start)
            if origin is not None:
                yield index, origin, origin + end - start, known

    def _ready_for(self, content: bytes) -> _Known:
        """The forms that the content needs and those that were needed before; at last, all."""
        before, known = self._seen_bytes, self._known
        self._seen_bytes += len(content)
        if self._seen_bytes >= MUCH_BYTES:
            if known is None or before < MUCH_BYTES:
                known = self._built(frozenset(Form), much=True)
        else:
            forms = _possible(content)
            if known is None or forms - known.forms:
                forms |= known.forms if known is not None else frozenset()
                known = self._built(forms, much=False)
        self._known = known
        return known

    def _built(self, forms: frozenset[Form], *, much: bool) -> _Known:
        """All anchors in these forms.

        What a form yields always holds what `_possible` goes by. So in a content where the other
        forms are not possible these words are just those that all forms would find.
        """
        coded: dict[bytes, tuple[Form, int]] = {}
        for anchor in self._anchors:
            for one, form, shift in _encoded(anchor, forms):
                coded.setdefault(one, (form, shift))
        return _Known(forms, tuple(coded.values()), Words(list(coded), much=much))


def _possible(content: bytes) -> frozenset[Form]:
    """The forms that a content may hold an anchor in.

    Most contents hold no more than one, and to encode the anchors in all of them takes as long as
    to look at a megabyte.
    """
    found = {Form.BASE64}
    if b"%" in content:
        found.add(Form.URL)
    if b"\\" in content:
        found.add(Form.ESCAPED)
    if b"\0" in content:
        found.add(Form.UTF16_LE)
    if _DIGITS.search(content):
        found.add(Form.HEX)
    return frozenset(found)


def _encoded(anchor: bytes, forms: frozenset[Form]) -> Iterator[tuple[bytes, Form, int]]:
    """The anchor in these forms and in base64, which any content may hold.

    With each, how far behind a boundary of its coding it begins. UTF-16 of both byte orders counts
    as little-endian here.
    """
    yield from _in_base64(anchor)
    short = anchor[:8]
    for digits in (short.hex(), short.hex().upper()) if forms - {Form.BASE64} else ():
        pairs = [digits[i : i + 2] for i in range(0, len(digits), 2)]
        if Form.HEX in forms:
            yield digits.encode(), Form.HEX, 0
        if Form.URL in forms:
            yield "".join(f"%{pair}" for pair in pairs).encode(), Form.URL, 0
        if Form.ESCAPED in forms:
            yield "".join(f"\\x{pair}" for pair in pairs).encode(), Form.ESCAPED, 0
            yield "".join(f"\\u00{pair}" for pair in pairs).encode(), Form.ESCAPED, 0
    if forms & {Form.URL, Form.ESCAPED}:
        yield from (one for one in _escaped(anchor) if one[1] in forms)
    if Form.UTF16_LE in forms:
        # the one NUL that tells both apart is looked for in `_undo`: an automaton wants one pattern
        yield b"\0".join(anchor[i : i + 1] for i in range(len(anchor))), Form.UTF16_LE, 0


def _in_base64(anchor: bytes) -> Iterator[tuple[bytes, Form, int]]:
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + anchor)
        first, last = -(-offset * 8 // 6), (offset + len(anchor)) * 8 // 6
        if last - first >= _SHORTEST:
            yield coded[first:last], Form.BASE64, first
            yield coded[first:last].translate(_TO_URL_SAFE), Form.BASE64, first


def _escaped(anchor: bytes) -> Iterator[tuple[bytes, Form, int]]:
    """The anchor with only what is no letter escaped; or, for a word, an escape right behind it."""
    text = anchor.decode("ascii")
    for digits in ("02x", "02X"):
        url = "".join(c if c.isalnum() or c in "-_." else f"%{ord(c):{digits}}" for c in text)
        json = "".join(c if c.isalnum() or c in "-_." else f"\\u00{ord(c):{digits}}" for c in text)
        slashes = "".join(f"\\u00{ord(c):{digits}}" if c == "/" else c for c in text)
        if url != text:
            yield url.encode(), Form.URL, 0
            yield json.encode(), Form.ESCAPED, 0
        if slashes != text:
            yield slashes.encode(), Form.ESCAPED, 0
            yield text.replace("/", "\\/").encode(), Form.ESCAPED, 0
        if url == text:
            yield anchor + f"%{0x3D:{digits}}".encode(), Form.URL, 0
            yield anchor + f"%{0x22:{digits}}".encode(), Form.URL, 0
    if text.isidentifier():
        yield anchor + b"\\", Form.ESCAPED, 0


def _undo(content: bytes, form: Form, start: int, end: int, shift: int) -> tuple[Plain, int]:
    """The stretch around a match, decoded, and where it ends."""
    match form:
        case Form.BASE64:
            first, last = _run(content, start, end, _BASE64, wrapped=True)
            first += (start - shift - first) % 4
            return Plain(form, first, _from_base64(content[first:last])), last
        case Form.HEX:
            first, last = _run(content, start, end, _HEX, wrapped=False)
            first += (start - first) % 2
            digits = content[first : last - (last - first) % 2]
            return Plain(form, first, bytes.fromhex(digits.decode())), last
        case Form.URL:
            first, last = _line(content, start, end)
            return Plain(form, first, unquote_to_bytes(content[first:last])), last
        case Form.ESCAPED:
            first, last = _line(content, start, end)
            return Plain(form, first, unescaped(content[first:last])), last
        case Form.UTF16_LE | Form.UTF16_BE:
            return _from_utf16(content, start)


def _run(
    content: bytes, start: int, end: int, alphabet: bytes, *, wrapped: bool
) -> tuple[int, int]:
    """How far the alphabet reaches to both sides; over line ends where the lines are long."""
    lowest, highest = max(0, start - _LONGEST), min(len(content), end + _LONGEST)
    first, last = lowest + len(content[lowest:start].rstrip(alphabet)), end
    while True:
        last = _reach(content, last, highest, alphabet)
        width = last - (content.rfind(b"\n", first, last) + 1 or first)
        if not (wrapped and width >= _WRAPPED and content[last : last + 1] in {b"\n", b"\r"}):
            return first, last
        after = last + (2 if content[last : last + 2] == b"\r\n" else 1)
        if after >= highest or content[after] not in alphabet:
            return first, last
        last = after


def _reach(content: bytes, at: int, highest: int, alphabet: bytes) -> int:
    """Where the alphabet ends; looked at in portions, since most runs are short."""
    while part := content[at : min(at + _PORTION, highest)]:
        rest = len(part.lstrip(alphabet))
        at += len(part) - rest
        if rest:
            break
    return at


def _line(content: bytes, start: int, end: int) -> tuple[int, int]:
    first = content.rfind(b"\n", max(0, start - _LONGEST), start) + 1
    last = content.find(b"\n", end, end + _LONGEST)
    return max(first, start - _LONGEST), last if last >= 0 else min(len(content), end + _LONGEST)


def _from_base64(coded: bytes) -> bytes:
    letters = coded.translate(_TO_STANDARD, b"\r\n")
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return base64.b64decode(letters + b"=" * (-len(letters) % 4))


def unescaped(content: bytes) -> bytes:
    """The content with the escapes of JSON, JavaScript and Python strings undone."""
    return _ESCAPES.sub(_unescaped, content)


def _unescaped(escape: re.Match[bytes]) -> bytes:
    wide, narrow, letter = escape.groups()
    if letter is not None:
        return _LETTERS.get(letter, letter)
    return chr(int(wide or narrow, 16)).encode("utf-8", "replace")


def _from_utf16(content: bytes, start: int) -> tuple[Plain, int]:
    """The stretch as UTF-16: little end first where letters stand at even places."""
    lowest = max(0, start - _LONGEST)
    little = start % 2 == 0
    first = start if little else start - 1
    first -= (first - lowest) // 2 * 2
    last = min(len(content), start + _LONGEST)
    form = Form.UTF16_LE if little else Form.UTF16_BE
    codec = "utf-16-le" if little else "utf-16-be"
    text = content[first:last].decode(codec, errors="replace").lstrip("\ufeff")
    return Plain(form, first, text.encode("utf-8", "replace")), last
