"""A secret that leaked is not one that is merely due: what the project knows of its present value.

A value in the ledger of retired secrets was given up once, for whatever reason; where it is in use
again, or still, whoever had it then has it now. A value that git holds is in every clone.
"""

from collections.abc import Mapping

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.in_git import in_git
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.evidence.matching import Retired

_NOT_KNOWN = "not known whether a value leaked"


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


def leaks(house: House, target: Target, variables: Mapping[str, str]) -> Leaks:
    """Which of these hold a value that the ledger of retired secrets knows, or that git holds.

    Args:
        house: whose ledger.
        target: whose env files.
        variables: the variable of each secret, by the secret's name.
    """
    try:
        values = house.env_values(target)
    except SkcError as error:
        return Leaks(unknown=(f"{_NOT_KNOWN}: {error.what}: {error.why}",))
    present = {env: values[env] for env in variables.values() if env in values}
    retired, unread = _retired(house, present)
    found = in_git(house, target, present)
    why = {**{env: _committed(env, where) for env, where in found.where.items()}, **retired}
    return Leaks(
        why={name: why[env] for name, env in variables.items() if env in why},
        unknown=tuple(f"{_NOT_KNOWN}: {each}" for each in (*unread, *found.unknown)),
    )


def _retired(house: House, values: Mapping[str, Secret]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Why values count as leaked, by variable; and why that may not be all."""
    try:
        shelf = house.retired().read()
    except SkcError as error:
        return {}, (f"{error.what}: {error.why}",)
    matcher = shelf.matcher()
    checked = {env: matcher.check(value) for env, value in values.items() if value}
    why = {env: _why(env, found) for env, found in checked.items() if found is not None}
    return why, (shelf.missing(matcher.unread).why,) if matcher.unread else ()


def _committed(env: str, where: str) -> str:
    return f"the present value of {env} stands in {where}"


def _why(env: str, found: Retired) -> str:
    retired = found.retirement
    return (
        f"the present value of {env} is in the ledger of retired secrets, as {retired.name}, "
        f"{retired.reason.value}, since {found.at:%Y-%m-%d}"
    )
