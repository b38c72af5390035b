"""Does one step: guards its order, and takes the way that the command line names."""

from secrets import token_hex

from msgspec.structs import replace

from skillconnect_ops.commands.respond.automatic import Walked, by_itself
from skillconnect_ops.commands.respond.errors import (
    BegunByAnother,
    IncidentIsClosed,
    NoSuchOption,
    OutOfOrder,
    StepIsClosed,
)
from skillconnect_ops.commands.respond.events import Ending, EventFacts, Happened
from skillconnect_ops.commands.respond.liveness import Life, life
from skillconnect_ops.commands.respond.model import Option, RunbookStep
from skillconnect_ops.commands.respond.scene import How, Scene
from skillconnect_ops.commands.respond.standing import Incident, StepState
from skillconnect_ops.commands.respond.tell_act import arrived
from skillconnect_ops.core.errors import UsageError
from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.plan import Plan, Step
from skillconnect_ops.core.view import Table
from skillconnect_ops.journal.errors import NotAgreed

_AGREES = ("--yes", "--confirm")


class TakesText(UsageError):
    """A decision is answered; another step is not."""


def walk(scene: Scene, incident: Incident, state: StepState, how: How) -> Walked:
    """Do one step, in the way that the command line names, else by itself.

    Raises:
        IncidentIsClosed: nothing is done in it any more.
        OutOfOrder: a step that comes before is not closed.
        BegunByAnother: somebody is at it, or may be.
        StepIsClosed: it is done.
        SkcError: the log cannot be written.
        Stop: a signal came; that is in the log.
    """
    how.must_be_one()
    if incident.closed is not None:
        raise IncidentIsClosed(incident.id)
    _must_fit(state.step, how)
    if how.failed is not None:
        return _given_up(scene, state, how.failed)
    if state.standing.closed and not how.again:
        raise _is_closed(state)
    _must_be_free(state, how)
    if how.skip is not None:
        scene.log.join(incident)
        return _at_once(scene, state, Ending.SKIPPED, EventFacts(reason=how.skip))
    before = _out_of_order(incident, state, how)
    odd = EventFacts(reason=how.out_of_order if before else None, out_of_order=before)
    if state.step.decision is not None:
        return _decided(scene, incident, state, how, odd)
    if how.by_hand or how.begin:
        return _by_hand(scene, incident, state, how, odd)
    if not state.step.auto:
        return Walked(ending=None, status=Status.NEEDS_PERSON, exit=Exit.NEEDS_PERSON)
    _agree(scene, state, how)
    scene.log.join(incident)
    return by_itself(scene, state, odd, how)


def _by_hand(
    scene: Scene, incident: Incident, state: StepState, how: How, odd: EventFacts
) -> Walked:
    """Somebody has done it, and shows by what; or says that they are at it."""
    if how.by_hand:
        files = (scene.kept(how.file),) if how.file is not None else ()
        scene.log.join(incident)
        told = replace(odd, by_hand=True, text=how.evidence, files=files)
        if "test-alert" in state.step.auto and how.evidence is not None:
            told = replace(told, data={"arrived": arrived(incident, how.evidence)})
        return _at_once(scene, state, Ending.DONE, told)
    scene.log.join(incident)
    scene.write(
        Happened.BEGUN, replace(odd, step=state.step.id, attempt=token_hex(4), by_hand=True)
    )
    return Walked(ending=None)


def _must_fit(step: RunbookStep, how: How) -> None:
    if (how.choose is not None) and step.decision is None:
        raise TakesText(
            f"{step.id} is no decision",
            why="there is nothing to choose",
            fix=f"skc respond step {step.id}",
        )
    if step.decision is not None and (how.by_hand or how.begin):
        raise TakesText(
            f"{step.id} is a decision",
            why="it is answered",
            fix=f"skc respond step {step.id} --choose {step.decision.options[0].id}",
        )


def _is_closed(state: StepState) -> StepIsClosed:
    event = state.event
    return StepIsClosed(
        state.step.id,
        standing=state.standing.value.replace("_", " "),
        who=event.person if event is not None else "nobody",
    )


