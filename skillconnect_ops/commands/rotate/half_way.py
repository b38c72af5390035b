"""Runs that did not come to their end, as their journals tell, and what brings them there.

What such a run left is nobody's to guess: an old value may work or not, an app may be in or out. So
`rotate status` and `rotate due` say where it stopped, and call nothing well that it holds.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.plan import FINISH
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.journal.model import JournalState, Progress, Standing, StepState

COMMANDS = ("rotate", FINISH)
LONG_S = 3_600
"""How long a run may be under way until that is worth a look; what waits most waits minutes."""
_CUTS = {"user.revoke", "password.change", "acl.replace"}
"""Steps from which on the app is refused, until it runs with the new value."""
_LETS_IN = {"env.publish", "sink.file", "sink.call", "consumer.reload"}
_BEGUN = {Progress.OPEN, Progress.DONE, Progress.UNDOING}


class HalfWay(Struct, frozen=True, kw_only=True):
    """A run that is not at its end."""

    id: str
    """Of its journal."""
    command: str
    standing: Standing
    secrets: tuple[str, ...]
    """What it holds, by name; empty where nobody knows."""
    began: datetime | None
    at: str | None
    """The step that it did not get past."""
    outage: bool
    """Whether the app is refused, or may be."""
    turned_back: bool
    """Whether it was putting back what it had done."""

    @property
    def runs(self) -> bool:
        """Whether its process lives, so that there is nothing to type."""
        return self.standing is Standing.RUNNING

    def holds(self, secret: str) -> bool:
        """Whether nothing can be said of a secret before it came to its end."""
        return not self.secrets or secret in self.secrets

    def says(self) -> str:
        """Where it stands."""
        stopped = f"stopped at {self.at}" if self.at is not None else "stopped between two steps"
        match self.standing:
            case Standing.RUNNING:
                return f"under way: {self.command} (run {self.id})"
            case Standing.INTERRUPTED:
                said = f"half-way{' back' if self.turned_back else ''}: {stopped} (run {self.id})"
            case Standing.FORWARD_ONLY:
                said = f"half-way: {stopped}, and there is only forward (run {self.id})"
            case Standing.HANDED_OVER:
                return f"another machine has taken the run {self.id} over: ask there how it ended"
            case Standing.BROKEN:
                return f"not known: the journal {self.id} is damaged"
            case Standing.SEALED | Standing.ROLLED_BACK:
                raise AssertionError("it is at its end")
            case never:
                assert_never(never)
        return f"OUTAGE: the app is refused, or may be; {said}" if self.outage else said

    def commands(self) -> tuple[str, ...]:
        """What to type, the better one first; nothing where its process lives."""
        resume, back = f"skc journal resume {self.id}", f"skc journal rollback {self.id}"
        match self.standing:
            case Standing.RUNNING:
                return ()
            case Standing.INTERRUPTED:
                return (back,) if self.turned_back else (resume, back)
            case Standing.FORWARD_ONLY:
                return (resume,)
            case Standing.HANDED_OVER:
                return (
                    f"skc journal take {self.id}   # takes it back, if nobody works on it there",
                )
            case Standing.BROKEN:
                return (f"skc journal show {self.id}",)
            case Standing.SEALED | Standing.ROLLED_BACK:
                raise AssertionError("it is at its end")
            case never:
                assert_never(never)

    def line(self) -> str:
        """Where it stands, and what to type."""
        typed = self.commands()
        return f"{self.says()}: {', or '.join(typed)}" if typed else self.says()


def half_way(house: House, target: Target) -> tuple[HalfWay, ...]:
    """Those of a target, oldest first."""
    office = house.office()
    return tuple(
        _of(one, target)
        for one in reversed(office.journals())
        if _is_ours(one, target) and (office.is_elsewhere(one) or not one.standing.over)
    )


def _is_ours(state: JournalState, target: Target) -> bool:
    """Of one whose first line is lost nobody knows whose it is."""
    lost = state.standing is Standing.BROKEN and not state.resources
    return lost or (state.command in COMMANDS and state.subject.target == target.name)


def _of(state: JournalState, target: Target) -> HalfWay:
    mine, steps = f"{target.name}/", state.steps
    open_ones = [one.key for one in steps if one.progress in {Progress.OPEN, Progress.UNDOING}]
    return HalfWay(
        id=state.id,
        command=state.command,
        standing=state.standing,
        secrets=tuple(
            one.name.removeprefix(mine)
            for one in state.resources
            if one.kind == "secret" and one.name.startswith(mine)
        ),
        began=state.begun_at,
        at=next(iter(open_ones), None),
        outage=_is_refused(steps),
        turned_back=any(one.progress in {Progress.UNDOING, Progress.UNDONE} for one in steps),
    )


def _is_refused(steps: Sequence[StepState]) -> bool:
    cut = any(one.kind in _CUTS and one.progress in _BEGUN for one in steps)
    return cut and any(one.kind in _LETS_IN and one.progress is not Progress.DONE for one in steps)
