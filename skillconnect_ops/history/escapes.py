"""What escapes make of a text, as a small language of parts: what is matched, and how it begins.

Programs put escapes on top of each other: JSON within JSON, JSON in a URL, a URL in a URL, any of
them in HTML. So a letter is not given by a list of forms, but by parts in which whatever an outer
escape would touch, the backslash, `%`, `&`, `#` and `;`, may be escaped in turn.
"""

import html.entities
import re
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache

from msgspec import Struct

BYTES = "utf-8"
UTF16 = ("utf-16-le", "utf-16-be")
PLAIN = "A-Za-z0-9._\\-"
"""What no program escapes that escapes only what it must."""
_TOKENS = re.compile(rf"[{PLAIN}]+|\\+|\r?\n|[^{PLAIN}\\]", re.DOTALL)
_AGAIN = 3
"""How often an escape may be escaped again."""
_SLASHES = 15
"""Before a letter, of JSON four deep; each level doubles them, and adds one."""
_RUNS = (16, 8, 4, 2, 1)
_LETTERS = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f", "\v": "v", "\0": "0"}


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
        begun, more = _joined(begun, part, length, backwards=backwards)
        full |= more
        if len(begun) + len(full) > most:
            return None
        if not begun:
            break
    return begun | full


def _joined(
    begun: Iterable[str], part: Part, room: int, *, backwards: bool
) -> tuple[set[str], set[str]]:
    """Each of them with the part behind it: with room left, and without."""
    opened, full = set(), set()
    for one in begun:
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


def escaped(text: str, codec: str) -> list[Part]:
    """A text in which whatever any program escapes may be escaped, one part for each token.

    Args:
        text: the text; bytes of no text as surrogates.
        codec: what all of it is in.
    """
    tokens = _TOKENS.findall(text)
    parts: list[Part] = []
    for place, token in enumerate(tokens):
        if _is_plain(token):
            parts.append(Text(token))
        elif token[0] == "\\":
            # all of a run in the same form: each for itself would take forever to try
            runs = (len(token) * times for times in _RUNS)
            parts.append(Either(tuple(Times(one, run, run) for run in runs for one in _SLASH)))
        elif token.endswith("\n"):
            # a block in YAML or in a source text is set in
            indent = (Times(Text("\t"), 0, 16), Times(Text(" "), 0, 64))
            parts += [Times(_one("\r", codec), 0, 1), _one("\n", codec)]
            parts += indent if place < len(tokens) - 1 else ()
        else:
            parts.append(_one(token, codec))
    return parts


def _is_plain(token: str) -> bool:
    return token[0].isascii() and (token[0].isalnum() or token[0] in "._-")


def is_unicode(text: str) -> bool:
    """Whether what it was made of was UTF-8 at all."""
    return not any(0xD800 <= ord(letter) <= 0xDFFF for letter in text)


def throughout(text: str) -> list[list[Part]]:
    """A text with each letter escaped, whether it needs it or not; a list for each way."""
    ways: list[list[Part]] = [
        [_bytewise(letter, lambda byte: Row((_percent(), _hex(f"{byte:02x}")))) for letter in text],
        [_bytewise(letter, lambda byte: _slashed("x", f"{byte:02x}")) for letter in text],
        [_bytewise(letter, lambda byte: Row((_FEW, Text(f"{byte:03o}")))) for letter in text],
    ]
    raw = coded(text, BYTES)
    ways += [
        _listed([_hex(f"{byte:02x}") for byte in raw], between=(" ", ":", "-", ",0x", ", 0x")),
        _listed([Text(str(byte)) for byte in raw], between=(",", ", ")),
    ]
    if is_unicode(text):
        ways += [[_in_units(letter) for letter in text], [_in_numbers(letter) for letter in text]]
    return ways


def _listed(numbers: Sequence[Part], *, between: Sequence[str]) -> list[Part]:
    """Bytes as a dump, a program or a buffer in JSON has them."""
    comma = Either(tuple(map(Text, between)))
    return [numbers[0], *(Row((comma, number)) for number in numbers[1:])]


def _in_units(letter: str) -> Part:
    """As Unicode; also of text that was read as Latin-1."""
    forms = [Row(tuple(_slashed("u", unit) for unit in _units(letter)))]
    if not letter.isascii():
        forms.append(_bytewise(letter, lambda byte: _slashed("u", f"{byte:04x}")))
    return forms[0] if len(forms) == 1 else Either(tuple(forms))


def _in_numbers(letter: str) -> Part:
    forms: list[Part] = [_referred(ord(letter))]
    if not letter.isascii():
        forms.append(_bytewise(letter, _referred))
    return forms[0] if len(forms) == 1 else Either(tuple(forms))


def _referred(number: int) -> Row:
    return Row((_AMPERSAND, Text("#"), _digits(number, zeros=3), Text(";")))


def _slashed(sign: str, digits: str) -> Row:
    return Row((_FEW, Text(sign), _hex(digits)))


