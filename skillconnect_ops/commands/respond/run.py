"""`skc respond`: start an incident, say how it stands, do its steps, end it."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from secrets import token_hex

import msgspec
from msgspec.structs import replace

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond import needs, reading, release_act, shown, undoing
from skillconnect_ops.commands.respond.automatic import Walked
from skillconnect_ops.commands.respond.choosing import chosen
from skillconnect_ops.commands.respond.errors import (
    IncidentIsClosed,
    IncidentIsOpen,
    NoSuchStep,
    StepsAreOpen,
)
from skillconnect_ops.commands.respond.events import Ending, EventFacts, Happened
from skillconnect_ops.commands.respond.liveness import Life, life
from skillconnect_ops.commands.respond.log import Log
from skillconnect_ops.commands.respond.model import Runbook
from skillconnect_ops.commands.respond.scene import How, Scene
from skillconnect_ops.commands.respond.standing import Folded, Incident, StepState
from skillconnect_ops.commands.respond.walking import walk
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.report import ErrorFacts, Report, Unknown
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.view import Block, Lines, Table, Text, Tone, count

NEXT = "next"


def start(
    house: House,
    name: str,
    *,
    target: str | None,
    person: str | None,
    yes: bool,
    dry_run: bool,
    another: bool,
) -> Report:
    """Begin an incident: write down that it began, then look what is lacking.

    Args:
        house: the house.
        name: the runbook, by name or path.
        target: where it happened.
        person: who begins it.
        yes: whether the automatic steps of the first phase are done at once.
        dry_run: whether nothing is written down.
        another: whether one of the same kind may be open.

    Raises:
        NoSuchRunbook: there is none.
        SettingsInvalid: it is wrong at some line.
        IncidentIsOpen: one of the same kind is.
    """
    runbook = reading.find(name, folder=house.environment.folder)
    aim = house.target(target)
    if dry_run:
        looked = needs.look(house, aim, runbook)
        return Report(
            command="respond start",
            subject={"target": aim.name},
            facts={"runbook": runbook, "lacking": [one for one in looked if one.lacking]},
            view=(*_outline(runbook), *shown.lacking(looked)),
            next=(f"skc respond start {name}",),
        )
    log = Log(house, person=person)
    _must_be_alone(house, log.read(), runbook, aim.name, another=another)
    incident = f"{house.clock.now():%Y-%m-%d}-{runbook.id}-{token_hex(2)}"
    scene = Scene(house=house, log=log, target=aim, incident=incident)
    scene.write(Happened.STARTED, EventFacts(runbook=msgspec.to_builtins(runbook)))
    house.person.note(f"incident {incident}: the clock runs")
    looked = needs.look(house, aim, runbook)
    lacks = tuple(f"{one.need}: {one.lacks}" for one in looked if one.lacking)
    if lacks:
        scene.write(Happened.NOTED, EventFacts(text="looked at privileges", lacking=lacks))
    walked = _first_steps(scene) if yes else None
    return _told(scene, walked, more=shown.lacking(looked))


def _must_be_alone(
    house: House, folded: Folded, runbook: Runbook, target: str, *, another: bool
) -> None:
    for one in folded.open:
        if one.runbook.id == runbook.id and one.target == target and not another:
            again = house.person.again("--another")
            raise IncidentIsOpen(one.id, person=one.started.person, again=again)


def _first_steps(scene: Scene) -> tuple[StepState, Walked] | None:
    """The automatic steps of the first phase, in order, as far as they go well."""
    first = scene.fresh().phases[0].phase
    last: tuple[StepState, Walked] | None = None
    for step in first.steps:
        incident = scene.fresh()
        state = incident.step(step.id)
        if state is None or not step.auto or step.confirm or incident.before(step):
            continue
        last = state, walk(scene, incident, state, How(yes=True))
        if last[1].error is not None:
            return last
    return last


def status(house: House, *, incident: str | None, person: str | None) -> Report:
    """How an incident stands; with none open, which there are."""
    try:
        log = Log(house, person=person)
    except SettingsNotFound:
        return listing(house)
    folded = log.read()
    if incident is None and not folded.open:
        return listing(house)
    found = chosen(folded, incident)
    aim = house.target(found.target)
    scene = Scene(house=house, log=log, target=aim, incident=found.id)
    return _told(scene, None, loose=folded)


def step(house: House, name: str, *, incident: str | None, person: str | None, how: How) -> Report:
    """Do a step, or say how a person does it."""
    log = Log(house, person=person)
    found = chosen(log.read(), incident)
    scene = Scene(house=house, log=log, target=house.target(found.target), incident=found.id)
    state = _named(found, name)
    if state is None:
        return _told(scene, None)
    return _told(scene, (state, walk(scene, found, state, how)))


def undo(
    house: House,
    name: str,
    *,
    incident: str | None,
    person: str | None,
    yes: bool,
    dry_run: bool,
) -> Report:
    """Give back what a step has shut or taken away."""
    log = Log(house, person=person)
    found = chosen(log.read(), incident)
    scene = Scene(house=house, log=log, target=house.target(found.target), incident=found.id)
    return undoing.undo(scene, found, name, yes=yes, dry_run=dry_run)


def note(house: House, text: str, *, incident: str | None, person: str | None) -> Report:
    """Write a line of one's own into the log."""
    log = Log(house, person=person)
    found = chosen(log.read(), incident)
    scene = Scene(house=house, log=log, target=house.target(found.target), incident=found.id)
    log.join(found)
    scene.write(Happened.NOTED, EventFacts(text=text))
    return Report(
        command="respond note",
        subject={"target": found.target, "incident": found.id},
        view=(Lines(("it is in the log",)),),
        next=("skc respond",),
    )


