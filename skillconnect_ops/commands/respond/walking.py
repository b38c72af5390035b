"""Does one step: guards its order, writes down that it begins, does it, writes down how it ended.

No lock is held on the way, since a step's commands take their own. What keeps two people apart is
the log: whoever reads, after writing that they begin, that another one had begun before, withdraws.
"""

import shlex
from secrets import token_hex

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.respond import acts
from skillconnect_ops.commands.respond.errors import (
    BegunByAnother,
    IncidentIsClosed,
    NoSuchOption,
    OutOfOrder,
    StepIsClosed,
)
from skillconnect_ops.commands.respond.events import Child, Ending, EventFacts, Happened, KeptFile
from skillconnect_ops.commands.respond.liveness import Life, life, runs_of, sealed, unfinished
from skillconnect_ops.commands.respond.model import Option, RunbookStep
from skillconnect_ops.commands.respond.scene import How, Scene, said
from skillconnect_ops.commands.respond.standing import Attempt, Incident, StepState
from skillconnect_ops.core.errors import SkcError, Stop, UsageError
from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.plan import Plan, Step
from skillconnect_ops.core.report import ErrorFacts, Report
from skillconnect_ops.core.view import Table
from skillconnect_ops.disk import lock
from skillconnect_ops.journal.errors import NotAgreed

_AGREES = ("--yes", "--confirm")


class Walked(Struct, frozen=True, kw_only=True):
    """What became of a step."""

    ending: Ending | None
    """None where nothing was done yet: a person is to do it, or has begun."""
    children: tuple[Child, ...] = ()
    text: str | None = None
    files: tuple[KeptFile, ...] = ()
    error: ErrorFacts | None = None
    status: Status = Status.OK
    exit: Exit = Exit.OK
    journal: str | None = None


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
    return _by_itself(scene, state, odd, how)


def _by_hand(
    scene: Scene, incident: Incident, state: StepState, how: How, odd: EventFacts
) -> Walked:
    """Somebody has done it, and shows by what; or says that they are at it."""
    if how.by_hand:
        files = (scene.kept(how.file),) if how.file is not None else ()
        scene.log.join(incident)
        told = replace(odd, by_hand=True, text=how.evidence, files=files)
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


def _by_itself(scene: Scene, state: StepState, odd: EventFacts, how: How) -> Walked:
    """Begin, see that nobody was faster, run each line, end."""
    ran = _from_the_dead(scene, state)
    name = token_hex(4)
    told = replace(odd, step=state.step.id, attempt=name)
    owner = lock.this_process(
        command=f"respond step {state.step.id}", since=scene.house.clock.now()
    )
    scene.write(Happened.BEGUN, replace(told, owner=owner))
    if not how.again:
        _must_be_first(scene, told)
    end = replace(told, reason=None, out_of_order=())
    try:
        walked = _lines(scene, state.step, end, ran, how)
    except Stop as stop:
        why = f"a signal ended it ({stop.exit.name})"
        ended = replace(end, ending=Ending.FAILED, reason=why)
        scene.write(Happened.ENDED, ended, holds=False, journal=stop.journal)
        raise
    except SkcError as error:
        walked = Walked(
            ending=Ending.FAILED,
            error=ErrorFacts(what=error.what, why=error.why, fix=error.fix),
            status=error.status,
            exit=error.exit,
            journal=error.journal,
            text=said(error),
        )
    ended = replace(
        end,
        ending=walked.ending,
        text=walked.text,
        children=walked.children,
        files=walked.files,
    )
    holds = walked.ending is Ending.DONE
    scene.write(Happened.ENDED, ended, holds=holds, journal=walked.journal)
    return walked


def _must_be_first(scene: Scene, told: EventFacts) -> None:
    """Whoever began a moment earlier goes on; this one withdraws.

    Raises:
        BegunByAnother: another one was faster.
    """
    fresh = scene.fresh().step(str(told.step))
    for attempt in fresh.open if fresh is not None else ():
        if attempt.name == told.attempt:
            return
        if attempt.begun is not None and life(attempt) is not Life.DEAD:
            scene.write(Happened.ENDED, replace(told, ending=Ending.WITHDRAWN), holds=False)
            raise BegunByAnother(
                str(told.step),
                who=f"{attempt.begun.person} on {attempt.begun.facts.machine}",
                since=f"{attempt.begun.at:%H:%M:%SZ}",
            )


