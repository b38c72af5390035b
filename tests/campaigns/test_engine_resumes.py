"""Long stories of one journal: what several processes, each dying or failing, leave behind."""

from pathlib import Path

import pytest

from skillconnect_ops.journal.errors import PutBack
from skillconnect_ops.journal.model import Progress, Standing
from tests.campaigns.slow import slow
from tests.campaigns.world import OLD, Arena, Quiet


def test_crash_resume_fail_crash_in_the_rollback_rollback_again(tmp_path: Path) -> None:
    arena = Arena(tmp_path).build()
    with slow(arena, "verify:2") as child:
        child.kill_at("verify:2")
    with slow(arena, "fail:apply:2", "undo:2", what="resume") as child:
        child.kill_at("undo:2")
    office = arena.office()
    (state,) = office.journals()
    assert [step.progress for step in state.steps] == [
        Progress.DONE,
        Progress.UNDOING,
        Progress.UNDONE,
    ]
    office.rollback(state.id, Quiet())
    assert arena.now() == OLD
    assert office.journal(state.id).standing is Standing.ROLLED_BACK


@pytest.mark.parametrize("place", ["apply:1", "verify:1", "apply:2", "verify:2", "apply:3"])
def test_the_image_of_the_run_that_died_counts(tmp_path: Path, place: str) -> None:
    """Between the two, the half-changed world must not become what is put back."""
    arena = Arena(tmp_path).build()
    with slow(arena, place) as child:
        child.kill_at(place)
    with slow(arena, "fail:verify:1", what="resume") as child:
        ended = child.end()
    assert ended["error"] == PutBack.__name__
    assert arena.now() == OLD


def test_a_resume_begins_at_the_first_step_that_is_not_done(tmp_path: Path) -> None:
    arena = Arena(tmp_path, final=True).build()
    with slow(arena, "before:3") as child:
        child.kill_at("before:3")
    done = arena.files.folder / "a"
    touched = done.stat().st_mtime_ns
    outcome = arena.do("resume", arena.office())
    assert done.stat().st_mtime_ns == touched
    assert arena.now() == arena.goal
    assert outcome is not None
    assert [step.outcome.value for step in outcome.steps] == ["done"] * 5
    assert sorted({claim for _, claim in arena.ledger.lines()}) == [
        "file.gone",
        "file.holds",
        "file.moved",
        "secret.replaced",
    ]


def test_a_resume_after_a_rollback_that_died_walks_forward_again(tmp_path: Path) -> None:
    arena = Arena(tmp_path).build()
    with slow(arena, "apply:3") as child:
        child.kill_at("apply:3")
    with slow(arena, "undo:3", what="rollback") as child:
        child.kill_at("undo:3")
    arena.do("resume", arena.office())
    assert arena.now() == arena.goal


def test_past_the_turn_the_next_run_finishes_the_one_that_died(tmp_path: Path) -> None:
    arena = Arena(tmp_path, final=True).build()
    with slow(arena, "apply:5") as child:
        child.kill_at("apply:5")
    person = Quiet()
    office = arena.office()
    outcome = arena.run(office, person)
    assert arena.now() == arena.goal
    assert not outcome.walked, "after the recovery nothing was left to do"
    assert any("finishing it first" in note for note in person.notes)
    assert [state.standing for state in office.journals()] == [Standing.SEALED]


def test_a_resume_that_dies_can_be_resumed(tmp_path: Path) -> None:
    arena = Arena(tmp_path, final=True).build()
    with slow(arena, "apply:2") as child:
        child.kill_at("apply:2")
    for place in ("apply:1", "apply:2", "apply:2"):
        with slow(arena, place, what="resume") as child:
            child.kill_at(place)
    arena.do("resume", arena.office())
    assert arena.now() == arena.goal
