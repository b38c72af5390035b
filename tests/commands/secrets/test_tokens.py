"""Whatever stands in a text is among its pieces, with the place where it begins."""

import secrets
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillconnect_ops.commands.retired.tokens import SHORTEST, tokens

VALUE = st.text(
    alphabet=st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\"'`"),
    min_size=SHORTEST,
    max_size=30,
)


def pieces(text: str) -> dict[str, set[tuple[int, int]]]:
    found: dict[str, set[tuple[int, int]]] = {}
    for token in tokens(text.encode()):
        found.setdefault(token.value.reveal(), set()).add((token.line, token.column))
    return found


@settings(max_examples=200)
@given(VALUE)
def test_a_value_between_spaces_quotes_or_after_a_sign_is_found(value: str) -> None:
    for text, column in (
        (value, 1),
        (f"  {value}  ", 3),
        (f'x = "{value}"', 6),
        (f"x: '{value}',", 5),
        (f"KEY={value}", 5),
        (f"KEY: {value}", 6),
        (f"`{value}`", 2),
    ):
        assert (2, column) in pieces(f"first\n{text}\nlast")[value], text


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_value_with_spaces_in_it_is_found(ends: str) -> None:
    text = ends.join(["a", "KEY=two words", "KEY: two words", '"two words"', "two words"])
    text += f"{ends}12:00:01 error: no entry for: two words"
    assert {line for line, _ in pieces(text)["two words"]} == {2, 3, 4, 5, 6}


def test_pieces_too_short_are_left_out() -> None:
    assert set(pieces("a bc def ghij")) == {"ghij", "a bc def ghij"}


def test_bytes_that_are_no_text_are_read_all_the_same() -> None:
    value = secrets.token_hex(8)
    found = {token.value.reveal() for token in tokens(b"\xff\xfe\x00" + value.encode()[:0])}
    assert found == set()
    data = b"\x80\x81\x00 " + value.encode() + b" \xff"
    assert value in {token.value.reveal() for token in tokens(data)}


def test_a_large_file_takes_seconds() -> None:
    text = "\n".join(f"line {n} key={secrets.token_hex(16)} end" for n in range(5_000))
    began = time.perf_counter()
    assert sum(1 for _ in tokens(text.encode())) > 20_000
    assert time.perf_counter() - began < 10
