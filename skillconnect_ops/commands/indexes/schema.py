"""The JSON Schema of `indexes.yaml`, for editors; made of the same tables that read it."""

import json
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.indexes.declared import (
    DOCUMENTS,
    FLAGS,
    KINDS,
    MOST_FIELDS,
    MOST_INDEXES,
    NUMBERS,
    TEXTS,
    WHOLES,
)
from skillconnect_ops.commands.indexes.rules import MOST_TTL_S
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Lines

ID = "https://json-schema.org/draft/2020-12/schema"
TITLES = {
    "unique": "No two documents may hold the same value.",
    "sparse": "Leave documents without the field out.",
    "hidden": "Keep it up to date, and let no query use it.",
    "clustered": "The collection itself is ordered so; decided when it is created.",
    "expireAfterSeconds": "Delete documents so long after the date in the field.",
    "partialFilterExpression": "Only documents that match; dates as {$date: …}.",
    "collation": "How texts compare: {locale: en, strength: 2}.",
    "name": "Its name; without one MongoDB makes it of the keys.",
    "wildcardProjection": "Which fields a wildcard index takes in, or leaves out.",
    "weights": "How much each field of a text index counts.",
}


def schema(house: House) -> Report:
    """The schema, as data on stdout."""
    made = json_schema()
    del house
    lines = tuple(json.dumps(made, indent=2).splitlines())
    return Report(command="indexes schema", facts={"schema": made}, view=(Lines(lines),))


def json_schema() -> dict[str, Any]:
    """The schema itself."""
    return {
        "$schema": ID,
        "title": "indexes.yaml of skc",
        "description": "The indexes of a MongoDB database: collection -> list of indexes.",
        "type": ["object", "null"],
        "additionalProperties": {
            "type": ["array", "null"],
            "maxItems": MOST_INDEXES,
            "items": _index(),
        },
    }


def _index() -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        **{name: {"type": ["boolean", "null"]} for name in FLAGS},
        **{name: {"type": ["object", "null"]} for name in DOCUMENTS},
        **{name: {"type": ["string", "null"], "minLength": 1} for name in TEXTS},
        **{name: {"type": ["integer", "null"]} for name in WHOLES},
        **{name: {"type": ["number", "null"]} for name in NUMBERS},
    }
    kinds["expireAfterSeconds"] |= {"minimum": 0, "maximum": MOST_TTL_S}
    for name, text in TITLES.items():
        kinds[name]["description"] = text
    return {
        "type": "object",
        "required": ["keys"],
        "additionalProperties": False,
        "properties": {
            "keys": {
                "description": "Fields in their order: 1 ascending, -1 descending, or a kind.",
                "type": "object",
                "minProperties": 1,
                "maxProperties": MOST_FIELDS,
                "additionalProperties": {
                    "anyOf": [{"type": "number", "not": {"const": 0}}, {"enum": list(KINDS)}]
                },
            },
            **kinds,
        },
    }
