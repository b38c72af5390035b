"""The gait: look, show, ask, lock, look again, walk, seal."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from skillconnect_ops.core.errors import Precondition, Refused
from skillconnect_ops.core.exits import Exit
from skillconnect_ops.core.plan import Plan, Proof, Subject
from skillconnect_ops.core.report import StepOutcome
from skillconnect_ops.journal.errors import (
    NotAgreed,
    NotAPlan,
    NotPutBack,
    NotToBeOverwritten,
    PlanIsStale,
    PutBack,
    RunIsOver,
)
from skillconnect_ops.journal.escrow import ChainEscrow
from skillconnect_ops.journal.model import (
    Ask,
    Choices,
    Consent,
    NotNeeded,
    Outcome,
    Standing,
    TypeName,
)
from skillconnect_ops.journal.office import Office
from tests.campaigns.world import OLD, RESOURCES, Arena, FilePut, PutHandler, Quiet
from tests.faults import Fuse, die, raising


def carry_out(
    arena: Arena,
    *,
    office: Office | None = None,
    look: Callable[[], Plan] | None = None,
    person: Quiet | None = None,
    consent: Consent | None = None,
    choices: Choices | None = None,
    chain: str | None = None,
) -> Outcome:
    return (office or arena.office()).carry_out(
        look or arena.look,
        person=person or Quiet(),
        resources=RESOURCES,
        consent=consent or NotNeeded(),
        choices=choices or Choices(),
        chain=chain,
    )


def failing(arena: Arena, name: str, number: int = 1, error: BaseException | None = None) -> Office:
    """An office whose n-th call of that name raises."""
    fuse = Fuse(at=0, act=die)
    copy = Arena(arena.root / "count", final=bool(arena.final)).build()
    copy.run(copy.office(fuse))
    at = [n for n, call in enumerate(fuse.calls, start=1) if call == name][number - 1]
    return arena.office(Fuse(at=at, act=raising(error or RuntimeError("planted"))))


def test_a_plan_is_shown_walked_and_sealed(final: Arena) -> None:
    person = Quiet()
    outcome = carry_out(final, person=person)
    assert final.now() == final.goal
    assert [plan.command for plan in person.shown] == ["change"]
    assert [step.key for step in outcome.steps] == [
        "put:a",
        "move:b",
        "replace:s",
        "drop:y",
        "drop:z",
    ]
    assert {step.outcome for step in outcome.steps} == {StepOutcome.DONE}
    assert outcome.facts["put:a"] == {"bytes": 5}
    assert outcome.walked
    state = final.office().journal(outcome.journal or "")
    assert state.standing is Standing.SEALED
    assert state.command == "change"
    assert [path.name for path in state.folder.iterdir()] == ["log.jsonl"]
    assert [journal for journal, _ in final.ledger.lines()] == [outcome.journal] * 5


def test_nothing_of_a_secret_stays_behind(arena: Arena) -> None:
    carry_out(arena)
    files = [path for path in arena.state.rglob("*") if path.is_file()]
    assert not list(arena.state.glob("escrow/*"))
    assert files
    for path in files:
        assert b"old secret" not in path.read_bytes()


def test_a_dry_run_stops_after_the_plan_was_shown(arena: Arena) -> None:
    person = Quiet()
    outcome = carry_out(arena, person=person, choices=Choices(dry_run=True), consent=Ask())
    assert len(person.shown) == 1
    assert person.asked == 0
    assert not outcome.walked
    assert arena.now() == OLD
    assert not arena.state.exists()


def test_an_empty_plan_is_done_at_once(arena: Arena) -> None:
    carry_out(arena)
    person = Quiet()
    outcome = carry_out(arena, person=person, consent=TypeName("world"))
    assert not outcome.walked
    assert outcome.journal is None
    assert person.asked == 0


@pytest.mark.parametrize(
    ("consent", "choices", "agrees", "walked", "asked"),
    [
        (NotNeeded(), Choices(), False, True, 0),
        (Ask(), Choices(), True, True, 1),
        (Ask(), Choices(), False, False, 1),
        (Ask(), Choices(yes=True), False, True, 0),
        (TypeName("world"), Choices(), True, True, 1),
        (TypeName("world"), Choices(), False, False, 1),
        (TypeName("world"), Choices(yes=True), False, False, 1),
        (TypeName("world"), Choices(confirm="world"), False, True, 0),
        (TypeName("world"), Choices(confirm="World"), True, False, 0),
    ],
)
def test_consent(
    arena: Arena, consent: Consent, choices: Choices, agrees: bool, walked: bool, asked: int
) -> None:
    person = Quiet(agrees=agrees)
    if walked:
        carry_out(arena, person=person, consent=consent, choices=choices)
    else:
        with pytest.raises(NotAgreed) as caught:
            carry_out(arena, person=person, consent=consent, choices=choices)
        assert caught.value.exit is Exit.REFUSED
        assert not arena.state.exists(), "not even a lock was taken"
    assert arena.now() == (arena.goal if walked else OLD)
    assert person.asked == asked


def test_a_stale_plan_is_refused(arena: Arena) -> None:
    looks = 0

    def look() -> Plan:
        nonlocal looks
        looks += 1
        if looks == 2:
            arena.files.put("a", "someone else's")
        return arena.look()

    with pytest.raises(PlanIsStale) as caught:
        carry_out(arena, look=look)
    assert caught.value.exit is Exit.PRECONDITION
    assert arena.now() == {**OLD, "a": "someone else's"}
    assert not arena.office().journals()


def test_the_plan_that_was_agreed_to_is_the_one_walked(arena: Arena) -> None:
    """A second look at the same state may name things anew (an id from the clock)."""
    looks = 0

    def look() -> Plan:
        nonlocal looks
        looks += 1
        step = FilePut(key=f"put:{looks}", name="a", text="new a")
        return replace(arena.look(), steps=(step,))

    outcome = carry_out(arena, look=look)
    assert [step.key for step in outcome.steps] == ["put:1"]


def test_two_steps_of_one_key_are_a_bug_found_before_anything_happens(arena: Arena) -> None:
    step = FilePut(key="put:a", name="a", text="new a")
    with pytest.raises(ValueError, match="two steps of one key"):
        carry_out(arena, look=lambda: replace(arena.look(), steps=(step, step)))
    assert arena.now() == OLD
    assert not arena.office().journals()


def test_a_failure_names_its_cause_and_gives_the_steps(arena: Arena) -> None:
    office = failing(arena, "apply", 2, Refused("no entry", why="the door is shut", fix="open it"))
    with pytest.raises(PutBack) as caught:
        carry_out(arena, office=office)
    error = caught.value
    why = "the door is shut; what had begun was put back"
    assert (error.what, error.why, error.fix) == ("no entry", why, "open it")
    assert isinstance(error.__cause__, Refused)
    assert [step.outcome for step in error.steps] == [
        StepOutcome.UNDONE,
        StepOutcome.FAILED,
        StepOutcome.SKIPPED,
    ]
    state = office.journal(error.journal or "")
    assert state.error == "no entry: the door is shut"


def test_a_proof_that_does_not_hold_is_a_failure(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verify(*_: object) -> Sequence[Proof]:
        return [Proof(claim="file.holds", subject={}, holds=False)]

    monkeypatch.setattr(PutHandler, "verify", verify)
    with pytest.raises(PutBack) as caught:
        carry_out(arena)
    assert "file.holds" in caught.value.why
    assert arena.now() == OLD
    assert not arena.ledger.lines(), "what was undone proves nothing"


def test_what_fails_before_anything_is_touched_stays_what_it_is(arena: Arena) -> None:
    refused = Precondition("no privilege", why="w", fix="f")
    office = failing(arena, "before", 1, refused)
    with pytest.raises(Precondition) as caught:
        carry_out(arena, office=office)
    assert caught.value is refused
    assert office.journals()[0].standing is Standing.ROLLED_BACK


def test_a_bug_before_anything_is_touched_stays_a_bug(arena: Arena) -> None:
    with pytest.raises(ZeroDivisionError):
        carry_out(arena, office=failing(arena, "before", 1, ZeroDivisionError()))
    assert arena.now() == OLD


def test_the_other_steps_are_undone_even_if_one_undo_fails(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = failing(arena, "verify", 3)
    with monkeypatch.context() as patch:
        patch.setattr(
            "tests.campaigns.world.MoveHandler.undo",
            lambda *_: raising(Precondition("stuck", why="w", fix="f"))(),
        )
        with pytest.raises(NotPutBack) as caught:
            carry_out(arena, office=office)
    error = caught.value
    assert error.exit is Exit.NEEDS_PERSON
    assert error.fix == f"skc journal rollback {error.journal}"
    assert error.what == "1 of 3 steps could not be undone"
    assert "stuck" in error.why
    assert "RuntimeError" in error.why
    assert arena.now() == {**arena.goal, "a": "old a", "s": "old secret"}
    assert list(arena.state.glob("escrow/*")), "it is still needed"
    arena.office().rollback(error.journal or "", Quiet())
    assert arena.now() == OLD
    assert not list(arena.state.glob("escrow/*"))


def test_evidence_that_cannot_be_recorded_undoes_nothing(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Quiet()
    with monkeypatch.context() as patch:
        patch.setattr(
            "tests.campaigns.world.LineLedger.record",
            lambda *_, **__: raising(OSError(30, "Read-only file system"))(),
        )
        outcome = carry_out(arena, person=person)
    assert arena.now() == arena.goal
    assert "the evidence is not recorded yet" in outcome.warnings[0]
    assert outcome.warnings[0] in person.notes[-1]
    assert arena.office().journal(outcome.journal or "").standing is Standing.SEALED
    carry_out(arena)
    assert [journal for journal, _ in arena.ledger.lines()] == [outcome.journal] * 3, "made up for"
    carry_out(arena)
    assert len(arena.ledger.lines()) == 3, "and only once"


def test_a_plan_that_goes_on_keeps_its_escrow_until_the_chain_ends(arena: Arena) -> None:
    first = carry_out(arena, look=lambda: replace(arena.look(), then="change finish"))
    assert list(arena.state.glob("escrow/*")) == [arena.state / "escrow" / (first.journal or "")]

    def finish() -> Plan:
        step = FilePut(key="put:a", name="a", text="last a")
        return replace(arena.look(), command="change finish", steps=(step,))

    second = carry_out(arena, look=finish, chain=first.journal)
    assert second.walked
    assert not list(arena.state.glob("escrow/*"))


def test_undoing_a_later_plan_keeps_the_escrow_of_its_chain(arena: Arena) -> None:
    first = carry_out(arena, look=lambda: replace(arena.look(), then="change finish"))

    def finish() -> Plan:
        step = FilePut(key="put:a", name="a", text="last a")
        return replace(arena.look(), steps=(step,))

    fuse = Fuse(at=1, act=raising(RuntimeError("planted")), after=True)
    office = _only(arena, fuse, "apply")
    with pytest.raises(PutBack):
        carry_out(arena, office=office, look=finish, chain=first.journal)
    assert list(arena.state.glob("escrow/*"))


def _only(arena: Arena, fuse: Fuse, name: str) -> Office:
    """An office through whose fuse only calls of one name go."""

    class Picky(Fuse):
        def around(self, called: str, call: Callable[[], object]) -> object:
            return fuse.around(called, call) if called == name else call()

    return arena.office(Picky(at=0, act=die))


def test_a_saved_plan_is_applied_only_while_it_is_right(arena: Arena, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    person = Quiet()
    outcome = carry_out(arena, person=person, choices=Choices(save_plan=path))
    assert not outcome.walked
    assert arena.now() == OLD
    saved = json.loads(path.read_text())
    assert saved["schema"] == "skc/plan/1"
    assert saved["made"]["plan"]["steps"][0]["kind"] == "file.put"
    read = arena.office().read_plan(path)
    assert (read.plan, read.words) == (outcome.plan, ("change",))

    def apply() -> Outcome:
        return carry_out(arena, office=arena.office(expected=read.plan))

    arena.files.put("a", "someone else's")
    with pytest.raises(PlanIsStale, match="saved plan"):
        apply()
    arena.files.put("a", OLD["a"])
    assert apply().walked
    assert arena.now() == arena.goal
    with pytest.raises(PlanIsStale):
        apply()


def test_a_plan_that_expects_something_else_is_not_carried_out(
    arena: Arena, tmp_path: Path
) -> None:
    plan = arena.look()
    other = replace(plan, steps=tuple(replace(step, key=f"x{step.key}") for step in plan.steps))
    with pytest.raises(PlanIsStale) as caught:
        carry_out(arena, office=arena.office(expected=other))
    assert caught.value.why.startswith("a fresh plan differs: steps (no longer xput:")
    assert "now also put:" in caught.value.why
    assert arena.now() == OLD


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("new a", "evil", "edited"),
        ('"change"', '"destroy"', "edited"),
        ('"project": "', '"project": "x', "edited"),
    ],
)
def test_an_edited_plan_file_is_noticed(
    arena: Arena, tmp_path: Path, old: str, new: str, why: str
) -> None:
    path = tmp_path / "plan.json"
    carry_out(arena, choices=Choices(save_plan=path))
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(NotAPlan) as caught:
        arena.office().read_plan(path)
    assert why in caught.value.why


def test_a_plan_is_saved_over_another_one_and_over_nothing_else(
    arena: Arena, tmp_path: Path
) -> None:
    path = tmp_path / "plan.json"
    carry_out(arena, choices=Choices(save_plan=path))
    carry_out(arena, choices=Choices(save_plan=path))
    path.write_text("PORT=3000\n")
    with pytest.raises(NotToBeOverwritten):
        carry_out(arena, choices=Choices(save_plan=path))
    assert path.read_text() == "PORT=3000\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "no such file"),
        ("{", "truncated"),
        ('{"made": {}}', "schema"),
        ("[" * 100_000, "Expected `object`"),
        ("\0\1", "malformed"),
        ('{"schema": "skc/plan/1", "made": {}, "sum": ""}', "project"),
        (f'"{"x" * (9 << 20)}"', "larger"),
        ('{"schema": "skc/plan/2", "plan": {}}', "skc/plan/2"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(
    arena: Arena, tmp_path: Path, text: str | None, why: str
) -> None:
    path = tmp_path / "plan.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(NotAPlan) as caught:
        arena.office().read_plan(path)
    assert why in caught.value.why


def test_what_is_destroyed_is_said_with_its_place(arena: Arena) -> None:
    person = Quiet()
    subject = Subject(target="production", cluster="h:1", database="shop")

    def look() -> Plan:
        return replace(arena.look(), subject=subject)

    arena.office().carry_out(
        look,
        person=person,
        resources=(),
        consent=TypeName("world"),
        choices=Choices(),
    )
    assert person.wheres == ["at h:1 (target production)"]


def test_resume_and_rollback_of_a_finished_run(arena: Arena) -> None:
    outcome = carry_out(arena)
    office, name = arena.office(), outcome.journal or ""
    assert not office.resume(name, Quiet()).walked
    with pytest.raises(RunIsOver, match="finished"):
        office.rollback(name, Quiet())
    assert arena.now() == arena.goal


def test_resuming_a_finished_run_deletes_the_escrow_that_it_left(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the seal, it has nothing else left to do, and a person may type it."""
    with monkeypatch.context() as patch:
        patch.setattr(ChainEscrow, "remove", lambda _: raising(OSError(5, "planted"))())
        outcome = carry_out(arena)
    assert list(arena.state.glob("escrow/*"))
    assert not arena.office().resume(outcome.journal or "", Quiet()).walked
    assert not list(arena.state.glob("escrow/*"))


def test_resume_and_rollback_of_a_run_that_was_put_back(arena: Arena) -> None:
    with pytest.raises(PutBack) as caught:
        carry_out(arena, office=failing(arena, "verify", 2))
    office, name = arena.office(), caught.value.journal or ""
    assert not office.rollback(name, Quiet()).walked
    with pytest.raises(RunIsOver, match="rolled back") as refused:
        office.resume(name, Quiet())
    assert refused.value.fix == "skc change"  # as it was typed then
    assert arena.now() == OLD
