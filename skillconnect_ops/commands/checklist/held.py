"""A scene, and all that follows from it: states, scores, trend."""

from msgspec import Struct

from skillconnect_ops.commands.checklist.scene import Scene
from skillconnect_ops.commands.checklist.scores import (
    WEEK,
    Change,
    Moment,
    Score,
    change,
    earlier,
    scores,
    trend,
)
from skillconnect_ops.commands.checklist.standing import ItemStanding


class Held(Struct, frozen=True, kw_only=True):
    """The scene, and what follows from it."""

    scene: Scene
    states: tuple[ItemStanding, ...]
    scores: dict[str, Score]
    moments: tuple[Moment, ...]
    lately: Change | None


def held(found: Scene) -> Held:
    """What follows from a scene."""
    states, look, records = found.states, found.look, found.account.records
    moments: tuple[Moment, ...] = ()
    lately = None
    if look.doubt is None:
        moments = trend(found.lists, records, look)
        before = earlier(found.lists, records, look, found.now - WEEK)
        lately = change(before, states)
    return Held(
        scene=found,
        states=states,
        scores=scores(states, found.lists),
        moments=moments,
        lately=lately,
    )