def _must_be_free(state: StepState, how: How) -> None:
    if how.again:
        return
    for attempt in state.open:
        if life(attempt) is Life.DEAD:
            continue
        if how.by_hand and attempt.begun is not None and attempt.begun.facts.by_hand:
            continue  # whoever ends what was begun by hand says how
        event = attempt.last
        raise BegunByAnother(
            state.step.id,
            who=f"{event.person} on {event.facts.machine}",
            since=f"{event.at:%H:%M:%SZ}",
        )


def _out_of_order(incident: Incident, state: StepState, how: How) -> tuple[str, ...]:
    before = incident.before(state.step)
    names = tuple(one.step.id for one in before)
    if before and how.out_of_order is None:
        raise OutOfOrder(state.step.id, names, why=_ORDER if state.step.station else _AFTER)
    return names


_ORDER = (
    "evidence is kept, then the leak contained, values rotated, sessions ended, the old proven "
    "dead, a backup made, history scrubbed last; the other way round one of them is worth nothing"
)
_AFTER = "the runbook says so"


def _at_once(scene: Scene, state: StepState, ending: Ending, facts: EventFacts) -> Walked:
    """An end without a beginning of its own; it ends what was begun by hand, too."""
    told = replace(facts, step=state.step.id, ending=ending)
    names = [one.name for one in state.open] or [token_hex(4)]
    for name in names:
        scene.write(Happened.ENDED, replace(told, attempt=name), holds=ending is Ending.DONE)
    return Walked(ending=ending, text=facts.text or facts.reason, files=facts.files)


def _given_up(scene: Scene, state: StepState, reason: str) -> Walked:
    return _at_once(scene, state, Ending.FAILED, EventFacts(by_hand=True, reason=reason))


def _decided(
    scene: Scene, incident: Incident, state: StepState, how: How, odd: EventFacts
) -> Walked:
    decision = state.step.decision
    if decision is None:
        raise TypeError("the step is no decision")
    option = _chosen(scene, state.step.id, decision.options, how, decision.question)
    if option is None:
        return Walked(ending=None, status=Status.NEEDS_PERSON, exit=Exit.NEEDS_PERSON)
    scene.log.join(incident)
    told = replace(odd, step=state.step.id, option=option.id, text=option.title)
    scene.write(Happened.DECIDED, told)
    return Walked(ending=Ending.DONE, text=option.title)


def _chosen(
    scene: Scene, step: str, options: tuple[Option, ...], how: How, question: str
) -> Option | None:
    known = {option.id: option for option in options}
    if how.choose is not None:
        if how.choose not in known:
            raise NoSuchOption(how.choose, tuple(known), step=step)
        return known[how.choose]
    table = Table(
        ("answer", "means"),
        tuple((option.id, scene.fill(option.title)) for option in options),
        title=scene.fill(question),
    )
    rows = scene.house.person.choose(table, question="Which one?")
    if rows is None or len(rows) != 1:
        return None
    return options[rows[0]]


def _agree(scene: Scene, state: StepState, how: How) -> None:
    """What changes the world is shown and agreed to before it is begun.

    Raises:
        NotAgreed: the answer was no.
        Refused: nobody can be asked.
    """
    step = state.step
    if step.confirm is not None:
        _must_name(scene, scene.fill(step.confirm), how, step=step.id)
        return
    lines = [scene.fill(line) for line in step.auto]
    if not any(word in line.split() for line in lines for word in _AGREES):
        return  # it only looks, or asks for itself
    plan = Plan(
        command=f"respond step {step.id}",
        subject=scene.subject,
        state="",
        steps=tuple(Step(key=line) for line in lines),
        notes=(scene.fill(step.why),),
    )
    scene.house.person.show(plan)
    if not how.yes and not scene.house.person.agrees(plan):
        raise NotAgreed("nothing was done", why="the answer was no", fix="")


def _must_name(scene: Scene, name: str, how: How, *, step: str) -> None:
    person = scene.house.person
    if how.confirm is not None and how.confirm != name:
        raise NotAgreed(
            "nothing was done",
            why=f"--confirm names {how.confirm}, and {step} is about {name}",
            fix=person.again("--confirm", name),
        )
    if how.confirm is None and not person.confirm(name, does=f"has {step} change for good"):
        raise NotAgreed("nothing was done", why="the name was not typed", fix=person.again())
