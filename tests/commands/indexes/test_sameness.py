"""What a server fills in or words otherwise is no difference; everything else is one."""

from collections.abc import Mapping
from typing import Any

import pytest
from pymongo import MongoClient

from skillconnect_ops.adapters.mongo import connect
from skillconnect_ops.commands.indexes.sameness import changes
from skillconnect_ops.core.indexes import Index, Keys
from skillconnect_ops.core.ports.indexes import Build
from skillconnect_ops.core.secret import Secret

A: Keys = (("a", 1),)
SAME: list[tuple[Index, Index]] = [
    (Index(keys=A), Index(keys=(("a", 1.0),), name="a_1", version=2)),
    (Index(keys=A, name="x"), Index(keys=A, name="x")),
    (Index(keys=A, expire_after_s=5), Index(keys=A, expire_after_s=5.0)),
    (
        Index(keys=A, partial_filter={"x": 1, "y": {"$gt": 2, "$lt": 9}}),
        Index(keys=A, partial_filter={"y": {"$lt": 9.0, "$gt": 2}, "x": {"$eq": 1}}),
    ),
    (
        Index(keys=A, partial_filter={"$and": [{"x": 1}, {"y": 2}]}),
        Index(keys=A, partial_filter={"x": 1, "y": 2}),
    ),
    (
        Index(keys=A, collation={"locale": "en", "strength": 2}),
        Index(
            keys=A,
            collation={
                "locale": "en",
                "caseLevel": False,
                "caseFirst": "off",
                "strength": 2,
                "numericOrdering": False,
                "alternate": "non-ignorable",
                "maxVariable": "punct",
                "normalization": False,
                "backwards": False,
                "version": "57.1",
            },
        ),
    ),
    (Index(keys=A, collation={"locale": "simple"}), Index(keys=A)),
    (
        Index(keys=(("b", "text"), ("a", "text"))),
        Index(
            keys=(("a", "text"), ("b", "text")),
            weights={"a": 1, "b": 1},
            default_language="english",
            language_override="language",
            text_version=3,
        ),
    ),
    (Index(keys=(("a", "2d"),)), Index(keys=(("a", "2d"),), bits=26, min=-180.0, max=180.0)),
    (
        Index(keys=(("$**", 1),), wildcard_projection={"a": {"b": 1, "c": True}, "d": 2}),
        Index(keys=(("$**", 1),), wildcard_projection={"d": 1, "a.c": 1, "a.b": 1.0}),
    ),
    *(
        (Index(keys=A, partial_filter={"x": one}), Index(keys=A, partial_filter={"x": other}))
        for one, other in (
            ({"$type": 2}, {"$type": "string"}),
            ({"$type": ["null", "string"]}, {"$type": [2.0, 10]}),
            ({"$in": [1, 2, 1]}, {"$in": [2.0, {"$numberLong": "1"}]}),
            ({"$gt": {"$numberLong": "5"}}, {"$gt": 5}),
            ({"$gt": {"$numberInt": "5"}}, {"$gt": {"$numberDouble": "5.0"}}),
            ({"$gt": {"$numberDecimal": "5.50"}}, {"$gt": 5.5}),
            ({"$oid": "A" * 24}, {"$oid": "a" * 24}),
            (
                {"$uuid": "123e4567-e89b-12d3-a456-426614174000"},
                {"$binary": {"base64": "Ej5FZ+ibEtOkVkJmFBdAAA==", "subType": "4"}},
            ),
            *(
                ({"$gt": {"$date": moment}}, {"$gt": {"$date": "2020-01-01T00:00:00Z"}})
                for moment in (
                    "2020-01-01T00:00:00.000Z",
                    "2020-01-01T01:00:00+01:00",
                    {"$numberLong": "1577836800000"},
                    1577836800000,
                )
            ),
        )
    ),
]
DIFFERENT: list[tuple[Index, Index, list[str]]] = [
    (Index(keys=A), Index(keys=(("a", -1),)), ["keys"]),
    (Index(keys=(("a", 1), ("b", 1))), Index(keys=(("b", 1), ("a", 1))), ["keys"]),
    (Index(keys=A, unique=True), Index(keys=A), ["unique"]),
    (Index(keys=A), Index(keys=A, sparse=True), ["sparse"]),
    (Index(keys=A), Index(keys=A, hidden=True), ["hidden"]),
    (Index(keys=A, name="x"), Index(keys=A, name="y"), ["name"]),
    (Index(keys=A, expire_after_s=5), Index(keys=A, expire_after_s=6), ["expireAfterSeconds"]),
    (Index(keys=A), Index(keys=A, collation={"locale": "en"}), ["collation"]),
    (
        Index(keys=A, partial_filter={"x": 1}),
        Index(keys=A, partial_filter={"x": "1"}),
        ["partialFilterExpression"],
    ),
    (
        Index(keys=(("a", "text"),), weights={"a": 2}),
        Index(keys=(("a", "text"),), weights={"a": 1}),
        ["weights"],
    ),
    (Index(keys=A), Index(keys=A, other={"odd": True}), []),
    (
        Index(keys=(("$**", 1),), wildcard_projection={"a": {"b": 1}}),
        Index(keys=(("$**", 1),), wildcard_projection={"a": {"zzz": 1}}),
        ["wildcardProjection"],
    ),
    *(
        (
            Index(keys=A, partial_filter={"x": one}),
            Index(keys=A, partial_filter={"x": other}),
            ["partialFilterExpression"],
        )
        for one, other in (
            ({"$type": 2}, {"$type": "number"}),
            ({"$gt": {"$date": 5}}, {"$gt": {"$date": 6}}),
            ({"$gt": {"$numberLong": "5"}}, {"$gt": "5"}),
            ({"$numberDouble": "NaN"}, {"$numberDouble": "Infinity"}),
        )
    ),
]
SAID: list[tuple[Index, Index, str]] = [
    (
        Index(keys=A, partial_filter={"status": "booked", "at": {"$gt": {"$date": 0}}}),
        Index(keys=A),
        "partialFilterExpression: {status: booked, at: {$gt: {$date: 0}}}, found none",
    ),
    (
        Index(keys=A, collation={"locale": "en", "strength": 2}),
        Index(keys=A, collation={"locale": "en", "strength": 1, "caseLevel": False}),
        "collation: {locale: en, strength: 2}, found {locale: en, strength: 1}",
    ),
    (
        Index(keys=A),
        Index(keys=A, collation={"locale": "th", "strength": 2, "alternate": "non-ignorable"}),
        "collation: none, found {locale: th, alternate: non-ignorable, strength: 2}",
    ),
    (
        Index(keys=(("a", 1), ("b", -1))),
        Index(keys=A, expire_after_s=5),
        "keys: {a: 1, b: -1}, found {a: 1}; expireAfterSeconds: none, found 5",
    ),
    (
        Index(keys=(("t", "text"),), weights={"t": 2}),
        Index(keys=(("t", "text"),), weights={"t": 1}),
        "weights: {t: 2}, found {t: 1}",
    ),
]


