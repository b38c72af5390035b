"""What an index can become without being rebuilt: pure.

Source: MongoDB manual, `collMod`: `hidden` and `expireAfterSeconds`; from 5.1 on an index may get
its first time to live so, from 6.0 on it may become unique.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.indexes.difference import Row

CONVERTS, TTL_ADDS = (6, 0), (5, 1)
"""The first versions that make an index unique, and make one expire documents, in place."""


class InPlace(Struct, frozen=True, kw_only=True):
    """Options that change in place."""

    now: Mapping[str, Any]
    last: Mapping[str, Any]
    """Those that delete documents: there is no way back from them."""
    unique: bool


def in_place(row: Row, version: tuple[int, ...]) -> InPlace | None:
    """How an index that is there becomes what is declared; None where it must be rebuilt."""
    now: dict[str, Any] = {}
    last: dict[str, Any] = {}
    options = {one.option: one for one in row.how}
    for option, change in options.items():
        if option == "hidden":
            now["hidden"] = bool(change.wanted)
        elif option == "prepareUnique":
            if not row.index.unique:
                now["prepareUnique"] = False
        elif option == "expireAfterSeconds" and _takes_ttl(change.wanted, change.found, version):
            # documents are deleted from then on, and from none there is no way back in place
            longer = change.found is not None and change.wanted >= change.found
            (now if longer else last)[option] = change.wanted
        elif not (option == "unique" and change.wanted and version >= CONVERTS):
            return None
    return InPlace(now=now, last=last, unique="unique" in options)


def impossible(row: Row) -> str:
    """Why it can become so in no way; empty where it can."""
    if row.index.is_id or row.found is None:
        clustered = any(one.option == "clustered" for one in row.how)
        says = (
            f"{row.collection} cannot be made clustered"
            if clustered
            else f"the index of _id of {row.collection} compares as the collection does"
        )
        return f"{says}: that is decided when a collection is created"
    if row.found.building:
        at = f"{row.collection}.{row.name}"
        return f"{at} is being built with other options: wait for it, or drop it"
    return ""


def _takes_ttl(wanted: object, found: object, version: tuple[int, ...]) -> bool:
    return wanted is not None and (found is not None or version >= TTL_ADDS)
