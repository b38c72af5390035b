"""Ctrl-C and SIGTERM reach a real process in the middle of a plan."""

import signal
from pathlib import Path

import pytest

from skillconnect_ops.journal.model import Standing
from tests.campaigns.slow import slow
from tests.campaigns.world import OLD, Arena


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
def test_a_signal_within_a_step_puts_everything_back(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    arena = Arena(tmp_path, final=True).build()
    with slow(arena, "apply:2") as child:
        child.at("apply:2")
        assert arena.now() != OLD
        child.process.send_signal(number)
        ended = child.end()
    assert (ended["error"], ended["exit"]) == ("Stop", code)
    assert arena.now() == OLD
    assert arena.office().journal(ended["journal"]).standing is Standing.ROLLED_BACK


def test_further_signals_do_not_stop_the_putting_back(tmp_path: Path) -> None:
    arena = Arena(tmp_path).build()
    with slow(arena, "apply:3", "undo:1", "undo:2") as child:
        child.at("apply:3")
        child.process.send_signal(signal.SIGINT)
        for place in ("undo:1", "undo:2"):
            child.at(place)
            child.process.send_signal(signal.SIGINT)
            child.process.send_signal(signal.SIGTERM)
            child.go(place)
        ended = child.end()
    assert (ended["error"], ended["exit"]) == ("Stop", 130)
    assert arena.now() == OLD


def test_a_signal_during_the_putting_back_after_a_failure_changes_nothing(tmp_path: Path) -> None:
    arena = Arena(tmp_path).build()
    with slow(arena, "fail:apply:2", "undo:1") as child:
        child.at("undo:1")
        child.process.send_signal(signal.SIGTERM)
        child.go("undo:1")
        ended = child.end()
    assert (ended["error"], ended["exit"]) == ("PutBack", 5)
    assert arena.now() == OLD


def test_a_signal_past_the_turn_stops_after_the_step_and_names_the_resume(tmp_path: Path) -> None:
    arena = Arena(tmp_path, final=True).build()
    with slow(arena, "apply:4") as child:
        child.at("apply:4")
        child.process.send_signal(signal.SIGINT)
        child.go("apply:4")
        ended = child.end()
    assert (ended["error"], ended["exit"]) == ("NotFinished", 6)
    assert ended["fix"] == f"skc journal resume {ended['journal']}"
    assert "y" not in arena.now()
    assert "z" in arena.now()
    office = arena.office()
    assert office.journal(ended["journal"]).standing is Standing.FORWARD_ONLY
    arena.do("resume", office)
    assert arena.now() == arena.goal


def test_a_signal_in_the_last_step_past_the_turn_comes_too_late(tmp_path: Path) -> None:
    arena = Arena(tmp_path, final=True).build()
    with slow(arena, "apply:5") as child:
        child.at("apply:5")
        child.process.send_signal(signal.SIGINT)
        child.go("apply:5")
        ended = child.end()
    assert (ended["error"], ended["exit"]) == (None, 0)
    assert arena.now() == arena.goal


def test_what_was_ignored_stays_ignored(tmp_path: Path) -> None:
    arena = Arena(tmp_path).build()
    with slow(arena, "nohup", "apply:2") as child:
        child.at("apply:2")
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            child.process.send_signal(number)
        child.go("apply:2")
        assert child.end()["exit"] == 0
    assert arena.now() == arena.goal
