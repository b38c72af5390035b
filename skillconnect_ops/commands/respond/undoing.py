"""`skc respond undo STEP`: what an incident shut or took away is given back.

The app turned out to stand behind the address that was taken off the list, or the stranger to be
the reporting job: at night that has to be one line. What there was stands in the log.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from skillconnect_ops.commands.respond.errors import NoSuchStep
from skillconnect_ops.commands.respond.events import Ending, EventFacts, Happened
from skillconnect_ops.commands.respond.scene import Scene
from skillconnect_ops.commands.respond.standing import Incident, StepState
from skillconnect_ops.commands.respond.undo_steps import AccessOpen, StrangerRearm
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Plan, Step, Subject
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Lines, listed
from skillconnect_ops.journal.model import Ask, Choices
from skillconnect_ops.journal.resources import Resource

TAKEN_BACK = "taken back"


class NothingToGiveBack(Precondition):
    """The step shut nothing, and took nothing away."""


def undo(scene: Scene, incident: Incident, name: str, *, yes: bool, dry_run: bool) -> Report:
    """Give back what a step has shut or taken away.

    Raises:
        NoSuchStep: the runbook has none of that name.
        NothingToGiveBack: it did nothing of the sort.
        NotAgreed: the answer was no; nothing was changed.
        SkcError: it failed, and was put back.
    """
    state = incident.step(name)
    if state is None:
        raise NoSuchStep(name, [one.step.id for one in incident.steps])
    made = plan(state, subject=scene.subject)
    outcome = scene.house.office().carry_out(
        lambda: made,
        person=scene.house.person,
        resources=(Resource("access", incident.target), Resource("users", incident.target)),
        consent=Ask(),
        choices=Choices(yes=yes, dry_run=dry_run),
    )
    said = listed([step.says() for step in made.steps], most=10)
    if outcome.walked:
        scene.log.join(incident)
        facts = EventFacts(
            step=name,
            attempt=f"undo-{outcome.journal}",
            ending=Ending.FAILED,
            by_hand=True,
            reason=TAKEN_BACK,
            text=said,
        )
        scene.write(Happened.ENDED, facts, holds=False, journal=outcome.journal)
    return Report(
        command="respond undo",
        subject={"target": incident.target, "incident": incident.id},
        journal=outcome.journal,
        facts=made.facts(),
        view=(Lines((f"{name} is taken back: {said}" if outcome.walked else said,)),),
        next=("skc respond",),
    )


def plan(state: StepState, *, subject: Subject) -> Plan:
    """What there was, as the log holds it; pure.

    Raises:
        NothingToGiveBack: nothing.
    """
    steps = tuple(_steps(_last(state)))
    if not steps:
        raise NothingToGiveBack(
            f"{state.step.id} has shut nothing, and taken nothing away",
            why="the log holds nothing of it that skc did by itself",
            fix="skc respond export   # shows what was done",
        )
    digest = sha256("\0".join(step.key for step in steps).encode()).hexdigest()
    return Plan(
        command="respond undo",
        subject=subject,
        state=digest,
        steps=steps,
        notes=("the door is open again, and the step is not done any more",),
    )


def _last(state: StepState) -> dict[str, Any]:
    """What its last attempt that did something has done, unless it was taken back since."""
    for attempt in reversed(state.attempts):
        if attempt.ended is not None and attempt.ended.facts.reason == TAKEN_BACK:
            return {}
        for event in reversed(attempt.ran):
            if event.facts.data.get("closed") or event.facts.data.get("disarmed"):
                return dict(event.facts.data)
    return {}


def _steps(done: dict[str, Any]) -> Sequence[Step]:
    return (
        *(
            AccessOpen(
                key=f"open:{one['value']}",
                value=one["value"],
                comment=one.get("comment", ""),
                expires_at=one.get("expires_at"),
            )
            for one in done.get("closed", ())
        ),
        *(
            StrangerRearm(
                key=f"rearm:{one['user']}@{one['database']}",
                user=one["user"],
                database=one["database"],
                roles=tuple(tuple(role) for role in one["roles"]),
            )
            for one in done.get("disarmed", ())
        ),
    )
