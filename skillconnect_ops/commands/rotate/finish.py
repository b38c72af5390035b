"""`skc rotate finish`: the old values of a rotation go, and are proven dead."""

from contextlib import ExitStack

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate import plan
from skillconnect_ops.commands.rotate.errors import NothingToFinish
from skillconnect_ops.commands.rotate.user_steps import UserCreate
from skillconnect_ops.commands.rotate.waiting import Waiting, waiting
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Lines
from skillconnect_ops.evidence.matching import Reason
from skillconnect_ops.journal.model import Ask, Choices
from skillconnect_ops.journal.resources import Resource


def finish(
    house: House,
    *,
    target: str | None,
    patience_s: int | None,
    reason: Reason | None,
    choices: Choices,
) -> Report:
    """Retire the old values of the oldest rotation that waits for it.

    Raises:
        NothingToFinish: none waits.
        RolledBack: somebody still uses an old user; nothing was changed.
        NeedsPerson: an old user is gone, and not yet proven refused.
    """
    aim = house.target(target)
    found = waiting(house, aim)
    if not found:
        raise NothingToFinish(aim.name)
    one = found[0]
    with ExitStack() as opened:
        if any(isinstance(step, UserCreate) for step in one.plan.steps):
            opened.enter_context(house.accounts(aim))
        outcome = house.office().carry_out(
            lambda: plan.end(one.plan, reason=reason, patience_s=patience_s, journal=one.id),
            person=house.person,
            resources=tuple(Resource("secret", f"{aim.name}/{name}") for name in one.secrets),
            consent=Ask(),
            choices=choices,
            chain=one.id,
        )
    left = len(found) - 1 if outcome.walked else len(found)
    return Report(
        command=plan.FINISH,
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={
            "rotation": {
                "began": one.id,
                "secrets": list(one.secrets),
                "done": outcome.walked,
                "steps": outcome.facts,
            }
        },
        view=(Lines(_said(one)),) if outcome.walked else (),
        next=("skc rotate finish",) if left else ("skc rotate status",),
    )


def _said(one: Waiting) -> tuple[str, ...]:
    lines = [
        f"the user {step.like} is gone; its password is refused on every node"
        for step in one.plan.steps
        if isinstance(step, UserCreate)
    ]
    return (*lines, f"retired for good: the old {', '.join(one.secrets)}; recorded in the ledger")
