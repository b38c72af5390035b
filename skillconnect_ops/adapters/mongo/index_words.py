"""An index between BSON and our own words."""

import json
from collections.abc import Mapping
from typing import Any

import bson
import msgspec
from bson import json_util
from bson.codec_options import CodecOptions
from bson.json_util import JSONMode, JSONOptions

from skillconnect_ops.core.indexes import Index, Keys
from skillconnect_ops.core.ports.indexes import Build

FTS, FTS_EXTRA = "_fts", "_ftsx"
"""What a text index has in the place of its fields; these stand in `weights`."""
SIMPLE = {"locale": "simple"}
EXACT = JSONOptions(json_mode=JSONMode.CANONICAL, tz_aware=True)
PLAIN = JSONOptions(json_mode=JSONMode.RELAXED, tz_aware=True)
ORDERED = CodecOptions[dict[str, Any]](tz_aware=True)
FORGOTTEN = frozenset({"ns", "background", "dropDups"})
"""What servers keep of requests of old, and nobody heeds."""
KNOWN = frozenset(field.encode_name for field in msgspec.structs.fields(Index)) - {"keys", "other"}


def exact(raw: bytes) -> str:
    """A document as text, to the type of each number."""
    return json_util.dumps(bson.decode(raw, ORDERED), json_options=EXACT)


def raw_of(text: str) -> bytes:
    """The document that such a text holds."""
    return bson.encode(json_util.loads(text, json_options=EXACT))


def plain(value: Any) -> Any:
    """A value as JSON data (Extended JSON, relaxed)."""
    return json.loads(json_util.dumps(value, json_options=PLAIN))


def from_plain(value: Any) -> Any:
    """The value that JSON data stands for."""
    return json_util.loads(json.dumps(value), json_options=PLAIN)


def index_of(raw: bytes) -> Index:
    """An index as `listIndexes` gives it, as far as it can be read."""
    return read_index(raw)[0]


def read_index(raw: bytes) -> tuple[Index, str]:
    """The same; and what of it is not known here, or an empty text.

    A server takes more than anybody writes: keys of Infinity or NumberDecimal. Such an index keeps
    its name and its fields, and no options.
    """
    said: dict[str, Any] = plain(bson.decode(raw, ORDERED))
    keys = tuple(said.pop("key").items())
    options = {name: value for name, value in said.items() if name not in FORGOTTEN}
    known = {name: value for name, value in options.items() if name in KNOWN}
    other = {name: value for name, value in options.items() if name not in KNOWN}
    for flag in ("unique", "sparse", "hidden", "clustered", "prepareUnique"):
        if flag in known:
            known[flag] = bool(known[flag])  # old shells wrote 1 for true
    weights = known.get("weights") or {}
    odd = [f"{name}: {json.dumps(value)}" for name, value in keys if not _is_direction(value)]
    try:
        index = msgspec.convert(
            {**known, "keys": _with_text(keys, weights), "other": other}, Index, strict=False
        )
    except msgspec.ValidationError as error:
        bare = tuple((name, _word(value)) for name, value in keys)
        index = Index(keys=bare, name=str(known.get("name", "")))
        if not odd:
            return index, f"its options are not known here: {error}"
    return index, f"its keys are not known here: {', '.join(odd)}" if odd else ""


def fields_of(build: Build) -> dict[str, Any]:
    """What `createIndexes` takes."""
    if build.exact is not None:
        fields = dict(json_util.loads(build.exact, json_options=EXACT))
        for name in ("ns", "clustered"):
            fields.pop(name, None)
        # listed without one it compares plainly; left out it would take the collection's
        return {"collation": SIMPLE, **fields} if "collation" not in fields else fields
    index = build.index
    options = {name: from_plain(value) for name, value in index.options().items()}
    options.pop("clustered", None)
    if {direction for _, direction in index.keys} & {"text", "2d"}:
        options["collation"] = SIMPLE  # these take no other, not even that of the collection
    return {"key": dict(index.keys), **options, "name": index.called}


def collation_of(options: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """That of a collection's options."""
    found = options.get("collation")
    return plain(found) if found else None


def _is_direction(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _word(value: Any) -> int | float | str:
    """A direction that is none, in a word."""
    if _is_direction(value):
        found: int | float | str = value
        return found
    inner = next(iter(value.values())) if isinstance(value, dict) and len(value) == 1 else value
    return inner if isinstance(inner, str) else json.dumps(inner)


def _with_text(keys: Keys, weights: Mapping[str, Any]) -> Keys:
    """The fields of a text index in the place of the server's own."""
    words: list[tuple[str, Any]] = []
    for name, direction in keys:
        if name == FTS:
            words += [(field, "text") for field in weights]
        elif name != FTS_EXTRA:
            words.append((name, direction))
    return tuple(words)
