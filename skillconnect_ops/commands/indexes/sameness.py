"""When two indexes are one: what the server fills in or words otherwise is no difference.

Measured on MongoDB 6.0; where it compares less than we do (code 85), the plan knows the way.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.indexes.extended import NotExtended, is_wrapper, normal
from skillconnect_ops.commands.indexes.wording import flow
from skillconnect_ops.core.indexes import TEXT, Index, Keys

SIMPLE = "simple"
COLLATION = {
    "caseLevel": False,
    "caseFirst": "off",
    "strength": 3,
    "numericOrdering": False,
    "alternate": "non-ignorable",
    "maxVariable": "punct",
    "normalization": False,
    "backwards": False,
}
"""What the server fills in, where the locale has no custom of its own."""
NORMALIZED = "as bn my el gu he hi ig kn km kok mr or ps fa fa_AF pa si ta te th vi yi yo"
CUSTOMS: Mapping[str, Mapping[str, Any]] = {
    **{name: {"normalization": True} for name in NORMALIZED.split()},
    "th": {"normalization": True, "alternate": "shifted"},
    "da": {"caseFirst": "upper"},
    "mt": {"caseFirst": "upper"},
    "fr_CA": {"backwards": True},
}
"""Those of ICU 57.1, which MongoDB has kept ever since it has collations; seen on 6.0 of all 96."""
LANGUAGE, OVERRIDE = "english", "language"
BITS, LEAST, MOST = 26, -180, 180
"""Of a `2d` index."""
ALWAYS_SPARSE = frozenset({TEXT, "2dsphere"})
TYPES: Mapping[str, int] = {
    "double": 1,
    "string": 2,
    "object": 3,
    "array": 4,
    "binData": 5,
    "undefined": 6,
    "objectId": 7,
    "bool": 8,
    "date": 9,
    "null": 10,
    "regex": 11,
    "dbPointer": 12,
    "javascript": 13,
    "symbol": 14,
    "javascriptWithScope": 15,
    "int": 16,
    "timestamp": 17,
    "long": 18,
    "decimal": 19,
    "minKey": -1,
    "maxKey": 127,
}
"""What `$type` takes, by name and by number; `number` besides, which has none."""


class Change(Struct, frozen=True, kw_only=True):
    """One option in which two indexes differ; values as JSON data, None where there is none.

    Values are as they were written and listed; of a collation only what differs.
    """

    option: str
    wanted: Any
    found: Any

    def says(self) -> str:
        """For people: `expireAfterSeconds: 60, found 30`."""
        return f"{self.option}: {_shown(self.wanted)}, found {_shown(self.found)}"


def changes(
    wanted: Index, found: Index, *, inherited: Mapping[str, Any] | None = None
) -> tuple[Change, ...]:
    """In what an index that was found differs from the one that is wanted.

    Args:
        wanted: as declared; what it does not say is as good as any, where the server decides it.
        found: as listed.
        inherited: the collation of the collection.
    """
    told, seen = _wanted(wanted, inherited), _found(found)
    for name in ("name", "textIndexVersion", "2dsphereIndexVersion", "v"):
        if told[name] is None:
            seen[name] = None
    return tuple(
        _change(name, told[name], seen[name], wanted, found)
        for name in told
        if told[name] != seen[name]
    )


def _change(name: str, told: Any, seen: Any, wanted: Index, found: Index) -> Change:
    """A difference in words that somebody could have written, and not in those it was seen by."""
    if name == "keys":
        told, seen = dict(told), dict(seen)
    elif name in {"partialFilterExpression", "wildcardProjection", "storageEngine"}:
        told, seen = wanted.options().get(name), found.options().get(name)
    elif name == "weights":
        told, seen = _literal(told), _literal(seen)
    elif name == "collation":
        told, seen = _apart(told, seen), _apart(seen, told)
    return Change(option=name, wanted=told, found=seen)


def _apart(
    one: Mapping[str, Any] | None, other: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """Of an expanded collation the locale, and what is not so in the other, or by itself."""
    if one is None:
        return None
    usual = other or {**COLLATION, **CUSTOMS.get(str(one["locale"]), {})}
    return {"locale": one["locale"]} | {
        name: value for name, value in one.items() if value != usual.get(name)
    }


def shape(index: Index, *, inherited: Mapping[str, Any] | None = None) -> str:
    """What tells an index from others of the same keys, so that both may stand (else code 85)."""
    told = _wanted(index, inherited)
    names = (
        "keys",
        "unique",
        "sparse",
        "partialFilterExpression",
        "collation",
        "wildcardProjection",
    )
    return json.dumps([told[name] for name in names])


def as_found(index: Index) -> Index:
    """An index that was listed: one without a collation compares plainly, and inherits none."""
    return index if index.collation is not None else replace(index, collation={"locale": SIMPLE})


def keys_of(index: Index) -> Keys:
    """The keys as the server tells them apart, but for numbers of the same sign."""
    fields = {name for name, direction in index.keys if direction == TEXT} | set(
        index.weights or ()
    )
    before: list[tuple[str, Any]] = []
    after: list[tuple[str, Any]] = []
    there = False
    for name, direction in index.keys:
        if direction == TEXT:
            there = True
        else:
            (after if there else before).append((name, _sign(direction)))
    texts = [(name, TEXT) for name in sorted(fields)] if there else []
    return (*before, *texts, *after)


def _wanted(index: Index, inherited: Mapping[str, Any] | None) -> dict[str, Any]:
    collation = index.collation if index.collation is not None else inherited
    return _normal(index, collation)


def _found(index: Index) -> dict[str, Any]:
    return _normal(index, index.collation)


def _normal(index: Index, collation: Mapping[str, Any] | None) -> dict[str, Any]:
    """All options in one wording."""
    kinds = {direction for _, direction in index.keys}
    text, flat = TEXT in kinds, "2d" in kinds
    sparse = index.sparse and not kinds & ALWAYS_SPARSE
    return {
        "keys": [list(pair) for pair in keys_of(index)],
        "name": index.name,
        "unique": index.unique,
        "sparse": sparse,
        "hidden": index.hidden,
        "clustered": index.clustered,
        "prepareUnique": index.prepare_unique and not index.unique,
        "expireAfterSeconds": _seconds(index.expire_after_s),
        "partialFilterExpression": _filter(index.partial_filter),
        "collation": None if text or flat else _collation(collation),
        "wildcardProjection": _projection(index.wildcard_projection),
        "weights": _weights(index) if text else None,
        "default_language": (index.default_language or LANGUAGE) if text else None,
        "language_override": (index.language_override or OVERRIDE) if text else None,
        "textIndexVersion": index.text_version,
        "2dsphereIndexVersion": index.sphere_version,
        "bits": (index.bits or BITS) if flat else None,
        "min": _number(index.min, LEAST) if flat else None,
        "max": _number(index.max, MOST) if flat else None,
        "storageEngine": _literal(index.storage_engine) if index.storage_engine else None,
        "v": index.version,
        **{name: _literal(value) for name, value in sorted(index.other.items())},
    }


def _sign(direction: Any) -> Any:
    """Ascending or descending, however large the number."""
    if isinstance(direction, str):
        return direction
    return -1 if direction < 0 else 1


def _seconds(value: float | None) -> int | None:
    return None if value is None else int(value)


def _number(value: float | None, default: int) -> float:
    return float(default if value is None else value)


def _weights(index: Index) -> dict[str, Any]:
    said = {name: 1 for name, direction in index.keys if direction == TEXT}
    weights = {**said, **(index.weights or {})}
    return {name: float(weights[name]) for name in sorted(weights)}


def _collation(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Expanded as the server does it; its version is no choice of anybody."""
    if value is None or value.get("locale") == SIMPLE:
        return None
    defaults = {**COLLATION, **CUSTOMS.get(str(value.get("locale")), {})}
    said = {name: one for name, one in value.items() if name != "version"}
    return dict(sorted({**defaults, **said}.items()))


