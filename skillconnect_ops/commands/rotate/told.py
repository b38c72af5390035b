"""What a rotation has done, and what comes next, in words; pure."""

from collections.abc import Mapping, Sequence

from skillconnect_ops.commands.rotate.accepting import (
    Accepted,
    accepted_in,
    finish_command,
    readers_of,
)
from skillconnect_ops.commands.rotate.acl_making import AclReplace
from skillconnect_ops.commands.rotate.model import Named
from skillconnect_ops.commands.rotate.ring_state import Move
from skillconnect_ops.commands.rotate.ring_steps import RingTurn
from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import duration
from skillconnect_ops.journal.model import Outcome

_WHAT = {
    Move.STAGE: "has a staged key, which verifies",
    Move.SWAP: "signs with the staged key; the old one verifies for a while",
    Move.REPLACE: "is new; the old key verifies nowhere",
    Move.CLOSE: "has no old key any more",
}


def said(
    secrets: Sequence[Named], moves: Mapping[str, Move], outcome: Outcome, *, target: Target
) -> tuple[str, ...]:
    """What has come true, a line each."""
    lines, accepted = [], {one.secret: one for one in accepted_in(outcome.plan)}
    for one in secrets:
        readers = [name for name, consumer in one.consumers if consumer.reload]
        reloaded = f"; reloaded {', '.join(readers)}" if readers else ""
        left = accepted.get(one.name)
        what = _WHAT[moves[one.name]] if one.name in moves and left is None else "is new"
        where = ", ".join((*one.files, *(f"the sink {name}" for name, _ in one.sinks)))
        lines.append(f"{one.settings.env} {what} in {where}{reloaded}{_stays(left)}")
    lines += _windows(outcome)
    if outcome.plan.then is None:
        return tuple(lines)
    finish = finish_command(outcome.plan, target)
    if accepted:
        names = ", ".join(readers_of(list(accepted.values())))
        return (*lines, f"the old ones still work: restart {names} by hand, then: {finish}")
    return (*lines, f"the old values still work, until: {finish}")


def _stays(left: Accepted | None) -> str:
    """Who goes on with the old one, until its next start."""
    if left is None:
        return ""
    what = "key verifies" if isinstance(left, RingTurn) else "one is accepted"
    return f"; the old {what} until {', '.join(left.by_hand)} is restarted"


def next_command(moves: Mapping[str, Move], plan: Plan, *, target: Target) -> str:
    """What comes next: a staged key is to be swapped in before anything is finished."""
    staged = [name for name, move in moves.items() if move is Move.STAGE]
    if staged:
        return " ".join(["skc rotate", *(f"--only {name}" for name in staged)])
    swapped = Move.SWAP in moves.values() or plan.then is not None
    return finish_command(plan, target) if swapped else "skc rotate status"


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
