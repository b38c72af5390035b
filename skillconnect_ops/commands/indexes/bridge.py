"""What stands for an index while it is rebuilt: a bridge for queries, a guard for unique values.

A server refuses a second index of the same keys and the same shape (code 85), and a second one of
the same name (code 86). A bridge has the same keys and one more field behind them, so that the
same queries use it; a guard has the same keys, is unique, and partial by a condition that all
documents meet.

A collection has one text index at most. Of `2dsphere` and `2d` it may have several, but then every
`$geoNear` that names no `key` fails, so that a bridge would break what it is to carry.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import structs

from skillconnect_ops.commands.indexes.declared import MOST_FIELDS
from skillconnect_ops.commands.indexes.model import BRIDGE, GUARD, SUFFIX
from skillconnect_ops.core.indexes import TEXT, WILDCARD, Index

OR_IN_FILTERS = (6, 0)
"""The first version whose partial filters take `$or`."""
SIMPLE = {"locale": "simple"}
NEEDED: Mapping[str, str] = {
    TEXT: "$text",
    "2dsphere": "$near and $geoNear",
    "2d": "$near and $geoNear",
}
"""By kind, the queries that fail without an index of it, instead of reading all documents."""


def needed_by(index: Index) -> str | None:
    """The queries that fail where it is not there; None where none does."""
    return next((NEEDED[str(kind)] for _, kind in index.keys if kind in NEEDED), None)


def bridge(index: Index, *, number: int, inherited: Mapping[str, Any] | None) -> Index | None:
    """What the queries of an index can use meanwhile; None where there is no such thing.

    Args:
        index: the one that is there.
        number: tells bridges of a collection apart.
        inherited: the collection's collation, which an index listed without one has not.
    """
    if needed_by(index) is not None or len(index.keys) >= MOST_FIELDS:
        return None
    collation = index.collation or (SIMPLE if inherited else None)
    name = f"{BRIDGE}_{number}"
    plain = Index(
        keys=index.keys,
        name=name,
        collation=collation,
        partial_filter=index.partial_filter,
    )
    if index.is_wildcard:
        return _wildcard(plain, index)
    suffix = SUFFIX if SUFFIX not in index.fields else BRIDGE
    return structs.replace(plain, keys=(*index.keys, (suffix, 1)))


def guard(index: Index, *, number: int, version: tuple[int, ...]) -> Index | None:
    """What keeps the values of a unique index unique meanwhile; None where nothing can.

    Args:
        index: the one that is to be built.
        number: tells guards of a collection apart.
        version: the server's.
    """
    if not index.unique:
        return None
    always = {SUFFIX: {"$exists": True}}
    if index.sparse:
        there = [{name: {"$exists": True}} for name in index.fields]
        if len(there) > 1 and version < OR_IN_FILTERS:
            return None
        condition: Mapping[str, Any] = there[0] if len(there) == 1 else {"$or": there}
    else:
        condition = {**(index.partial_filter or {}), **always}
        if SUFFIX in (index.partial_filter or {}):
            return None
    return Index(
        keys=index.keys,
        name=f"{GUARD}_{number}",
        unique=True,
        collation=index.collation,
        partial_filter=condition,
        bits=index.bits,
        min=index.min,
        max=index.max,
        sphere_version=index.sphere_version,
    )


def _wildcard(plain: Index, index: Index) -> Index | None:
    """Before 7.0 it takes no further field; but one that leaves nothing out is another."""
    if len(index.keys) != 1:
        return None
    ((path, direction),) = index.keys
    if path == WILDCARD:
        taken = index.wildcard_projection or {}
        nothing = next(name for name in (BRIDGE, f"{BRIDGE}_2") if name not in taken)
        return structs.replace(plain, wildcard_projection={nothing: 0})
    below = path.removesuffix(f".{WILDCARD}")
    return structs.replace(plain, keys=((WILDCARD, direction),), wildcard_projection={below: 1})
