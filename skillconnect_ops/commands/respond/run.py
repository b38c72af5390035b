"""`skc respond`: start an incident, say how it stands, do its steps, end it."""

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond import opening, release_act, undoing
from skillconnect_ops.commands.respond.choosing import chosen
from skillconnect_ops.commands.respond.errors import (
    IncidentIsClosed,
    NoSuchStep,
    StepsAreOpen,
)
from skillconnect_ops.commands.respond.events import EventFacts, Happened
from skillconnect_ops.commands.respond.log import Log
from skillconnect_ops.commands.respond.reporting import told
from skillconnect_ops.commands.respond.scene import How, Scene
from skillconnect_ops.commands.respond.standing import Incident, StepState
from skillconnect_ops.commands.respond.walking import walk
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.view import Lines, Text, Tone, count

NEXT = "next"


def status(house: House, *, incident: str | None, person: str | None) -> Report:
    """How an incident stands; with none open, which there are."""
    try:
        log = Log(house, person=person)
    except SettingsNotFound:
        return opening.listing(house)
    folded = log.read()
    if incident is None and not folded.open:
        return opening.listing(house)
    found = chosen(folded, incident)
    aim = house.target(found.target)
    scene = Scene(house=house, log=log, target=aim, incident=found.id)
    return told(scene, None, loose=folded)


def step(house: House, name: str, *, incident: str | None, person: str | None, how: How) -> Report:
    """Do a step, or say how a person does it."""
    log = Log(house, person=person)
    found = chosen(log.read(), incident)
    scene = Scene(house=house, log=log, target=house.target(found.target), incident=found.id)
    state = _named(found, name)
    if state is None:
        return told(scene, None)
    return told(scene, (state, walk(scene, found, state, how)))


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


def _named(incident: Incident, name: str) -> StepState | None:
    if name == NEXT:
        return incident.next()
    state = incident.step(name)
    if state is None:
        raise NoSuchStep(name, [one.step.id for one in incident.steps])
    return state


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
