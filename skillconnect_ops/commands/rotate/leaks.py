"""A secret that leaked is not one that is merely due: what the project knows of its present value.

A value in the ledger of retired secrets was given up once, for whatever reason; where it is in use
again, or still, whoever had it then has it now.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.model import Named
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.evidence.matching import Retired


class Leaks(Struct, frozen=True, kw_only=True):
    """What is known."""

    why: Mapping[str, str] = {}
    """By the secret's name: why it counts as leaked."""
    unknown: tuple[str, ...] = ()
    """What could not be looked at, a line each; never "it did not leak"."""

    @property
    def lines(self) -> tuple[str, ...]:
        """For the plan."""
        return (*(f"it counts as leaked: {why}" for why in self.why.values()), *self.unknown)


def leaks(house: House, target: Target, secrets: Sequence[Named]) -> Leaks:
    """Which of these hold a value that the ledger of retired secrets knows."""
    try:
        shelf = house.retired().read()
    except SkcError as error:
        return Leaks(unknown=(f"not known whether a value leaked: {error.what}: {error.why}",))
    matcher = shelf.matcher()
    values = house.env_values(target)
    why: dict[str, str] = {}
    for one in secrets:
        value = values.get(one.settings.env)
        found = matcher.check(value) if value else None
        if found is not None:
            why[one.name] = _why(one.settings.env, found)
    unread = matcher.unread
    told = (f"not known whether a value leaked: {shelf.missing(unread).why}",) if unread else ()
    return Leaks(why=why, unknown=told)


def _why(env: str, found: Retired) -> str:
    retired = found.retirement
    return (
        f"the present value of {env} is in the ledger of retired secrets, as {retired.name}, "
        f"{retired.reason.value}, since {found.at:%Y-%m-%d}"
    )
