"""What escapes make of a text, whatever program wrote it, and whatever it was put into then.

Programs put escapes on top of each other: JSON within JSON, JSON in a URL, a URL in a URL, any of
them in HTML. So a letter is not given by a list of forms, but by parts in which whatever an outer
escape would touch, the backslash, `%`, `&`, `#` and `;`, may be escaped in turn.
"""

import html.entities
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache

from skillconnect_ops.history.grammar import BYTES, Either, Letter, Part, Row, Text, Times, coded

PLAIN = "A-Za-z0-9._\\-"
"""What no program escapes that escapes only what it must."""
_TOKENS = re.compile(rf"[{PLAIN}]+|\\+|\r?\n|[^{PLAIN}\\]", re.DOTALL)
_AGAIN = 3
"""How often an escape may be escaped again."""
_SLASHES = 15
"""Before a letter, of JSON four deep; each level doubles them, and adds one."""
_RUNS = (16, 8, 4, 2, 1)
_LETTERS = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f", "\v": "v", "\0": "0"}


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