@pytest.mark.parametrize(("wanted", "found"), SAME)
def test_these_are_one(wanted: Index, found: Index) -> None:
    assert changes(wanted, found) == ()


@pytest.mark.parametrize(("wanted", "found", "options"), DIFFERENT)
def test_these_differ_and_it_is_said_in_what(
    wanted: Index, found: Index, options: list[str]
) -> None:
    assert [one.option for one in changes(wanted, found)] == options


TEXT, FLAT, ALL = (("a", "text"),), (("a", "2d"),), (("$**", 1),)


@pytest.mark.parametrize(
    ("keys", "wanted", "found", "option"),
    [
        (ALL, {"wildcard_projection": {"a": 1}}, {}, "wildcardProjection"),
        (
            ALL,
            {"wildcard_projection": {"a": 1}},
            {"wildcard_projection": {"b": 1}},
            "wildcardProjection",
        ),
        (
            ALL,
            {"wildcard_projection": {"a": 1}},
            {"wildcard_projection": {"a": 0}},
            "wildcardProjection",
        ),
        (A, {"storage_engine": {"wiredTiger": {"configString": "x"}}}, {}, "storageEngine"),
        (A, {}, {"storage_engine": {"wiredTiger": {"configString": "x"}}}, "storageEngine"),
        (FLAT, {"bits": 20}, {}, "bits"),
        (FLAT, {}, {"bits": 20}, "bits"),
        (FLAT, {"min": -10}, {}, "min"),
        (FLAT, {}, {"max": 10}, "max"),
        (TEXT, {"default_language": "french"}, {}, "default_language"),
        (TEXT, {}, {"language_override": "lang"}, "language_override"),
        (TEXT, {"text_version": 2}, {"text_version": 3}, "textIndexVersion"),
        (
            (("a", "2dsphere"),),
            {"sphere_version": 2},
            {"sphere_version": 3},
            "2dsphereIndexVersion",
        ),
        (A, {"version": 1}, {"version": 2}, "v"),
        (A, {}, {"prepare_unique": True}, "prepareUnique"),
        (A, {"clustered": True}, {}, "clustered"),
    ],
    ids=str,
)
def test_every_option_can_be_the_difference(
    keys: Keys, wanted: dict[str, Any], found: dict[str, Any], option: str
) -> None:
    told = changes(Index(keys=keys, **wanted), Index(keys=keys, **found))
    assert [one.option for one in told] == [option]


