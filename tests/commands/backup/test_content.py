"""The digest of a set of documents, and cutting a stream of bytes into documents."""

import random
import struct
from collections import Counter
from itertools import pairwise

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillconnect_ops.commands.backup.content import Content, TornDocument, measure, runs

documents = st.builds(
    lambda number, pad: bson.encode({"n": number, "pad": pad}),
    st.integers(0, 5),
    st.binary(max_size=40),
)
many = st.lists(documents, max_size=30)


def content(found: list[bytes]) -> Content:
    return measure([memoryview(one) for one in found], sum(map(len, found)))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    borders = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(borders)]


@given(many, many)
def test_digests_are_equal_just_where_the_documents_are(one: list[bytes], two: list[bytes]) -> None:
    """However often each is there, and whatever the order."""
    assert (content(one).digest == content(two).digest) == (Counter(one) == Counter(two))


@given(many, st.randoms())
def test_the_order_does_not_count(found: list[bytes], chance: random.Random) -> None:
    other = found[:]
    chance.shuffle(other)
    assert content(found) == content(other)


@given(documents, documents)
def test_pairs_do_not_cancel_out(one: bytes, two: bytes) -> None:
    """As they would in an exclusive or."""
    if one != two:
        assert content([one, one]).digest != content([two, two]).digest
        assert content([one, one]).digest != content([]).digest
        assert (content([one]) + content([one])).digest == content([one, one]).digest
        assert (content([one]) + content([two])).digest != content([one, one]).digest


@given(many, many)
def test_parts_add_up(one: list[bytes], two: list[bytes]) -> None:
    assert content(one) + content(two) == content(one + two)


@given(many, st.lists(st.integers(0, 5000), max_size=20))
def test_where_a_stream_is_cut_makes_no_difference(found: list[bytes], places: list[int]) -> None:
    read = list(runs(cut(b"".join(found), places)))
    assert b"".join(run.documents for run in read) == b"".join(found)
    total = Content()
    for run in read:
        total += run.content
        assert content(bson_of(run.documents)) == run.content
    assert total == content(found)


def bson_of(data: bytes) -> list[bytes]:
    found = []
    while data:
        (size,) = struct.unpack_from("<i", data)
        found.append(data[:size])
        data = data[size:]
    return found


@given(st.lists(documents, min_size=1, max_size=5), st.integers(1, 10_000))
def test_a_stream_that_ends_within_a_document_is_torn(found: list[bytes], less: int) -> None:
    whole = b"".join(found)
    ends = {sum(map(len, found[:number])) for number in range(len(found) + 1)}
    short = max(0, len(whole) - less)
    if short in ends:
        list(runs([whole[:short]]))
    else:
        with pytest.raises(TornDocument):
            list(runs([whole[:short]]))


@pytest.mark.parametrize("size", [-1, 0, 4, 2**31 - 1, 65 << 20])
def test_an_impossible_length_is_torn_and_takes_no_memory(size: int) -> None:
    with pytest.raises(TornDocument):
        list(runs([struct.pack("<i", size) + b"\0" * 100]))
