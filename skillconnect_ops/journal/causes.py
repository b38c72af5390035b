"""Why a walk did not come to its end, in words that may be written down and shown."""

from typing import TypeVar

from msgspec import Struct

from skillconnect_ops.core.errors import SkcError, Stop
from skillconnect_ops.core.exits import Exit
from skillconnect_ops.core.plan import Step
from skillconnect_ops.disk.errors import explain

E = TypeVar("E", bound=SkcError)


class Cause(Struct, frozen=True, kw_only=True):
    """What happened, why, and what to do about it. It holds no secret."""

    what: str
    why: str
    fix: str
    stop: Exit | None = None
    """The exit code of the signal that it was, if it was one."""
    past: tuple[str, ...] = ()
    """What to add, so that the run goes on without what failed."""

    def line(self) -> str:
        """All of it on one line, for an error with a cause that is not its own."""
        return f"{self.what}: {self.why} ({self.mend})"

    @property
    def mend(self) -> str:
        """The fix in a sentence; what else could be done comes after, where the run can go on."""
        return self.fix.partition("   # ")[0] if self.past else self.fix

    def error(self, kind: type[E], *, journal: str | None, fix: str | None = None) -> E:
        """An error that says this; with a `fix` of its own, the cause's stands in the reason."""
        if fix is None:
            return kind(self.what, why=self.why, fix=self.fix, journal=journal)
        why = self.why if self.stop is not None else f"{self.why} ({self.mend})"
        return kind(self.what, why=why, fix=fix, journal=journal)


def cause_of(
    error: BaseException, *, step: Step | None, journal: str, signalled: Exit | None
) -> Cause:
    """Read an error.

    The text of an error that is not ours may hold anything, a password included; only its type is
    told. A signal explains whatever failed after it.

    Args:
        error: what was raised.
        step: in which step, or None between two.
        journal: the id of the journal.
        signalled: the signal that came during the walk, if one did.
    """
    place = step.key if step is not None else "the walk"
    stop = _signal(error) or signalled
    if stop is not None:
        name = "Ctrl-C" if stop is Exit.SIGINT else "a signal to end"
        return Cause(
            what=f"interrupted in {place}", why=f"{name} came", fix="run it again", stop=stop
        )
    if isinstance(error, OSError):
        error = explain(error, f"carry out {place}")
    if isinstance(error, SkcError):
        return Cause(what=error.what, why=error.why, fix=error.fix, past=error.past)
    return Cause(
        what=f"unexpected {type(error).__name__} in {place}",
        why="skc met what it was not written for",
        fix=f"skc journal show {journal}",
    )


def _signal(error: BaseException) -> Exit | None:
    match error:
        case Stop():
            return error.exit
        case KeyboardInterrupt():
            return Exit.SIGINT
        case _:
            return None
