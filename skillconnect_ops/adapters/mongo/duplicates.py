"""What a unique index would refuse, found by the rules that it would refuse it by."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.adapters.mongo.connection import Connection
from skillconnect_ops.adapters.mongo.errors import NO_SUCH_COLLECTION
from skillconnect_ops.adapters.mongo.index_keys import EMPTY, MISSING, keys_of
from skillconnect_ops.adapters.mongo.index_words import from_plain, plain
from skillconnect_ops.core.indexes import Index
from skillconnect_ops.core.ports.database import CommandFailed
from skillconnect_ops.core.ports.indexes import DuplicateGroup, Duplicates

IDS = 5
"""How many ids of each group are told."""
NONE = Duplicates(groups=0, documents=0, first=())


def duplicates(
    connection: Connection, database: str, collection: str, index: Index, *, most: int
) -> Duplicates:
    """See the port. Where a field turns out to hold arrays, keys are made as an index makes them.

    That takes several times as long, and few fields need it.
    """
    exactly = False
    ids = _ids(connection.run("admin", {"buildInfo": 1})["versionArray"])
    pipeline = _pipeline(index, most, ids, exactly=False)
    found = _asked(connection, database, collection, pipeline, index)
    if found["all"] and found["all"][0]["arrays"]:
        exactly = True
        pipeline = _pipeline(index, most, ids, exactly=True)
        found = _asked(connection, database, collection, pipeline, index)
    if not found["first"]:
        return NONE
    (total,) = found["all"]
    return Duplicates(
        groups=total["groups"],
        documents=total["documents"],
        first=tuple(_group(one, index, exactly=exactly) for one in found["first"]),
    )


def _asked(
    connection: Connection,
    database: str,
    collection: str,
    pipeline: Sequence[Mapping[str, Any]],
    index: Index,
) -> Mapping[str, Any]:
    command: dict[str, Any] = {
        "aggregate": collection,
        "pipeline": pipeline,
        "cursor": {},
        "allowDiskUse": True,
    }
    if index.collation is not None:
        command["collation"] = from_plain(index.collation)
    try:
        (found,) = connection.run(database, command)["cursor"]["firstBatch"]
    except CommandFailed as error:
        if error.code == NO_SUCH_COLLECTION:
            return {"all": [], "first": []}
        raise
    answer: Mapping[str, Any] = found
    return answer


def _group(found: Mapping[str, Any], index: Index, *, exactly: bool) -> DuplicateGroup:
    value = {name: found["_id"].get(_key(number)) for number, name in enumerate(index.fields)}
    if exactly:
        value = {name: [] if one == EMPTY else one["v"] for name, one in value.items()}
    ids = found["ids"] if "ids" in found else [found["a"], found["z"]]
    return DuplicateGroup(
        value=plain(value),
        documents=found["n"],
        ids=tuple(sorted((plain(one) for one in ids), key=json.dumps)),
    )


def _ids(version: Sequence[int]) -> dict[str, Any]:
    """How to take some ids of a group: an older server tells the least and the greatest."""
    if list(version[:2]) >= [5, 2]:
        return {"ids": {"$firstN": {"input": "$_id", "n": IDS}}}
    return {"a": {"$min": "$_id"}, "z": {"$max": "$_id"}}


def _pipeline(
    index: Index, most: int, ids: Mapping[str, Any], *, exactly: bool
) -> list[dict[str, Any]]:
    """Group by the values; groups of one are kept where they tell of arrays."""
    numbers = range(len(index.fields))
    stages: list[dict[str, Any]] = []
    if index.partial_filter:
        stages.append({"$match": from_plain(index.partial_filter)})
    if index.sparse:
        stages.append({"$match": {"$or": [{name: {"$exists": True}} for name in index.fields]}})
    if exactly:  # a document may hold the same value twice
        made = keys_of([(_key(number), name) for number, name in enumerate(index.fields)])
        stages += [
            {"$project": {"k": made}},
            {"$unwind": "$k"},
            *(
                [{"$match": {"$or": [{f"k.{_key(n)}": {"$ne": MISSING}} for n in numbers]}}]
                if index.sparse
                else []
            ),
            {"$project": {"k": {_key(n): _null_for_nothing(f"$k.{_key(n)}") for n in numbers}}},
            {"$group": {"_id": {"k": "$k", "d": "$_id"}}},
            {"$project": {"_id": "$_id.d", "k": "$_id.k"}},
        ]
    else:
        fields = {_key(n): {"$ifNull": [f"${name}", None]} for n, name in enumerate(index.fields)}
        stages.append({"$project": {"k": fields}})
    arrays = False if exactly else {"$or": [{"$isArray": [f"$_id.{_key(n)}"]} for n in numbers]}
    return [
        *stages,
        {"$group": {"_id": "$k", "n": {"$sum": 1}, **ids}},
        {"$addFields": {"arrays": arrays}},
        {"$match": {"$or": [{"n": {"$gt": 1}}, {"arrays": True}]}},
        {"$facet": {"all": _total(), "first": _first(most)}},
    ]


def _null_for_nothing(value: str) -> Any:
    return {"$cond": [{"$eq": [value, {"$literal": MISSING}]}, {"v": None}, value]}


def _total() -> list[dict[str, Any]]:
    many = {"$gt": ["$n", 1]}
    counted = {
        "groups": {"$sum": {"$cond": [many, 1, 0]}},
        "documents": {"$sum": {"$subtract": ["$n", 1]}},
    }
    return [{"$group": {"_id": None, **counted, "arrays": {"$max": "$arrays"}}}]


def _first(most: int) -> list[dict[str, Any]]:
    return [{"$match": {"n": {"$gt": 1}}}, {"$sort": {"n": -1, "_id": 1}}, {"$limit": most}]


def _key(number: int) -> str:
    return f"k{number}"