@pytest.mark.parametrize(("wanted", "found", "said"), SAID)
def test_a_difference_is_said_as_it_would_be_written(
    wanted: Index, found: Index, said: str
) -> None:
    assert "; ".join(one.says() for one in changes(wanted, found)) == said


def test_the_collection_s_collation_is_inherited_by_what_is_declared_without_one() -> None:
    found = Index(keys=A, collation={"locale": "sv"})
    assert changes(Index(keys=A), found, inherited={"locale": "sv"}) == ()
    assert changes(Index(keys=A), Index(keys=A), inherited={"locale": "sv"}) != ()


@pytest.mark.parametrize("locale", ["af", "de", "da", "fr_CA", "th", "en_US_POSIX", "vi"])
def test_the_server_fills_collations_in_as_we_do(
    mongo: Secret, client: MongoClient[Any], database: str, locale: str
) -> None:
    judged(mongo, database, Index(keys=A, collation={"locale": locale}))


@pytest.mark.parametrize(
    "index",
    [
        Index(keys=(("t", "text"), ("a", 1)), weights={"u": 3}, default_language="swedish"),
        Index(keys=(("p", 1), ("t", "text"), ("s", "text"))),
        Index(keys=(("$**", "text"),)),
        Index(keys=(("g", "2dsphere"), ("a", -1))),
        Index(keys=(("g", "2d"), ("a", 1)), bits=20, min=-90, max=90),
        Index(keys=(("h", "hashed"), ("a", 1))),
        Index(keys=(("$**", 1),), wildcard_projection={"a": 1, "_id": 0}),
        Index(keys=(("w.$**", 1),)),
        Index(keys=A, expire_after_s=3.7),
        Index(
            keys=A, unique=True, partial_filter={"d": {"$gt": {"$date": "2020-01-01T00:00:00Z"}}}
        ),
        Index(keys=A, sparse=True, hidden=True, name="any name"),
        Index(keys=A, storage_engine={"wiredTiger": {"configString": ""}}),
        *(
            Index(keys=A, partial_filter={"x": one})
            for one in (
                {"$gt": {"$numberLong": "5"}},
                {"$gt": {"$date": "2020-01-01T01:00:00.000+01:00"}},
                {"$gt": {"$date": {"$numberLong": "1577836800000"}}},
                {"$in": [{"$oid": "A" * 24}, {"$numberDecimal": "1.5"}]},
                {"$uuid": "123e4567-e89b-12d3-a456-426614174000"},
                {"$numberDouble": "-Infinity"},
                {"$timestamp": {"t": 5, "i": 1}},
                {"$minKey": 1},
            )
        ),
    ],
    ids=lambda index: index.says(),
)
def test_what_is_built_is_found_to_be_what_was_declared(
    mongo: Secret, client: MongoClient[Any], database: str, index: Index
) -> None:
    judged(mongo, database, index)


def judged(mongo: Secret, database: str, index: Index) -> None:
    with connect(mongo) as opened:
        indexes = opened.indexes()
        indexes.create(database, "c", [Build(index=index)])
        found = indexes.collection(database, "c")
        assert found is not None
        (built,) = (one.index for one in found.indexes if not one.index.is_id)
    assert changes(index, built) == ()
    assert built.called == index.called


def test_an_index_is_rebuilt_to_the_letter(
    mongo: Secret, client: MongoClient[Any], database: str
) -> None:
    def listed() -> list[Mapping[str, Any]]:
        return [dict(one) for one in client[database]["c"].list_indexes()]

    client[database].create_collection("c", collation={"locale": "sv"})
    client[database].command(
        "createIndexes",
        "c",
        indexes=[
            {"key": {"a": 1.5}, "name": "odd", "background": True, "sparse": False},
            {"key": {"b": 1}, "name": "plain", "collation": {"locale": "simple"}},
            {"key": {"t": "text"}, "name": "words", "collation": {"locale": "simple"}},
        ],
    )
    before = listed()
    with connect(mongo) as opened:
        indexes = opened.indexes()
        there = indexes.collection(database, "c")
        assert there is not None
        builds = [
            Build(index=one.index, exact=one.exact) for one in there.indexes if not one.index.is_id
        ]
        indexes.drop(database, "c", [one.index.called for one in builds])
        assert len(listed()) == 1
        indexes.create(database, "c", builds)
    assert listed() == before
