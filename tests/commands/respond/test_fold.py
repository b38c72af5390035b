"""The fold: two writers in any order, cut at any line."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from skillconnect_ops.commands.respond import reading
from skillconnect_ops.commands.respond.events import (
    Ending,
    Event,
    EventFacts,
    Happened,
    events,
    proof,
)
from skillconnect_ops.commands.respond.standing import Incident, StepStanding, fold
from skillconnect_ops.core.ports.evidence import Evidence
from tests.commands.respond.conftest import RUNBOOK

BOOK = reading.read(RUNBOOK, file="small.yaml")
BEGAN = datetime(2026, 11, 29, 2, 0, tzinfo=UTC)
STEPS = [step.id for step in BOOK.steps]
ENDINGS = list(Ending)


def record(happened: Happened, facts: EventFacts, *, seconds: int, writer: str = "a") -> Evidence:
    made = proof(happened, facts, incident="one", target="production")
    return Evidence(
        at=BEGAN + timedelta(seconds=seconds),
        claim=made.claim,
        subject=made.subject,
        holds=True,
        command="respond",
        facts=made.facts,
        writer=writer,
        signer="ada",
    )


START = record(
    Happened.STARTED, EventFacts(person="ada", runbook=msgspec.to_builtins(BOOK)), seconds=0
)


def folded(records: Sequence[Evidence]) -> Incident:
    (incident,) = fold(events(records)).incidents
    return incident


def begun(step: str, attempt: str, *, seconds: int = 1, writer: str = "a") -> Evidence:
    return record(
        Happened.BEGUN,
        EventFacts(person=writer, step=step, attempt=attempt),
        seconds=seconds,
        writer=writer,
    )


def ended(
    step: str, attempt: str, ending: Ending, *, seconds: int = 2, writer: str = "a"
) -> Evidence:
    facts = EventFacts(person=writer, step=step, attempt=attempt, ending=ending)
    return record(Happened.ENDED, facts, seconds=seconds, writer=writer)


def standing(incident: Incident, step: str) -> StepStanding:
    found = incident.step(step)
    assert found is not None
    return found.standing


@st.composite
def scripts(draw: st.DrawFn, writer: str) -> list[Evidence]:
    """What one writer may write: attempts that begin and end, decisions, notes."""
    lines: list[Evidence] = []
    for number in range(draw(st.integers(0, 6))):
        step = draw(st.sampled_from(STEPS))
        seconds = draw(st.integers(-3600, 90_000))
        name = f"{writer}{number}"
        if draw(st.booleans()):
            lines.append(begun(step, name, seconds=seconds, writer=writer))
        if draw(st.booleans()):
            ending = draw(st.sampled_from(ENDINGS))
            lines.append(ended(step, name, ending, seconds=seconds, writer=writer))
        if draw(st.booleans()):
            facts = EventFacts(
                person=writer, step="ask", option=draw(st.sampled_from(["bad", "fine"]))
            )
            lines.append(record(Happened.DECIDED, facts, seconds=seconds, writer=writer))
        if draw(st.booleans()):
            facts = EventFacts(person=writer, text="seen")
            lines.append(record(Happened.NOTED, facts, seconds=seconds, writer=writer))
    return lines


@st.composite
def merged(draw: st.DrawFn) -> list[Evidence]:
    """Two writers' lines as a merge may put them: each one's own stay in their order."""
    one, two = draw(scripts("a")), draw(scripts("b"))
    lines = [START]
    while one or two:
        source = one if not two or (one and draw(st.booleans())) else two
        lines.append(source.pop(0))
    return lines


@settings(max_examples=300)
@given(merged(), st.data())
def test_whatever_two_people_write_no_line_is_lost_and_nothing_is_done_unsaid(
    lines: list[Evidence], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(lines)))
    incident = folded(lines[:cut])
    assert [event.at for event in incident.events] == [line.at for line in lines[:cut]]
    told = {(e.facts.step, e.facts.attempt) for e in incident.events if e.facts.attempt}
    shown = {(s.step.id, a.name) for s in incident.steps for a in s.attempts}
    assert shown == told
    for state in incident.steps:
        names = {attempt.name for attempt in state.attempts if attempt.ended is None}
        assert names == {
            e.facts.attempt
            for e in incident.events
            if e.facts.step == state.step.id and e.happened is Happened.BEGUN
        } - {e.facts.attempt for e in incident.events if e.happened is Happened.ENDED}
        done = any(
            e.happened is Happened.ENDED
            and e.facts.step == state.step.id
            and e.facts.ending is Ending.DONE
            for e in incident.events
        )
        answered = any(
            e.happened is Happened.DECIDED and e.facts.step == state.step.id
            for e in incident.events
        )
        if state.standing is StepStanding.DONE:
            assert done or answered
        if state.open:
            assert state.standing is StepStanding.OPEN


@settings(max_examples=200)
@given(merged(), st.data())
def test_whose_line_comes_first_changes_nothing_of_what_is_open(
    lines: list[Evidence], data: st.DataObject
) -> None:
    mine = [line for line in lines[1:] if line.writer == "a"]
    others = [line for line in lines[1:] if line.writer == "b"]
    one, two = folded([START, *mine, *others]), folded([START, *others, *mine])
    for left, right in zip(one.steps, two.steps, strict=True):
        assert {a.name for a in left.open} == {a.name for a in right.open}
        assert {a.name for a in left.attempts} == {a.name for a in right.attempts}
        if (
            len({a.ended.facts.ending for a in left.attempts if a.ended}) <= 1
            and left.decided is None
            and left.spared is None
            and right.spared is None
        ):
            assert left.standing is right.standing


def test_a_step_that_began_and_did_not_end_is_open() -> None:
    incident = folded([START, begun("keep", "x")])
    assert standing(incident, "keep") is StepStanding.OPEN
    assert incident.next() == incident.step("keep")


def test_the_last_end_counts() -> None:
    lines = [START, ended("keep", "x", Ending.DONE), ended("keep", "y", Ending.FAILED, seconds=3)]
    assert standing(folded(lines), "keep") is StepStanding.FAILED
    assert standing(folded(lines[:2]), "keep") is StepStanding.DONE


def test_a_withdrawn_attempt_says_nothing() -> None:
    lines = [START, ended("keep", "x", Ending.DONE), begun("keep", "y")]
    lines.append(ended("keep", "y", Ending.WITHDRAWN))
    assert standing(folded(lines), "keep") is StepStanding.DONE


def test_a_decision_leaves_steps_out_and_another_one_brings_them_back() -> None:
    def said(option: str) -> Evidence:
        return record(Happened.DECIDED, EventFacts(step="ask", option=option), seconds=5)

    assert standing(folded([START, said("fine")]), "tell") is StepStanding.NOT_NEEDED
    assert standing(folded([START, said("fine"), said("bad")]), "tell") is StepStanding.WAITING


def test_what_another_version_wrote_is_shown_and_not_lost() -> None:
    odd = record(Happened.NOTED, EventFacts(text="x"), seconds=1)
    strange = Evidence(
        at=odd.at,
        claim="incident.paused",
        subject=odd.subject,
        holds=True,
        command="respond",
        facts={"ending": "perhaps", "person": "eve"},
        writer="b",
        signer=None,
    )
    incident = folded([START, strange])
    (event,) = incident.events[1:]
    assert event.happened is Happened.OTHER
    assert event.claim == "incident.paused"
    assert event.trouble is not None


def test_lines_without_their_beginning_are_said_to_be() -> None:
    found = fold(events([begun("keep", "x")]))
    assert found.incidents == ()
    assert [event.incident for event in found.loose] == ["one"]


def test_a_clock_decides_what_is_overdue() -> None:
    incident = folded([START, ended("keep", "x", Ending.DONE, seconds=10)])
    soon, late = BEGAN + timedelta(minutes=4), BEGAN + timedelta(minutes=6)
    assert not any(step.is_overdue(soon) for step in incident.steps)
    assert [s.step.id for s in incident.steps if s.is_overdue(late)] == ["shut", "ask"]


def test_the_order_of_stations_binds_whatever_the_order_of_steps() -> None:
    incident = folded([START, ended("shut", "x", Ending.DONE)])
    clean = BOOK.step("clean")
    assert clean is not None
    assert [state.step.id for state in incident.before(clean)] == ["keep"]


def test_an_event_is_read_back_as_it_was_written() -> None:
    facts = EventFacts(person="ada", step="keep", attempt="x", ending=Ending.DONE, text="y")
    (event,) = events([record(Happened.ENDED, facts, seconds=1)])
    assert isinstance(event, Event)
    assert event.facts == facts


def test_a_runbook_that_another_version_wrote_can_be_read_still() -> None:
    data = json.loads(json.dumps(msgspec.to_builtins(BOOK)))
    first = data["phases"][0]["steps"][0]
    first |= {"new_field": 1, "station": "moon", "needs": ["rocket", "git-repository"]}
    data["invented"] = True
    facts = EventFacts(person="ada", runbook=data)
    incident = folded([record(Happened.STARTED, facts, seconds=0)])
    assert [one.step.id for one in incident.steps] == STEPS
    assert incident.steps[0].step.station is None
    assert incident.steps[0].step.needs == ("git-repository",)
