"""What earlier runs left: unknown kinds, damaged journals, folders that never began."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from skillconnect_ops.core.errors import NeedsPerson
from skillconnect_ops.core.plan import Plan
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.errors import BrokenJournal, NoSuchJournal, UnknownKind
from skillconnect_ops.journal.kinds import Kind
from skillconnect_ops.journal.model import Ask, Choices, Outcome, Standing
from skillconnect_ops.journal.office import Office
from skillconnect_ops.journal.resources import Resource
from tests.campaigns import children
from tests.campaigns.world import (
    OLD,
    Arena,
    Fault,
    FilePut,
    PutHandler,
    Quiet,
    RealClock,
    killed,
)
from tests.faults import Fuse, die


@pytest.fixture
def dead(arena: Arena) -> Arena:
    """An arena whose run was killed after its second step was applied."""
    fuse = Fuse(at=0, act=die)
    copy = Arena(arena.root / "count").build()
    copy.run(copy.office(fuse))
    at = [n for n, name in enumerate(fuse.calls, start=1) if name == "apply"][1]
    assert killed(children.run(arena, "run", Fault(at=at, after=True)))
    return arena


def log_of(arena: Arena) -> Path:
    (path,) = arena.state.glob("journal/*/log.jsonl")
    return path


def test_an_older_version_leaves_what_it_does_not_know_to_a_person(dead: Arena) -> None:
    office = Office(
        folder=dead.state,
        disk=Disk(),
        clock=RealClock(),
        kinds=[Kind(FilePut, lambda _: PutHandler(dead.files))],
    )
    between = dead.now()
    (state,) = office.journals()
    assert [step.kind for step in state.steps] == ["file.put", "file.move", "secret.put"]
    with pytest.raises(UnknownKind) as caught:
        dead.run(office)
    assert isinstance(caught.value, NeedsPerson)
    assert state.id in caught.value.what
    assert "file.move" in caught.value.why
    assert caught.value.fix == "pip install skillconnect-ops==0.1.0"
    assert dead.now() == between
    dead.run(dead.office())
    assert dead.now() == dead.goal


def test_a_damaged_journal_blocks_what_it_holds_and_says_so(dead: Arena) -> None:
    log = log_of(dead)
    log.write_bytes(log.read_bytes().replace(b'"old a"', b'"odd a"'))
    between = dead.now()
    office = dead.office()
    (state,) = office.journals()
    assert state.standing is Standing.BROKEN
    assert state.trouble == "line 2 is damaged, or of another version"
    works: list[Callable[[], Outcome]] = [
        lambda: dead.run(office),
        lambda: office.resume(state.id, Quiet()),
        lambda: office.rollback(state.id, Quiet()),
    ]
    for work in works:
        with pytest.raises(BrokenJournal) as caught:
            work()
        assert caught.value.exit == 6
        assert state.id in caught.value.what
    assert dead.now() == between


def test_a_damaged_journal_does_not_block_other_resources(dead: Arena) -> None:
    log = log_of(dead)
    log.write_bytes(log.read_bytes().replace(b'"old a"', b'"odd a"'))
    office = dead.office()
    outcome = office.carry_out(
        dead.look,
        person=Quiet(),
        resources=[Resource("files", "elsewhere")],
        consent=Ask(),
        choices=Choices(),
    )
    assert outcome.walked


def test_a_journal_whose_first_line_is_lost_blocks_everything(dead: Arena) -> None:
    log = log_of(dead)
    log.write_bytes(log.read_bytes().replace(b'"begin"', b'"begun"'))
    office = dead.office()
    assert office.journals()[0].command == "?"
    with pytest.raises(BrokenJournal):
        office.carry_out(
            dead.look,
            person=Quiet(),
            resources=[Resource("files", "elsewhere")],
            consent=Ask(),
            choices=Choices(),
        )


def test_damage_in_a_sealed_journal_blocks_nothing(arena: Arena) -> None:
    arena.run(arena.office())
    log = log_of(arena)
    log.write_bytes(log.read_bytes().replace(b'"old a"', b'"odd a"'))
    office = arena.office()
    assert office.journals()[0].standing is Standing.SEALED
    arena.files.put("a", "changed since")
    assert arena.run(office).walked


def test_a_torn_last_line_is_no_obstacle(dead: Arena) -> None:
    """It was never acknowledged, so nothing was done because of it."""
    with log_of(dead).open("ab") as log:
        log.write(b'{"n":6,"at":"2026-11-22T15:44:03Z","event":"done","key":"mo')
    dead.do("rollback", dead.office())
    assert dead.now() == OLD
    dead.run(dead.office())
    assert dead.now() == dead.goal


def test_the_person_is_asked_again_when_the_recovery_changed_the_plan(dead: Arena) -> None:
    """What was agreed to was made from a half-changed world."""
    person = Quiet()
    looks: list[Plan] = []

    def look() -> Plan:
        found = dead.look()
        step = FilePut(key="put:a", name="a", text="from " + (dead.files.get("a") or ""))
        looks.append(found)
        return Plan(command="change", subject=found.subject, state=found.state, steps=(step,))

    dead.office().carry_out(
        look, person=person, resources=dead_resources(), consent=Ask(), choices=Choices()
    )
    assert person.asked == 2
    assert len(person.shown) == 2
    assert dead.now() == {**OLD, "a": "from old a"}


def dead_resources() -> list[Resource]:
    return [Resource("files", "world"), Resource("files", "more")]


def test_a_dry_run_recovers_nothing_but_says_what_comes_first(dead: Arena) -> None:
    between = dead.now()
    person = Quiet()

    def dry() -> Outcome:
        return dead.office().carry_out(
            dead.look,
            person=person,
            resources=dead_resources(),
            consent=Ask(),
            choices=Choices(dry_run=True),
        )

    assert not dry().walked
    assert dead.now() == between
    assert "comes first" in person.notes[-1]


def test_an_unknown_id_names_the_nearest(arena: Arena) -> None:
    outcome = arena.run(arena.office())
    name = outcome.journal or ""
    with pytest.raises(NoSuchJournal) as caught:
        arena.office().journal(name[:-2] + "zz")
    assert name in caught.value.why
    for bad in ("..", "", "../escrow", "x/y"):
        with pytest.raises(NoSuchJournal):
            arena.office().journal(bad)


def test_a_folder_that_never_began_is_swept_when_it_is_old(arena: Arena) -> None:
    for name, age_s in (("2020-old", 7200.0), ("2020-young", 0.0)):
        folder = arena.state / "journal" / name
        Disk().make_private(folder)
        (folder / "lock").touch()
        (folder / "reserve").touch()
        then = time.time() - age_s
        os.utime(folder, (then, then))
    office = arena.office()
    assert not office.journals()
    arena.run(office)
    names = {path.name for path in (arena.state / "journal").iterdir()}
    assert "2020-old" not in names
    assert "2020-young" in names


def test_journals_are_listed_newest_first(arena: Arena) -> None:
    for turn in range(8):  # several in a second, whose ids do not tell them apart
        arena.files.put("a", f"changed since {turn}")
        arena.run(arena.office())
    begun = [state.begun_at for state in arena.office().journals()]
    assert len(begun) == 8
    assert all(at is not None for at in begun)
    assert begun == sorted(begun, key=str, reverse=True)
