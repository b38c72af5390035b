"""What goes on although a secret was renewed: sessions that a team has to end, and how.

A new password ends no session that the app keeps itself, and a new key no token that it does not
sign. Where skc can end one, its command is named; the others are named so that nobody forgets them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.model import Kind, Named
from skillconnect_ops.commands.rotate.ring_state import Move
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.regex import regex
from skillconnect_ops.core.settings.model import Target

_STORES = regex(r"(?i)(?:.*[_-])?(?:sessions?|refresh[_-]?tokens?)\Z")


FINISH = "skc rotate finish"


class Goes(Struct, frozen=True, kw_only=True):
    """Something that works on."""

    what: str
    command: str | None
    """What ends it; None where only the app can."""
    until: datetime | None = None
    """When it ends by itself."""

    def line(self) -> str:
        """For people."""
        if self.until is not None:
            return (
                f"still good until {self.until:%Y-%m-%d %H:%M} UTC: {self.what}; only if they must "
                f"end before: {self.command}   # logs people out"
            )
        how = self.command or "the app's own business, skc has no command for it"
        return f"still to end: {self.what}: {how}"


def goes_on(
    house: House,
    target: Target,
    secrets: Sequence[Named],
    moves: Mapping[str, Move],
    *,
    until: Mapping[str, datetime],
    urgent: bool,
    overlap: bool,
) -> tuple[Goes, ...]:
    """What goes on after a rotation.

    Args:
        house: the house.
        target: whose.
        secrets: what was renewed.
        moves: what was done to the rings among them.
        until: the time of their old keys, by the secret.
        urgent: whether somebody has the old values who must not: they leaked, or a person left.
        overlap: whether the old values work until `skc rotate finish`.
    """
    found = []
    for one in secrets:
        env = one.settings.env
        if moves.get(one.name) is Move.SWAP:
            what = f"tokens that the old {env} signed"
            end = until.get(one.name)
            found.append(Goes(what=what, command=f"{FINISH} --now", until=end))
        elif one.name not in moves and overlap and not one.settings.in_place:
            what = f"what is logged in with the old {env}"
            found.append(Goes(what=what, command=FINISH))
    if urgent:
        if any(one.kind is Kind.JWT for one in secrets):
            found.append(Goes(what="refresh tokens that the app keeps by itself", command=None))
        found += _stores(house, target)
    return tuple(found)


def _stores(house: House, target: Target) -> list[Goes]:
    """Collections that look like stores of sessions or of refresh tokens."""
    if target.settings.database is None:
        return []
    try:
        with house.database(target, admin=False) as connected:
            names = [one.name for one in connected.database.collections(connected.name)]
            database = connected.name
    except SkcError as error:
        return [Goes(what=f"sessions in the database, not looked at: {error.what}", command=None)]
    return [
        Goes(
            what=f"the sessions in {database}.{name}",
            command=f"mongosh: db.getSiblingDB('{database}').getCollection('{name}')"
            ".deleteMany({})   # logs everybody out",
        )
        for name in sorted(names)
        if _STORES.match(name)
    ]
