"""`skc respond start` and `list`: which runbooks there are, and how an incident begins."""

from collections.abc import Sequence
from contextlib import suppress
from secrets import token_hex

import msgspec

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond import needs, reading, shown
from skillconnect_ops.commands.respond.automatic import Walked
from skillconnect_ops.commands.respond.errors import IncidentIsOpen
from skillconnect_ops.commands.respond.events import EventFacts, Happened
from skillconnect_ops.commands.respond.log import Log
from skillconnect_ops.commands.respond.model import Runbook
from skillconnect_ops.commands.respond.reporting import told
from skillconnect_ops.commands.respond.scene import How, Scene
from skillconnect_ops.commands.respond.standing import Folded, Incident, StepState
from skillconnect_ops.commands.respond.walking import walk
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.view import Block, Table, Text, Tone, count


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
    return told(scene, walked, more=shown.lacking(looked))


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
