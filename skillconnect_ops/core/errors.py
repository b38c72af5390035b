"""The error classes. Each is an exit code and a status; each instance says what, why and the fix.

Rooms subclass these with names that say what happened (`PlanIsStale`); nobody but the boundary in
`terminal` speaks them to a person.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.report import StepResult


class SkcError(Exception):
    """Something a person must read: `what` happened, `why`, and the `fix` to type."""

    exit: ClassVar[Exit]
    status: ClassVar[Status]

    def __init__(self, what: str, *, why: str, fix: str, journal: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix
        self.journal = journal
        self.steps: tuple[StepResult, ...] = ()
        """What became of the steps of the plan that failed, if one was walked."""
        self.facts: Mapping[str, Any] = {}
        """What was found out before, for machines; holds no secret."""
        self.past: tuple[str, ...] = ()
        """What to add to `skc journal resume` or `rollback`, so that the run goes on without what
        failed; empty where it cannot."""

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is, out of a child process too; each subclass is made of other things."""
        return _as_it_was, (type(self), self.args, self.__dict__)


def _as_it_was(kind: type[SkcError], args: tuple[Any, ...], told: dict[str, Any]) -> SkcError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(told)
    return error


class UsageError(SkcError):
    """The command line cannot be understood (exit 2)."""

    exit = Exit.USAGE
    status = Status.USAGE


class Refused(SkcError):
    """We will not: no consent, an order guard, a target that is not empty; nothing touched (3)."""

    exit = Exit.REFUSED
    status = Status.REFUSED


class Precondition(SkcError):
    """We cannot start: configuration, tool, privilege, connection, stale plan; untouched (4)."""

    exit = Exit.PRECONDITION
    status = Status.PRECONDITION


class RolledBack(SkcError):
    """It failed half-way and was put back; the world is as before (exit 5)."""

    exit = Exit.ROLLED_BACK
    status = Status.ROLLED_BACK


class NeedsPerson(SkcError):
    """Neither forward nor back alone; the journal's id and the command are named (exit 6)."""

    exit = Exit.NEEDS_PERSON
    status = Status.NEEDS_PERSON


class OnlyForward(NeedsPerson):
    """Putting a plan back would do harm by now; its run can be walked on."""


class Stop(BaseException):
    """A signal asked us to end. No `Exception`, so that no handler swallows it on the way up."""

    def __init__(self, exit_code: Exit) -> None:
        super().__init__(exit_code.name)
        self.exit = exit_code
        self.journal: str | None = None
        self.steps: tuple[StepResult, ...] = ()
        self.again: str | None = None
        """The command line that was stopped, as it was typed."""
