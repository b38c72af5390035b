"""Disguises of text: base64 at any offset, URL and JSON escapes, hex, UTF-16.

Looking everywhere for what might be encoded would cost more than all other work together. So each
anchor (a word that plain secrets are found by) is encoded in every form beforehand; one
Aho-Corasick pass finds these, and only around a hit is anything decoded.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from urllib.parse import unquote_to_bytes

import ahocorasick_rs
from msgspec import Struct

_LONGEST = 1 << 16
"""How far a disguised text is followed from its anchor, in bytes."""
_SHORTEST = 4
"""Anchors, plain or encoded, below this length would hit everywhere."""
_BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
_MUCH_BYTES = 8 << 20
"""From here on the automaton that is fastest to run is worth the 50 ms that it takes to build."""
_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_HEX = frozenset(b"0123456789abcdefABCDEF")
_WRAPPED = 60
"""A line of base64 this long may go on in the next one (RFC 2045: 76, RFC 7468: 64)."""
_ESCAPES = re.compile(rb"""\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([nrtbf"'/\\]))""")
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


class Disguises:
    """Finds and undoes disguises.

    Args:
        anchors: words that what is looked for holds, as bytes of ASCII.
    """

    def __init__(self, anchors: Iterable[bytes]) -> None:
        forms: dict[bytes, tuple[Form, int]] = {}
        for anchor in sorted(set(anchors)):
            for pattern, form, shift in _encoded(anchor):
                forms.setdefault(pattern, (form, shift))
        self._forms = list(forms.values())
        self._patterns = list(forms)
        self._automaton = self._built(ahocorasick_rs.Implementation.ContiguousNFA)
        self._swift = False
        self._seen_bytes = 0

    def undone(self, content: bytes) -> Iterator[Plain]:
        """Every stretch that holds an anchor in disguise, once."""
        self._seen_bytes += len(content)
        if not self._swift and self._seen_bytes > _MUCH_BYTES:
            self._automaton = self._built(ahocorasick_rs.Implementation.DFA)
            self._swift = True
        seen: dict[Form, int] = {}
        for index, start, end in self._automaton.find_matches_as_indexes(content):
            form, shift = self._forms[index]
            if start < seen.get(form, -1):
                continue
            plain, until = _undo(content, form, start, end, shift)
            seen[form] = until
            yield plain

    def _built(
        self, implementation: ahocorasick_rs.Implementation
    ) -> ahocorasick_rs.BytesAhoCorasick:
        return ahocorasick_rs.BytesAhoCorasick(self._patterns, implementation=implementation)


def _encoded(anchor: bytes) -> Iterator[tuple[bytes, Form, int]]:
    """The anchor in every form; with each, how far behind a boundary of its coding it begins."""
    if len(anchor) < _SHORTEST:
        return
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + anchor)
        first, last = -(-offset * 8 // 6), (offset + len(anchor)) * 8 // 6
        if last - first >= _SHORTEST:
            yield coded[first:last], Form.BASE64, first
            yield coded[first:last].translate(_TO_URL_SAFE), Form.BASE64, first
    short = anchor[:8]
    for digits in (short.hex(), short.hex().upper()):
        pairs = [digits[i : i + 2] for i in range(0, len(digits), 2)]
        yield digits.encode(), Form.HEX, 0
        yield "".join(f"%{pair}" for pair in pairs).encode(), Form.URL, 0
        yield "".join(f"\\x{pair}" for pair in pairs).encode(), Form.ESCAPED, 0
        yield "".join(f"\\u00{pair}" for pair in pairs).encode(), Form.ESCAPED, 0
    yield from _escaped(anchor)
    # the one NUL that tells both apart is looked for in `_undo`: an automaton wants one pattern
    yield b"\0".join(anchor[i : i + 1] for i in range(len(anchor))), Form.UTF16_LE, 0


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
            return Plain(form, first, _ESCAPES.sub(_unescaped, content[first:last])), last
        case Form.UTF16_LE | Form.UTF16_BE:
            return _from_utf16(content, start)


def _run(
    content: bytes, start: int, end: int, alphabet: frozenset[int], *, wrapped: bool
) -> tuple[int, int]:
    """How far the alphabet reaches to both sides; over line ends where the lines are long."""
    first, last = start, end
    lowest, highest = max(0, start - _LONGEST), min(len(content), end + _LONGEST)
    width = 0
    while first > lowest and content[first - 1] in alphabet:
        first -= 1
    while True:
        while last < highest and content[last] in alphabet:
            last += 1
        width = last - (content.rfind(b"\n", first, last) + 1 or first)
        if not (wrapped and width >= _WRAPPED and content[last : last + 1] in {b"\n", b"\r"}):
            return first, last
        after = last + (2 if content[last : last + 2] == b"\r\n" else 1)
        if after >= highest or content[after] not in alphabet:
            return first, last
        last = after


def _line(content: bytes, start: int, end: int) -> tuple[int, int]:
    first = content.rfind(b"\n", max(0, start - _LONGEST), start) + 1
    last = content.find(b"\n", end, end + _LONGEST)
    return max(first, start - _LONGEST), last if last >= 0 else min(len(content), end + _LONGEST)


def _from_base64(coded: bytes) -> bytes:
    letters = coded.translate(_TO_STANDARD, b"\r\n")
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return base64.b64decode(letters + b"=" * (-len(letters) % 4))


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
