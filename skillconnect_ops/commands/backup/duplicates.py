"""Which documents keep a unique index from being built, by their ids.

Their values stay out of it: what is said here is journaled, and a value may be a token.
"""

from collections.abc import Mapping
from typing import Any

import bson

from skillconnect_ops.commands.backup.model import CollectionEntry
from skillconnect_ops.commands.backup.mongodump_format import CODEC, from_extended_json
from skillconnect_ops.core.ports.database import Database
from skillconnect_ops.core.view import count

SHOWN = 5


def duplicates(database: Database, name: str, collection: str, entry: CollectionEntry) -> list[str]:
    """A sentence for each of the first groups that share a value of a unique index."""
    sentences = []
    for index in entry.indexes:
        if not index.get("unique"):
            continue
        native = bson.decode(from_extended_json(index), CODEC)
        answer = database.command(name, _search(collection, native))
        for group in answer["cursor"]["firstBatch"]:
            ids = ", ".join(repr(one) for one in group["ids"])
            sentences.append(
                f"{index['name']}: {count(group['n'], 'document')} share a value: _id {ids}"
            )
    return sentences


def _search(collection: str, index: Mapping[str, Any]) -> dict[str, Any]:
    """An aggregation that sees values as the index does: arrays item by item, missing as null."""
    fields = list(index["key"])
    pipeline: list[dict[str, Any]] = []
    if index.get("partialFilterExpression"):
        pipeline.append({"$match": index["partialFilterExpression"]})
    if index.get("sparse"):
        pipeline.append({"$match": {"$or": [{field: {"$exists": True}} for field in fields]}})
    pipeline.append({"$project": dict.fromkeys(fields, 1)})
    pipeline += [
        {"$unwind": {"path": f"${path}", "preserveNullAndEmptyArrays": True}}
        for path in _prefixes(fields)
    ]
    key = {f"k{number}": {"$ifNull": [f"${field}", None]} for number, field in enumerate(fields)}
    pipeline += [
        {"$group": {"_id": key, "ids": {"$addToSet": "$_id"}}},
        {"$project": {"n": {"$size": "$ids"}, "ids": {"$slice": ["$ids", SHOWN]}}},
        {"$match": {"n": {"$gt": 1}}},
        {"$limit": SHOWN},
    ]
    command: dict[str, Any] = {
        "aggregate": collection,
        "pipeline": pipeline,
        "cursor": {},
        "allowDiskUse": True,
    }
    if index.get("collation"):
        command["collation"] = index["collation"]
    return command


def _prefixes(fields: list[str]) -> list[str]:
    """`a`, `a.b`, … of every field, each once: any of them may be an array."""
    paths: dict[str, None] = {}
    for field in fields:
        parts = field.split(".")
        paths |= dict.fromkeys(".".join(parts[:end]) for end in range(1, len(parts) + 1))
    return list(paths)
