"""What `skc respond` refuses, and why."""

from collections.abc import Sequence

from skillconnect_ops.core.errors import NeedsPerson, Precondition, Refused, UsageError
from skillconnect_ops.core.view import listed


class NoIncident(Precondition):
    """There is none to go on with."""

    def __init__(self, name: str | None, known: Sequence[str]) -> None:
        if name is None:
            what, why = "no incident is open", "skc respond start begins one"
        else:
            what = f"there is no incident {name}"
            why = f"known here are {', '.join(known)}" if known else "none is known here"
        super().__init__(what, why=why, fix="skc respond list")


class SeveralIncidents(Precondition):
    """Several are open, and none was named."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__(
            "several incidents are open",
            why=", ".join(ids),
            fix=f"add --incident {ids[-1]}",
        )


class IncidentIsOpen(Refused):
    """One of the same kind is open: to be joined, not started again."""

    def __init__(self, name: str, *, person: str, again: str) -> None:
        super().__init__(
            f"the incident {name} is open already",
            why=f"{person} started it; two logs of one incident are none",
            fix=f"skc respond step   # joins it; for another one: {again}",
        )


class IncidentIsClosed(Refused):
    """Nothing is added to what is over but notes."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the incident {name} is closed",
            why="its log is complete",
            fix=f"skc respond export --incident {name}",
        )


class NoSuchStep(UsageError):
    """The runbook has no such step."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f'the runbook has no step "{name}"',
            why=f"its steps are {', '.join(known)}",
            fix="skc respond",
        )


class OutOfOrder(Refused):
    """Steps that must come first are not closed."""

    def __init__(self, step: str, before: Sequence[str], *, why: str) -> None:
        super().__init__(
            f"{step} comes after {listed(before, most=3)}",
            why=why,
            fix=f"skc respond step {before[0]}   # or add --out-of-order REASON, which is logged",
        )


class BegunByAnother(Refused):
    """Somebody else is at it."""

    def __init__(self, step: str, *, who: str, since: str) -> None:
        super().__init__(
            f"{step} was begun by {who} at {since}",
            why="two people at one step undo each other's work",
            fix=f"ask them; if they are not at it: skc respond step {step} --again",
        )


class StepIsClosed(Refused):
    """It was done, skipped, or left out."""

    def __init__(self, step: str, *, standing: str, who: str) -> None:
        super().__init__(
            f"{step} is closed: {standing} by {who}",
            why="what was proven once is not done again unasked",
            fix=f"skc respond step {step} --again",
        )


class StepsAreOpen(Refused):
    """An incident with steps that nobody closed is not over."""

    def __init__(self, steps: Sequence[str]) -> None:
        super().__init__(
            f"{len(steps)} steps are not closed",
            why=", ".join(steps),
            fix="skc respond close --reason TEXT   # if they are to stay so",
        )


class OneWay(UsageError):
    """A step is ended in one way."""

    def __init__(self, options: Sequence[str]) -> None:
        super().__init__(
            f"{' and '.join(options)} exclude each other",
            why="a step is done, skipped or given up, one of them",
            fix="leave all but one away",
        )


class NoSuchOption(UsageError):
    """The decision has no such answer."""

    def __init__(self, name: str, known: Sequence[str], *, step: str) -> None:
        super().__init__(
            f'there is no answer "{name}"',
            why=f"the answers are {', '.join(known)}",
            fix=f"skc respond step {step} --choose {known[0]}",
        )


class Awaited(NeedsPerson):
    """All is done that skc can do; somebody has to say what came of it."""
