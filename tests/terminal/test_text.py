"""Text made fit for a terminal, and what may be secret masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillconnect_ops.terminal.text import one_line, paragraphs, printable, redacted


@given(st.text())
def test_printable_text_steers_no_terminal(text: str) -> None:
    shown = printable(text)
    assert all(letter in "\n\t" or ord(letter) >= 0x20 for letter in shown)
    assert not any(0x7F <= ord(letter) < 0xA0 for letter in shown)
    assert not any("\u202a" <= letter <= "\u202e" for letter in shown)
    shown.encode()


@pytest.mark.parametrize(
    "letter",
    ["\x00", "\x1b", "\x7f", "\x9b", "\u200f", "\u2028", "\u202a", "\u202e", "\u2066", "\u2069"],
)
def test_what_steers_or_reorders_is_spelled_out(letter: str) -> None:
    assert printable(f"a{letter}b") in {f"a\\x{ord(letter):02x}b", f"a\\u{ord(letter):04x}b"}


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])))
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert printable(text) == one_line(text) == text


def test_one_line_stays_one_line() -> None:
    assert one_line("a\nb\tc") == "a\\nb\\tc"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("at mongodb://u:p%40ss@h:1/db", "at mongodb://***@h:1/db"),
        ("at mongodb+srv://u:p@ss@h/db", "at mongodb+srv://***@h/db"),
        ("password=hunter2, x", "password=***, x"),
        ("{'password': 'hunter2 x'}", "{'password': ***}"),
        ('API_KEY="abc"', "API_KEY=***"),
        ("MONGO_PASSWORD: abc", "MONGO_PASSWORD: ***"),
        ("jwt eyJhbGciOiJIUzI1NiJ9abc123", "jwt ***"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nx", "***\nx"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "***"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text: str, masked: str) -> None:
    assert redacted(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        'File "/usr/lib/python3.11/site-packages/x.py", line 12, in a_function_with_a_long_name',
        "2026-11-22T15-44-03Z is a time",
        "AttributeError: 'NoneType' object has no attribute 'database_of_the_target'",
        "https://example.org/a/b?c=d",
    ],
)
def test_what_a_trace_needs_is_kept(text: str) -> None:
    assert redacted(text) == text


def test_lines_for_people_break_between_words_below_their_beginning() -> None:
    note = f"  note: {'word ' * 20}/a/path/that/stays/whole"
    lines = paragraphs(note, 40).splitlines()
    assert all(line.startswith("        ") for line in lines[1:])
    assert max(map(len, lines)) <= 40
    assert "/a/path/that/stays/whole" in lines[-1]
    assert paragraphs(note, None) == note


def test_what_is_to_be_pasted_is_never_broken() -> None:
    for line in (f"fix:   skc {'x ' * 40}", f"      $ skc {'x ' * 40}", f"next: skc {'x ' * 40}"):
        assert paragraphs(line, 20) == line


def test_a_plan_s_head_and_a_note_that_begins_with_our_name_are_sentences() -> None:
    head = f"skc rotate finish: target production · repository /srv/shop · files {'a/.env, ' * 9}"
    assert max(map(len, paragraphs(head, 40).splitlines())) <= 40
    note = f"  note: skc cannot revoke it: {'word ' * 20}"
    lines = paragraphs(note, 40).splitlines()
    assert max(map(len, lines)) <= 40
    assert all(line.startswith("        ") for line in lines[1:])
    command = f"skc rotate --only {'x' * 60}"
    assert paragraphs(command, 40) == command
