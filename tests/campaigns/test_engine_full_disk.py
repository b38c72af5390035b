"""The disk of the private state is full at the moment when an intent is to be written."""

import errno
import os
from pathlib import Path

import pytest

from skillconnect_ops.core.exits import Exit
from skillconnect_ops.disk.errors import DiskFull
from skillconnect_ops.journal.errors import NotFinished, PutBack
from skillconnect_ops.journal.model import Standing
from skillconnect_ops.journal.office import Office
from tests.campaigns.world import FINAL, OLD, STEPS, Arena
from tests.faults import Fuse, raising
from tests.tiny import fills

IMAGE_BYTES = 20_000
"""Larger than the page that the journal's file may have left."""


def _large(arena: Arena) -> dict[str, str]:
    """A world whose images need space of their own."""
    for name in OLD:
        arena.files.put(name, OLD[name] + "." * IMAGE_BYTES)
    arena.goal = {**arena.goal, "c": OLD["b"] + "." * IMAGE_BYTES}
    if not arena.final:
        arena.goal |= {name: OLD[name] + "." * IMAGE_BYTES for name in ("y", "z")}
    return arena.now()


def _filling(arena: Arena, folder: Path, *, before: int) -> Office:
    """An office whose disk gets full while the n-th step looks at what is there."""
    counted = Arena(arena.root / "count", final=bool(arena.final)).build()
    fuse = Fuse(at=0, act=lambda: None)
    counted.run(counted.office(fuse))
    at = [n for n, name in enumerate(fuse.calls, start=1) if name == "before"][before - 1]
    return arena.office(Fuse(at=at, act=fills(folder), after=True))


def test_the_first_intent_does_not_fit_and_nothing_is_touched(tmp_path: Path, tiny: Path) -> None:
    arena = Arena(tmp_path).build()
    arena.state = tiny / "state"
    old = _large(arena)
    office = _filling(arena, tiny, before=1)
    with pytest.raises(DiskFull) as caught:
        arena.run(office)
    assert caught.value.exit is Exit.PRECONDITION
    assert arena.now() == old
    assert [state.standing for state in office.journals()] == [Standing.ROLLED_BACK]
    (tiny / "filler").unlink()
    arena.run(arena.office())
    assert arena.now() == arena.goal


def test_a_later_intent_does_not_fit_and_all_is_put_back_and_said(
    tmp_path: Path, tiny: Path
) -> None:
    arena = Arena(tmp_path).build()
    arena.state = tiny / "state"
    old = _large(arena)
    office = _filling(arena, tiny, before=2)
    with pytest.raises(PutBack) as caught:
        arena.run(office)
    assert caught.value.exit is Exit.ROLLED_BACK
    assert caught.value.what == "cannot write the journal"
    assert arena.now() == old
    state = office.journal(caught.value.journal or "")
    assert state.standing is Standing.ROLLED_BACK
    assert (tiny / "filler").exists(), "the journal was closed on a disk that is still full"


def test_there_is_not_even_space_to_begin(tmp_path: Path, tiny: Path) -> None:
    arena = Arena(tmp_path).build()
    arena.state = tiny / "state"
    arena.state.mkdir()
    fills(tiny)()
    with pytest.raises(DiskFull):
        arena.run(arena.office())
    assert arena.now() == OLD
    (tiny / "filler").unlink()
    arena.run(arena.office())
    assert arena.now() == arena.goal


@pytest.mark.parametrize("number", range(1, len(STEPS) + len(FINAL) + 1))
def test_an_intent_that_cannot_be_written_is_not_acted_upon(tmp_path: Path, number: int) -> None:
    """The same for any user, without a filesystem of its own."""
    arena = Arena(tmp_path / "arena", final=True).build()
    counted = Arena(tmp_path / "count", final=True).build()
    fuse = Fuse(at=0, act=lambda: None)
    counted.run(counted.office(fuse))
    looks = [n for n, name in enumerate(fuse.calls, start=1) if name == "before"]
    at = looks[number - 1] + fuse.calls[looks[number - 1] :].index("append") + 1
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "log.jsonl")
    office = arena.office(Fuse(at=at, act=raising(full)))
    expected = DiskFull if number == 1 else PutBack if number <= len(STEPS) else NotFinished
    with pytest.raises(expected):
        arena.run(office)
    if number <= len(STEPS):
        assert arena.now() == OLD
        assert office.journals()[0].standing is Standing.ROLLED_BACK
    else:
        assert FINAL[number - len(STEPS) - 1].key.removeprefix("drop:") in arena.now()
        arena.do("resume", arena.office())
        assert arena.now() == arena.goal
