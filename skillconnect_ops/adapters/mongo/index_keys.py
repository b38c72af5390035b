"""The keys that an index takes from a document, as an aggregation expression.

As the server makes them, tried on 6.0: an array on the way gives one key for each of its elements,
also jointly for all fields below it; an element that is no object has null for what lies below; an
empty array is a value of its own at the end of a path, and null on the way; an array within an
array is one value. A number in a path is a place in an array.
"""

from collections.abc import Sequence
from typing import Any

from bson import Code

EMPTY, MISSING = {"e": 1}, {"m": 1}
"""An empty array, and nothing; every other value is `{v: value}`: none is taken for these."""
NOTHING = {"$literal": Code("skc: nothing")}
"""What is not there, on the way; of a type that no value in use has."""
_Path = tuple[str, Sequence[str]]


def keys_of(fields: Sequence[tuple[str, str]]) -> Any:
    """A list of documents, one for each key.

    Args:
        fields: for each the name that its value gets, and its path.
    """
    return _below([(name, path.split(".")) for name, path in fields], "$$ROOT", "v")


def _below(paths: Sequence[_Path], node: str, name: str) -> Any:
    """What lies below a value; fields that begin alike come from the same elements."""
    groups: dict[str, list[_Path]] = {}
    for key, (first, *rest) in paths:
        groups.setdefault(first, []).append((key, rest))
    parts = [
        _along(first, rest, node, f"{name}{number}")
        for number, (first, rest) in enumerate(groups.items())
    ]
    product = parts[0]
    for part in parts[1:]:
        product = _product(product, part)
    return product


def _along(first: str, paths: Sequence[_Path], node: str, name: str) -> Any:
    """One step of a path, and all behind it."""
    ends = [key for key, rest in paths if not rest]
    deeper = [(key, rest) for key, rest in paths if rest]
    places = bool(deeper) and not ends and all(rest[0].isdecimal() for _, rest in deeper)
    here, element = f"$${name}", f"$${name}e"
    found: Any = {"$cond": [_is(node, "object"), _or_nothing(f"{node}.{first}"), NOTHING]}
    if first.isdecimal():
        place = _or_nothing({"$arrayElemAt": [node, int(first)]})
        found = {"$cond": [_is(node, "array"), place, found]}
    there = {"$cond": [{"$eq": [element, NOTHING]}, {"$literal": MISSING}, {"v": element}]}
    values = {key: {"$cond": [{"$eq": [here, []]}, {"$literal": EMPTY}, there]} for key in ends}
    tuples: Any = [values]
    if deeper:
        below = _below(deeper, element, f"{name}e")
        merged = {"$mergeObjects": [f"$${name}t", values]}
        tuples = {"$map": {"input": below, "as": f"{name}t", "in": merged}} if ends else below
    several = {"$cond": [{"$eq": [here, []]}, [NOTHING], here]}
    elements = [here] if places else {"$cond": [_is(here, "array"), several, [here]]}
    return {"$let": {"vars": {name: found}, "in": _each(elements, f"{name}e", tuples)}}


def _each(elements: Any, name: str, tuples: Any) -> Any:
    """The lists of all elements, in one."""
    step = {
        "$let": {
            "vars": {name: "$$this", f"{name}a": "$$value"},
            "in": {"$concatArrays": [f"$${name}a", tuples]},
        }
    }
    return {"$reduce": {"input": elements, "initialValue": [], "in": step}}


def _product(left: Any, right: Any) -> Any:
    """Every one with every other; the server lets only one of them have several."""
    pair = {"$map": {"input": right, "as": "r", "in": {"$mergeObjects": ["$$l", "$$r"]}}}
    step = {"$let": {"vars": {"l": "$$this"}, "in": {"$concatArrays": ["$$value", pair]}}}
    return {"$reduce": {"input": left, "initialValue": [], "in": step}}


def _or_nothing(value: Any) -> Any:
    """A null that is there is a value."""
    return {"$cond": [{"$eq": [{"$type": value}, "missing"]}, NOTHING, value]}


def _is(value: str, kind: str) -> Any:
    return {"$eq": [{"$type": value}, kind]}
