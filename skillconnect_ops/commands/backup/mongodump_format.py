"""The folder format of mongodump: file names and `NAME.metadata.json`.

A database's folder has its plain name; MongoDB allows none that would leave the folder. File names
are the collection's name as Go's `url.QueryEscape` writes it; over 238 bytes, the first 208 of
them, `%24` and the base64 of the whole name's SHA-1, without padding (seen in mongodump's output).
"""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import quote_plus

import bson
import bson.errors
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.json_util import JSONMode, JSONOptions, dumps, object_hook

from skillconnect_ops.commands.backup.model import CollectionEntry
from skillconnect_ops.core.ports.database import CollectionKind

BUCKETS = "system.buckets."
_LONGEST, _KEPT = 238, 208
CODEC: CodecOptions[dict[str, Any]] = CodecOptions(
    uuid_representation=UuidRepresentation.UNSPECIFIED,
    datetime_conversion=DatetimeConversion.DATETIME_MS,
)
_CANONICAL = JSONOptions(
    json_mode=JSONMode.CANONICAL,
    uuid_representation=UuidRepresentation.UNSPECIFIED,
    datetime_conversion=DatetimeConversion.DATETIME_MS,
)


def folder_name(database: str) -> str:
    """The folder of a database: its name as it is, but never a path, whatever a manifest claims."""
    if "/" in database or "\0" in database or database.startswith("."):
        return quote_plus(database, safe="").replace(".", "%2E")
    return database


def file_stem(name: str) -> str:
    """The file name of a collection, without `.bson` and what follows it."""
    escaped = quote_plus(name, safe="")
    if len(escaped) <= _LONGEST:
        return escaped
    digest = base64.urlsafe_b64encode(hashlib.sha1(name.encode(), usedforsecurity=False).digest())
    return f"{escaped[:_KEPT]}%24{digest.decode().rstrip('=')}"


def data_stem(name: str, kind: CollectionKind) -> str:
    """The file name of a collection's documents: a time series' lie in its buckets."""
    return file_stem(BUCKETS + name if kind is CollectionKind.TIMESERIES else name)


def metadata(entry: CollectionEntry) -> bytes:
    """`NAME.metadata.json` of a collection: one line of canonical Extended JSON v2."""
    document: dict[str, Any] = {"options": entry.options, "indexes": list(entry.indexes)}
    if entry.uuid is not None and entry.kind is CollectionKind.COLLECTION:
        document["uuid"] = entry.uuid
    document |= {"collectionName": entry.name, "type": entry.kind.value}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def to_extended_json(document: bytes) -> dict[str, Any]:
    """A BSON document as canonical Extended JSON v2, types and key order kept."""
    text = dumps(bson.decode(document, CODEC), json_options=_CANONICAL)
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def from_extended_json(document: dict[str, Any]) -> bytes:
    """The BSON document that a canonical Extended JSON v2 document stands for."""
    native = json.loads(json.dumps(document), object_hook=_native)
    return bson.encode(native, codec_options=CODEC)


def raw_where_needed(document: bytes) -> str | None:
    """The document as it is, base64, where Extended JSON cannot stand for it.

    So are BSON symbols, names that are there twice, and literals that look like Extended JSON.
    """
    try:
        same = from_extended_json(to_extended_json(document)) == document
    except (bson.errors.BSONError, TypeError, ValueError):
        same = False
    return None if same else base64.b64encode(document).decode()


def _native(node: dict[str, Any]) -> Any:
    """What a canonical wrapper stands for; `{$regex: …, $options: …}` is a query of its own."""
    if "$regex" in node or "$symbol" in node:
        return node
    try:
        return object_hook(node, json_options=_CANONICAL)
    except (TypeError, ValueError):
        return node  # `{$date: "x"}` in a $literal
