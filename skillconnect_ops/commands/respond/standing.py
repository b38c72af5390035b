"""How an incident stands: a pure fold over its events; no state is kept anywhere else.

An attempt at a step begins and ends under a name of its own, so the fold does not depend on whose
line a merge puts first. An attempt without an end is open: whether somebody works at it, or died
over it, the world says, and not the log (`liveness`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from skillconnect_ops.commands.respond.events import Ending, Event, Happened
from skillconnect_ops.commands.respond.model import Phase, Runbook, RunbookStep
from skillconnect_ops.core.settings.rules import period_s

_SAY_NOTHING = frozenset({Ending.WITHDRAWN, Ending.AWAITED})


class StepStanding(StrEnum):
    """How a step stands."""

    WAITING = "waiting"
    OPEN = "open"
    """Begun, and not ended."""
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    NOT_NEEDED = "not_needed"
    """Left out by a decision."""

    @property
    def closed(self) -> bool:
        """Whether what comes after it may be done."""
        return self in {StepStanding.DONE, StepStanding.SKIPPED, StepStanding.NOT_NEEDED}


class Attempt(Struct, frozen=True, kw_only=True):
    """One try at a step."""

    name: str
    begun: Event | None = None
    ran: tuple[Event, ...] = ()
    """Its commands that have ended, in order."""
    ended: Event | None = None

    @property
    def last(self) -> Event:
        """The last thing that is known of it."""
        return next(one for one in (self.ended, *reversed(self.ran), self.begun) if one is not None)


class StepState(Struct, frozen=True, kw_only=True):
    """One step, and what was done about it."""

    step: RunbookStep
    phase: str
    due: datetime
    attempts: tuple[Attempt, ...] = ()
    decided: Event | None = None
    """The answer to it, where it is a decision."""
    spared: Event | None = None
    """The decision that leaves it out."""

    @property
    def standing(self) -> StepStanding:
        """An open attempt shows before all; else the last end counts, then a decision."""
        if self.open:
            return StepStanding.OPEN
        if self.decided is not None:
            return StepStanding.DONE
        ended = self.ended
        if ended is not None and ended.facts.ending is Ending.DONE:
            return StepStanding.DONE
        if self.spared is not None:
            return StepStanding.NOT_NEEDED
        if ended is None:
            return StepStanding.WAITING
        skipped = ended.facts.ending is Ending.SKIPPED
        return StepStanding.SKIPPED if skipped else StepStanding.FAILED

    @property
    def open(self) -> tuple[Attempt, ...]:
        """Attempts that have no end."""
        return tuple(one for one in self.attempts if one.ended is None)

    @property
    def ended(self) -> Event | None:
        """The last end that closes or fails it."""
        told = [
            one.ended
            for one in self.attempts
            if one.ended is not None and one.ended.facts.ending not in _SAY_NOTHING
        ]
        return told[-1] if told else None

    @property
    def closed_at(self) -> datetime | None:
        """When it was closed, if it is."""
        if not self.standing.closed:
            return None
        event = self.decided or self.ended or self.spared
        return None if event is None else event.at

    @property
    def event(self) -> Event | None:
        """What speaks for its standing."""
        if self.open:
            return self.open[-1].begun
        if self.standing is StepStanding.NOT_NEEDED:
            return self.spared
        return self.decided or self.ended

    def is_overdue(self, now: datetime) -> bool:
        """Whether it should have been closed by now, and is not."""
        return not self.standing.closed and now > self.due


class PhaseState(Struct, frozen=True, kw_only=True):
    """One phase by its clock."""

    phase: Phase
    due: datetime
    steps: tuple[StepState, ...]

    @property
    def closed(self) -> int:
        """How many of its steps are closed."""
        return sum(step.standing.closed for step in self.steps)

    @property
    def ended_at(self) -> datetime | None:
        """When the last of its steps was closed, if all are."""
        times = [step.closed_at for step in self.steps]
        known = [time for time in times if time is not None]
        return max(known) if known and len(known) == len(times) else None

    def is_overdue(self, now: datetime) -> bool:
        """Whether a step of it is."""
        return any(step.is_overdue(now) for step in self.steps)


class Incident(Struct, frozen=True, kw_only=True):
    """One incident."""

    id: str
    target: str
    runbook: Runbook
    started: Event
    events: tuple[Event, ...]
    phases: tuple[PhaseState, ...]
    closed: Event | None = None

    @property
    def steps(self) -> tuple[StepState, ...]:
        """All steps, in order."""
        return tuple(step for phase in self.phases for step in phase.steps)

    def step(self, name: str) -> StepState | None:
        """The step of an id."""
        return next((one for one in self.steps if one.step.id == name), None)

    @property
    def people(self) -> tuple[str, ...]:
        """Who has a line in it."""
        return tuple(dict.fromkeys(one.person for one in self.events))

    def before(self, step: RunbookStep) -> tuple[StepState, ...]:
        """The steps that must be closed before this one, and are not."""
        return tuple(
            one
            for one in self.steps
            if not one.standing.closed
            and one.step.id != step.id
            and (
                one.step.id in step.after
                or (
                    step.station is not None
                    and one.step.station is not None
                    and one.step.station.place < step.station.place
                )
            )
        )

    def next(self) -> StepState | None:
        """What comes next: what is open or failed, else the first step that may be done."""
        left = [one for one in self.steps if not one.standing.closed]
        free = [one for one in left if not self.before(one.step)]
        return next(iter(free or left), None)


class Folded(Struct, frozen=True, kw_only=True):
    """All incidents of a ledger."""

    incidents: tuple[Incident, ...]
    """In the order in which they were started."""
    loose: tuple[Event, ...] = ()
    """Lines of incidents whose beginning is not here: another clone has it."""

    @property
    def open(self) -> tuple[Incident, ...]:
        """Those that are not closed."""
        return tuple(one for one in self.incidents if one.closed is None)


def fold(events: Sequence[Event]) -> Folded:
    """The incidents that events are of.

    Args:
        events: in the ledger's order: each writer's own in the order they were written.
    """
    groups: dict[str, list[Event]] = {}
    for event in events:
        groups.setdefault(event.incident, []).append(event)
    found: list[Incident] = []
    loose: list[Event] = []
    for name, group in groups.items():
        begins = [one for one in group if one.happened is Happened.STARTED]
        runbook = next((book for one in begins if (book := one.runbook) is not None), None)
        if runbook is None:
            loose += group
        else:
            found.append(_incident(name, begins[0], runbook, group))
    found.sort(key=lambda one: (one.started.at, one.id))
    return Folded(incidents=tuple(found), loose=tuple(loose))


def _incident(name: str, started: Event, runbook: Runbook, events: Sequence[Event]) -> Incident:
    decided = {
        event.facts.step: event
        for event in events
        if event.happened is Happened.DECIDED and event.facts.step is not None
    }
    spared = _spared(runbook, decided)
    phases = []
    for phase in runbook.phases:
        due = started.at + timedelta(seconds=period_s(phase.within) or 0)
        steps = tuple(
            StepState(
                step=step,
                phase=phase.id,
                due=due,
                attempts=_attempts(step.id, events),
                decided=decided.get(step.id) if step.decision is not None else None,
                spared=spared.get(step.id),
            )
            for step in phase.steps
        )
        phases.append(PhaseState(phase=phase, due=due, steps=steps))
    closed = [event for event in events if event.happened is Happened.CLOSED]
    return Incident(
        id=name,
        target=started.target,
        runbook=runbook,
        started=started,
        events=tuple(events),
        phases=tuple(phases),
        closed=closed[-1] if closed else None,
    )


def _spared(runbook: Runbook, decided: Mapping[str, Event]) -> dict[str, Event]:
    """The steps that the answers given leave out, each with its answer."""
    found: dict[str, Event] = {}
    for name, event in decided.items():
        step = runbook.step(name)
        for option in step.decision.options if step is not None and step.decision else ():
            if option.id == event.facts.option:
                found |= dict.fromkeys(option.skips, event)
    return found


def _attempts(step: str, events: Sequence[Event]) -> tuple[Attempt, ...]:
    """The attempts at a step, in the order of their last events."""
    begun: dict[str, Event] = {}
    ran: dict[str, list[Event]] = {}
    ended: dict[str, Event] = {}
    order: dict[str, int] = {}
    for place, event in enumerate(events):
        name = event.facts.attempt
        if event.facts.step != step or name is None:
            continue
        if event.happened is Happened.BEGUN:
            begun.setdefault(name, event)
        elif event.happened is Happened.RAN:
            ran.setdefault(name, []).append(event)
        elif event.happened is Happened.ENDED:
            ended.setdefault(name, event)
        else:
            continue
        order[name] = place
    return tuple(
        Attempt(
            name=name,
            begun=begun.get(name),
            ran=tuple(ran.get(name, ())),
            ended=ended.get(name),
        )
        for name in sorted(order, key=lambda one: order[one])
    )
