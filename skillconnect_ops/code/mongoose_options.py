"""What a field's options make of its index, as Mongoose works it out, one after the other. Pure."""

import math
import re
from collections.abc import Mapping
from typing import Any

KINDS = frozenset({"2d", "2dsphere", "hashed", "text"})
MAKES_INDEXES = frozenset({"index", "unique", "sparse", "text", "expires"})
_MS = re.compile(
    r"(-?(?:\d+)?\.?\d+) *(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m"
    r"|hours?|hrs?|h|days?|d|weeks?|w|years?|yrs?|y)?",
    re.IGNORECASE,
)
_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "y": 31557600.0}


def folded(options: Mapping[str, Any], index: Any = None) -> Any:
    """What options make of a path's index, one after the other, as `SchemaType` does."""
    for name, value in options.items():
        said = value[0] if isinstance(value, list) and value else value
        if name == "index":
            if is_set(index):
                index = False if said is False else index
            else:
                index = expiring(dict(said)) if isinstance(said, dict) else said
        elif name == "expires":
            index = expiring({**(index if isinstance(index, dict) else {}), "expires": said})
        elif index is False or (said is False and "index" not in options):
            continue
        else:
            index = {**_as_options(index), name: bool(said) if name == "unique" else said}
    return index


def is_set(index: Any) -> bool:
    """Whether JavaScript takes it for true: an empty object is."""
    return isinstance(index, dict) or bool(index)


def _as_options(index: Any) -> dict[str, Any]:
    if isinstance(index, dict):
        return index
    return {} if index in (None, True, False) else {"type": index}


def direction_of(index: Any) -> tuple[Any, dict[str, Any]]:
    """The direction of a path's index, and its options."""
    options = dict(index) if isinstance(index, dict) else {}
    kind = options.get("type") if isinstance(index, dict) else index
    direction: Any = 1
    if kind in KINDS:
        direction = kind
    elif options.pop("text", None):
        direction = "text"
    elif not isinstance(index, dict) and str(kind) in {"-1", "desc", "descending"}:
        direction = -1
    options.pop("type", None)
    return direction, options


def expiring(options: dict[str, Any]) -> dict[str, Any]:
    """`expires: "1h"` is `expireAfterSeconds: 3600`."""
    if "expires" in options:
        said = options.pop("expires")
        options["expireAfterSeconds"] = seconds(said) if isinstance(said, str) else said
    return options


def seconds(text: str) -> int | None:
    """What the package `ms` makes of a duration, in whole seconds; None of what is none."""
    found = _MS.fullmatch(text.strip())
    if found is None:
        return None
    unit = (found[2] or "ms").lower()
    is_ms = unit.startswith(("ms", "mil"))
    each = 0.001 if is_ms else _UNITS_S[unit[0]]
    return math.floor(float(found[1]) * each + 0.5)
