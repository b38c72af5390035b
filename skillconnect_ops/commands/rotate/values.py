"""The old and the new value of a secret, on their way through a rotation: in its escrow alone."""

from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.errors import NotVerified, OldIsBack, OnlyNewWorks
from skillconnect_ops.commands.rotate.model import value_of
from skillconnect_ops.core.plan import Walk
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.evidence.forms import password_of
from skillconnect_ops.evidence.matching import Refusal


def keep_both(walk: Walk, secret: str, *, old: Secret, new: Secret) -> None:
    """Put them into the escrow, before anybody else is told the new one."""
    walk.escrow.put(value_of(secret, age="old"), old.reveal().encode())
    walk.escrow.put(value_of(secret, age="new"), new.reveal().encode())


def kept(walk: Walk, secret: str, *, age: str) -> Secret:
    """A value of a rotation, from its escrow.

    Raises:
        NotVerified: it is not there.
    """
    value = walk.escrow.get(value_of(secret, age=age))
    if value is None:
        raise NotVerified(
            f"the {age} value of {secret} is not in the escrow",
            why="the run that would have kept it ended before it did",
            fix="skc rotate status",
        )
    return Secret(value.decode())


def must_be_published(house: House, target: Target, *, secret: str, env: str, walk: Walk) -> None:
    """No env file has gone back to the old value since: it would be the only one, and dead.

    Raises:
        OldIsBack: one has.
    """
    if house.env_values(target).get(env) == kept(walk, secret, age="old"):
        raise OldIsBack(env)


def must_open(opens: Callable[[Secret], bool], *, secret: str, user: str, walk: Walk) -> None:
    """The old value lets somebody in still, so that an env file may be given it back.

    Args:
        opens: whether the server takes a login.
        secret: whose values.
        user: of the new value.
        walk: its escrow holds both.

    Raises:
        OnlyNewWorks: it does not, and the new one does.
    """
    if not opens(kept(walk, secret, age="old")) and opens(kept(walk, secret, age="new")):
        raise OnlyNewWorks(secret, user=user)


class Told(Struct, frozen=True):
    """What is known of whether an old value still opens anything."""

    refusal: Refusal
    by: str | None = None
    """Who revoked it, where that was elsewhere."""


def tell_refusal(walk: Walk, secret: str, refusal: Refusal, *, by: str | None) -> None:
    """Keep it for the step that records the retirement."""
    told = Told(refusal, by if refusal is Refusal.ELSEWHERE else None)
    walk.escrow.put(_refusal(walk, secret), msgspec.json.encode(told))


def told_refusal(walk: Walk, secret: str) -> Told | None:
    """What a step before has told in this run."""
    value = walk.escrow.get(_refusal(walk, secret))
    return msgspec.json.decode(value, type=Told) if value is not None else None


def _refusal(walk: Walk, secret: str) -> str:
    """With the run's id: a chain has one escrow, and a later run of it may know better."""
    return f"{walk.id} refusal {secret}"


def parts_of(values: Iterable[str]) -> list[Secret]:
    """What of these values is to be masked: of a URI its password alone."""
    return [Secret(password_of(value) or value) for value in values if value]