def close(house: House, *, incident: str | None, person: str | None, reason: str | None) -> Report:
    """End an incident.

    Raises:
        StepsAreOpen: not all steps are closed, and no reason was given.
    """
    log = Log(house, person=person)
    found = chosen(log.read(), incident)
    if found.closed is not None:
        raise IncidentIsClosed(found.id)
    left = tuple(one.step.id for one in found.steps if not one.standing.closed)
    if left and not reason:
        raise StepsAreOpen(left)
    scene = Scene(house=house, log=log, target=house.target(found.target), incident=found.id)
    log.join(found)
    scene.write(Happened.CLOSED, EventFacts(reason=reason, out_of_order=left), holds=not left)
    return Report(
        command="respond close",
        subject={"target": found.target, "incident": found.id},
        facts={"open": list(left)},
        view=(Lines((f"{found.id} is closed; {count(len(left), 'step')} left open",)),),
        next=(f"skc respond export --incident {found.id}",),
    )


def listing(house: House) -> Report:
    """The runbooks that there are, and the incidents of this project."""
    books = [reading.find(name, folder=house.environment.folder) for name in reading.shipped()]
    rows = tuple((one.id, one.title, count(len(one.steps), "step")) for one in books)
    blocks: list[Block] = [Table(("runbook", "title", "length"), rows, title="Runbooks")]
    incidents: Sequence[Incident] = ()
    with suppress(SettingsNotFound):
        incidents = Log(house, person=None).read().incidents
    lines = tuple(
        (
            one.id,
            one.target,
            f"{one.started.at:%F %TZ} {one.started.person}",
            Text("open", Tone.BAD) if one.closed is None else "closed",
        )
        for one in incidents
    )
    blocks.append(
        Table(
            ("incident", "target", "started", "stands"),
            lines,
            title="Incidents",
            empty="no incident is known here",
        )
    )
    return Report(
        command="respond list",
        facts={
            "runbooks": [{"id": one.id, "title": one.title} for one in books],
            "incidents": [
                {
                    "id": one.id,
                    "target": one.target,
                    "runbook": one.runbook.id,
                    "started_at": one.started.at,
                    "open": one.closed is None,
                }
                for one in incidents
            ],
        },
        view=tuple(blocks),
        next=("skc respond",)
        if any(one.closed is None for one in incidents)
        else (f"skc respond start {books[0].id}",),
    )


def _named(incident: Incident, name: str) -> StepState | None:
    if name == NEXT:
        return incident.next()
    state = incident.step(name)
    if state is None:
        raise NoSuchStep(name, [one.step.id for one in incident.steps])
    return state


