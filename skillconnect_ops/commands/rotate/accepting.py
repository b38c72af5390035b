"""Old values that nothing refuses but the programs which read them; pure.

A server refuses a user that was dropped. A signing key, or any opaque value, is judged by the app
itself, and what an app has read at its start it accepts until its next one. So such a value is over
once each of its readers runs with the new one: skc has reloaded it, its health answer says so, or a
person does.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.rotate.publish_steps import ValueMake
from skillconnect_ops.commands.rotate.ring_steps import RingTurn
from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.evidence.matching import Reason

CONFIRMED = "--confirm-reloaded"

Accepted = RingTurn | ValueMake
"""The steps that make a new value whose old one is accepted until somebody's next start."""


def accepted_in(begun: Plan, *, reason: Reason | None = None) -> tuple[Accepted, ...]:
    """What a rotation leaves accepted by those whom it did not reload.

    Of opaque values only what leaked: another one is nobody's to misuse, and a health answer that
    tells of it is looked at in any case.

    Args:
        begun: the plan of that rotation.
        reason: why the old values go, where a person says another one than when it began.
    """
    return tuple(
        step
        for step in begun.steps
        if isinstance(step, RingTurn | ValueMake) and step.by_hand and _counts(step, reason)
    )


def readers_of(accepted: Sequence[Accepted]) -> tuple[str, ...]:
    """Who accepts them, each once."""
    return tuple(dict.fromkeys(name for one in accepted for name in one.by_hand))


def unseen(names: Sequence[str], target: Target) -> tuple[str, ...]:
    """Those of whom only a person can say that they were restarted."""
    known = target.settings.consumers
    return tuple(name for name in names if name not in known or known[name].health is None)


def finish_command(plan: Plan, target: Target) -> str:
    """What brings a rotation to its end."""
    asks = unseen(readers_of(accepted_in(plan)), target)
    return f"skc rotate finish {CONFIRMED}" if asks else "skc rotate finish"


def _counts(step: Accepted, reason: Reason | None) -> bool:
    return isinstance(step, RingTurn) or (reason or Reason(step.reason)) is Reason.LEAKED
