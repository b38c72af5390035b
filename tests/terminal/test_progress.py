"""Progress: a bar on a terminal only, lines on long work elsewhere, ticks from any thread."""

import io
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from skillconnect_ops.terminal.progress import (
    Bars,
    LineTicker,
    amount_of,
    figures,
    rate_of,
)
from skillconnect_ops.terminal.streams import Streams, Tolerant
from tests.conftest import Skc
from tests.terminal.ptys import at_terminal

Environment = dict[str, str]


class FakeClock:
    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


def test_a_terminal_gets_a_bar_with_rate_and_rest(
    tmp_path: Path, clean_environment: Environment
) -> None:
    argv = ("ask", "work", "--seconds", "2")
    with at_terminal(*argv, cwd=tmp_path, env=clean_environment, columns=100) as terminal:
        assert terminal.ends() == 0
    for part in ("painting · wall", "%", " of 100.0 MB  ", "MB/s  ", "s left"):
        assert part in terminal.shown
    assert terminal.shown.rstrip().endswith("painted")


def test_a_note_stands_above_the_bar_as_a_line_of_its_own(
    tmp_path: Path, clean_environment: Environment
) -> None:
    env = {**clean_environment, "NO_COLOR": "1"}
    with at_terminal("ask", "work", cwd=tmp_path, env=env) as terminal:
        assert terminal.ends() == 0
    assert "half a note\n" in terminal.shown


def test_the_cursor_comes_back_after_ctrl_c(tmp_path: Path, clean_environment: Environment) -> None:
    argv = ("ask", "work", "--seconds", "30")
    with at_terminal(*argv, cwd=tmp_path, env=clean_environment) as terminal:
        terminal.until("painting")
        terminal.type("\x03")
        assert terminal.ends() == 130
    assert terminal.shown.rindex("\x1b[?25h") > terminal.shown.rindex("\x1b[?25l")


def test_nothing_is_shown_for_short_work_without_a_terminal(child: Skc) -> None:
    ran = child("ask", "work")
    assert ran.stderr == "half a note\n"
    assert ran.stdout == "painted\n"


def test_a_dumb_terminal_gets_no_bar(tmp_path: Path, clean_environment: Environment) -> None:
    env = {**clean_environment, "TERM": "dumb"}
    with at_terminal("ask", "work", cwd=tmp_path, env=env) as terminal:
        assert terminal.ends() == 0
    assert terminal.shown == "half a note\npainted\n"


def test_long_work_without_a_terminal_says_a_line_now_and_then() -> None:
    said: list[str] = []
    clock = FakeClock()
    ticker = LineTicker(said.append, label="dump", total=4_000_000, unit="B", clock=clock)
    for _ in range(100):
        clock.sleep(1)
        ticker.advance(40_000)
    ticker.end()
    assert said == [
        "dump: 400.0 kB of 4.0 MB, 40.0 kB/s",
        "dump: 1.6 MB of 4.0 MB, 40.0 kB/s",
        "dump: 2.8 MB of 4.0 MB, 40.0 kB/s",
        "dump: 4.0 MB of 4.0 MB, 40.0 kB/s",
        "dump: 4.0 MB, 40.0 kB/s in 1 min 40 s",
    ]


def test_ticks_from_many_threads_are_all_counted() -> None:
    clock = FakeClock()
    bars = Bars(io.StringIO(), colour=False, clock=clock)
    with bars.bar("work", total=80_000, unit="things") as ticker:

        def work() -> None:
            for _ in range(10_000):
                ticker.advance(1)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        clock.sleep(1)
        ticker.advance(0)
        assert bars._progress is not None
        assert bars._progress.tasks[0].completed == 80_000


def test_bars_may_overlap_and_end_in_any_order() -> None:
    bars = Bars(io.StringIO(), colour=False, clock=FakeClock())
    first, second = bars.bar("a", total=None, unit="B"), bars.bar("b", total=0, unit="B")
    first.__enter__().advance(1)
    second.__enter__().describe("x")
    first.__exit__(None, None, None)
    assert bars.say("still there")
    second.__exit__(None, None, None)
    assert not bars.say("gone")


@pytest.mark.parametrize(
    ("task", "text"),
    [
        (
            {"completed": 80e6, "total": 200e6, "speed": 40e6, "time_remaining": 3, "unit": "B"},
            " 40%  80.0 of 200.0 MB  40.0 MB/s  3 s left",
        ),
        (
            {"completed": 5, "total": None, "speed": None, "time_remaining": None, "unit": "jobs"},
            "5 jobs",
        ),
        (
            {"completed": 9, "total": 2e9, "speed": 1, "time_remaining": 99, "unit": "B"},
            "  0%  9 B of 2.0 GB  1 B/s  1 min 39 s left",
        ),
        (
            {"completed": 0, "total": 0, "speed": 0, "time_remaining": None, "unit": "jobs"},
            "100%  0 of 0 jobs",
        ),
    ],
)
def test_the_figures_leave_out_what_is_not_known(task: dict[str, object], text: str) -> None:
    unit = task.pop("unit")
    assert figures(SimpleNamespace(**task, finished=False, fields={"unit": unit})) == text


def test_amounts_and_rates_have_units() -> None:
    assert amount_of(1_200_000, "B") == "1.2 MB"
    assert rate_of(1200, "documents") == "1,200 documents/s"


def test_a_bar_on_a_terminal_that_went_away_does_not_fail_the_work() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error")

    streams = Streams(io.StringIO(), io.StringIO(), Gone())
    with Bars(Tolerant(streams), colour=True, clock=FakeClock()).bar("x", total=2, unit="B") as bar:
        bar.advance(2)
