"""What a rotation has done, and what comes next, in words; pure."""

from collections.abc import Mapping, Sequence

from skillconnect_ops.commands.rotate.acl_making import AclReplace
from skillconnect_ops.commands.rotate.model import Named
from skillconnect_ops.commands.rotate.ring_state import Move
from skillconnect_ops.core.view import duration
from skillconnect_ops.journal.model import Outcome

_WHAT = {
    Move.STAGE: "has a staged key, which verifies",
    Move.SWAP: "signs with the staged key; the old one verifies for a while",
    Move.REPLACE: "is new; the old key verifies nowhere",
    Move.CLOSE: "has no old key any more",
}


def said(secrets: Sequence[Named], moves: Mapping[str, Move], outcome: Outcome) -> tuple[str, ...]:
    """What has come true, a line each."""
    lines = []
    for one in secrets:
        readers = [name for name, consumer in one.consumers if consumer.reload]
        reloaded = f"; reloaded {', '.join(readers)}" if readers else ""
        what = _WHAT[moves[one.name]] if one.name in moves else "is new"
        where = ", ".join((*one.files, *(f"the sink {name}" for name, _ in one.sinks)))
        lines.append(f"{one.settings.env} {what} in {where}{reloaded}")
    lines += _windows(outcome)
    if outcome.plan.then is None:
        return tuple(lines)
    return (*lines, "the old values still work, until: skc rotate finish")


def next_command(moves: Mapping[str, Move], *, then: str | None) -> str:
    """What comes next: a staged key is to be swapped in before anything is finished."""
    staged = [name for name, move in moves.items() if move is Move.STAGE]
    if staged:
        return " ".join(["skc rotate", *(f"--only {name}" for name in staged)])
    swapped = Move.SWAP in moves.values() or then is not None
    return "skc rotate finish" if swapped else "skc rotate status"


def _windows(outcome: Outcome) -> list[str]:
    """How long new connections were refused, where one password took the place of another."""
    for place, step in enumerate(outcome.plan.steps):
        if isinstance(step, AclReplace):
            after = outcome.steps[place:]
            seconds = sum(one.seconds for one in after if not one.key.startswith("observe:"))
            reloaded = any(one.key.startswith("reload:") for one in outcome.plan.steps)
            until = "the last reload" if reloaded else "now"
            return [
                f"new connections of {step.user} were refused until {until}: {duration(seconds)}"
            ]
    return []
