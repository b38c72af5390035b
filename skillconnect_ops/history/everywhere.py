"""Disguises undone wherever there may be one: for what has no word by which it could be found.

A retired value is known by its fingerprint alone, so nothing can be looked for in encoded form, as
`encodings` does. Here each run of base64 or hex digits, and each stretch with escapes in it, is
decoded, and kept where text comes out. Every run is decoded once, however often it stands there,
and what many short ones give is handed on together: the work grows with the content, and no faster.
"""

import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote_to_bytes

from skillconnect_ops.core.excerpts import Within
from skillconnect_ops.history.encodings import Form, Plain, unescaped

_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
# A line of 60 digits or more may go on in the next one (RFC 2045: 76, RFC 7468: 64).
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{6,}+(?:(?<=[A-Za-z0-9+/]{60})\r?\n[ \t]*+[A-Za-z0-9+/]++)*+")
_HEX = re.compile(rb"[0-9A-Fa-f]{8,}+")
_URL = re.compile(rb"[^\s\"'`<>]++")
_URL_ESCAPE = re.compile(rb"%[0-9A-Fa-f]{2}")
_ESCAPED = re.compile(rb"\S++")
_ESCAPE = re.compile(rb"\\[uxnrtbf\"'/\\]")
# Of UTF-16 each line is a run of its own, so that its number is known.
_LITTLE = re.compile(rb"(?:[\t\x20-\x7e]\0){4,}+")
_BIG = re.compile(rb"(?:\0[\t\x20-\x7e]){4,}+")
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = re.compile(rb"[\0-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Of a binary, as `strings` would: eight, since six in a row come by chance in every few KB.
_READABLE = re.compile(rb"[\t\r\n\x20-\x7e]{8,}+")
_NO_DIGITS = re.compile(rb"[\r\n \t]+")
_JOINTS = re.compile(rb"[+/]")
_MOST_JOINTS = 8
_LONG = 4096
"""Digits; from here on a run is decoded and handed on alone, as archives always are."""

Decode = Callable[[bytes], Iterable[bytes]]


class Everywhere:
    """Undoes every disguise that it sees; has the `undone` of `encodings.Disguises`."""

    def undone(self, content: bytes, *, within: Within | None = None) -> Iterator[Plain]:
        """Texts that were disguised, those of one form mostly together; always of the whole."""
        standard = content.translate(_TO_STANDARD)
        yield from _decoded(Form.BASE64, _BASE64, standard, _from_base64)
        yield from _decoded(Form.HEX, _HEX, content, _from_hex)
        if b"%" in content:
            yield from _decoded(Form.URL, _URL, content, _from_url)
        if b"\\" in content:
            yield from _decoded(Form.ESCAPED, _ESCAPED, content, _from_escapes)
        if b"\0" in content and not content.startswith(_BYTE_ORDER_MARKS):
            yield from _from_utf16(content)


def _from_utf16(content: bytes) -> Iterator[Plain]:
    """Both orders look alike but for one NUL; at even places, where text begins, they do not."""
    for odd in (False, True):
        little, big = _Every(_LITTLE, odd=odd), _Every(_BIG, odd=odd)
        first, second = (Form.UTF16_BE, Form.UTF16_LE) if odd else (Form.UTF16_LE, Form.UTF16_BE)
        yield from _decoded(first, little, content, lambda run: (run[::2],))
        yield from _decoded(second, big, content, lambda run: (run[1::2],))


class _Every:
    """A pattern, as far as its matches begin at even places, or at odd ones."""

    def __init__(self, pattern: re.Pattern[bytes], *, odd: bool) -> None:
        self._pattern = pattern
        self._odd = odd

    def finditer(self, content: bytes) -> Iterator[re.Match[bytes]]:
        matches = self._pattern.finditer(content)
        return (match for match in matches if match.start() % 2 == self._odd)

    def findall(self, content: bytes) -> list[bytes]:
        return [match[0] for match in self.finditer(content)]


def _decoded(
    form: Form, pattern: "re.Pattern[bytes] | _Every", content: bytes, decode: Decode
) -> Iterator[Plain]:
    plain = {}
    for run in set(pattern.findall(content)):
        if len(run) < _LONG and (texts := [text for text in decode(run) if text]):
            plain[run] = texts
    lines: list[bytes] = []
    starts: list[int] = []
    for match in pattern.finditer(content):
        run = match[0]
        if len(run) >= _LONG:
            for text in decode(run):
                yield Plain(form, match.start(), text)
        elif run in plain:
            for text in plain[run]:
                if _is_packed(text):
                    yield Plain(form, match.start(), text)
                    continue
                fresh = text.split(b"\n")
                lines += fresh
                starts += [match.start()] * len(fresh)
    if lines:
        yield Plain(form, starts[0], b"\n".join(lines), tuple(starts))


def _from_base64(run: bytes) -> Iterator[bytes]:
    """The whole run; what follows a joint, as a path may be before it; else what is readable."""
    digits = _NO_DIGITS.sub(b"", run)
    if len(digits) != len(run):
        yield from _lines_of_their_own(run)
    ends = () if len(run) >= _LONG else _JOINTS.finditer(digits)
    joints = [match.end() for match in ends][:_MOST_JOINTS]
    for start in (0, *joints):
        whole = _base64(digits, start)
        if _is_text(whole) or (start == 0 and _is_packed(whole)):
            yield whole
            if start == 0:
                return
    for shift in range(4 if joints or len(run) >= _LONG else 1):
        yield _readable(_base64(digits, shift))


def _lines_of_their_own(run: bytes) -> Iterator[bytes]:
    """Long lines need not be one text: each may be another value."""
    lines = _NO_DIGITS.split(run)
    if any(len(line) % 4 for line in lines[:-1]):
        yield from (text for text in (_base64(line, 0) for line in lines) if _is_text(text))


def _base64(digits: bytes, start: int) -> bytes:
    left = (len(digits) - start) % 4
    end = len(digits) - (left == 1)
    return binascii.a2b_base64(digits[start:end] + b"=" * (-left % 4 if left > 1 else 0))


def _from_hex(run: bytes) -> Iterator[bytes]:
    for shift in range(2 if len(run) >= _LONG else 1):
        digits = run[shift:]
        whole = binascii.a2b_hex(digits[: len(digits) - len(digits) % 2])
        if _is_text(whole) or _is_packed(whole):
            yield whole
            return
        yield _readable(whole)


def _from_url(stretch: bytes) -> Iterator[bytes]:
    if _URL_ESCAPE.search(stretch):
        yield unquote_to_bytes(stretch)


def _from_escapes(stretch: bytes) -> Iterator[bytes]:
    if _ESCAPE.search(stretch):
        yield unescaped(stretch)


def _is_text(data: bytes) -> bool:
    if _CONTROL.search(data):
        return False
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_packed(data: bytes) -> bool:
    """Archives, and UTF-16, which only come to light as a whole."""
    return data.startswith((b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ")) or bool(
        _LITTLE.search(data)
    )


def _readable(data: bytes) -> bytes:
    return b"\n".join(_READABLE.findall(data))
