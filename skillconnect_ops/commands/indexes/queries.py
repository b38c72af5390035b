"""Queries as the server's profiler kept them, and which order of keys would serve them. Pure.

Source: MongoDB manual, "The ESR (Equality, Sort, Range) Guideline".
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from skillconnect_ops.core.indexes import Index, Keys, shown_keys

_EQUAL = frozenset({"$eq"})
_RANGES = frozenset({"$gt", "$gte", "$lt", "$lte", "$ne", "$nin", "$exists", "$regex", "$in"})


class Query(Struct, frozen=True, kw_only=True):
    """One shape of query that sorted in memory, and how often it was seen; it holds no value."""

    collection: str
    index: str
    """The index that it used."""
    equal: tuple[str, ...]
    ranges: tuple[str, ...]
    sort: Keys
    times: int = 1
    examined: int = 0
    returned: int = 0

    def says(self) -> str:
        """For people: `{a = …, b range …} sort {c: -1}`."""
        parts = [
            *(f"{name} = …" for name in self.equal),
            *(f"{name} range" for name in self.ranges),
        ]
        return f"{{{', '.join(parts)}}} sort {shown_keys(self.sort)}"


def read(entries: Iterable[Mapping[str, Any]]) -> tuple[Query, ...]:
    """The shapes of the profiler's entries that sorted in memory, the most frequent first.

    Args:
        entries: documents of `system.profile`; those that cannot be told are left out.
    """
    found: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    shapes: dict[tuple[Any, ...], Query] = {}
    for entry in entries:
        query = _shape(entry)
        if query is None:
            continue
        mark = (query.collection, query.index, query.equal, query.ranges, query.sort)
        shapes.setdefault(mark, query)
        found.setdefault(mark, []).append(entry)
    queries = [
        Query(
            collection=shape.collection,
            index=shape.index,
            equal=shape.equal,
            ranges=shape.ranges,
            sort=shape.sort,
            times=len(found[mark]),
            examined=sum(int(one.get("docsExamined", 0)) for one in found[mark]),
            returned=sum(int(one.get("nreturned", 0)) for one in found[mark]),
        )
        for mark, shape in shapes.items()
    ]
    return tuple(sorted(queries, key=lambda one: (-one.times, one.collection, one.index)))


def better_order(query: Query, used: Index) -> Keys | None:
    """The keys that would spare the sort: equality, sort, range; None where these are there.

    Args:
        query: that sorted in memory.
        used: the index that it used.
    """
    if not query.sort or any(name in query.equal for name, _ in query.sort):
        return None
    directions = {
        name: direction for name, direction in used.keys if not isinstance(direction, str)
    }
    held = [name for name, _ in used.keys]
    # only an index whose own order is the fault: a range, or less, stands before the sort's keys
    if not set(held) & {*query.equal, *query.ranges}:
        return None
    sorted_by = [name for name, _ in query.sort]
    ranges = [name for name in query.ranges if name not in sorted_by]
    equal = sorted(query.equal, key=lambda name: held.index(name) if name in held else len(held))
    better = (
        *((name, directions.get(name, 1)) for name in equal),
        *query.sort,
        *((name, directions.get(name, 1)) for name in ranges),
    )
    return None if tuple(name for name, _ in better) == tuple(held[: len(better)]) else better


def _shape(entry: Mapping[str, Any]) -> Query | None:
    command = entry.get("command")
    if not entry.get("hasSortStage") or not isinstance(command, Mapping):
        return None
    filters, sort = _asked(command)
    index = _used(entry.get("execStats"))
    if filters is None or not sort or index is None:
        return None
    parts = _split(filters)
    if parts is None:
        return None
    collection = str(entry.get("ns", "")).partition(".")[2]
    keys = tuple((str(name), direction) for name, direction in sort.items())
    if any(not isinstance(direction, int | float) for _, direction in keys):
        return None  # by a text's score
    return Query(collection=collection, index=index, equal=parts[0], ranges=parts[1], sort=keys)


def _asked(command: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, Mapping[str, Any]]:
    """The filter and the sort of a find, or of an aggregation that begins with these."""
    if "find" in command:
        return command.get("filter", {}), command.get("sort", {})
    stages = command.get("pipeline")
    if not isinstance(stages, Sequence) or len(stages) < 2:
        return None, {}
    first, second = stages[0], stages[1]
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.get("$match"), second.get("$sort", {})
    return None, {}


def _split(filters: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The fields that are compared for equality, and those of ranges; None of what has an `or`."""
    equal: dict[str, None] = {}
    ranges: dict[str, None] = {}
    for name, said in filters.items():
        if name == "$and" and isinstance(said, Sequence):
            for each in said:
                parts = _split(each)
                if parts is None:
                    return None
                equal.update(dict.fromkeys(parts[0]))
                ranges.update(dict.fromkeys(parts[1]))
        elif name.startswith("$"):
            return None
        elif _is_equal(said):
            equal[name] = None
        elif isinstance(said, Mapping) and set(said) <= _RANGES | _EQUAL | {"$options"}:
            ranges[name] = None
        else:
            return None
    return tuple(equal), tuple(name for name in ranges if name not in equal)


def _is_equal(said: object) -> bool:
    if not isinstance(said, Mapping):
        return not hasattr(said, "pattern")  # a regular expression is a range
    operators = [name for name in said if str(name).startswith("$")]
    if not operators:
        return True
    alone = said.get("$in")
    return operators == ["$eq"] or (
        operators == ["$in"] and isinstance(alone, list) and len(alone) == 1
    )


def _used(stage: object) -> str | None:
    """The one index that a plan reads; None where it reads several, or none."""
    names: set[str] = set()
    waiting: list[object] = [stage]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, Mapping):
            continue
        if one.get("stage") == "IXSCAN" or "indexName" in one:
            names.add(str(one.get("indexName")))
        waiting += [one.get("inputStage"), *(one.get("inputStages") or ())]
    return names.pop() if len(names) == 1 else None
