"""Two runs at once, and locks of the living and of the dead."""

import socket
from pathlib import Path

import pytest

from skillconnect_ops.disk.lock import Locked
from skillconnect_ops.journal.model import Choices, NotNeeded, Standing
from skillconnect_ops.journal.resources import Resource
from tests.campaigns.slow import slow
from tests.campaigns.world import OLD, Arena, Quiet


def test_a_lock_of_a_living_process_names_it(tmp_path: Path) -> None:
    arena = Arena(tmp_path).build()
    with slow(arena, "apply:2") as child:
        child.at("apply:2")
        before = arena.now()
        office = arena.office()
        with pytest.raises(Locked) as caught:
            arena.run(office)
        why = caught.value.why
        assert f"process {child.process.pid} on {socket.gethostname()}" in why
        assert "skc change, since 2" in why
        assert caught.value.what == "files world is in use"
        assert arena.now() == before
        running = office.journals()[0]
        assert running.standing is Standing.RUNNING
        for take in (office.resume, office.rollback):
            with pytest.raises(Locked):
                take(running.id, Quiet())
        child.go("apply:2")
        assert child.end()["exit"] == 0
    assert arena.now() == arena.goal


def test_another_resource_is_not_locked(tmp_path: Path) -> None:
    arena = Arena(tmp_path).build()
    with slow(arena, "apply:2") as child:
        child.at("apply:2")
        other = Arena(tmp_path / "other").build()
        other.state = arena.state
        other.office().carry_out(
            other.look,
            person=Quiet(),
            resources=[Resource("files", "other")],
            consent=NotNeeded(),
            choices=Choices(),
        )
        assert other.now() == other.goal
        child.go("apply:2")
        child.end()
    assert arena.now() == arena.goal


def test_a_lock_of_a_dead_process_heals_itself(tmp_path: Path) -> None:
    arena = Arena(tmp_path).build()
    with slow(arena, "apply:2") as child:
        child.at("apply:2")
        child.process.kill()
        assert child.end() == {}
    person = Quiet()
    office = arena.office()
    (dead,) = office.journals()
    assert dead.standing is Standing.INTERRUPTED
    arena.run(office, person)
    assert arena.now() == arena.goal
    assert any(dead.id in note and "putting it back" in note for note in person.notes)
    assert office.journal(dead.id).standing is Standing.ROLLED_BACK


def test_of_many_runs_at_once_one_walks_and_none_harms_it(tmp_path: Path) -> None:
    arena = Arena(tmp_path, final=True).build()
    with (
        slow(arena) as one,
        slow(arena) as two,
        slow(arena) as three,
        slow(arena) as four,
    ):
        ends = [child.end() for child in (one, two, three, four)]
    walked = [end for end in ends if end.get("walked")]
    assert len(walked) == 1
    for end in ends:
        assert end["error"] in {None, "Locked", "PlanIsStale"}
    assert arena.now() == arena.goal
    assert arena.now() != OLD
