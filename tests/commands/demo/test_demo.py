"""The demo, for real: a server, writers, backup, drill, accident, restore, rotation."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Skc

SMALL = ("demo", "--documents", "1500")


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where a demo puts its folder."""
    folder = tmp_path / "t"
    folder.mkdir()
    return folder


def processes_of(folder: Path) -> list[str]:
    """The command lines of all processes that name the folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = place.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line and f"/{os.getpid()}/" not in str(place):
            found.append(line)
    return found


def test_the_demo_shows_the_main_job_and_leaves_nothing(skc_process: Skc, temporary: Path) -> None:
    ran = skc_process(
        *(*SMALL, "--format", "json"),
        env={"TMPDIR": str(temporary), "SKC_MONGO_ADMIN_URI": "mongodb://127.0.0.1:1/"},
    )
    assert ran.code == 0, ran.stderr
    shown = ran.json["facts"]["demo"]
    assert shown["filled"]["documents"] == 1500
    assert shown["backup"]["documents"] >= 1500
    assert shown["backup"]["snapshot"] is True
    assert shown["during_backup"]["transactions"] > 0
    assert shown["drill"] == "passed"
    assert shown["damaged"]["broken"] > 0
    assert shown["restored"]["broken"] == 0
    assert {line.split(":")[0] for line in shown["secrets"]} == {"backend/.env"}
    assert len(shown["secrets"]) == 3
    rotated = shown["rotated"]
    assert rotated["variables"] == ["MONGO_URI", "JWT_SECRET_KEY", "ADMIN_JWT_SECRET_KEY"]
    assert (rotated["was"], rotated["user"]) == ("skillconnect_app", "skillconnect_app_a")
    assert "skillconnect_app" in rotated["refused"]
    scrubbed = shown["scrubbed"]
    assert (scrubbed["values"], scrubbed["commits"]) == (4, 2)
    assert [line["command"].split()[1] for line in shown["log"]] == [
        *("init", "backup", "backup", "restore", "secrets", "rotate", "rotate", "env", "scrub")
    ]
    looking = (" verify ", " scan ")
    changing = [one for one in shown["log"] if not any(word in one["command"] for word in looking)]
    assert all(one["journal"] for one in changing)
    assert list(temporary.iterdir()) == []
    assert processes_of(temporary) == []


def test_a_stranger_is_told_what_was_seen(skc_process: Skc, temporary: Path) -> None:
    ran = skc_process(*SMALL, env={"TMPDIR": str(temporary)})
    assert ran.code == 0, ran.stderr
    for words in (
        "backed up",
        "rate",
        "consistency",
        "transactions",
        "passed",
        "0 things torn",
        "old login",
        "skillconnect_app_a in the place of skillconnect_app",
        "skc init",
    ):
        assert words in ran.stdout
    assert [f"[{part}/9]" in ran.stderr for part in range(1, 10)] == [True] * 9
    assert "mongodb://" not in ran.stdout + ran.stderr


def test_what_is_kept_can_be_used(skc_process: Skc, temporary: Path) -> None:
    folder = temporary / "kept"
    ran = skc_process(*SMALL, "--keep", "--folder", str(folder), "--format", "json")
    assert ran.code == 0, ran.stderr
    shown = ran.json["facts"]["demo"]
    log = [json.loads(line) for line in (folder / "demo.jsonl").read_text().splitlines()]
    assert [line["command"] for line in log] == [line["command"] for line in shown["log"]]
    assert (folder / "project" / "skc.yaml").exists()
    assert Path(shown["location"]).is_relative_to(folder)
    listed = skc_process("backup", "list", "--format", "json", cwd=folder / "project")
    safety, backup = listed.json["facts"]["backups"]
    assert backup["id"] == shown["backup"]["id"]
    assert backup["drill"]["verdict"] == "passed"
    assert safety["drill"] is None
    assert processes_of(folder) == []
    assert not (folder / "server").exists()
    status, _ = ran.json["next"]
    typed = subprocess.run(status, shell=True, capture_output=True, text=True, check=False)
    assert typed.returncode == 0, typed.stderr
    assert "8 runs, all finished" in typed.stdout


SIGNALS = (signal.SIGINT, signal.SIGTERM)
PARTS = ("[2/9]", "[3/9]", "[6/9]", "[8/9]")


@pytest.mark.parametrize(
    ("number", "part"),
    [
        pytest.param(number, part, marks=() if (at + which) % 2 else pytest.mark.long)
        for which, number in enumerate(SIGNALS)
        for at, part in enumerate(PARTS)
    ],
)
def test_a_signal_in_the_middle_leaves_nothing(
    temporary: Path, clean_environment: dict[str, str], part: str, number: signal.Signals
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "skillconnect_ops", *SMALL],
        env={**clean_environment, "TMPDIR": str(temporary)},
        cwd=temporary.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stderr is not None
        said = ""
        while part not in said:
            said += (line := child.stderr.readline())
            assert line, said
        time.sleep(0.3)
        child.send_signal(number)
        said += child.stderr.read()
        assert child.wait(60) == 128 + number, said
    assert list(temporary.iterdir()) == [], said
    assert processes_of(temporary) == []


def test_a_demo_that_is_killed_leaves_no_process(
    temporary: Path, clean_environment: dict[str, str]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "skillconnect_ops", *SMALL],
        env={**clean_environment, "TMPDIR": str(temporary)},
        cwd=temporary.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stderr is not None
        while "$ skc backup\n" not in child.stderr.readline():
            assert child.poll() is None
        child.kill()
    for _ in range(200):
        if not processes_of(temporary):
            break
        time.sleep(0.1)
    assert processes_of(temporary) == []


def test_a_folder_that_holds_something_is_refused(skc: Skc, temporary: Path) -> None:
    (temporary / "mine").write_text("precious")
    ran = skc(*SMALL, "--folder", str(temporary))
    assert ran.code == 3
    assert "is not empty" in ran.stderr
    assert (temporary / "mine").read_text() == "precious"


def test_a_missing_git_is_said_and_nothing_stays(skc: Skc, temporary: Path) -> None:
    folder = temporary / "demo"
    ran = skc(*SMALL, "--folder", str(folder), env={"PATH": "/nowhere"})
    assert ran.code == 4
    assert "git cannot be run" in ran.stderr
    assert not folder.exists()


def test_a_folder_that_was_there_stays_empty(skc: Skc, temporary: Path) -> None:
    ran = skc(*SMALL, "--folder", str(temporary), env={"PATH": "/nowhere"})
    assert ran.code == 4
    assert list(temporary.iterdir()) == []
