"""An index as it is given to `createIndex`, in any form that the Node driver takes. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from skillconnect_ops.code.javascript_value import Undecided
from skillconnect_ops.code.mongoose_options import KINDS
from skillconnect_ops.core.indexes import Index

_DROPPED = frozenset(
    {
        *("background", "_autoIndex", "safe", "w", "writeConcern", "maxTimeMS", "commitQuorum"),
        *("session", "comment", "dropDups", "ns", "key", "bucketSize", "timeoutMS", "promoteLongs"),
    }
)
"""What is said of the building, and not of the index."""
_FLAGS = frozenset({"unique", "sparse", "hidden"})


def as_index(keys: Any, options: Mapping[str, Any]) -> Index:
    """An index of what is given to `createIndex`, in any of the forms that the driver takes.

    Raises:
        Undecided: the server would not take it.
    """
    pairs = _pairs(keys)
    if not pairs or not all(_is_direction(direction) for _, direction in pairs):
        raise Undecided(f"its keys are none: {keys!r:.60}")
    if any("$*" in name for name, _ in pairs if name != "$**" and not name.endswith(".$**")):
        raise Undecided("what a Map holds has no fixed path")
    said: dict[str, Any] = {}
    other: dict[str, Any] = {}
    for name, value in options.items():
        if name in _DROPPED or value is None:
            continue
        own = "v" if name == "version" else name
        (said if own in _FIELDS else other)[own] = bool(value) if own in _FLAGS else value
    for name in _FLAGS:
        if said.get(name) is False:
            del said[name]
    try:
        return msgspec.convert({**said, "keys": pairs, "other": other}, Index)
    except msgspec.ValidationError as error:
        raise Undecided(f"its options are none: {error}") from error


_FIELDS = frozenset(
    field.encode_name
    for field in msgspec.structs.fields(Index)
    if field.name not in {"keys", "other", "clustered"}
)


def _pairs(keys: Any) -> list[tuple[str, Any]]:
    """`{a: 1}`, `"a"`, `["a", "b"]`, `[["a", 1]]`, `[{a: 1}]`, `["a", -1]`."""
    if isinstance(keys, str):
        return [(keys, 1)]
    if isinstance(keys, dict):
        return list(keys.items())
    if not isinstance(keys, list):
        return []
    if len(keys) == 2 and isinstance(keys[0], str) and _is_direction(keys[1]):
        return [(keys[0], keys[1])]
    found: list[tuple[str, Any]] = []
    for each in keys:
        if isinstance(each, list) and len(each) == 2:
            found.append((str(each[0]), each[1]))
        else:
            found += _pairs(each)
    return found


def _is_direction(direction: Any) -> bool:
    if isinstance(direction, str):
        return direction in KINDS
    return isinstance(direction, int | float) and not isinstance(direction, bool) and direction != 0
