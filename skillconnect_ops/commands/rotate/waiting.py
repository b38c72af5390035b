"""The rotations whose old values still work, as the journals tell; nothing else is remembered."""

from datetime import datetime

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.accepting import Accepted, accepted_in, readers_of
from skillconnect_ops.commands.rotate.plan import FINISH, PATIENCE_S, made_in
from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.evidence.matching import Reason
from skillconnect_ops.journal.model import Standing

UNFINISHED_S = 86_400
"""How long an old value may go on working before its end is overdue; a leaked one may not."""


class Waiting(Struct, frozen=True, kw_only=True):
    """A rotation that waits for its end."""

    id: str
    """Of its journal."""
    plan: Plan
    since: datetime | None
    began: datetime | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of what it renewed."""
        return tuple(step.secret for step in made_in(self.plan))

    @property
    def accepted(self) -> tuple[Accepted, ...]:
        """What is accepted by those that nobody reloaded."""
        return accepted_in(self.plan)

    @property
    def all_secrets(self) -> tuple[str, ...]:
        """The names of what it renewed, and of the keys that are perhaps accepted still."""
        return tuple(dict.fromkeys((*self.secrets, *(one.secret for one in self.accepted))))

    @property
    def leaked(self) -> bool:
        """Whether an old value that still works is known to others."""
        steps = (*made_in(self.plan), *self.accepted)
        return any(step.reason == Reason.LEAKED.value for step in steps)

    def until(self, secret: str) -> str | None:
        """Who is to be restarted before an old value is over; None where a server ends it."""
        names = readers_of([one for one in self.accepted if one.secret == secret])
        return ", ".join(names) or None

    @property
    def patience_s(self) -> int:
        """How long an old value may go on working before its end is overdue."""
        return PATIENCE_S[Reason.LEAKED] if self.leaked else UNFINISHED_S


def waiting(house: House, target: Target) -> tuple[Waiting, ...]:
    """Those of a target, oldest first."""
    office = house.office()
    journals = office.journals()
    ended = {
        one.chain
        for one in journals
        if one.command == FINISH and one.standing in {Standing.SEALED, Standing.FORWARD_ONLY}
    }
    return tuple(
        Waiting(id=one.id, plan=office.plan(one.id), since=one.ended_at, began=one.begun_at)
        for one in reversed(journals)
        if one.command == "rotate"
        and one.standing is Standing.SEALED
        and one.subject.target == target.name
        and one.then == FINISH
        and one.id not in ended
    )
