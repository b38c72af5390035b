"""Escapes on top of each other, and throughout: Python's own codecs write them."""

import base64
import html
import itertools
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillconnect_ops.history.needles import MASK, Needles

Escape = Callable[[str], str]


def in_script(text: str) -> str:
    """As Go's and PHP's encoders write JSON that is safe within HTML."""
    dumped = json.dumps(text)[1:-1].replace("/", "\\/")
    return "".join(f"\\u{ord(letter):04x}" if letter in "<>&'" else letter for letter in dumped)


def in_shell(text: str) -> str:
    """Within double quotes."""
    return re.sub(r'(["\\$`!])', r"\\\1", text)


ESCAPES: dict[str, Escape] = {
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON, not only ASCII": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON in a script": in_script,
    "URL": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "encodeURIComponent": lambda text: quote(text, safe="!'()*~"),
    "HTML": html.escape,
    "HTML by decimals": lambda text: (
        html.escape(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    ),
    "shell": in_shell,
}
PASSWORDS = (
    'P@ss"w0rd!9',
    'Tr0ub&dor<3>"x9',
    "it's 5 o'clock",
    'päß"wörd! 9',
    'a/b+c&"d',
    "x\\y\"z'%41",
    "$&/()=?\"'!",
    'longer-than-that" & so on',
)
NESTED = [*itertools.product(ESCAPES, repeat=2), ("JSON",) * 3, ("URL",) * 3, ("HTML",) * 3]


@pytest.mark.parametrize("names", NESTED, ids=" in ".join)
def test_a_password_is_found_and_gone_where_escapes_lie_on_each_other(
    names: tuple[str, ...],
) -> None:
    for password in PASSWORDS:
        text = password
        for name in names:
            text = ESCAPES[name](text)
        needles = Needles([password.encode()])
        content = f'key = "{text}";\n'.encode()
        assert needles.held(content) == {0}, (password, text)
        assert needles.without(content) == b'key = "' + MASK + b'";\n', (password, text)


@given(
    text=st.text("aZ9\"'\\%&/ <+:@é!", min_size=6, max_size=12),
    names=st.lists(st.sampled_from(sorted(ESCAPES)), min_size=1, max_size=3),
    before=st.text('a"\\%& ;', max_size=4),
)
@settings(max_examples=200)
def test_any_value_is_found_three_escapes_deep(text: str, names: list[str], before: str) -> None:
    whole = text
    for name in names:
        whole = ESCAPES[name](whole)
    needles = Needles([text.encode()], mask=b"_")
    content = (before + whole).encode()
    assert needles.held(content) == {0}
    clean = needles.without(content)
    assert not needles.held(clean)


THROUGHOUT: dict[str, Callable[[str], str]] = {
    "decimal references": lambda letter: f"&#{ord(letter)};",
    "decimal references, filled up": lambda letter: f"&#{ord(letter):05d};",
    "decimal references in HTML": lambda letter: f"&amp;#{ord(letter)};",
    "hexadecimal references": lambda letter: f"&#x{ord(letter):x};",
    "hexadecimal references, upper": lambda letter: f"&#X{ord(letter):X};",
    "JSON": lambda letter: "".join(f"\\u{unit:04x}" for unit in units(letter)),
    "JSON, upper": lambda letter: "".join(f"\\u{unit:04X}" for unit in units(letter)),
    "JSON in JSON": lambda letter: "".join(f"\\\\u{unit:04x}" for unit in units(letter)),
    "URL": lambda letter: "".join(f"%{byte:02X}" for byte in letter.encode()),
    "URL in a URL": lambda letter: "".join(f"%25{byte:02x}" for byte in letter.encode()),
    "program": lambda letter: "".join(f"\\x{byte:02x}" for byte in letter.encode()),
    "program, octal": lambda letter: "".join(f"\\{byte:03o}" for byte in letter.encode()),
    "JSON, byte by byte": lambda letter: "".join(f"\\u{byte:04x}" for byte in letter.encode()),
    "references, byte by byte": lambda letter: "".join(f"&#{byte};" for byte in letter.encode()),
}


LISTS: dict[str, Callable[[bytes], str]] = {
    "with spaces": lambda raw: raw.hex(" "),
    "with colons, upper": lambda raw: raw.hex(":").upper(),
    "of a program": lambda raw: ", ".join(f"0x{byte:02x}" for byte in raw),
    "of a buffer in JSON": lambda raw: json.dumps(list(raw), separators=(",", ":")),
    "of numbers": lambda raw: json.dumps(list(raw)),
}


@pytest.mark.parametrize("name", LISTS)
@given(value=st.binary(min_size=6, max_size=20))
@settings(max_examples=15)
def test_a_list_of_bytes_is_found_and_gone(name: str, value: bytes) -> None:
    needles = Needles([b"Zq" + value], mask=b"_")
    content = f"<{LISTS[name](b'Zq' + value)}>".encode()
    assert needles.held(content) == {0}
    assert not needles.held(needles.without(content))


def units(letter: str) -> tuple[int, ...]:
    """Of UTF-16."""
    raw = letter.encode("utf-16-be")
    return tuple(int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2))


@pytest.mark.parametrize("name", THROUGHOUT)
@given(text=st.text("abXY01-_.\"'\\%&/ é☃🙂", min_size=6, max_size=20))
@settings(max_examples=15)
def test_a_value_escaped_throughout_is_found_and_gone(name: str, text: str) -> None:
    needles = Needles([text.encode()], mask=b"_")
    content = b"<" + "".join(map(THROUGHOUT[name], text)).encode() + b">"
    assert needles.held(content) == {0}
    assert needles.without(content) == b"<_>"


DOCUMENTS: dict[str, Escape] = {
    **{name: ESCAPES[name] for name in ESCAPES if name not in {"JSON in a script", "shell"}},
    "JSON of JSON": lambda text: json.dumps(json.dumps({"k": text})),
    "hex": lambda text: text.encode().hex(),
    "hex, upper": lambda text: text.encode().hex().upper(),
    "JSON of PHP": lambda text: json.dumps(text).replace("/", "\\/"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("password", PASSWORDS)
def test_an_escaped_value_in_base64_is_found_and_gone(name: str, password: str) -> None:
    needles = Needles([password.encode()])
    for before in range(3):
        content = b"~" * before + DOCUMENTS[name](password).encode() + b" and so on"
        packed = base64.b64encode(content)
        assert needles.held(packed) == {0}
        clean = base64.b64decode(needles.without(packed))
        assert not needles.held(clean)
        assert clean.endswith(b" and so on")


@given(
    value=st.binary(min_size=6, max_size=30), before=st.binary(max_size=5), again=st.integers(0, 2)
)
@settings(max_examples=100)
def test_base64_of_base64_is_found_and_gone(value: bytes, before: bytes, again: int) -> None:
    needles = Needles([b"Zq" + value], mask=b"_")
    once = base64.b64encode(before + b"Zq" + value + b" and so on")
    content = base64.b64encode(b"~" * again + b"data: " + once)
    assert needles.held(content) == {0}
    clean = base64.b64decode(needles.without(content))
    assert not needles.held(clean)
    assert base64.b64decode(clean[again + 6 :]).endswith(b" and so on")
