"""Which value a consumer runs with, by its health answer; pure, but for the asking."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate import ring as rings
from skillconnect_ops.commands.rotate.choice import configured
from skillconnect_ops.commands.rotate.kid import derived, generation
from skillconnect_ops.commands.rotate.values import kept
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.plan import Walk
from skillconnect_ops.core.ports.health import Generations, Health
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import ConsumerSettings, Target
from skillconnect_ops.core.settings.rules import period_s

PATIENCE_S = 5.0
"""How long one answer may take."""
DEADLINE_S = 60.0
"""How long a consumer with a health answer may take to run with a new value, if it says no more."""


def consumers_of(target: Target, secret: str) -> dict[str, ConsumerSettings]:
    """Who reads a secret, by the settings as they are now."""
    settings, known = configured(target).get(secret), target.settings.consumers
    if settings is None:
        return {}
    return {name: known[name] for name in settings.consumers or known if name in known}


def ask(house: House, consumer: ConsumerSettings) -> Fact[Health]:
    """Ask a consumer how it is."""
    if consumer.health is None:
        return Missing("skc.yaml names no health answer")
    return house.health.ask(consumer.health, patience_s=PATIENCE_S)


def runs_with(
    health: Health, env: str, *, old: Mapping[str, str], new: Mapping[str, str], now: datetime
) -> Fact[bool]:
    """Whether it runs with the new value of a variable.

    Args:
        health: what it says.
        env: the variable; of a ring that of the key that signs.
        old: the value from before, or the variables of a ring.
        new: the value that it should run with.
        now: the time; of a key whose time is over it may say nothing.
    """
    if env not in health.loaded:
        return Missing(f"its health answer says nothing of {env}")
    said = health.loaded[env]
    is_old, is_new = (_fits(said, _marks(env, values, now)) for values in (old, new))
    if is_old and is_new:
        return Missing(f"its health answer tells the old {env} and the new one not apart")
    return Known(is_new)


class Unseen(Struct, frozen=True):
    """What stands in for a look at connections, where those cannot be seen."""

    loaded: Callable[[], Fact[bool]]
    """Whether every consumer runs with the new value, by its health answer."""
    deadline_s: float | None
    """How long is waited then, where the settings declare it."""


def unseen(house: House, target: Target, secret: str, env: str, walk: Walk) -> Unseen:
    """What the settings offer for a secret of one value."""
    consumers = consumers_of(target, secret)
    old, new = ({env: kept(walk, secret, age=age).reveal()} for age in ("old", "new"))

    def loaded() -> Fact[bool]:
        if not consumers:
            return Missing("skc.yaml names no consumer")
        for name, consumer in consumers.items():
            health = ask(house, consumer)
            if isinstance(health, Missing):
                return Missing(f"{name}: {health.reason}")
            seen = runs_with(health.value, env, old=old, new=new, now=walk.clock.now())
            if seen != Known(value=True):
                return seen
        return Known(value=True)

    return Unseen(loaded, deadline_s(list(consumers.values())))


class Marks(Struct, frozen=True):
    """The generations of a value, or of the keys of a ring."""

    first: str | None
    """Of the one in use."""
    known: frozenset[str | None]
    live: frozenset[str | None]
    """Of those that are good at the moment."""


def _marks(env: str, values: Mapping[str, str], now: datetime) -> Marks:
    if rings.fallbacks_of(env) not in values:
        only = generation(Secret(values[env]))
        return Marks(only, frozenset({only}), frozenset({only}))
    ring = rings.read(env, values.get)
    known, live = ring.keys, ring.verifying(now)
    return Marks(
        derived(ring.signing), frozenset(map(derived, known)), frozenset(map(derived, live))
    )


def deadline_s(consumers: Sequence[ConsumerSettings]) -> float | None:
    """The longest that is declared; None where none is."""
    declared = [period_s(one.deadline) for one in consumers if one.deadline is not None]
    return max((float(one) for one in declared if one is not None), default=None)


def _fits(said: Generations, marks: Marks) -> bool:
    """Whether somebody answers so who has these loaded."""
    if not isinstance(said, tuple):
        return said == marks.first
    return bool(said) and said[0] == marks.first and marks.live <= set(said) <= marks.known
