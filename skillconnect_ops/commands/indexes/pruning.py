"""Whether an index that nobody declared is hidden, dropped or left: pure.

Never dropped unseen: it is hidden first, and dropped by a later run if nobody missed it.
"""

from collections.abc import Iterator

from msgspec import Struct

from skillconnect_ops.commands.indexes.bridge import needed_by
from skillconnect_ops.commands.indexes.difference import Row, Standing
from skillconnect_ops.commands.indexes.model import OBSERVE_S, Facts, Wishes
from skillconnect_ops.commands.indexes.planned import is_one
from skillconnect_ops.core.ports.indexes import HiddenIndex
from skillconnect_ops.core.view import count, duration

_DAY_S = 86_400.0
_COUNTED_S = _DAY_S
"""How long use must have been counted to say that there is none: what comes once a day is seen."""


class Verdict(Struct, frozen=True, kw_only=True):
    """What becomes of it."""

    drops: str = ""
    """Why it is dropped; empty where it is not."""
    hides_s: float | None = None
    """For how long it is hidden first; None where it is not."""
    notes: tuple[str, ...] = ()


def pruned(row: Row, facts: Facts, wishes: Wishes) -> Verdict:
    """Decide on an index that is there, and is not declared.

    Args:
        row: it.
        facts: use, and what is hidden since when.
        wishes: what was asked for; `--prune` was.
    """
    at = f"{row.collection}.{row.name}"
    watched = _watched(row, facts)
    if row.standing is Standing.HIDDEN and watched is not None:
        observe_s = _first(wishes.observe_s, watched.observe_s, OBSERVE_S)
        left_s = observe_s - watched.age_s
        if left_s > 0:
            since = f"{at} is hidden since {watched.since:%FT%TZ}"
            return Verdict(notes=(f"{since}; it can be dropped in {spoken(left_s)}",))
        why = f"hidden since {watched.since:%Y-%m-%d}, and nobody put it back"
        return Verdict(drops=why, notes=tuple(_losses(row, at)))
    reason = (
        "" if wishes.prune_used or row.standing is Standing.HIDDEN else _why(row, facts, wishes)
    )
    if reason:
        told = f"{at} is not declared, and stays: {reason} (--prune-used hides it nevertheless)"
        return Verdict(notes=(told,))
    return Verdict(hides_s=_first(wishes.observe_s, OBSERVE_S), notes=tuple(_losses(row, at)))


def _watched(row: Row, facts: Facts) -> HiddenIndex | None:
    """What was written down of it; of another index of its name that says nothing."""
    found = row.found
    return next(
        (
            one
            for one in facts.watched
            if found is not None
            and (one.collection, one.name) == (row.collection, row.name)
            and is_one(one.exact, found)
        ),
        None,
    )


def _losses(row: Row, at: str) -> Iterator[str]:
    """What an index does besides making queries fast."""
    if row.index.unique:
        yield f"{at} is unique: once it is dropped, nothing keeps duplicates out"
    if row.index.expire_after_s is not None:
        yield f"{at} deletes old documents: once it is dropped, they stay for ever"


def _why(row: Row, facts: Facts, wishes: Wishes) -> str:
    """Why it stays in sight: the counter tells nothing any more once it is hidden."""
    figures = facts.figures.get(row.collection)
    uses = figures.uses.get(row.name, ()) if figures else ()
    if not facts.uses_known or not uses:
        return "whether it is used could not be seen"
    used, since = sum(one.operations for one in uses), max(one.since for one in uses)
    if used:
        first = min(one.since for one in uses)
        return f"it was used {count(used, 'time')} since {first:%FT%TZ}"
    counted_s = min(_COUNTED_S, _first(wishes.observe_s, OBSERVE_S))
    if (facts.now - since).total_seconds() < counted_s:
        return (
            f"its use is counted only since {since:%FT%TZ}, when it was made or changed or the "
            f"server began, and {spoken(counted_s)} should pass"
        )
    asks = needed_by(row.index)
    if asks is not None:
        return f"queries of {asks} fail while there is no such index in sight"
    return ""


def _first(*seconds: float | None) -> float:
    """The first that was told."""
    return next(one for one in seconds if one is not None)


def spoken(seconds: float) -> str:
    """For people, in days where it is some."""
    days = round(seconds / _DAY_S)
    return count(days, "day") if days > 1 or seconds == _DAY_S else duration(seconds)
