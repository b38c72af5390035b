"""The step that sees a consumer run with a new value, where its health answer tells."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.errors import NotAnswering, NotLoaded, NotSeenReloaded
from skillconnect_ops.commands.rotate.loaded import DEADLINE_S, ask, deadline_s, runs_with
from skillconnect_ops.commands.rotate.publish_steps import was_well
from skillconnect_ops.commands.rotate.ring_steps import kept_ring
from skillconnect_ops.commands.rotate.values import kept
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.settings.model import ConsumerSettings, Target

LOOK_AGAIN_S = 0.5


class Loads(Struct, frozen=True, kw_only=True):
    """A value that a consumer is to run with."""

    secret: str
    env: str
    ring: bool
    begun: str | None = None
    """The run that turned the ring, where it is another one of this chain."""
    own: bool = False
    """Whether the consumer alone judges the old one, so that nothing cuts it off."""


class ConsumerObserve(Step, frozen=True, kw_only=True, tag="consumer.observe"):
    """See by its health answer that a consumer runs with the new values."""

    consumer: str
    loads: tuple[Loads, ...]
    cut_off: bool = False
    """Whether the old values that a server refuses go in any case, since they leaked."""
    must: bool = False
    """Whether nobody has reloaded it, so that what it judges itself has to be seen."""
    reloaded: bool = False
    """Whether this run has reloaded it before."""

    @property
    def waivable(self) -> str | None:
        """Who was not reloaded is not seen with the new values either."""
        return self.consumer if self.reloaded else None

    def says(self) -> str:
        """One line for the plan."""
        names = ", ".join(one.env for one in self.loads)
        return f"see by its health answer that {self.consumer} runs with the new {names}"


class ObserveConsumer:
    """Carries out `consumer.observe`; it changes nothing, so there is nothing to undo."""

    def __init__(self, house: House, target: Target) -> None:
        self._house = house
        self._target = target

    def before(self, step: ConsumerObserve, walk: Walk) -> Image:
        """Nothing that would have to be restored."""
        return {}

    def apply(self, step: ConsumerObserve, walk: Walk) -> Mapping[str, Any]:
        """Ask until it runs with all of them; what nobody can see is said, and no more."""
        if step.waivable is not None and walk.waived(step.waivable):
            return {"observed": False, "reason": "it was not reloaded", "waived": True}
        consumer = self._target.settings.consumers.get(step.consumer)
        if consumer is None:
            return {"observed": False, "reason": "it is no longer in skc.yaml"}
        patience = deadline_s([consumer]) or DEADLINE_S
        until = walk.clock.monotonic() + patience
        with walk.person.progress(f"health of {step.consumer}", total=None, unit="looks") as bar:
            while True:
                seen = self._look(step, consumer, walk)
                waits = [one for one in seen.values() if one != Known(value=True)]
                if not waits or walk.clock.monotonic() > until or _is_mute(seen.values()):
                    break
                bar.advance(1)
                walk.clock.sleep(LOOK_AGAIN_S)
        behind = [env for env, one in seen.items() if one == Known(value=False)]
        own = {one.env for one in step.loads if one.own}
        stays = [env for env in behind if env in own or not step.cut_off]
        if stays:
            raise NotLoaded(step.consumer, stays, seconds=patience)
        if behind:
            walk.person.note(f"cut off: {step.consumer} runs with the old {', '.join(behind)}")
        if _is_gone(seen.values()) and walk.escrow.get(was_well(step.consumer, walk)) is not None:
            raise NotAnswering(step.consumer, str(consumer.health), seconds=patience)
        unseen = {env: one.reason for env, one in seen.items() if isinstance(one, Missing)}
        if step.must and own & unseen.keys():
            raise NotSeenReloaded(step.consumer, sorted(own & unseen.keys()))
        for env, reason in unseen.items():
            walk.person.note(
                f"not observable whether {step.consumer} runs with the new {env}: {reason}"
            )
        return {"observed": not unseen, "behind": behind, "not_observable": sorted(unseen)}

    def verify(self, step: ConsumerObserve, walk: Walk) -> Sequence[Proof]:
        """What was seen stands in the facts; an answer that anybody may give proves nothing."""
        return ()

    def undo(self, step: ConsumerObserve, image: Image, walk: Walk) -> None:
        """Nothing."""

    def _look(
        self, step: ConsumerObserve, consumer: ConsumerSettings, walk: Walk
    ) -> dict[str, Fact[bool]]:
        health = ask(self._house, consumer)
        if isinstance(health, Missing):
            return {one.env: _Silent(health.reason) for one in step.loads}
        found = {}
        for one in step.loads:
            old, new = _both(one, walk)
            found[one.env] = runs_with(
                health.value, one.env, old=old, new=new, now=walk.clock.now()
            )
        return found


class _Silent(Missing, frozen=True):
    """It does not answer now, and may do so in a moment."""


def _is_mute(seen: Iterable[Fact[bool]]) -> bool:
    """Whether it answers, and to ask again would tell no more."""
    return all(
        one == Known(value=True) or (isinstance(one, Missing) and not isinstance(one, _Silent))
        for one in seen
    )


def _is_gone(seen: Iterable[Fact[bool]]) -> bool:
    return any(isinstance(one, _Silent) for one in seen)


def _both(one: Loads, walk: Walk) -> tuple[Mapping[str, str], Mapping[str, str]]:
    if one.ring:
        both = kept_ring(one.secret, walk, begun=one.begun)
        return both.old, both.new
    old, new = (kept(walk, one.secret, age=age).reveal() for age in ("old", "new"))
    return {one.env: old}, {one.env: new}
