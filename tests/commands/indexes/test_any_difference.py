"""Whatever is declared and whatever is there: planned, applied, planned again, it is one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from bson import json_util
from hypothesis import HealthCheck, Phase, event, given, note, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pymongo.errors import OperationFailure

from skillconnect_ops.commands.indexes.declared import read
from skillconnect_ops.commands.indexes.wording import text_of
from skillconnect_ops.core.indexes import Declaration, Index
from tests.commands.indexes.probes import Query, Twin, probed
from tests.commands.indexes.store import Store, watched

FIELDS = ("a", "b", "c", "d.e")
CANNOT = ("not all of it can be applied", "has duplicates in", " cannot be built")
COLLATIONS = ({"locale": "sv"}, {"locale": "de", "strength": 2}, {"locale": "simple"})
# an example takes a second of a server, so that a failing one is shown as it was found
QUICK: dict[str, Any] = {
    "suppress_health_check": [HealthCheck.function_scoped_fixture],
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
}
FILTERS = ({"n": {"$gt": 3}}, {"n": {"$exists": True}}, {"n": 1, "b": {"$lte": 5}})


def one_index() -> st.SearchStrategy[Index]:
    fields = st.lists(st.sampled_from(FIELDS), min_size=1, max_size=2, unique=True)
    direction = st.sampled_from((1, 1, 1, -1, "text", "hashed", "2dsphere"))
    keys = st.builds(
        lambda names, way: tuple(
            (name, way if number == 0 else 1) for number, name in enumerate(names)
        ),
        fields,
        direction,
    )
    wild = st.sampled_from(((("$**", 1),), (("d.$**", 1),)))
    return st.builds(
        Index,
        keys=st.one_of(keys, keys, keys, wild),
        name=st.one_of(st.none(), st.none(), st.sampled_from(("one", "two", "three", "a_1"))),
        unique=st.booleans(),
        sparse=st.booleans(),
        hidden=st.sampled_from((False, False, True)),
        expire_after_s=st.one_of(st.none(), st.none(), st.sampled_from((10**8, 2 * 10**8))),
        partial_filter=st.one_of(st.none(), st.none(), st.sampled_from(FILTERS)),
        collation=st.one_of(st.none(), st.none(), st.sampled_from(COLLATIONS)),
    )


def allowed(indexes: Sequence[Index]) -> list[Index]:
    """Those that the reader lets pass, one after the other."""
    found: list[Index] = []
    for index in indexes:
        try:
            read(written([*found, index]), file="x")
        except Exception:  # noqa: BLE001 - what is no declaration is left out
            continue
        found.append(index)
    return found


def written(indexes: Sequence[Index]) -> str:
    return text_of(Declaration(collection="c", index=one, path="x", line=1) for one in indexes)


def sets_of_indexes() -> st.SearchStrategy[list[Index]]:
    return st.lists(one_index(), max_size=5).map(allowed)


def changed_sets() -> st.SearchStrategy[tuple[list[Index], list[Index]]]:
    """Found and wanted alike, so that most are rebuilt, and queries and writes go on as before."""

    def sets(pairs: list[tuple[Index, Index]]) -> tuple[list[Index], list[Index]]:
        plain = {"sparse": False, "partial_filter": None, "hidden": False}
        found = [replace(one, **plain) for one, _ in pairs]
        wanted = [
            replace(one, name=two.name, unique=two.unique, expire_after_s=two.expire_after_s)
            for one, (_, two) in zip(found, pairs, strict=True)
        ]
        return allowed(found), allowed(wanted)

    return st.lists(st.tuples(one_index(), one_index()), min_size=1, max_size=3).map(sets)


def made(store: Store, indexes: Sequence[Index], collation: Mapping[str, Any] | None) -> None:
    store.client.drop_database(store.name)
    store.db.create_collection("c", **({"collation": collation} if collation else {}))
    store.db.c.insert_many(
        {"a": n, "b": n % 7, "c": [n, -n], "d": {"e": n}, "n": n} for n in range(30)
    )
    for index in indexes:
        declared = index.declared()
        keys = declared.pop("keys")
        try:
            store.db.command(
                "createIndexes", "c", indexes=[{"key": keys, "name": index.called, **declared}]
            )
        except OperationFailure:
            continue


def sighted(store: Store) -> list[tuple[tuple[str, Any], ...]]:
    """The keys that a query could use an index of, those of text but left out."""
    return [
        tuple(one["key"].items())
        for one in store.indexes().get("c", {}).values()
        if not one.get("hidden") and "_fts" not in one["key"]
    ]


def kept(store: Store, wanted: Sequence[Index]) -> list[tuple[tuple[str, Any], ...]]:
    """Of these those that will have an index afterwards as well."""
    stay = {one.keys for one in wanted if not one.hidden}
    return [keys for keys in sighted(store) if keys in stay]


def probes_of(
    before: Mapping[str, Any], wanted: Sequence[Index], inherited: Any
) -> Iterator[Query | Twin]:
    """What must hold at every moment, since it holds before and afterwards."""
    for index in wanted:
        keys = dict(index.keys)
        plain = all(isinstance(way, int) for way in keys.values()) and not index.is_wildcard
        if not plain or index.hidden or index.sparse or index.partial_filter is not None:
            continue
        collation = index.collation or inherited or {"locale": "simple"}
        for name, found in before.items():
            same = _told(found.get("collation")) == _told(collation) and dict(found["key"]) == keys
            if not same or {"hidden", "sparse", "partialFilterExpression"} & set(found):
                continue
            yield Query(name, {next(iter(keys)): "x"}, collation)
            if found.get("unique") and index.unique:
                yield Twin(name, {"a": 5, "b": 5, "c": [5, -5], "d": {"e": 5}, "n": 5})


def _told(collation: Any) -> tuple[str, int]:
    said = collation or {"locale": "simple"}
    return said["locale"], said.get("strength", 3)


def judge(store: Store, found: Sequence[Index], wanted: Sequence[Index], collation: Any) -> None:
    made(store, found, collation)
    store.declare(written(wanted))
    before = store.indexes()
    keys = [one for one in kept(store, wanted) if not one[0][0].endswith("$**")]
    note(json_util.dumps(before))
    note(written(wanted))
    probes = list(probes_of(before.get("c", {}), wanted, collation))
    with watched(store, "c", keys) as wrong, probed(store, probes) as told:
        ran = store.run("indexes", "--yes", "--allow-gap")
    note(ran.stderr)
    event(f"exit {ran.code}")
    if ran.code in {4, 5}:  # the data or a name that is taken forbids it
        assert store.indexes() == before, ran.stderr
        assert any(part in ran.stdout for part in CANNOT), ran.stdout
        return
    assert ran.code == 0, ran.stdout
    again = store.run("indexes", "--dry-run")
    assert again.json["facts"]["drift"] == 0, again.stdout
    assert "plan" not in again.json["facts"], again.stdout
    gaps = [line for line in ran.stderr.splitlines() if "gap: " in line]
    spoiled = [name for name in before.get("c", {}) if any(f" {name} " in line for line in gaps)]
    missed = [str(tuple(before["c"][name]["key"].items())) for name in spoiled]
    event(f"{len(probes)} probes, {len(spoiled)} gaps")
    assert [one for one in wrong if not one.startswith(tuple(missed))] == []
    assert [one for one in told if one[0] not in spoiled] == []
    if ran.json["journal"] is None:
        return
    undone = store.run("indexes", "undo", "--yes", "--allow-gap")
    assert undone.code == 0, undone.stdout + undone.stderr
    assert store.indexes() == before


@settings(max_examples=15, **QUICK)
@given(sets_of_indexes(), sets_of_indexes(), st.sampled_from((None, None, {"locale": "fr"})))
def test_any_difference_is_brought_about_without_a_gap_and_taken_back_exactly(
    store: Store, found: list[Index], wanted: list[Index], collation: Any
) -> None:
    judge(store, found, wanted, collation)


@settings(max_examples=15, **QUICK)
@given(changed_sets(), st.sampled_from((None, None, {"locale": "fr"})))
def test_any_change_of_the_same_keys_leaves_queries_and_writes_as_they_were(
    store: Store, pair: tuple[list[Index], list[Index]], collation: Any
) -> None:
    judge(store, *pair, collation)


@pytest.mark.long
@pytest.mark.timeout(3000)
@settings(max_examples=400, **QUICK)
@given(changed_sets(), st.sampled_from((None, None, {"locale": "fr"})))
def test_a_great_many_changes_of_the_same_keys(
    store: Store, pair: tuple[list[Index], list[Index]], collation: Any
) -> None:
    judge(store, *pair, collation)


@pytest.mark.long
@pytest.mark.timeout(3000)
@settings(max_examples=400, **QUICK)
@given(sets_of_indexes(), sets_of_indexes(), st.sampled_from((None, None, {"locale": "fr"})))
def test_a_great_many_differences(
    store: Store, found: list[Index], wanted: list[Index], collation: Any
) -> None:
    judge(store, found, wanted, collation)
