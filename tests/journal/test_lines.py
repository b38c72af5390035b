"""The text of a journal: torn ends are dropped, altered bytes are noticed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from skillconnect_ops.disk.lock import this_process
from skillconnect_ops.journal import lines
from skillconnect_ops.journal.events import AnyEvent, Begin, Done, Entry, Intent, Sealed
from skillconnect_ops.journal.resources import Resource

AT = datetime(2026, 11, 22, 15, 44, 3, tzinfo=UTC)
EVENTS: tuple[AnyEvent, ...] = (
    Begin(
        plan=Raw(b'{"command":"change"}'),
        resources=(Resource("files", "world"),),
        owner=this_process(command="change", since=AT),
        chain="c",
        version="0.1.0",
    ),
    Intent(key="put:a", image={"text": 'old "a"\n'}),
    Done(key="put:a", facts={"bytes": 5}, proofs=(), seconds=0.1),
    Sealed(),
)


def written(events: tuple[AnyEvent, ...] = EVENTS) -> list[bytes]:
    text, digest = [], b""
    for n, event in enumerate(events, start=1):
        line, digest = lines.write(Entry(n, AT, event), digest)
        text.append(line)
    return text


WHOLE = b"".join(written())


def test_what_was_written_is_read() -> None:
    text = lines.read(WHOLE)
    assert [entry.event for entry in text.entries[1:]] == list(EVENTS[1:])
    assert [entry.n for entry in text.entries] == [1, 2, 3, 4]
    assert (text.torn, text.trouble, text.whole_bytes) == (False, None, len(WHOLE))


def test_an_empty_file_is_no_trouble() -> None:
    text = lines.read(b"")
    assert (text.entries, text.torn, text.trouble) == ((), False, None)


@pytest.mark.parametrize("cut", range(1, len(written()[-1])))
def test_a_torn_last_line_is_dropped_wherever_it_tears(cut: int) -> None:
    text = lines.read(WHOLE[:-cut])
    assert len(text.entries) == 3
    assert text.torn
    assert text.trouble is None
    assert text.whole_bytes == len(WHOLE) - len(written()[-1])


def test_every_flipped_byte_is_noticed() -> None:
    for at in range(len(WHOLE)):
        for flip in (0x01, 0x20, 0x80, 0xFF):
            altered = bytearray(WHOLE)
            altered[at] ^= flip
            text = lines.read(bytes(altered))
            assert text.trouble is not None, (at, flip)
            broken = WHOLE[:at].count(b"\n")
            assert list(text.entries) == list(lines.read(WHOLE).entries)[:broken]


@pytest.mark.parametrize("order", [(0, 2, 1, 3), (0, 1, 3), (0, 1, 1, 2, 3), (1, 2, 3)])
def test_lines_that_are_swapped_missing_or_doubled_are_noticed(order: tuple[int, ...]) -> None:
    text = b"".join(written()[n] for n in order)
    assert lines.read(text).trouble is not None


def test_a_line_of_another_journal_is_noticed() -> None:
    """It is whole in itself and has the right number, but it does not go on from the one before."""
    other = written((EVENTS[0], Intent(key="put:a", image={"text": "their a"}), *EVENTS[2:]))
    own = written()
    assert lines.read(b"".join([own[0], own[1], other[2], own[3]])).trouble is not None


def test_the_last_word_of_a_damaged_journal_can_still_be_read() -> None:
    altered = WHOLE.replace(b'"bytes":5', b'"bytes":6')
    text = lines.read(altered)
    assert text.trouble == "line 3 is damaged, or of another version"
    assert text.last is not None
    assert text.last.event == Sealed()


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(images=st.lists(st.dictionaries(st.text(), plain, max_size=3), max_size=4))
def test_any_image_comes_back(images: list[dict[str, Any]]) -> None:
    events = tuple(Intent(key=f"k{n}", image=image) for n, image in enumerate(images))
    assert [entry.event for entry in lines.read(b"".join(written(events))).entries] == list(events)
