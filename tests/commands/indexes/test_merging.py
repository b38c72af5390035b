"""Declarations of several places as one list."""

import pytest

from skillconnect_ops.commands.indexes.declared import read
from skillconnect_ops.commands.indexes.merging import NotABlock, added_to, merge, text_of
from skillconnect_ops.core.indexes import Declaration, Index


def at(path: str, line: int, collection: str = "c", **options: object) -> Declaration:
    index = Index(**{"keys": (("a", 1),), **options})  # type: ignore[arg-type]
    return Declaration(collection=collection, index=index, path=path, line=line)


def test_what_is_declared_twice_stands_once_with_both_places() -> None:
    merged = merge([at("a.js", 1), at("b.js", 2), at("", 0)])
    assert [one.places for one in merged.kept] == [("a.js:1", "b.js:2", "the database")]
    assert not merged.conflicts


def test_a_name_that_mongodb_makes_itself_is_no_other_index() -> None:
    assert len(merge([at("a.js", 1), at("b.js", 2, name="a_1")]).kept) == 1


def test_the_same_keys_with_other_options_are_a_conflict_with_both_places() -> None:
    merged = merge([at("a.js", 1), at("b.js", 2, unique=True)])
    assert [one.index.unique for one in merged.kept] == [False]
    assert [one.says() for one in merged.conflicts] == [
        "c: a.js:1 says {a: 1}, b.js:2 says {a: 1} unique (the same keys, other options)"
    ]


def test_a_name_for_two_indexes_is_a_conflict() -> None:
    merged = merge([at("a.js", 1, name="n"), at("b.js", 2, keys=(("b", 1),), name="n")])
    assert [one.why for one in merged.conflicts] == ["one name"]


def test_a_second_text_index_is_a_conflict() -> None:
    merged = merge([at("a.js", 1, keys=(("a", "text"),)), at("b.js", 2, keys=(("b", "text"),))])
    assert [one.why for one in merged.conflicts] == ["a collection has one text index at most"]


def test_filters_that_differ_may_stand_side_by_side() -> None:
    ones = [at("a.js", n, name=f"n{n}", partial_filter={"b": n}) for n in (1, 2)]
    assert len(merge(ones).kept) == 2


def test_what_no_server_takes_is_left_out_with_the_reason() -> None:
    merged = merge([at("a.js", 1, sparse=True, partial_filter={"b": 1})])
    assert not merged.kept
    assert "exclude each other" in merged.refused[0][1]


def test_what_stands_in_the_file_wins() -> None:
    before = read("c:\n  - keys: {a: 1}\n    unique: true\n", file="indexes.yaml")
    merged = merge([at("a.js", 1), at("a.js", 2, unique=True)], before=before)
    assert not merged.kept
    assert [one.kept.place for one in merged.conflicts] == ["indexes.yaml:2"]


def test_a_new_file_is_read_back_as_it_was_meant() -> None:
    ones = [
        at("a.js", 1),
        at("a.js", 2, "yes", keys=(("n", -1), ("a.b", 1)), partial_filter={"no": {"$gt": 1}}),
        at("b.js", 3, "odd: name", keys=(("y", "text"),), weights={"y": 2}),
    ]
    merged = merge(ones)
    again = read(text_of(merged), file="indexes.yaml")
    assert [(one.collection, one.index) for one in again] == [
        (one.collection, one.index) for one in ones
    ]


BEFORE = """\
# kept
users: # of people
    - keys: {b: 1} # first

    # about the second
    - keys: {d: 1}
      sparse: true
# about the next
empty:
posts:
- keys: {x: 1}
"""
AFTER = """\
# kept
users: # of people
    - keys: {b: 1} # first

    # about the second
    - keys: {d: 1}
      sparse: true
    # a.js:1
    - keys: {a: 1}
# about the next
empty:
  # a.js:2
  - keys: {a: 1}
posts:
- keys: {x: 1}
# a.js:3
- keys: {a: 1}

new:
  # a.js:4
  - keys: {a: 1}
"""


def test_a_file_is_added_to_and_every_byte_of_it_stays() -> None:
    ones = [at("a.js", n, name) for n, name in enumerate(("users", "empty", "posts", "new"), 1)]
    merged = merge(ones, before=read(BEFORE, file="indexes.yaml"))
    assert added_to(BEFORE, merged, path="indexes.yaml") == AFTER
    assert len(read(AFTER, file="indexes.yaml")) == 7


@pytest.mark.parametrize("text", ["users: [{keys: {b: 1}}]\n", "{users: [{keys: {b: 1}}]}\n"])
def test_lists_in_brackets_are_refused_and_not_broken(text: str) -> None:
    merged = merge([at("a.js", 1, "users"), at("a.js", 2, "new")])
    with pytest.raises(NotABlock, match="nothing can be added"):
        added_to(text, merged, path="indexes.yaml")


@pytest.mark.parametrize("text", ["", "# only a comment\n", "{}\n", "c:"])
def test_a_file_without_entries_is_added_to(text: str) -> None:
    made = added_to(text, merge([at("a.js", 1)]), path="indexes.yaml")
    assert [one.index.fields for one in read(made, file="indexes.yaml")] == [("a",)]