def _projection(value: Mapping[str, Any] | None) -> dict[str, bool] | None:
    """By path, in one order: `{a: {b: 1}}` is `{a.b: 1}`."""
    return dict(sorted(_paths(value, ""))) if value else None


def _paths(value: Mapping[str, Any], above: str) -> Iterator[tuple[str, bool]]:
    for name, one in value.items():
        if isinstance(one, Mapping) and one and not is_wrapper(one):
            yield from _paths(one, f"{above}{name}.")
        else:
            yield f"{above}{name}", bool(_literal(one))


def _filter(value: Mapping[str, Any] | None) -> Any:
    """A filter as a list of its conditions, in an order of its own; all of them must hold."""
    return None if value is None else sorted(_conditions(value))


def _conditions(value: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for name, one in value.items():
        several = isinstance(one, list | tuple) and all(isinstance(part, Mapping) for part in one)
        if name == "$and" and several:
            found += [text for part in one for text in _conditions(part)]
        elif name == "$or" and several:
            found.append(json.dumps(["$or", sorted(json.dumps(_filter(part)) for part in one)]))
        elif is_operators(one):
            found += [
                json.dumps([name, operator, _operand(operator, operand)])
                for operator, operand in one.items()
            ]
        else:
            found.append(json.dumps([name, "$eq", _literal(one)]))
    return found


def is_operators(value: object) -> bool:
    """Whether a server takes it for `{$gt: …}`, and not for a document to be equal to."""
    if not isinstance(value, Mapping) or not value or is_wrapper(value):
        return False
    first = str(next(iter(value)))
    return first.startswith("$") and first not in {"$ref", "$id", "$db"}


def _operand(operator: str, value: Any) -> Any:
    if operator == "$exists":
        return bool(value)
    if operator == "$type":
        named = value if isinstance(value, list | tuple) else [value]
        return sorted({json.dumps(_code(one)) for one in map(_literal, named)})
    if operator == "$in" and isinstance(value, list | tuple):
        return sorted({json.dumps(_literal(one)) for one in value})
    return _literal(value)


def _code(kind: Any) -> Any:
    return TYPES.get(kind, kind) if isinstance(kind, str) else kind


def _literal(value: Any) -> Any:
    """A value in one wording; what is none stays as it is, and is the reader's to refuse."""
    try:
        return normal(value)
    except NotExtended:
        return value


def _shown(value: Any) -> str:
    return "none" if value is None else flow(value)
