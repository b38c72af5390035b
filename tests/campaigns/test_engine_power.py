"""The power goes at any system call: what was fsynced by then is enough to put the world right."""

import shutil
from pathlib import Path

import pytest

from skillconnect_ops.journal.model import Standing
from tests.campaigns.world import OLD, Arena
from tests.platter import Platter


@pytest.mark.parametrize("final", [False, True], ids=["steps", "final"])
def test_whenever_the_power_goes_the_world_becomes_old_or_new(tmp_path: Path, final: bool) -> None:
    arena = Arena(tmp_path / "run", final=final).build()
    arena.state.mkdir(mode=0o700)
    calls: list[str] = []

    def at_call(name: str) -> None:
        calls.append(name)
        left = tmp_path / f"left-{len(calls)}"
        shutil.copytree(arena.files.folder, left / "world")
        platter.leave(left / "state")

    platter = Platter(arena.state, at_call=at_call)
    arena.run(arena.office(system=platter))
    assert arena.now() == arena.goal
    assert len(calls) > 80
    for place in sorted(tmp_path.glob("left-*")):
        _check(Arena(place, final=final))


def _check(left: Arena) -> None:
    office = left.office()
    open_ones = [state for state in office.journals() if not state.standing.over]
    if not open_ones:
        assert left.now() in (OLD, left.goal), left.root.name
    elif open_ones[0].standing is Standing.FORWARD_ONLY:
        left.do("resume", office)
        assert left.now() == left.goal, left.root.name
    else:
        assert open_ones[0].standing is Standing.INTERRUPTED
        left.do("rollback", office)
        assert left.now() == OLD, left.root.name
    left.run(office)
    assert left.now() == left.goal
    assert not list(left.state.glob("escrow/*/*"))
