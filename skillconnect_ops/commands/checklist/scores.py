"""How far it is: proven apart from attested, and both apart from claimed; and how that came."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.checklist.judging import judged
from skillconnect_ops.commands.checklist.model import Checklists
from skillconnect_ops.commands.checklist.standing import (
    PROOF,
    ItemStanding,
    Look,
    Status,
)
from skillconnect_ops.core.ports.evidence import Evidence

WEEK = timedelta(days=7)
_POINTS = 9
"""Of the trend: today, and eight weeks before it."""


class Score(Struct, frozen=True, kw_only=True):
    """The weights of some items, by what speaks for them."""

    items: int = 0
    weight: int = 0
    """Of all that apply."""
    proven: int = 0
    attested: int = 0
    claimed: int = 0
    passed: int = 0
    """How many items are PASS."""
    red: int = 0
    """How many fail."""

    def percent(self, part: int) -> float:
        """A part of the weight, in percent; of nothing it is 0."""
        return round(100 * part / self.weight, 1) if self.weight else 0.0

    def is_below(self, percent: int) -> bool:
        """Whether less than that is proven; where nothing applies, nothing is."""
        return self.proven * 100 < percent * max(self.weight, 1)

    def facts(self) -> dict[str, Any]:
        """For machines."""
        return {
            "items": self.items,
            "weight": self.weight,
            "passed": self.passed,
            "failing": self.red,
            "proven": self.percent(self.proven),
            "attested": self.percent(self.attested),
            "claimed": self.percent(self.claimed),
        }


def score(states: Iterable[ItemStanding], lists: Checklists) -> Score:
    """The score of some items; one that is another's weighs as much as that one."""
    found = Score()
    for one in states:
        weight = 0
        if one.status is not Status.NOT_APPLICABLE:
            weight = lists.item(one.name).weight
        found = Score(
            items=found.items + (weight > 0),
            weight=found.weight + weight,
            proven=found.proven + weight * (one.status is Status.PASS),
            attested=found.attested + weight * (one.status is Status.ATTESTED),
            claimed=found.claimed + weight * (one.status is Status.CLAIMED),
            passed=found.passed + (one.status is Status.PASS),
            red=found.red + one.status.is_red,
        )
    return found


def each_once(states: Iterable[ItemStanding]) -> tuple[ItemStanding, ...]:
    """Each item once: of those that are one and the same, the one that the others are named by."""
    found: dict[str, ItemStanding] = {}
    for one in states:
        name = one.item.same_as or one.name
        if name not in found or one.item.same_as is None:
            found[name] = one
    return tuple(found.values())


def scores(states: Sequence[ItemStanding], lists: Checklists) -> dict[str, Score]:
    """Of all items together (`all`, each once), and of each group."""
    found = {"all": score(each_once(states), lists)}
    for group in lists.groups:
        found[group] = score([one for one in states if one.group == group], lists)
    return found


class Moment(Struct, frozen=True, kw_only=True):
    """How it stood at a time."""

    at: datetime
    score: Score
    states: tuple[ItemStanding, ...]


def earlier(lists: Checklists, records: Sequence[Evidence], look: Look, at: datetime) -> Moment:
    """How it stood then: the same function over what had been recorded by then.

    The code of that day is that of the newest look at it.
    """
    known = [one for one in records if one.at <= at]
    seen = [one.facts.get("content") for one in known if one.claim == PROOF]
    content = next((one for one in reversed(seen) if isinstance(one, str)), None)
    then = replace(look, now=at, place=replace(look.place, content=content))
    states = judged(lists, known, then)
    return Moment(at=at, score=score(each_once(states), lists), states=states)


def trend(lists: Checklists, records: Sequence[Evidence], look: Look) -> tuple[Moment, ...]:
    """Week by week up to now, from the week of the first record on."""
    first = min((one.at for one in records if one.ours), default=look.now)
    moments = [look.now - WEEK * back for back in range(_POINTS - 1, 0, -1)]
    past = [earlier(lists, records, look, at) for at in moments if at >= first]
    states = judged(lists, records, look)
    now = Moment(at=look.now, score=score(each_once(states), lists), states=states)
    return (*past, now)


class Change(Struct, frozen=True, kw_only=True):
    """What a week brought and took: the difference of two states of the ledger."""

    since: datetime
    gained: tuple[str, ...]
    lost: tuple[str, ...]


def change(before: Moment, now: Sequence[ItemStanding]) -> Change:
    """Which items are proven that were not, and the other way round."""
    was = {one.name for one in before.states if one.status is Status.PASS}
    has = {one.name for one in now if one.status is Status.PASS}
    return Change(since=before.at, gained=tuple(sorted(has - was)), lost=tuple(sorted(was - has)))
