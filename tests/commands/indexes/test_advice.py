"""The rules of `skc indexes advise`, over facts made by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from skillconnect_ops.commands.indexes import queries
from skillconnect_ops.commands.indexes.advice import Advice, Facts, Rule, Sampled, advise, unknown
from skillconnect_ops.commands.indexes.difference import Row, Standing
from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.core.indexes import Declaration, Index
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.ports.indexes import CollectionFigures, Figures, FoundIndex, IndexUse

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WEEK_S = 7 * 86_400.0


def row(*keys: tuple[str, Any], **options: Any) -> Row:
    index = Index(keys=keys, **options)
    named = Index(keys=keys, **{**options, "name": index.called})
    return Row(
        collection="c", standing=Standing.IN_PLACE, found=FoundIndex(index=named, exact="{}")
    )


def facts(*rows: Row, **more: Any) -> Facts:
    return Facts(**{"rows": rows, "figures": Figures(), "now": NOW, "unused_for_s": WEEK_S, **more})


def told(*rows: Row, **more: Any) -> list[tuple[Rule, str]]:
    return [(one.rule, one.row.name) for one in advise(facts(*rows, **more))]


A, AB = ("a", 1), (("a", 1), ("b", 1))


@pytest.mark.parametrize(
    "shorter",
    [row(A), row(("a", -1)), row(("a", 1), ("b", 1)), row(("a", -1), ("b", -1))],
    ids=lambda one: one.name,
)
def test_an_index_that_a_longer_one_begins_with_is_redundant(shorter: Row) -> None:
    longer = row(("a", 1), ("b", 1), ("c", 1))
    assert told(shorter, longer) == [(Rule.REDUNDANT, shorter.name)]


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [
        (row(A, unique=True), row(*AB)),
        (row(A, sparse=True), row(*AB)),
        (row(A, partial_filter={"x": 1}), row(*AB)),
        (row(A, expire_after_s=5), row(*AB)),
        (row(A, collation={"locale": "de"}), row(*AB)),
        (row(A, hidden=True), row(*AB)),
        (row(A), row(*AB, sparse=True)),
        (row(A), row(*AB, partial_filter={"x": 1})),
        (row(A), row(*AB, hidden=True)),
        (row(A), row(*AB, collation={"locale": "de"})),
        (row(A), row(("b", 1), ("a", 1))),
        (row(A), row(("a", "hashed"), ("b", 1))),
        (row(A), row(A, ("at", "2dsphere"))),
        (row(A), row(A, ("at", "2d"))),
        (row(A), row(A, ("words", "text"))),
        (row(("a", 1), ("b", -1)), row(("a", 1), ("b", 1), ("c", 1))),
        (row(A), row(("ab", 1), ("c", 1))),
    ],
    ids=str,
)
def test_an_index_that_does_what_a_longer_one_does_not_is_kept(shorter: Row, longer: Row) -> None:
    assert told(shorter, longer) == []


def test_what_is_hashed_holds_every_document_and_begins_others() -> None:
    assert told(row(A), row(A, ("b", "hashed"))) == [(Rule.REDUNDANT, "a_1")]


def stands(keys: tuple[tuple[str, Any], ...], standing: Standing, **more: Any) -> Row:
    """A row that is declared unless it is extra, and found unless it is missing."""
    index = Index(keys=keys)
    named = Index(keys=keys, name=index.called)
    declared = Declaration(collection="c", index=index, path="indexes.yaml", line=1)
    return Row(
        collection="c",
        standing=standing,
        declared=None if standing in {Standing.EXTRA, Standing.HIDDEN} else declared,
        found=None
        if standing is Standing.MISSING
        else FoundIndex(index=named, exact="{}", building=standing is Standing.BUILDING),
        **more,
    )


@pytest.mark.parametrize(
    "standing",
    [
        Standing.MISSING,
        Standing.BUILDING,
        Standing.EXTRA,
        Standing.HIDDEN,
        Standing.DIFFERENT,
        Standing.INVALID,
    ],
)
def test_only_what_is_there_and_stays_takes_the_place_of_another(standing: Standing) -> None:
    """What is not built serves nobody, and what nobody declared is what `--prune` takes next."""
    short = stands((A,), Standing.IN_PLACE)
    assert told(short, stands(AB, standing)) == []
    assert (Rule.DUPLICATE, "a_1") not in told(short, stands((("a", -1),), standing))
    assert told(short, stands(AB, Standing.IN_PLACE)) == [(Rule.REDUNDANT, "a_1")]


def test_where_nothing_is_declared_whatever_is_there_stays() -> None:
    ones = stands((A,), Standing.EXTRA), stands(AB, Standing.EXTRA)
    assert told(*ones) == [(Rule.REDUNDANT, "a_1")]


def test_a_unique_longer_index_serves_as_well() -> None:
    assert told(row(A), row(*AB, unique=True)) == [(Rule.REDUNDANT, "a_1")]


@pytest.mark.parametrize(
    ("one", "other", "goes"),
    [
        (row(A, name="x"), row(A, unique=True, name="y"), "x"),
        (row(A, name="x"), row(A, sparse=True, name="y"), "y"),
        (row(A), row(("a", -1)), "a_-1"),
        (row(A, name="x"), row(A, partial_filter={"b": 1}, name="y"), "y"),
        (row(A, name="x", expire_after_s=5), row(("a", -1), name="y"), "y"),
    ],
    ids=str,
)
def test_of_two_indexes_on_the_same_keys_the_lesser_goes(one: Row, other: Row, goes: str) -> None:
    expected = [(Rule.DUPLICATE, goes)]
    uses = {"a_1": (IndexUse(node="n", operations=3, since=NOW),)}
    figures = Figures(collections={"c": CollectionFigures(uses=uses)})
    assert told(one, other, figures=figures) == expected
    assert told(other, one, figures=figures) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (row(A, name="x", partial_filter={"b": 1}), row(A, name="y", partial_filter={"b": 2})),
        (row(A, name="x", collation={"locale": "de"}), row(A, name="y")),
        (row(A, name="x", unique=True, sparse=True), row(A, name="y")),
        (
            row(("$**", 1), name="x", wildcard_projection={"a": 1}),
            row(("$**", 1), name="y", wildcard_projection={"b": 1}),
        ),
        (row(("p", "2d"), name="x", bits=20), row(("p", "2d"), name="y")),
        (row(("p", "2d"), name="x", min=-10), row(("p", "2d"), name="y")),
        (row(("p", "2d"), name="x", max=10), row(("p", "2d"), name="y")),
        (
            row(("p", "2dsphere"), name="x", sphere_version=2),
            row(("p", "2dsphere"), name="y", sphere_version=3),
        ),
        (
            row(A, name="x", storage_engine={"wiredTiger": {"configString": "prefix_compression"}}),
            row(A, name="y"),
        ),
    ],
    ids=str,
)
def test_two_indexes_that_each_do_something_of_their_own_stay(one: Row, other: Row) -> None:
    assert told(one, other) == []


def used(*operations: int, days: float) -> Figures:
    since = NOW - timedelta(days=days)
    uses = tuple(
        IndexUse(node=f"n{place}", operations=number, since=since)
        for place, number in enumerate(operations)
    )
    return Figures(collections={"c": CollectionFigures(uses={"a_1": uses})})


def test_unused_is_what_no_node_used_for_long_enough() -> None:
    assert told(row(A), figures=used(0, 0, days=8)) == [(Rule.UNUSED, "a_1")]
    assert told(row(A), figures=used(0, 1, days=8)) == []
    assert told(row(A), figures=used(0, 0, days=6)) == []
    assert told(row(A, unique=True), figures=used(0, days=8)) == []
    assert told(row(A, expire_after_s=1), figures=used(0, days=8)) == []
    assert told(row(A), figures=Figures()) == []


def test_a_node_that_was_not_asked_may_use_it() -> None:
    silent = Figures(
        collections=used(0, days=8).collections, uses_unknown={"n2": "it does not answer"}
    )
    assert told(row(A), figures=silent) == []
    lost = unknown(facts(row(A), figures=silent))
    assert (lost[0].subject, lost[0].reason) == (
        "use of indexes",
        "n2: it does not answer",
    )


def sampled(field: str, **kinds: int) -> Any:
    true = kinds.pop("true", 0)
    seen = Sampled(documents=sum(kinds.values()), kinds=kinds, true=true)
    return {"c": Known({field: seen})}


@pytest.mark.parametrize(
    "field", ["expiresAt", "expires", "expires_at", "ttl", "expiry", "expireAt", "expirationDate"]
)
def test_a_field_that_is_named_for_an_end_is_meant_to_end_something(field: str) -> None:
    found = advise(facts(row((field, 1)), samples=sampled(field, date=3)))
    assert [(one.rule, one.confidence) for one in found] == [(Rule.NO_EXPIRY, Confidence.HIGH)]
    assert found[0].wanted is not None
    assert found[0].wanted.expire_after_s == 0


@pytest.mark.parametrize(
    ("field", "kinds"),
    [
        ("resetPasswordExpires", {"date": 3}),
        ("passwordExpiresAt", {"date": 3}),
        ("password_expires_at", {"date": 3}),
        ("session.expireAt", {"date": 3}),
        ("subscription.expiresAt", {"date": 3}),
        ("apiKey.validUntil", {"date": 3}),
        ("validUntil", {"date": 3}),
        ("expiresAt", {"date": 3, "none": 1}),
        ("expiresAt", {"date": 3, "text": 1}),
        ("expiresAt", {"none": 4}),
    ],
    ids=str,
)
def test_what_may_be_the_end_of_something_else_is_asked_and_not_told(
    field: str, kinds: dict[str, int]
) -> None:
    """Who followed it would delete every user who once forgot a password."""
    found = advise(facts(row((field, 1)), samples=sampled(field, **kinds)))
    assert [(one.rule, one.confidence) for one in found] == [(Rule.NO_EXPIRY, Confidence.LOW)]
    assert found[0].reason.startswith(f"does the whole document end by {field},")


@pytest.mark.parametrize("field", ["createdAt", "experience", "title", "deleted", "battle"])
def test_other_fields_are_not(field: str) -> None:
    assert told(row((field, 1)), samples=sampled(field, date=3)) == []


def test_numbers_end_nothing_and_an_empty_collection_is_told_with_less_confidence() -> None:
    index = row(("expiresAt", 1))
    assert told(index, samples=sampled("expiresAt", number=3)) == []
    found = advise(facts(index))
    assert [one.confidence.value for one in found] == ["low"]


def test_a_few_documents_show_no_spread() -> None:
    assert told(row(A), samples=sampled("a", bool=99, true=1)) == []
    assert told(row(A), samples=sampled("a", bool=100, true=1)) == [(Rule.UNSELECTIVE, "a_1")]
    assert told(row(A), samples=sampled("a", bool=100, text=1, true=1)) == []
    assert told(row(A), samples={"c": Missing("no")}) == []


def test_of_an_index_that_goes_nothing_else_is_said() -> None:
    found = advise(facts(row(A), row(*AB), samples=sampled("a", bool=100), figures=used(0, days=8)))
    assert [(one.rule, one.row.name) for one in found] == [(Rule.REDUNDANT, "a_1")]


def test_what_should_end_documents_is_not_called_unused() -> None:
    uses = {"expiresAt_1": (IndexUse(node="n", operations=0, since=NOW - timedelta(days=9)),)}
    figures = Figures(collections={"c": CollectionFigures(uses=uses)})
    index = row(("expiresAt", 1))
    assert told(index, figures=figures) == [(Rule.NO_EXPIRY, "expiresAt_1")]


def entry(filters: dict[str, Any], sort: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "ns": "db.c",
        "command": {"find": "c", "filter": filters, "sort": sort},
        "hasSortStage": True,
        "docsExamined": 10,
        "nreturned": 2,
        "execStats": {"stage": "FETCH", "inputStage": {"stage": "IXSCAN", "indexName": "i"}},
        **more,
    }


def ordered(filters: dict[str, Any], sort: dict[str, Any], index: Row) -> Advice | None:
    known = Known(queries.read([entry(filters, sort)]))
    found = advise(facts(index, queries=known))
    return found[0] if found else None


def test_equality_comes_before_the_order_and_ranges_last() -> None:
    index = row(("r", 1), ("e", 1), ("s", 1), name="i")
    found = ordered({"r": {"$gte": 1}, "e": 5}, {"s": -1}, index)
    assert found is not None
    assert found.wanted is not None
    assert found.wanted.keys == (("e", 1), ("s", -1), ("r", 1))


@pytest.mark.parametrize(
    ("filters", "sort"),
    [
        ({"$or": [{"e": 1}, {"r": 2}]}, {"s": 1}),
        ({"e": {"$elemMatch": {"x": 1}}}, {"s": 1}),
        ({"e": 1}, {"score": {"$meta": "textScore"}}),
        ({"e": 1}, {"e": 1}),
        ({"x": 1}, {"s": 1}),
    ],
    ids=str,
)
def test_what_cannot_be_told_of_a_query_is_left(filters: dict[str, Any], sort: Any) -> None:
    assert ordered(filters, sort, row(("e", 1), ("r", 1), name="i")) is None


def test_shapes_are_counted_and_hold_no_value() -> None:
    entries = [entry({"e": n, "$and": [{"r": {"$lt": n}}]}, {"s": 1}) for n in range(3)]
    found = queries.read([*entries, entry({"e": 1}, {"s": 1}, hasSortStage=False)])
    assert [(one.times, one.examined, one.returned) for one in found] == [(3, 30, 6)]
    assert found[0].says() == "{e = …, r range} sort {s: 1}"
