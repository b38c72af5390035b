"""What a unique index would refuse, found by the rules that it would refuse it by."""

from collections.abc import Sequence
from typing import Any

from skillconnect_ops.adapters.mongo.connection import Connection
from skillconnect_ops.adapters.mongo.errors import NO_SUCH_COLLECTION
from skillconnect_ops.adapters.mongo.index_words import from_plain, plain
from skillconnect_ops.core.indexes import Index
from skillconnect_ops.core.ports.database import CommandFailed
from skillconnect_ops.core.ports.indexes import DuplicateGroup, Duplicates

IDS = 5
"""How many ids of each group are told."""
EMPTY = {"skc": "[]"}
"""Stands for an empty array, which an index tells from null."""
NONE = Duplicates(groups=0, documents=0, first=())


def duplicates(
    connection: Connection, database: str, collection: str, index: Index, *, most: int
) -> Duplicates:
    """See the port."""
    arrays = _array_fields(connection, database, collection, index)
    command: dict[str, Any] = {
        "aggregate": collection,
        "pipeline": _pipeline(index, arrays, most),
        "cursor": {},
        "allowDiskUse": True,
    }
    if index.collation is not None:
        command["collation"] = from_plain(index.collation)
    try:
        (found,) = connection.run(database, command)["cursor"]["firstBatch"]
    except CommandFailed as error:
        if error.code == NO_SUCH_COLLECTION:
            return NONE
        raise
    if not found["all"]:
        return NONE
    (total,) = found["all"]
    return Duplicates(
        groups=total["groups"],
        documents=total["documents"],
        first=tuple(_group(one, index) for one in found["first"]),
    )


def _group(found: dict[str, Any], index: Index) -> DuplicateGroup:
    value = {name: found["_id"].get(_key(number)) for number, name in enumerate(index.fields)}
    return DuplicateGroup(
        value=plain({name: [] if one == EMPTY else one for name, one in value.items()}),
        documents=found["n"],
        ids=tuple(plain(one) for one in found["ids"]),
    )


def _pipeline(index: Index, arrays: Sequence[int], most: int) -> list[dict[str, Any]]:
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
    return [
        *stages,
        {"$group": {"_id": keys, "n": {"$sum": 1}, "a": {"$min": "$_id"}, "z": {"$max": "$_id"}}},
        {"$match": {"n": {"$gt": 1}}},
        {
            "$facet": {
                "all": [
                    {
                        "$group": {
                            "_id": None,
                            "groups": {"$sum": 1},
                            "documents": {"$sum": {"$subtract": ["$n", 1]}},
                        }
                    }
                ],
                "first": [
                    {"$sort": {"n": -1, "_id": 1}},
                    {"$limit": most},
                    {"$project": {"n": 1, "ids": ["$a", "$z"]}},
                ],
            }
        },
    ]


def _value(name: str, *, in_array: bool) -> Any:
    """A field as an index takes it: nothing is null, an empty array is neither."""
    value: Any = {"$ifNull": [f"${name}", None]}
    return {"$cond": [{"$eq": [value, []]}, [EMPTY], value]} if in_array else value


def _array_fields(
    connection: Connection, database: str, collection: str, index: Index
) -> tuple[int, ...]:
    """The fields that hold an array in some document, or lie within one."""
    found = []
    for number, name in enumerate(index.fields):
        parts = name.split(".")
        paths = [".".join(parts[: end + 1]) for end in range(len(parts))]
        look = {"$or": [{path: {"$type": "array"}} for path in paths]}
        answer = connection.run(
            database, {"find": collection, "filter": look, "projection": {"_id": 1}, "limit": 1}
        )
        if answer["cursor"]["firstBatch"]:
            found.append(number)
    return tuple(found)


def _key(number: int) -> str:
    return f"k{number}"
