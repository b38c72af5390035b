"""The one error boundary: exit codes, the form of errors, bugs, signals, broken pipes."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import skillconnect_ops
from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.terminal.buglog import BugLog
from tests.conftest import Skc
from tests.terminal.conftest import Start, log_files, mode_of
from tests.terminal.program import HIDDEN, commands


@pytest.mark.parametrize(
    ("kind", "code"),
    [("usage", 2), ("refused", 3), ("precondition", 4), ("rolled_back", 5), ("needs_person", 6)],
)
def test_an_error_says_what_why_and_fix_on_stderr_alone(program: Skc, kind: str, code: int) -> None:
    ran = program("end", "error", kind)
    assert ran.code == code
    assert ran.stdout == ""
    journal = "journal: 2026-j\n" if code in {5, 6} else ""
    assert ran.stderr == (f"error: it broke\nwhy:   it was old\nfix:   skc box open\n{journal}")


def test_a_bug_shows_no_trace_and_no_value(child: Skc, tmp_path: Path) -> None:
    ran = child("end", "bug")
    assert ran.code == 1
    assert ran.stdout == ""
    assert ran.stderr.startswith("error: bug in skc: ValueError\nwhy:   ")
    assert HIDDEN not in ran.stderr
    assert "Traceback" not in ran.stderr
    (log,) = log_files(tmp_path / "state")
    assert str(log) in ran.stderr


def test_the_trace_is_private_and_holds_the_place_but_no_secret(child: Skc, tmp_path: Path) -> None:
    child("end", "bug")
    (log,) = log_files(tmp_path / "state")
    assert mode_of(log) == 0o600
    assert mode_of(log.parent) == 0o700
    text = log.read_text()
    assert "Traceback" in text
    assert 'program.py", line' in text
    assert "in end_bug" in text
    assert "ValueError: no mongodb://***@h/ and password=***" in text
    assert HIDDEN not in text


def test_a_trace_that_cannot_be_kept_is_said(program: Skc, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    ran = program("end", "bug")
    assert ran.code == 1
    assert "its trace could not be kept" in ran.stderr


def test_a_command_that_gives_no_report_is_a_bug(program: Skc) -> None:
    assert program("end", "not-a-report").code == 1


def test_a_thread_s_death_is_kept_and_not_shown(tmp_path: Path) -> None:
    said: list[str] = []
    bugs = BugLog(tmp_path / "skc", disk=Disk())

    def dies() -> None:
        raise ValueError(f"password={HIDDEN}")

    with bugs.of_threads(said.append):
        thread = threading.Thread(target=dies)
        thread.start()
        thread.join()
    (log,) = log_files(tmp_path)
    assert said == [f"a thread of skc ended with ValueError; its trace is in {log}"]
    assert HIDDEN not in log.read_text()


def test_stop_from_a_walk_names_the_journal(program: Skc) -> None:
    ran = program("end", "stop", "--format", "json")
    assert ran.code == 143
    assert ran.json["status"] == "interrupted"
    assert ran.json["journal"] == "2026-j"
    assert "put back" in ran.json["error"]["why"]
    assert ran.json["next"] == ["skc journal show 2026-j"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
def test_a_signal_ends_a_real_child_after_its_finally(
    start: Start, number: signal.Signals, code: int
) -> None:
    process = start("end", "wait")
    assert process.stderr is not None
    assert process.stderr.readline() == "waiting\n"
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == code
    assert stdout == ""
    assert stderr.startswith("put back\nerror: interrupted\n")
    assert "Traceback" not in stderr


def test_an_ignored_hangup_stays_ignored(start: Start) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = start("end", "wait")
    finally:
        signal.signal(signal.SIGHUP, before)
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 143


def test_the_handlers_are_given_back(program: Skc) -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        assert program("end", "signal").code == 143
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_reader_who_has_seen_enough_is_no_error(start: Start) -> None:
    process = start("end", "flood")
    assert process.stdout is not None
    assert process.stdout.readline() == "line 0\n"
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(timeout=30) == 0
    process.stderr.close()


def test_a_reader_who_never_came_is_no_error(start: Start) -> None:
    process = start("shelf", "list", "--format", "json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(timeout=30) == 0
    process.stderr.close()


def test_people_who_went_away_do_not_fail_the_work(start: Start, tmp_path: Path) -> None:
    process = start("ask", "work", "--seconds", "1", "--out", str(tmp_path / "out"))
    assert process.stderr is not None
    process.stderr.close()
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert (tmp_path / "out").read_text() == "painted\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_told(
    clean_environment: dict[str, str], tmp_path: Path
) -> None:
    root = Path(__file__).parents[2]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "tests.terminal.program", "shelf", "list"],
            cwd=tmp_path,
            env={**clean_environment, "PYTHONPATH": str(root)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 6
    assert done.stderr.startswith("error: the report could not be written to stdout\n")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_matter(
    clean_environment: dict[str, str], tmp_path: Path, closed: str
) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m tests.terminal.program shelf list {closed}"],
        cwd=tmp_path,
        env={**clean_environment, "PYTHONPATH": str(root)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


def test_run_never_raises_and_never_prints(capfd: pytest.CaptureFixture[str]) -> None:
    with commands():
        report = skillconnect_ops.run(["shelf", "list"])
        assert report.status is Status.OK
        assert report.started_at is not None
        assert skillconnect_ops.run(["ask", "plan"]).exit is Exit.REFUSED
        assert skillconnect_ops.run(["ask", "work"]).exit is Exit.OK
        assert skillconnect_ops.run(["nope"]).exit is Exit.USAGE
        assert skillconnect_ops.run(["--help"]).view
        assert skillconnect_ops.run(["end", "stop"]).exit is Exit.SIGTERM
    assert capfd.readouterr() == ("", "")


def test_a_command_runs_another_and_gets_its_report(program: Skc) -> None:
    ran = program("outer", "end", "error", "needs_person")
    assert ran.code == 0
    assert ran.stdout == "inner: needs_person\n"
    assert "it broke" not in ran.stderr


def test_an_inner_command_is_never_asked_and_its_plan_not_shown(program: Skc) -> None:
    ran = program("outer", "ask", "plan")
    assert ran.stdout == "inner: refused\n"
    assert ran.stderr == ""
    assert program("outer", "--", "ask", "plan", "--yes").stdout == "inner: ok\n"


def test_the_notes_of_an_inner_command_are_seen(program: Skc) -> None:
    assert "half a note\n" in program("outer", "ask", "work").stderr


def test_a_signal_in_an_inner_command_ends_the_outer_one(program: Skc) -> None:
    ran = program("outer", "end", "stop")
    assert ran.code == 143
    assert ran.stdout == ""
    assert "journal: 2026-j\n" in ran.stderr


def test_the_process_s_own_environment_is_left_alone(program: Skc) -> None:
    before = dict(os.environ)
    program("shelf", "list")
    assert dict(os.environ) == before
