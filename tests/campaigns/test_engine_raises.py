"""Every call of a run raises, before or after it took effect, once or from then on."""

import errno
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from skillconnect_ops.core.errors import NeedsPerson, Precondition, SkcError, Stop
from skillconnect_ops.core.exits import Exit
from skillconnect_ops.journal.errors import NotFinished, PutBack
from skillconnect_ops.journal.model import Standing
from tests.campaigns.world import OLD, Arena, broken
from tests.faults import Fuse, die

ERRORS: dict[str, Callable[[], BaseException]] = {
    "eio": lambda: OSError(errno.EIO, "Input/output error"),
    "enospc": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "bug": lambda: RuntimeError("planted"),
    "ctrl-c": KeyboardInterrupt,
}


def _calls(root: Path, *, final: bool, steps: bool = True) -> list[str]:
    fuse = Fuse(at=0, act=die)
    arena = Arena(root / "count", final=final, steps=steps).build()
    arena.run(arena.office(fuse))
    return fuse.calls


def _places(calls: list[str], error: str) -> Iterator[tuple[int, bool]]:
    """Everywhere; but a signal raises in a handler alone, as it waits while the engine writes."""
    for at, name in enumerate(calls, start=1):
        if error != "ctrl-c" or name in {"before", "apply", "verify"}:
            yield at, False
            yield at, True


LONG = pytest.mark.long


@pytest.mark.parametrize(
    ("error", "final"),
    [
        ("eio", True),
        ("ctrl-c", True),
        ("bug", False),
        pytest.param("eio", False, marks=LONG),
        pytest.param("enospc", False, marks=LONG),
        pytest.param("enospc", True, marks=LONG),
        pytest.param("bug", True, marks=LONG),
        pytest.param("ctrl-c", False, marks=LONG),
    ],
)
def test_wherever_a_run_raises_the_world_is_old_or_new(
    tmp_path: Path, error: str, final: bool
) -> None:
    calls = _calls(tmp_path, final=final)
    for at, after in _places(calls, error):
        arena = Arena(tmp_path / f"{at}-{after}", final=final).build()
        _check(arena, broken(arena, at, ERRORS[error](), after=after, lasting=False))


@pytest.mark.parametrize(
    ("error", "final"),
    [
        ("enospc", True),
        pytest.param("eio", True, marks=LONG),
        pytest.param("eio", False, marks=LONG),
        pytest.param("enospc", False, marks=LONG),
    ],
)
def test_a_disk_that_stays_broken_leaves_a_world_that_a_healthy_one_puts_right(
    tmp_path: Path, error: str, final: bool
) -> None:
    calls = _calls(tmp_path, final=final)
    for at, after in _places(calls, error):
        arena = Arena(tmp_path / f"{at}-{after}", final=final).build()
        _check(arena, broken(arena, at, ERRORS[error](), after=after, lasting=True))


def _check(arena: Arena, office: object) -> None:
    """Run it; whatever it says must be true, and a healthy machine must be able to go on."""
    ended = _ended(arena, office)
    if ended is None:
        assert arena.now() == arena.goal
    elif isinstance(ended, PutBack | Precondition | Stop | RuntimeError | KeyboardInterrupt):
        assert arena.now() == OLD, ended
        assert not arena.ledger.lines(), "what was undone proves nothing"
    else:
        assert isinstance(ended, NeedsPerson), ended
        _typed(arena, ended)
        assert arena.now() in (OLD, arena.goal), ended
    healthy = arena.office()
    arena.run(healthy)
    assert arena.now() == arena.goal
    assert all(state.standing.over for state in healthy.journals())
    assert not list(arena.state.glob("escrow/*"))


def _ended(arena: Arena, office: object) -> BaseException | None:
    try:
        arena.run(office)  # type: ignore[arg-type]
    except BaseException as error:  # noqa: BLE001
        return error
    return None


def _typed(arena: Arena, error: SkcError) -> None:
    """Type the command that the error names, on a machine that works again."""
    assert error.journal is not None
    assert error.fix in {
        f"skc journal resume {error.journal}",
        f"skc journal rollback {error.journal}",
    }
    arena.do(error.fix.split()[2], arena.office())


def test_a_failed_step_is_put_back_and_the_journal_says_so(tmp_path: Path) -> None:
    arena = Arena(tmp_path).build()
    at = _calls(tmp_path, final=False).index("verify") + 1
    office = broken(arena, at, RuntimeError("planted"), after=False, lasting=False)
    with pytest.raises(PutBack) as caught:
        arena.run(office)
    assert arena.now() == OLD
    assert caught.value.exit is Exit.ROLLED_BACK
    state = office.journal(caught.value.journal or "")
    assert state.standing is Standing.ROLLED_BACK
    assert "RuntimeError" in (state.error or "")
    assert "planted" not in (state.folder / "log.jsonl").read_text()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("final", [False, True], ids=["steps", "final"])
def test_a_seal_that_raises_is_there_or_not_and_that_decides(
    tmp_path: Path, final: bool, after: bool
) -> None:
    calls = _calls(tmp_path, final=final)
    appends = [at for at, name in enumerate(calls, start=1) if name == "append"]
    seal = appends[-2]  # The last one says that the evidence was recorded.
    arena = Arena(tmp_path / "arena", final=final).build()
    ended = _ended(arena, broken(arena, seal, ERRORS["eio"](), after=after, lasting=False))
    if after:
        assert ended is None
        assert arena.now() == arena.goal
    elif final:
        assert isinstance(ended, NotFinished)
        arena.do("resume", arena.office())
        assert arena.now() == arena.goal
    else:
        assert isinstance(ended, PutBack)
        assert arena.now() == OLD


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_turn_that_raises_is_taken_or_not_and_that_decides(tmp_path: Path, after: bool) -> None:
    calls = _calls(tmp_path, final=True)
    fourth = [at for at, name in enumerate(calls, start=1) if name == "before"][3]
    turn = max(at for at in range(1, fourth) if calls[at - 1] == "append")
    arena = Arena(tmp_path / "arena", final=True).build()
    ended = _ended(arena, broken(arena, turn, ERRORS["eio"](), after=after, lasting=False))
    if after:
        assert ended is None
        assert arena.now() == arena.goal
    else:
        assert isinstance(ended, PutBack)
        assert arena.now() == OLD