def _from_the_dead(scene: Scene, state: StepState) -> tuple[Child, ...]:
    """End the attempts whose process died; give what of the last one had come to its end."""
    ran: tuple[Child, ...] = ()
    for attempt in state.open:
        if life(attempt) is not Life.DEAD:
            continue
        ran = _done_by(scene, state.step, attempt)
        half = unfinished(runs_of(attempt, scene.house.office().journals()))
        died = EventFacts(
            step=state.step.id,
            attempt=attempt.name,
            ending=Ending.FAILED,
            reason="its process ended in the middle",
            children=ran,
        )
        scene.write(
            Happened.ENDED, died, holds=False, journal=half.id if half is not None else None
        )
        if half is not None:
            scene.house.person.note(f"the run {half.id} of this step stands half-way")
    return ran


def _done_by(scene: Scene, step: RunbookStep, attempt: Attempt) -> tuple[Child, ...]:
    """The lines of a dead attempt that need not be run again."""
    done = [child for event in attempt.ran for child in event.facts.children]
    good = [child for child in done if _is_well(child, step)]
    if len(good) < len(done) or len(good) >= len(step.auto):
        return tuple(good)
    line = step.auto[len(good)]
    if line.startswith("skc "):
        words = scene.words(line)
        runs = runs_of(attempt, scene.house.office().journals())
        run = sealed(runs, words, known=[child.journal for child in good])
        if run is not None:
            good.append(Child(command=shlex.join(("skc", *words)), exit=0, journal=run.id))
    return tuple(good)


def _lines(
    scene: Scene, step: RunbookStep, told: EventFacts, ran: tuple[Child, ...], how: How
) -> Walked:
    """Run the lines that are left, each logged before the next one begins."""
    children = list(ran)
    texts: list[str] = []
    files: list[KeptFile] = []
    for line in step.auto[len(ran) :]:
        if not line.startswith("skc "):
            done = acts.do(line, scene, how)
            texts.append(done.text)
            files += done.files
            children.append(Child(command=line, exit=0, journal=done.journal))
            scene.write(
                Happened.RAN,
                replace(
                    told,
                    children=(children[-1],),
                    files=done.files,
                    text=done.text,
                    data=done.data,
                ),
                journal=done.journal,
            )
            continue
        words = scene.words(line)
        scene.house.person.note(f"$ {shlex.join(('skc', *words))}")
        report = scene.house.commands.run(*words)
        child = _child(words, report)
        children.append(child)
        well = _is_well(child, step)
        scene.write(
            Happened.RAN,
            replace(told, children=(child,)),
            holds=well,
            journal=report.journal,
        )
        if not well:
            return Walked(
                ending=Ending.FAILED,
                children=tuple(children),
                text="\n".join(texts) or None,
                files=tuple(files),
                error=_why(child, report),
                status=report.status if report.status is not Status.BUG else Status.NEEDS_PERSON,
                exit=report.exit if report.exit is not Exit.BUG else Exit.NEEDS_PERSON,
                journal=report.journal,
            )
    journals = [child.journal for child in children if child.journal]
    return Walked(
        ending=Ending.DONE,
        children=tuple(children),
        text="\n".join(texts) or None,
        files=tuple(files),
        journal=journals[-1] if journals else None,
    )


def _child(words: tuple[str, ...], report: Report) -> Child:
    return Child(
        command=shlex.join(("skc", *words)),
        exit=int(report.exit),
        seconds=round(report.seconds, 3),
        journal=report.journal,
        what=report.error.what if report.error is not None else None,
        fix=report.error.fix if report.error is not None else None,
        found=sum(one.suppressed is None for one in report.findings),
    )


def _is_well(child: Child, step: RunbookStep) -> bool:
    found = step.finds and Exit.LOW <= child.exit <= Exit.CRITICAL
    return child.exit == Exit.OK or bool(found)


def _why(child: Child, report: Report) -> ErrorFacts:
    if report.error is not None:
        return report.error
    worst = f"{child.found} findings" if child.found else f"it ended with {child.exit}"
    return ErrorFacts(what=f"{child.command} did not end well", why=worst, fix=child.command)
