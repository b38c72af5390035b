"""An incident on one screen: clocks, steps, who did what, and what to type next; pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from skillconnect_ops.commands.respond.liveness import Life
from skillconnect_ops.commands.respond.needs import Looked
from skillconnect_ops.commands.respond.standing import (
    Incident,
    PhaseState,
    StepStanding,
    StepState,
)
from skillconnect_ops.core.finding import Finding, Severity, fingerprint
from skillconnect_ops.core.view import (
    Block,
    Cell,
    Lines,
    Pairs,
    Table,
    Text,
    Tone,
    duration,
    listed,
)

_MARKS = {
    StepStanding.WAITING: ("·", Tone.PLAIN),
    StepStanding.OPEN: ("…", Tone.WARN),
    StepStanding.DONE: ("✔", Tone.GOOD),
    StepStanding.FAILED: ("✘", Tone.BAD),
    StepStanding.SKIPPED: ("–", Tone.WARN),
    StepStanding.NOT_NEEDED: ("–", Tone.DIM),
}
Lives = Mapping[str, Life]
"""What is known of open attempts, by their names."""


def view(incident: Incident, *, now: datetime, lives: Lives) -> tuple[Block, ...]:
    """The whole screen."""
    runbook = incident.runbook
    age = duration(max((now - incident.started.at).total_seconds(), 0))
    head: list[tuple[str, Cell]] = [
        ("incident", Text(incident.id, Tone.STRONG)),
        ("what", f"{runbook.title}; target {incident.target}"),
        ("started", f"{incident.started.at:%F %TZ} by {incident.started.person}, {age} ago"),
        ("people", listed(incident.people)),
    ]
    if incident.closed is not None:
        head.append(("closed", f"{incident.closed.at:%F %TZ} by {incident.closed.person}"))
    blocks: list[Block] = [Pairs(tuple(head))]
    blocks += [_phase(phase, incident, now=now, lives=lives) for phase in incident.phases]
    return tuple(blocks)


def _phase(phase: PhaseState, incident: Incident, *, now: datetime, lives: Lives) -> Block:
    rows = tuple(_step(step, incident, now=now, lives=lives) for step in phase.steps)
    title = f"{phase.phase.title}: within {phase.phase.within}, {clock(phase, incident, now=now)}"
    return Table(("", "step", "what", "how it stands"), rows, title=title)


def clock(phase: PhaseState, incident: Incident, *, now: datetime) -> str:
    """How a phase stands by its clock."""
    ended = phase.ended_at
    many = f"{phase.closed} of {len(phase.steps)} steps closed"
    if ended is not None:
        took = duration(max((ended - incident.started.at).total_seconds(), 0))
        late = (ended - phase.due).total_seconds()
        return f"closed after {took}" + (f", {duration(late)} late" if late > 0 else "")
    left = (phase.due - now).total_seconds()
    if incident.closed is not None:
        return many
    return f"{many}, {f'{duration(left)} left' if left >= 0 else f'OVERDUE by {duration(-left)}'}"


def _step(state: StepState, incident: Incident, *, now: datetime, lives: Lives) -> tuple[Cell, ...]:
    mark, tone = _MARKS[state.standing]
    overdue = state.is_overdue(now) and incident.closed is None
    if overdue and tone is Tone.PLAIN:
        tone = Tone.BAD
    return (
        Text(mark, tone),
        Text(state.step.id, tone),
        state.step.title,
        Text(how_it_stands(state, incident, lives=lives), tone),
    )


def how_it_stands(state: StepState, incident: Incident, *, lives: Lives) -> str:
    """A step in a few words: who, when, by what."""
    event = state.event
    when = "" if event is None else f"{event.at:%H:%MZ} {event.person}"
    claimed = " (claimed)" if event is not None and event.signer is None else ""
    match state.standing:
        case StepStanding.OPEN:
            return f"{_open(state, lives)} {when}{claimed}"
        case StepStanding.DONE:
            late = event is not None and event.at > state.due
            return f"{when}{', late' if late else ''}{claimed}"
        case StepStanding.FAILED:
            return f"failed {when}{claimed}"
        case StepStanding.SKIPPED:
            return f"skipped {when}{claimed}"
        case StepStanding.NOT_NEEDED:
            return f"not needed: {event.facts.step if event else ''} {when}{claimed}"
        case StepStanding.WAITING:
            before = incident.before(state.step)
            return f"after {before[0].step.id}" if before else "can be done now"


def _open(state: StepState, lives: Lives) -> str:
    known = {lives.get(one.name, Life.AWAY) for one in state.open}
    if Life.ALIVE in known:
        return "going on"
    return "begun" if Life.AWAY in known else "INTERRUPTED"


def next_command(incident: Incident) -> str | None:
    """What to type next; None when nothing is left."""
    if incident.closed is not None:
        return f"skc respond export --incident {incident.id}"
    state = incident.next()
    if state is None:
        return "skc respond close"
    return f"skc respond step {state.step.id}"


def findings(incident: Incident, *, now: datetime) -> tuple[Finding, ...]:
    """The steps that are overdue."""
    if incident.closed is not None:
        return ()
    return tuple(
        Finding(
            id="step-overdue",
            severity=Severity.HIGH,
            subject=f"{incident.id}/{state.step.id}",
            message=f"{state.step.title}: overdue by {duration((now - state.due).total_seconds())}",
            remedy=f"skc respond step {state.step.id}",
            fingerprint=fingerprint("step-overdue", incident.id, state.step.id),
        )
        for state in incident.steps
        if state.is_overdue(now)
    )


def facts(incident: Incident, *, now: datetime, lives: Lives) -> dict[str, Any]:
    """The same, for machines."""
    return {
        "id": incident.id,
        "target": incident.target,
        "runbook": incident.runbook.id,
        "title": incident.runbook.title,
        "started_at": incident.started.at,
        "started_by": incident.started.person,
        "closed_at": None if incident.closed is None else incident.closed.at,
        "people": list(incident.people),
        "lines": len(incident.events),
        "phases": [
            {
                "id": phase.phase.id,
                "within": phase.phase.within,
                "due_at": phase.due,
                "ended_at": phase.ended_at,
                "overdue": incident.closed is None and phase.is_overdue(now),
                "steps": [_step_facts(step, incident, now, lives) for step in phase.steps],
            }
            for phase in incident.phases
        ],
    }


def _step_facts(
    state: StepState, incident: Incident, now: datetime, lives: Lives
) -> dict[str, Any]:
    event = state.event
    open_ones = [lives.get(one.name, Life.AWAY).value for one in state.open]
    return {
        "id": state.step.id,
        "title": state.step.title,
        "station": state.step.station,
        "standing": state.standing.value,
        "open": open_ones,
        "overdue": incident.closed is None and state.is_overdue(now),
        "person": None if event is None else event.person,
        "at": None if event is None else event.at,
        "signer": None if event is None else event.signer,
        "journal": None if event is None else event.journal,
        "after": [one.step.id for one in incident.before(state.step)],
    }


def lacking(looked: Sequence[Looked]) -> tuple[Block, ...]:
    """What was found lacking, and which steps it leaves to people."""
    rows = tuple(
        (one.need.value, str(one.lacks), listed(one.steps, most=3), one.fix)
        for one in looked
        if one.lacking
    )
    if not rows:
        fine = Text("all that the steps need is there", Tone.GOOD)
        return (Lines((fine,)),)
    return (
        Table(
            ("lacking", "why", "steps", "to mend it"),
            rows,
            title="Lacking here: these steps have to be done by hand, or this mended first",
        ),
    )


def instructions(state: StepState, texts: Sequence[str]) -> tuple[Block, ...]:
    """The way by hand, and how a step is closed then."""
    step = state.step
    lines: list[Cell] = [Text(f"{step.id}: {step.title}", Tone.STRONG), step.why]
    if step.decision is not None:
        lines += [step.decision.question]
        lines += [
            f"  skc respond step {step.id} --choose {one.id}   # {one.title}"
            for one in step.decision.options
        ]
        return (Lines(tuple(lines), prose=True),)
    lines += [f"{number}. {text}" for number, text in enumerate(texts, 1)]
    lines += [
        f"It is closed by this: {step.closes}",
        f'  skc respond step {step.id} --evidence "what shows it, or a link"   # or --file FILE',
    ]
    return (Lines(tuple(lines), prose=True),)
