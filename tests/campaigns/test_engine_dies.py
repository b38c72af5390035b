"""A process is killed at every call of a run, and again while the next one puts things right."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from skillconnect_ops.journal.errors import PastTheTurn, RunIsOver
from skillconnect_ops.journal.model import Standing
from tests.campaigns import children
from tests.campaigns.world import OLD, Arena, Fault, killed

FOLLOWS = ["run", "resume", "rollback"]
LONG = pytest.mark.long


def _dies(arena: Arena, what: str, fault: Fault) -> bool:
    """Run a child; whether the fault killed it. Otherwise it came to its end unharmed."""
    code = children.run(arena, what, fault)
    assert code == 0 or killed(code), f"a child ended with {code}"
    return killed(code)


def _deaths(
    tmp_path: Path, *, final: bool, level: str, every: int, first: int, steps: bool = True
) -> Iterator[Arena]:
    """Worlds whose run was killed at its n-th call, for every n, until a run comes to its end."""
    for at in count(first, every):
        for after in (False, True):
            arena = Arena(tmp_path / f"{at}-{after}", final=final, steps=steps).build()
            if not _dies(arena, "run", Fault(at=at, after=after, level=level)):
                assert arena.now() == arena.goal
                assert at > 20, "hardly any call was counted"
                return
            yield arena


def _put_right(arena: Arena, follow: str) -> None:
    """What a person may do next leads to the old world or to the new one."""
    office = arena.office()
    newest = next(iter(office.journals()), None)
    standing = newest.standing if newest is not None else None
    if follow == "rollback" and standing is Standing.FORWARD_ONLY:
        with pytest.raises(PastTheTurn):
            arena.do("rollback", office)
        arena.do("resume", office)
        assert arena.now() == arena.goal
    elif (follow, standing) in {("rollback", Standing.SEALED), ("resume", Standing.ROLLED_BACK)}:
        with pytest.raises(RunIsOver):
            arena.do(follow, office)
    else:
        arena.do(follow, office)
        expected = OLD if follow == "rollback" or newest is None else arena.goal
        assert arena.now() == (expected if follow != "run" else arena.goal)
    assert arena.now() in (OLD, arena.goal)
    arena.run(office)
    assert arena.now() == arena.goal
    assert all(state.standing.over for state in office.journals())
    assert not list(arena.state.glob("escrow/*"))
    assert not [state.id for state in office.journals() if (state.folder / "reserve").exists()]


@pytest.mark.parametrize(
    ("follow", "final", "level", "every"),
    [
        ("run", True, "ports", 3),
        ("resume", True, "ports", 4),
        ("rollback", True, "ports", 4),
        ("run", False, "system", 17),
        *(
            pytest.param(follow, final, level, 1, marks=LONG)
            for follow in FOLLOWS
            for final in (False, True)
            for level in ("ports", "system")
        ),
    ],
)
def test_wherever_a_run_is_killed_the_world_becomes_old_or_new(
    tmp_path: Path, follow: str, final: bool, level: str, every: int
) -> None:
    for arena in _deaths(tmp_path, final=final, level=level, every=every, first=1):
        _put_right(arena, follow)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("again", "follow", "every", "then_every"),
    [
        ("run", "run", 13, 6),
        ("rollback", "rollback", 9, 5),
        ("resume", "rollback", 9, 5),
        *(pytest.param(again, follow, 1, 1, marks=LONG) for again in FOLLOWS for follow in FOLLOWS),
    ],
)
def test_a_process_killed_while_putting_right_can_be_put_right_again(
    tmp_path: Path, again: str, follow: str, every: int, then_every: int
) -> None:
    """Killed, then killed again within the next run, the rollback or the resume."""
    first = 12  # Before that nothing was touched, and the second death is the first one's test.
    for arena in _deaths(tmp_path, final=True, level="ports", every=every, first=first):
        _die_again(arena, again, follow, then_every)


def _die_again(dead: Arena, again: str, follow: str, every: int) -> None:
    """At each call of the second process, in a copy of what the first one left."""
    standing = [state.standing for state in dead.office().journals()]
    if again != "run" and (not standing or standing[0].over):
        return
    if again == "rollback" and standing[0] is Standing.FORWARD_ONLY:
        return
    for at in count(1, every):
        for after in (False, True):
            root = dead.root.with_name(f"{dead.root.name}-{at}-{after}")
            shutil.copytree(dead.root, root)
            arena = Arena(root, final=True)
            died = _dies(arena, again, Fault(at=at, after=after))
            if died:
                _put_right(arena, follow)
            shutil.rmtree(root)
            if not died:
                return