def _told(
    scene: Scene,
    walked: tuple[StepState, Walked] | None,
    *,
    more: tuple[Block, ...] = (),
    loose: Folded | None = None,
) -> Report:
    """The report of all that shows an incident."""
    incident, now = scene.fresh(), scene.house.clock.now()
    lives = {attempt.name: life(attempt) for state in incident.steps for attempt in state.open}
    follows = shown.next_command(incident)
    told = Report(
        command="respond",
        subject={"target": incident.target, "incident": incident.id},
        facts={"incident": shown.facts(incident, now=now, lives=lives)},
        next=(follows,) if follows else (),
        unknown=tuple(
            Unknown(one.incident or "?", "the beginning of this incident is not in this clone")
            for one in (loose.loose if loose is not None else ())
        ),
    )
    if walked is None:
        found = shown.findings(incident, now=now)
        return replace(
            told,
            status=Status.FINDINGS if found else Status.OK,
            findings=found,
            view=(*more, *shown.view(incident, now=now, lives=lives), *_gone(incident, lives)),
        )
    state, done = walked
    return replace(
        told,
        status=done.status,
        exit_code=done.exit,
        error=_failed(state, done),
        journal=done.journal,
        view=(*more, *_became(scene, state, done, incident, now)),
    )


def _failed(state: StepState, done: Walked) -> ErrorFacts | None:
    if done.error is None:
        return None
    return ErrorFacts(
        what=done.error.what
        if done.ending is Ending.AWAITED
        else f"the step {state.step.id} failed: {done.error.what}",
        why=done.error.why,
        fix=done.error.fix or f"skc respond step {state.step.id}",
    )


def _became(
    scene: Scene, state: StepState, done: Walked, incident: Incident, now: datetime
) -> tuple[Block, ...]:
    """What became of a step, the phase's clock, and the way by hand where one is needed."""
    phase = next(one for one in incident.phases if one.phase.id == state.phase)
    lines: list[Block] = []
    if done.ending is Ending.DONE:
        said = Text(f"✔ {state.step.id}: {state.step.title}", Tone.GOOD)
        lines.append(Lines((said, *(done.text.splitlines() if done.text else ()), *done.shown)))
    elif done.ending is Ending.SKIPPED:
        lines.append(Lines((Text(f"– {state.step.id} is skipped: {done.text}", Tone.WARN),)))
    elif done.ending is Ending.FAILED:
        lines.append(Lines((Text(f"✘ {state.step.id} failed; by hand:", Tone.BAD),)))
    if done.ending in {None, Ending.FAILED}:
        texts = tuple(scene.fill(text) for text in state.step.manual)
        lines += shown.instructions(state, texts)
    clock = f"{phase.phase.title}: within {phase.phase.within}, "
    lines.append(Lines((clock + shown.clock(phase, incident, now=now),)))
    return tuple(lines)


def _gone(incident: Incident, lives: shown.Lives) -> tuple[Block, ...]:
    """What died, and the command that goes on."""
    dead = [
        state
        for state in incident.steps
        if state.open and all(lives.get(one.name) is Life.DEAD for one in state.open)
    ]
    lines = tuple(
        Text(
            f"{state.step.id} was interrupted; it goes on with: skc respond step {state.step.id}",
            Tone.BAD,
        )
        for state in dead
    )
    return (Lines(lines),) if lines else ()


def _outline(runbook: Runbook) -> tuple[Block, ...]:
    rows = tuple(
        (
            f"{phase.title} ({phase.within})" if number == 0 else "",
            step.id,
            step.title,
            "you decide" if step.decision else ", ".join(step.auto) or "by hand",
        )
        for phase in runbook.phases
        for number, step in enumerate(phase.steps)
    )
    return (Table(("phase", "step", "what", "by"), rows, title=runbook.title),)


def release(house: House, *, target: str | None) -> Report:
    """See whether the release that runs is well, and record that it was.

    Raises:
        ReleaseUnknown: nothing names it.
        Unwell: a part is not well; then nothing is recorded.
    """
    aim = house.target(target)
    proof = release_act.prove(house, aim)
    house.ledger().record([proof], command="respond release")
    name = proof.subject["release"]
    return Report(
        command="respond release",
        subject={"target": aim.name},
        facts={"release": name, "loaded": proof.facts["loaded"]},
        view=(Lines((Text(f"{name} is well, and recorded as proven", Tone.GOOD),)),),
    )
