"""The report of all that shows an incident."""

from datetime import datetime

from msgspec.structs import replace

from skillconnect_ops.commands.respond import shown
from skillconnect_ops.commands.respond.automatic import Walked
from skillconnect_ops.commands.respond.events import Ending
from skillconnect_ops.commands.respond.liveness import Life, life
from skillconnect_ops.commands.respond.scene import Scene
from skillconnect_ops.commands.respond.standing import Folded, Incident, StepState
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.report import ErrorFacts, Report, Unknown
from skillconnect_ops.core.view import Block, Lines, Text, Tone


def told(
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
    report = Report(
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
            report,
            status=Status.FINDINGS if found else Status.OK,
            findings=found,
            view=(*more, *shown.view(incident, now=now, lives=lives), *_gone(incident, lives)),
        )
    state, done = walked
    return replace(
        report,
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
