"""The ways a known value is spelled as text: as it is, escaped for URL, JSON and HTML, in UTF-16.

What escapes do to a value differs from one program to the next, and they are put on top of each
other. So a value is not looked for in a list of forms, but by an expression in which every
character that anybody escapes may stand in any of its forms. An anchor, a stretch that all forms
have in common, says where it is worth trying; only for a value without one are forms listed.
"""

import html
import html.entities
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple
from urllib.parse import quote_from_bytes

from skillconnect_ops.core.regex import regex

BYTES = "utf-8"
UTF16 = ("utf-16-le", "utf-16-be")

_TOKENS = regex(r"[A-Za-z0-9._\-]+|\\+|\r?\n|[^A-Za-z0-9._\-\\]", re.DOTALL)
_UNESCAPED = regex(r"[A-Za-z0-9._\-]+")
"""What no program escapes that escapes only what it must."""
_LONG = 8
"""Characters of an unescaped stretch that make it rare enough to be an anchor."""
_HEAD = 8
"""Characters at the beginning of a text with every letter escaped that are its anchor."""
_NESTED = "{0,3}"
"""How often an escape may be escaped again."""
_WIDEST = 60
"""More than any form of one byte takes, in characters."""
_LETTERS = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f", "\v": "v", "\0": "0"}
_URL_SAFE = ("", "/", "!'()*~", "!'()*~;,/?:@&=+$#")
"""Python's quote with nothing safe and as it comes, encodeURIComponent, encodeURI (ECMA-262)."""
_PERCENT = regex(r"%[0-9A-F]{2}")
_UNIT = regex(r"(?<=\\u)[0-9a-f]{4}")
_IN_SCRIPTS = ("&<>", "&<>'\"", "&<>'\"+")
"""What JSON for HTML escapes besides: Go and Rails, PHP, .NET."""


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
        source: an expression of bytes.
        reach: more than the expression ever matches, in bytes.
    """

    def __init__(self, value: int, *, codec: str, source: bytes, reach: int) -> None:
        self._value = value
        self._codec = codec
        self._expression = regex(source, re.DOTALL)
        self._reach = reach

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
    for codec in (BYTES, *UTF16) if _is_unicode(text) else (BYTES,):
        source, reach = _expression(text, codec)
        anchors = [one for one in _anchors(text, codec) if one]
        yield Spelling(index, codec=codec, source=source, reach=reach), anchors
    for units in _escaped_throughout(text, value):
        letters = _Letters(BYTES)
        source = b"".join(letters.text(sign) + letters.digits(digits) for sign, digits in units)
        heads = [
            "".join(sign + (digits.upper() if upper else digits) for sign, digits in units[:_HEAD])
            for upper in (False, True)
        ]
        reach = sum(len(sign) + len(digits) for sign, digits in units)
        spelling = Spelling(index, codec=BYTES, source=source, reach=reach)
        yield spelling, [head.encode() for head in dict.fromkeys(heads)]


def _is_unicode(text: str) -> bool:
    """Whether the value was UTF-8 at all."""
    return not any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)


def _escaped_throughout(text: str, value: bytes) -> Iterator[list[tuple[str, str]]]:
    yield [("%", f"{byte:02x}") for byte in value]
    yield [("\\x", f"{byte:02x}") for byte in value]
    if _is_unicode(text):
        yield [("\\u", unit) for unit in _units(text)]
        yield [("&#x", f"{ord(letter):x};") for letter in text]


def _units(text: str) -> list[str]:
    coded = text.encode("utf-16-be", "surrogatepass").hex()
    return [coded[at : at + 4] for at in range(0, len(coded), 4)]


class _Letters:
    """Writes the parts of an expression as a codec would have them."""

    def __init__(self, codec: str) -> None:
        self.codec = codec
        self.width = 1 if codec == BYTES else 2

    def coded(self, text: str) -> bytes:
        return text.encode(self.codec, "surrogateescape" if self.codec == BYTES else "strict")

    def text(self, text: str) -> bytes:
        return re.escape(self.coded(text))

    def any_of(self, letters: str) -> bytes:
        one = b"[" + re.escape(letters.encode()) + b"]"
        if self.codec == BYTES:
            return one
        return one + b"\0" if self.codec == UTF16[0] else b"\0" + one

    def digits(self, digits: str) -> bytes:
        return b"".join(
            self.any_of(one.lower() + one.upper()) if one.isalpha() else self.text(one)
            for one in digits
        )

    def times(self, part: bytes, count: str) -> bytes:
        return b"(?:" + part + b")" + count.encode()


def _expression(text: str, codec: str) -> tuple[bytes, int]:
    letters = _Letters(codec)
    parts = []
    reach = 0
    tokens = _TOKENS.findall(text)
    for place, token in enumerate(tokens):
        if _UNESCAPED.match(token):
            parts.append(letters.text(token))
            reach += len(token)
        elif token[0] == "\\":
            parts.append(_backslashes(len(token), letters))
            reach += _WIDEST * len(token)
        elif token.endswith("\n"):
            parts.append(_one_of(_escapes("\r", letters)) + b"?" + _one_of(_escapes("\n", letters)))
            # a block in YAML or in a source text is set in
            last = place == len(tokens) - 1
            parts.append(b"" if last else letters.times(letters.any_of(" \t"), "{0,64}"))
            reach += 3 * _WIDEST
        else:
            parts.append(_one_of(_escapes(token, letters)))
            reach += _WIDEST * len(token.encode("utf-8", "surrogateescape"))
    return b"".join(parts), reach * letters.width


def _one_of(forms: Iterable[bytes]) -> bytes:
    return b"(?:" + b"|".join(dict.fromkeys(forms)) + b")"


def _backslashes(number: int, letters: _Letters) -> bytes:
    """All of a run in the same form: each for itself would take forever to try."""
    one = letters.text("\\")
    forms = [letters.times(one, f"{{{times * number}}}") for times in (4, 2, 1)]
    forms += [letters.times(form, f"{{{number}}}") for form in _coded("\\", letters)]
    return _one_of(forms)


def _escapes(letter: str, letters: _Letters) -> Iterator[bytes]:
    """All forms of one character that is no backslash."""
    yield letters.text(letter)
    if letters.codec == BYTES and "\x80" <= letter <= "\xff":
        yield re.escape(letter.encode("latin-1"))
    if letter == " ":
        yield letters.text("+")
    slashes = letters.times(letters.text("\\"), "{1,4}")
    if letter in _LETTERS:
        yield slashes + letters.text(_LETTERS[letter])
    elif letter.isascii():
        yield slashes + letters.text(letter)
    yield from _coded(letter, letters)


def _coded(letter: str, letters: _Letters) -> Iterator[bytes]:
    """The forms that name a character by its number or name."""
    raw = letter.encode("utf-8", "surrogateescape")
    percent = letters.text("%") + letters.times(letters.text("25"), _NESTED)
    yield b"".join(percent + letters.digits(f"{byte:02x}") for byte in raw)
    slashes = letters.times(letters.text("\\"), "{1,4}")
    x = slashes + letters.text("x")
    yield b"".join(x + letters.digits(f"{byte:02x}") for byte in raw)
    if not _is_unicode(letter):
        return
    number = ord(letter)
    zeros = letters.times(letters.text("0"), "{0,6}")
    if 0x80 <= number <= 0xFF:
        yield percent + letters.digits(f"{number:02x}")
        yield x + letters.digits(f"{number:02x}")
    yield b"".join(slashes + letters.text("u") + letters.digits(unit) for unit in _units(letter))
    yield slashes + letters.text("u{") + zeros + letters.digits(f"{number:x}") + letters.text("}")
    yield slashes + letters.text("U") + letters.digits(f"{number:08x}")
    reference = letters.text("&") + letters.times(letters.text("amp;"), _NESTED)
    yield reference + letters.text("#") + zeros + letters.text(f"{number};")
    hexadecimal = letters.any_of("xX") + zeros + letters.digits(f"{number:x}")
    yield reference + letters.text("#") + hexadecimal + letters.text(";")
    for name in _names().get(letter, ()):
        yield reference + letters.text(name)


@cache
def _names() -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name, letter in html.entities.html5.items():
        if name.endswith(";"):
            names.setdefault(letter, []).append(name)
    return names


def _anchors(text: str, codec: str) -> list[bytes]:
    letters = _Letters(codec)
    stretches = _UNESCAPED.findall(text)
    longest = max(stretches, key=len, default="")
    if len(longest) >= _LONG or longest == text:
        return [letters.coded(longest)]
    if codec != BYTES:
        return [letters.coded(form) for form in dict.fromkeys(_line_ends(text))]
    forms = list(dict.fromkeys(_forms(text)))
    coded = [letters.coded(form) for form in forms]
    if not text.isascii():
        coded += [form.encode("latin-1") for form in forms if max(form) <= "\xff"]
    return list(dict.fromkeys(coded))


def _forms(text: str) -> Iterator[str]:
    for one in dict.fromkeys(_line_ends(text)):
        yield one
        raw = one.encode("utf-8", "surrogateescape")
        for safe in _URL_SAFE:
            yield from _both_cases(quote_from_bytes(raw, safe=safe))
        yield from _both_cases(quote_from_bytes(raw, safe=" ").replace(" ", "+"))
        if _is_unicode(one):
            yield from _in_json(one)
            yield from _in_html(one)


def _line_ends(text: str) -> tuple[str, str, str]:
    unix = text.replace("\r\n", "\n")
    return text, unix, unix.replace("\n", "\r\n")


def _both_cases(form: str) -> Iterator[str]:
    yield form
    yield _PERCENT.sub(lambda match: match[0].lower(), form)


def _in_json(text: str) -> Iterator[str]:
    for ascii_only in (True, False):
        form = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield form
        yield form.replace("/", "\\/")
        for signs in _IN_SCRIPTS:
            upper = lower = form.replace('\\"', '"') if '"' in signs else form
            for sign in signs:
                upper = upper.replace(sign, f"\\u{ord(sign):04X}")
                lower = lower.replace(sign, f"\\u{ord(sign):04x}")
            yield upper
            yield lower
        yield _UNIT.sub(lambda match: match[0].upper(), form)


def _in_html(text: str) -> Iterator[str]:
    yield html.escape(text, quote=False)
    yield html.escape(text)
    for double, single in (("&#34;", "&#39;"), ("&quot;", "&#39;"), ("&quot;", "&apos;")):
        yield html.escape(text, quote=False).replace('"', double).replace("'", single)
