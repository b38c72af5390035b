"""What a log does not show, or shows too late: a post-mortem that hides it is none; pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from skillconnect_ops.commands.respond.events import Ending, Event, Happened
from skillconnect_ops.commands.respond.standing import Incident, StepStanding
from skillconnect_ops.core.view import count, duration, listed

QUIET = timedelta(minutes=30)
"""Nobody works for so long without a line to write."""


class Gap(Struct, frozen=True, kw_only=True):
    """One of them."""

    kind: str
    """`never-done`, `late`, `failed`, `interrupted`, `out-of-order`, `skipped`, `future`,
    `clock-moved-back`, `quiet`, `claimed`, `unread`."""
    about: str
    """The step, the time or the person."""
    says: str


def gaps(incident: Incident, *, now: datetime) -> tuple[Gap, ...]:
    """All of them, by kind.

    Args:
        incident: how it stands.
        now: what no record can be later than.
    """
    return (
        *_of_steps(incident, now),
        *_of_clocks(incident.events, now),
        *_quiet(incident, now),
        *_claimed(incident),
        *_unread(incident.events),
    )


def _of_steps(incident: Incident, now: datetime) -> Iterator[Gap]:
    for state in incident.steps:
        name = state.step.id
        closed_at = state.closed_at
        if not state.standing.closed:
            late = f", due {state.due:%F %TZ}" if now > state.due else ""
            kind = "interrupted" if state.standing is StepStanding.OPEN else "never-done"
            said = "begun, and never ended" if kind == "interrupted" else "never done"
            yield Gap(kind=kind, about=name, says=f"{said}{late}")
        elif closed_at is not None and closed_at > state.due:
            after = duration((closed_at - state.due).total_seconds())
            yield Gap(kind="late", about=name, says=f"closed {after} too late")
        if state.standing is StepStanding.SKIPPED and state.ended is not None:
            said = f"skipped by {state.ended.person}: {state.ended.facts.reason}"
            yield Gap(kind="skipped", about=name, says=said)
        failed = [
            one
            for one in state.attempts
            if one.ended is not None and one.ended.facts.ending is Ending.FAILED
        ]
        if failed:
            yield Gap(kind="failed", about=name, says=f"failed {count(len(failed), 'time')}")
    for event in incident.events:
        if event.facts.out_of_order and event.facts.step is not None:
            before = listed(event.facts.out_of_order)
            said = f"before {before}, by {event.person}: {event.facts.reason}"
            yield Gap(kind="out-of-order", about=event.facts.step, says=said)


def _of_clocks(events: Sequence[Event], now: datetime) -> Iterator[Gap]:
    """Clocks that cannot be right: a line of tomorrow, a line from before the one above it."""
    latest: dict[str, datetime] = {}
    for event in events:
        if event.at > now:
            ahead = duration((event.at - now).total_seconds())
            said = f"{event.claim} of {event.person} lies {ahead} in the future"
            yield Gap(kind="future", about=f"{event.at:%F %TZ}", says=said)
        before = latest.get(event.writer)
        if before is not None and event.at < before:
            back = duration((before - event.at).total_seconds())
            said = f"the clock of {event.person}'s machine was moved back by {back}"
            yield Gap(kind="clock-moved-back", about=f"{event.at:%F %TZ}", says=said)
        latest[event.writer] = max(event.at, before or event.at)


def _quiet(incident: Incident, now: datetime) -> Iterator[Gap]:
    times = sorted(event.at for event in incident.events if event.at <= now)
    end = incident.closed.at if incident.closed is not None else now
    for one, two in zip(times, [*times[1:], max(end, times[-1])] if times else [], strict=True):
        if two - one > QUIET:
            said = f"nothing was logged for {duration((two - one).total_seconds())}"
            yield Gap(kind="quiet", about=f"{one:%F %TZ} to {two:%F %TZ}", says=said)


def _claimed(incident: Incident) -> Iterator[Gap]:
    """Lines whose key is not listed prove nothing; said once a person."""
    counted: dict[str, int] = {}
    for event in incident.events:
        if event.signer is None:
            counted[event.person] = counted.get(event.person, 0) + 1
    for person, number in counted.items():
        said = f"{count(number, 'line')}: signed with a key that .skc/allowed_signers does not list"
        yield Gap(kind="claimed", about=person, says=said)


def _unread(events: Sequence[Event]) -> Iterator[Gap]:
    for event in events:
        if event.happened is Happened.OTHER:
            why = event.trouble or "another version of skc wrote it"
            yield Gap(kind="unread", about=event.claim, says=why)
