"""What a unique index would refuse, found by the rules that it would refuse it by."""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.adapters.mongo.connection import Connection
from skillconnect_ops.adapters.mongo.errors import NO_SUCH_COLLECTION
from skillconnect_ops.adapters.mongo.index_words import from_plain, plain
from skillconnect_ops.core.indexes import Index
from skillconnect_ops.core.ports.database import CommandFailed
from skillconnect_ops.core.ports.indexes import DuplicateGroup, Duplicates

EMPTY = {"skc": "[]"}
"""Stands for an empty array, which an index tells from null."""
NONE = Duplicates(groups=0, documents=0, first=())


def duplicates(
    connection: Connection, database: str, collection: str, index: Index, *, most: int
) -> Duplicates:
    """See the port. Where a field turns out to hold arrays, each of their elements counts."""
    found = _asked(connection, database, collection, _pipeline(index, (), most), index)
    arrays = [n for n in range(len(index.fields)) if found["all"] and found["all"][0][_array(n)]]
    if arrays:
        found = _asked(connection, database, collection, _pipeline(index, arrays, most), index)
    if not found["first"]:
        return NONE
    (total,) = found["all"]
    return Duplicates(
        groups=total["groups"],
        documents=total["documents"],
        first=tuple(_group(one, index) for one in found["first"]),
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


def _group(found: Mapping[str, Any], index: Index) -> DuplicateGroup:
    value = {name: found["_id"].get(_key(number)) for number, name in enumerate(index.fields)}
    ids = [found["a"], found["z"]]
    return DuplicateGroup(
        value=plain({name: [] if one == EMPTY else one for name, one in value.items()}),
        documents=found["n"],
        ids=tuple(plain(one) for one in ids),
    )


def _pipeline(index: Index, arrays: Sequence[int], most: int) -> list[dict[str, Any]]:
    """Group by the values; groups of one are kept where they tell of arrays."""
    numbers = range(len(index.fields))
    keys = {_key(number): f"${_key(number)}" for number in numbers}
    stages: list[dict[str, Any]] = []
    if index.partial_filter:
        stages.append({"$match": from_plain(index.partial_filter)})
    if index.sparse:
        stages.append({"$match": {"$or": [{name: {"$exists": True}} for name in index.fields]}})
    stages.append(
        {
            "$project": {
                _key(n): _value(name, in_array=n in arrays) for n, name in enumerate(index.fields)
            }
        }
    )
    for number in arrays:
        part = {"path": f"${_key(number)}", "preserveNullAndEmptyArrays": True}
        stages += [{"$unwind": part}] * 2
    if arrays:  # a document may hold the same value twice
        stages += [
            {"$group": {"_id": {"k": keys, "d": "$_id"}}},
            {"$project": {"_id": "$_id.d", **{_key(n): f"$_id.k.{_key(n)}" for n in numbers}}},
        ]
    is_array = {_array(n): {"$isArray": [f"$_id.{_key(n)}"]} for n in numbers}
    return [
        *stages,
        {"$group": {"_id": keys, "n": {"$sum": 1}, "a": {"$min": "$_id"}, "z": {"$max": "$_id"}}},
        {"$addFields": is_array},
        {"$match": {"$or": [{"n": {"$gt": 1}}, *({name: True} for name in is_array)]}},
        {"$facet": {"all": _total(tuple(is_array)), "first": _first(most)}},
    ]


def _total(arrays: Sequence[str]) -> list[dict[str, Any]]:
    many = {"$gt": ["$n", 1]}
    counted = {
        "groups": {"$sum": {"$cond": [many, 1, 0]}},
        "documents": {"$sum": {"$subtract": ["$n", 1]}},
    }
    return [{"$group": {"_id": None, **counted, **{one: {"$max": f"${one}"} for one in arrays}}}]


def _first(most: int) -> list[dict[str, Any]]:
    return [{"$match": {"n": {"$gt": 1}}}, {"$sort": {"n": -1, "_id": 1}}, {"$limit": most}]


def _value(name: str, *, in_array: bool) -> Any:
    """A field as an index takes it: nothing is null, an empty array is neither."""
    value: Any = {"$ifNull": [f"${name}", None]}
    return {"$cond": [{"$eq": [value, []]}, [EMPTY], value]} if in_array else value


def _key(number: int) -> str:
    return f"k{number}"


def _array(number: int) -> str:
    return f"array{number}"
