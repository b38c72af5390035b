"""Indexes and their differences, for people."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs

from skillconnect_ops.commands.indexes.difference import Row, Standing
from skillconnect_ops.commands.indexes.errors import Blocking
from skillconnect_ops.core.indexes import shown_keys
from skillconnect_ops.core.ports.indexes import CollectionFigures, DuplicateGroup
from skillconnect_ops.core.view import Block, Cell, Lines, Table, Text, Tone, count, size

TONES = {
    Standing.IN_PLACE: Tone.GOOD,
    Standing.MISSING: Tone.BAD,
    Standing.DIFFERENT: Tone.BAD,
    Standing.INVALID: Tone.BAD,
    Standing.EXTRA: Tone.WARN,
    Standing.HIDDEN: Tone.WARN,
    Standing.BUILDING: Tone.WARN,
    Standing.UNKNOWN: Tone.WARN,
}

MASK = "***"
_NUMBERS = frozenset(
    {"$oid", "$uuid", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal"}
)
_UUIDS = frozenset({"03", "04"})
"""How Extended JSON words what an `_id` of no meaning is."""


def table(rows: Sequence[Row], figures: Mapping[str, CollectionFigures] | None = None) -> Table:
    """All of them; with figures, what each takes and how it was used."""
    headers = ("collection", "index", "stands")
    more = ("size", "used", "since") if figures is not None else ()
    return Table(
        headers=(*headers, *more),
        right=(3, 4) if figures is not None else (),
        rows=tuple(_row(row, figures) for row in rows),
        title=count(len(rows), "index", "indexes"),
        empty="nothing is declared, and nothing is there",
    )


def _row(row: Row, figures: Mapping[str, CollectionFigures] | None) -> tuple[Cell, ...]:
    stands = row.standing.value
    if row.how:
        stands = f"{stands}: {'; '.join(one.says() for one in row.how)}"
    cells: tuple[Cell, ...] = (
        row.collection,
        _named(row),
        Text(stands, TONES[row.standing]),
    )
    if figures is None:
        return cells
    known = figures.get(row.collection, CollectionFigures())
    size_bytes = known.index_bytes.get(row.name)
    uses = known.uses.get(row.name, ())
    return (
        *cells,
        "" if size_bytes is None or row.found is None else size(size_bytes),
        f"{sum(one.operations for one in uses):,}" if uses else "",
        f"{min(one.since for one in uses):%Y-%m-%d %H:%M}" if uses else "",
    )


def _named(row: Row) -> str:
    """Keys and options; its name too where it does not follow from the keys.

    A derived name is one long word: beside the keys it leaves no room on a narrow screen.
    """
    derived = structs.replace(row.index, name=None).called
    return row.index.says() if row.name == derived else f"{row.name} {row.index.says()}"


def duplicate_tables(blocking: Sequence[Blocking], *, values: bool) -> tuple[Block, ...]:
    """What stands in the way; values are personal data, and shown on request alone."""
    return tuple(block for one in blocking for block in _of(one, values=values))


def _of(one: Blocking, *, values: bool) -> tuple[Block, ...]:
    head = ("documents", "some of their _id")
    rows: list[tuple[Cell, ...]] = []
    for group in one.found.first:
        cells: tuple[Cell, ...] = (
            f"{group.documents:,}",
            ", ".join(json.dumps(_id(each, values=values)) for each in group.ids),
        )
        rows.append((*cells, json.dumps(group.value)) if values else cells)
    shown = Table(
        headers=(*head, "value") if values else head,
        right=(0,),
        rows=tuple(rows),
        title=f"{one.collection} {shown_keys(one.index.keys)}: "
        f"{count(one.found.groups, 'value stands', 'values stand')} in several documents",
    )
    hints = [
        f"each row is one value of {', '.join(one.index.fields)} that several documents hold",
    ]
    empty = next((fields for fields in map(empty_fields, one.found.first) if fields), ())
    if empty:
        named = ", ".join(empty)
        hints.append(
            f"some hold nothing, or null, in {named}: `sparse: true` leaves out those without "
            f"{named}, and `partialFilterExpression: {{{empty[0]}: {{$type: string}}}}` (or what "
            "type it has) those with null, too"
        )
    if values or tells_nobody(one.found.first[0].ids[0]):
        hints.append(f"all of the first row's: {_all_of(one)}")
    if not values:
        masked = any(not tells_nobody(each) for group in one.found.first for each in group.ids)
        what = "the values, and what _id is where it is no number" if masked else "the values"
        hints.append(f"--show-values shows {what}, which may be personal data")
    return shown, Lines(tuple(hints), prose=True)


def empty_fields(group: DuplicateGroup) -> tuple[str, ...]:
    """The fields of the index, where the documents of a group have none of them, or null."""
    value = group.value if isinstance(group.value, Mapping) else {}
    return tuple(value) if all(one is None for one in value.values()) else ()


def tells_nobody(one: Any) -> bool:
    """Whether an `_id` is a number, an ObjectId or a UUID; any other may be somebody's address."""
    if isinstance(one, Mapping):
        (kind, *more) = one
        if kind == "$binary" and isinstance(one[kind], Mapping):
            return one[kind].get("subType") in _UUIDS
        return not more and kind in _NUMBERS
    return isinstance(one, int | float) and not isinstance(one, bool)


def _id(one: Any, *, values: bool) -> Any:
    return one if values or tells_nobody(one) else MASK


def _all_of(one: Blocking) -> str:
    """What shows them in mongosh, without the value that is not shown here."""
    there = f"db.getCollection({json.dumps(one.collection)})"
    first = json.dumps(one.found.first[0].ids[0])
    if first.startswith("{"):  # an ObjectId, a date
        first = f"EJSON.deserialize({first})"
    values = (
        f"{json.dumps(name)}: d{''.join(f'?.[{json.dumps(part)}]' for part in name.split('.'))}"
        for name in one.index.fields
    )
    same = ", ".join(f"{value} ?? null" for value in values)
    return f"d = {there}.findOne({{_id: {first}}}); {there}.find({{{same}}})"


def duplicates_facts(one: Blocking, *, values: bool) -> Mapping[str, Any]:
    """The same for machines."""
    return {
        "collection": one.collection,
        "keys": dict(one.index.keys),
        "groups": one.found.groups,
        "too_many": one.found.documents,
        "first": [
            {
                "documents": group.documents,
                "ids": [_id(each, values=values) for each in group.ids],
                "empty": list(empty_fields(group)),
                **({"value": group.value} if values else {}),
            }
            for group in one.found.first
        ],
    }