def _bytewise(letter: str, form: Callable[[int], Part]) -> Row:
    return Row(tuple(form(byte) for byte in coded(letter, BYTES)))


def _units(text: str) -> list[str]:
    digits = text.encode("utf-16-be", "surrogatepass").hex()
    return [digits[at : at + 4] for at in range(0, len(digits), 4)]


def _hex(digits: str) -> Row:
    return Row(tuple(Letter(one + one.upper()) if one.isalpha() else Text(one) for one in digits))


def _named(digits: str) -> Either:
    """A letter below U+0100 by its number, behind a backslash."""
    return Either((Row((Text("u00"), _hex(digits))), Row((Text("x"), _hex(digits)))))


def _percent() -> Row:
    return Row((Text("%"), Times(Text("25"), 0, _AGAIN)))


def _sign(sign: str) -> Either:
    """One that escapes are made of, as it is or in a URL."""
    return Either((Text(sign), Row((_percent(), _hex(f"{ord(sign):02x}")))))


def _number(number: int) -> tuple[Part, ...]:
    """Of a numeric reference what is behind `&`."""
    return (_MORE, _sign("#"), _digits(number, zeros=6), _sign(";"))


def _digits(number: int, *, zeros: int) -> Either:
    before = Times(Text("0"), 0, zeros)
    hexadecimal = Row((Letter("xX"), before, _hex(f"{number:x}")))
    return Either((Row((before, Text(str(number)))), hexadecimal))


_MORE = Times(Row((Text("amp"), _sign(";"))), 0, _AGAIN)
_SLASH: tuple[Part, ...] = (
    Row((Text("\\"), Times(_named("5c"), 0, 1))),
    Row((_percent(), _hex("5c"))),
    Row((_sign("&"), *_number(0x5C))),
    Row((_sign("&"), _MORE, Text("bsol"), _sign(";"))),
)
_SOME = Times(Text("\\"), 1, 8, at_once=True)
_FEW = Times(Text("\\"), 1, 4, at_once=True)
_AMPERSAND = Either((Text("&"), Text("&amp;"), Text("\\u0026")))


@cache
def _one(letter: str, codec: str) -> Either:
    """All forms of one letter that is no backslash; the long ones first, so that none is cut."""
    anyhow = list(_without_slashes(letter))
    behind = [*_behind_slashes(letter), *anyhow]
    if letter in _LETTERS:
        behind.append(Text(_LETTERS[letter]))
    elif letter.isascii():
        behind.append(Text(letter))
    forms: list[Part] = [Row((_slashes(), Either(tuple(behind))))]
    forms += [*anyhow, Text(letter)]
    if codec == BYTES and "\x80" <= letter <= "\xff":
        forms.append(Text(letter.encode("latin-1").decode("utf-8", "surrogateescape")))
    if letter == " ":
        forms += [Text("+"), Row((_percent(), _hex("2b")))]
    return Either(tuple(forms))


def _slashes() -> Either:
    return Either(tuple(Times(one, 1, _SLASHES, at_once=True) for one in _SLASH))


def _without_slashes(letter: str) -> Iterable[Part]:
    """For URL and HTML."""
    yield _bytewise(letter, lambda byte: Row((_percent(), _hex(f"{byte:02x}"))))
    if is_unicode(letter):
        if 0x80 <= ord(letter) <= 0xFF:
            yield Row((_percent(), _hex(f"{ord(letter):02x}")))
        yield Row((_sign("&"), *_reference(letter)))


def _behind_slashes(letter: str) -> Iterable[Part]:
    """In JSON and programs, what is behind the backslashes."""
    for sign, form in (("x", "02x"), ("", "03o")):
        first, *others = [_hex(f"{byte:{form}}") for byte in coded(letter, BYTES)]
        more = (Row((_SOME, Text(sign), digits)) for digits in others)
        yield Row((Text(sign), first, *more))
    if not is_unicode(letter):
        return
    number = ord(letter)
    if 0x80 <= number <= 0xFF:
        yield Row((Text("x"), _hex(f"{number:02x}")))
    first_unit, *units = _units(letter)
    further = (Row((_SOME, Text("u"), _hex(unit))) for unit in units)
    yield Row((Text("u"), _hex(first_unit), *further))
    yield Row((Text("u{"), Times(Text("0"), 0, 6), _hex(f"{number:x}"), Text("}")))
    yield Row((Text("U"), _hex(f"{number:08x}")))
    yield Row((_named("26"), *_reference(letter)))


def _reference(letter: str) -> tuple[Part, ...]:
    """Of a reference in HTML, what is behind `&`."""
    numbers = Row(_number(ord(letter))[1:])
    names = [Row((Text(name), _sign(";"))) for name in _names().get(letter, ())]
    return (_MORE, Either((numbers, *names)))


@cache
def _names() -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for name, letter in html.entities.html5.items():
        if name.endswith(";"):
            names.setdefault(letter, []).append(name[:-1])
    return names
