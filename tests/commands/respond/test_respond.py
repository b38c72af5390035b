"""Incidents from the command line: order, people, what a killed process leaves."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.adapters.system import SystemClock
from skillconnect_ops.commands.respond.events import EventFacts, Happened
from skillconnect_ops.commands.respond.log import Log
from skillconnect_ops.core.errors import Stop
from skillconnect_ops.core.exits import Exit
from skillconnect_ops.wiring import FrontDoor
from tests.commands.respond.conftest import SECRET, dying
from tests.conftest import Ran, Skc


def steps(ran: Ran) -> dict[str, str]:
    return {
        step["id"]: step["standing"]
        for phase in ran.json["facts"]["incident"]["phases"]
        for step in phase["steps"]
    }


def lines(skc: Skc, project: Path) -> list[str]:
    text = ""
    for path in sorted((project / ".skc/evidence").glob("*.jsonl")):
        text += path.read_text()
    return text.splitlines()


def shown(skc: Skc, project: Path) -> Ran:
    return skc("respond", "--format", "json", cwd=project)


def test_without_a_project_the_runbooks_are_shown(skc: Skc) -> None:
    ran = skc("respond")
    assert ran.code == 0
    assert "credentials-leaked" in ran.stdout
    assert "skc respond start credentials-leaked" in ran.stderr


def test_an_incident_begins_with_its_clock_and_what_is_lacking(skc: Skc, project: Path) -> None:
    ran = skc("respond", "start", "credentials-leaked", "--as", "ada", cwd=project)
    assert ran.code == 0, ran.stderr
    assert "Contain: within 5m" in ran.stdout
    assert "notify-command" in ran.stdout
    assert "started   " in ran.stdout
    assert " by ada," in ran.stdout
    assert "skc respond step keep-evidence" in ran.stderr


def test_a_dry_run_writes_nothing(skc: Skc, project: Path) -> None:
    ran = skc("respond", "start", "small.yaml", "--dry-run", cwd=project)
    assert ran.code == 0
    assert not (project / ".skc").exists()


def test_a_second_one_of_the_same_kind_is_refused(skc: Skc, started: Path) -> None:
    ran = skc("respond", "start", "small.yaml", cwd=started)
    assert ran.code == 3
    assert "ada started it" in ran.stderr
    assert skc("respond", "start", "small.yaml", "--another", cwd=started).code == 0
    assert skc("respond", cwd=started).code == 4


def test_the_steps_in_order_to_the_end(skc: Skc, started: Path) -> None:
    assert skc("respond", "step", cwd=started).code == 0
    assert skc("respond", "step", cwd=started).code == 0
    by_hand = skc("respond", "step", cwd=started)
    assert by_hand.code == 6
    assert "--choose bad" in by_hand.stdout
    assert skc("respond", "step", "ask", "--choose", "bad", cwd=started).code == 0
    told = skc("respond", "step", "tell", cwd=started)
    assert told.code == 6
    assert "call them" in told.stdout
    assert skc("respond", "step", "tell", "--evidence", "called Bo", cwd=started).code == 0
    ran = shown(skc, started)
    assert steps(ran) == {
        **dict.fromkeys(("keep", "shut", "ask", "tell"), "done"),
        "clean": "waiting",
    }
    assert skc("respond", "step", "clean", "--skip", "not worth it", cwd=started).code == 0
    assert skc("respond", "close", cwd=started).code == 0
    assert skc("respond", "step", "keep", "--again", cwd=started).code == 4


def test_a_step_that_comes_too_early_is_refused_and_may_be_forced(skc: Skc, started: Path) -> None:
    ran = skc("respond", "step", "shut", cwd=started)
    assert ran.code == 3
    assert "shut comes after keep" in ran.stderr
    assert steps(shown(skc, started))["shut"] == "waiting"
    forced = skc("respond", "step", "shut", "--out-of-order", "no time", cwd=started)
    assert forced.code == 0
    assert any('"out_of_order":["keep"]' in line for line in lines(skc, started))


def test_a_child_that_fails_leaves_the_step_failed_and_the_way_by_hand(
    skc: Skc, started: Path
) -> None:
    words = ("respond", "step", "clean", "--out-of-order", "to try")
    assert skc(*words, "--confirm", "other", cwd=started).code == 3
    assert skc(*words, cwd=started).code == 3
    ran = skc(*words, "--confirm", "shop", cwd=started)
    assert ran.code == 2
    assert "the step clean failed" in ran.stderr
    assert "by hand" in ran.stdout
    assert steps(shown(skc, started))["clean"] == "failed"
    done = skc(
        "respond", "step", "clean", "--evidence", "by hand", "--out-of-order", "x", cwd=started
    )
    assert done.code == 0
    assert steps(shown(skc, started))["clean"] == "done"


def test_a_closed_step_is_not_done_again_unasked(skc: Skc, started: Path) -> None:
    assert skc("respond", "step", "keep", cwd=started).code == 0
    ran = skc("respond", "step", "keep", cwd=started)
    assert ran.code == 3
    assert "closed: done" in ran.stderr
    assert skc("respond", "step", "keep", "--again", cwd=started).code == 0


def test_a_step_that_another_one_has_begun_is_said_so(skc: Skc, started: Path) -> None:
    assert skc("respond", "step", "keep", "--begin", "--as", "bo", cwd=started).code == 0
    ran = skc("respond", "step", "keep", "--as", "ada", cwd=started)
    assert ran.code == 3
    assert "begun by bo" in ran.stderr
    assert "--again" in ran.stderr
    done = skc("respond", "step", "keep", "--evidence", "seen", "--as", "bo", cwd=started)
    assert done.code == 0
    assert steps(shown(skc, started))["keep"] == "done"


def test_a_secret_in_a_note_is_masked(skc: Skc, started: Path) -> None:
    assert skc("respond", "note", f"it was {SECRET} there", cwd=started).code == 0
    text = "\n".join(lines(skc, started))
    assert SECRET not in text
    assert "it was *** there" in text


def test_evidence_by_file_is_kept_by_its_hash(skc: Skc, started: Path) -> None:
    (started / "shot.png").write_bytes(b"pixels")
    assert skc("respond", "step", "keep", "--file", "shot.png", cwd=started).code == 0
    assert any('"sha256":"' in line and "shot.png" in line for line in lines(skc, started))
    assert skc("respond", "step", "shut", "--file", "none.png", cwd=started).code == 4


def test_an_overdue_step_is_a_finding(
    skc: Skc, started: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda self: real(self) + timedelta(minutes=6))
    ran = shown(skc, started)
    assert ran.code == 12
    assert [one["id"] for one in ran.json["findings"]] == ["step-overdue"] * 3
    assert "OVERDUE by 1 min" in skc("respond", cwd=started).stdout


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("after", [False, True])
def test_a_killed_step_loses_no_line_and_goes_on(
    skc: Skc, started: Path, clean_environment: dict[str, str], number: int, after: bool
) -> None:
    assert skc("respond", "step", "keep", cwd=started).code == 0
    before = lines(skc, started)
    # joins, begins, runs two commands, ends
    code = dying(
        started,
        clean_environment,
        "respond",
        "step",
        "shut",
        "--as",
        "bo",
        number=number,
        after=after,
    )
    assert code == -9
    left = lines(skc, started)
    assert left[: len(before)] == before
    assert len(left) == len(before) + number - (not after)
    ran = shown(skc, started)
    opened = ran.json["facts"]["incident"]["phases"][0]["steps"][1]
    begun = number - (not after) >= 2
    assert opened["standing"] == ("open" if begun else "waiting")
    assert opened["open"] == (["dead"] if begun else [])
    if begun:
        assert "INTERRUPTED" in skc("respond", cwd=started).stdout
    again = skc("respond", "step", "--as", "bo", cwd=started)
    assert again.code == 0, again.stderr
    end = lines(skc, started)
    assert end[: len(left)] == left
    assert steps(shown(skc, started))["shut"] == "done"
    ran_twice = sum('"incident.ran"' in line and "history" in line for line in end)
    assert ran_twice == 1


def test_two_terminals_begin_a_step_at_once_and_one_does_it(
    started: Path, clean_environment: dict[str, str], skc: Skc
) -> None:
    def child(name: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "skillconnect_ops", "respond", "step", "shut", "--as", name],
            cwd=started,
            env={**clean_environment, "PYTHONPATH": str(Path(__file__).parents[3])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    assert skc("respond", "step", "keep", cwd=started).code == 0
    children = [child("ada"), child("bo")]
    said = [one.communicate(timeout=120) for one in children]
    assert sorted(one.returncode for one in children) == [0, 3], said
    ran = [line for line in lines(skc, started) if '"incident.ran"' in line and "shut" in line]
    assert len(ran) == 2, ran
    assert steps(shown(skc, started))["shut"] == "done"


def test_whoever_begins_second_withdraws(skc: Skc, started: Path, monkeypatch: Any) -> None:
    """Bo's beginning lands between Ada's look and her own: both have looked, one goes on."""
    assert skc("respond", "step", "keep", cwd=started).code == 0
    first = Log.write

    def write(self: Log, happened: Happened, facts: EventFacts, **more: Any) -> None:
        if happened is Happened.BEGUN and self.person == "ada":
            monkeypatch.setattr(Log, "write", first)
            assert skc("respond", "step", "shut", "--begin", "--as", "bo", cwd=started).code == 0
        first(self, happened, facts, **more)

    monkeypatch.setattr(Log, "write", write)
    ran = skc("respond", "step", "shut", "--as", "ada", cwd=started)
    assert ran.code == 3
    assert "begun by bo" in ran.stderr
    text = lines(skc, started)
    assert not any('"incident.ran"' in line and '"shut"' in line for line in text)
    assert any('"withdrawn"' in line for line in text)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("after", [False, True])
def test_whoever_dies_twice_runs_nothing_twice(
    skc: Skc, started: Path, clean_environment: dict[str, str], number: int, after: bool
) -> None:
    assert skc("respond", "step", "keep", cwd=started).code == 0
    words = ("respond", "step", "shut", "--as", "bo")
    # joins, begins, runs two commands
    assert dying(started, clean_environment, *words, number=4, after=True) == -9
    # begins, ends the dead one
    assert dying(started, clean_environment, *words, number=number, after=after) == -9
    assert skc(*words, cwd=started).code == 0
    text = lines(skc, started)
    assert sum('"incident.ran"' in line and "history" in line for line in text) == 1
    assert steps(shown(skc, started))["shut"] == "done"


def test_the_status_of_the_project_names_an_open_incident_first(skc: Skc, started: Path) -> None:
    ran = skc("status", "--format", "json", cwd=started)
    assert ran.json["next"] == ["skc respond"]
    assert len(ran.json["facts"]["status"]["incidents"]["open"]) == 1
    assert skc("respond", "close", "--reason", "a test", cwd=started).code == 0
    ran = skc("status", "--format", "json", cwd=started)
    assert ran.json["facts"]["status"]["incidents"] == {"count": 1, "open": []}
    assert ran.json["next"] != ["skc respond"]


def test_an_incident_with_open_steps_is_not_closed_without_a_reason(
    skc: Skc, started: Path
) -> None:
    ran = skc("respond", "close", cwd=started)
    assert ran.code == 3
    assert "keep, shut, ask, tell, clean" in ran.stderr
    assert skc("respond", "close", "--reason", "a false alarm", cwd=started).code == 0
    assert "a false alarm" in skc("respond", "export", cwd=started).stdout


def test_a_signal_in_the_middle_of_a_step_is_in_the_log(
    skc: Skc, started: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(self: FrontDoor, *argv: str) -> None:
        raise Stop(Exit.SIGINT)

    monkeypatch.setattr(FrontDoor, "run", stopped)
    ran = skc("respond", "step", "keep", cwd=started)
    assert ran.code == 130
    assert '"a signal ended it (SIGINT)"' in lines(skc, started)[-1]
    monkeypatch.undo()
    assert steps(shown(skc, started))["keep"] == "failed"
    assert skc("respond", "step", cwd=started).code == 0


def test_a_folder_of_this_machine_is_put_in_and_stands_not_in_the_log(
    skc: Skc, project: Path
) -> None:
    state = project.parent / "state" / "skc" / "respond00001"
    bundle = state / "scrub" / "20261129-120000-abc"
    bundle.mkdir(parents=True)
    about = {"repository": "shop", "made": "2026-11-29", "delete_by": "2026-12-29"}
    (bundle / "scrub.json").write_text(
        json.dumps({**about, "values": 1, "sealed": True, "done": True})
    )
    text = (project / "small.yaml").read_text()
    line = '["skc scrub verify --bundle {bundle}"]'
    (project / "small.yaml").write_text(text.replace('["skc secrets generate"]', line, 1))
    assert skc("respond", "start", "small.yaml", cwd=project).code == 0
    ran = skc("respond", "step", "keep", cwd=project)
    assert ran.code != 0
    assert f"--bundle {bundle}" in ran.stderr
    log = "\n".join(lines(skc, project))
    assert "--bundle …/scrub/20261129-120000-abc" in log
    assert str(state) not in log
