"""A run that did not come to its end is told by `rotate status` and `rotate due`, with the way on.

The process is killed for real, at the first call of one handler.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from skillconnect_ops.adapters.system import SystemClock
from tests.commands.rotate.app import App, settings, trust

DIES = """
import os, signal, sys
from importlib import import_module
from skillconnect_ops import app
module, name, method, when = sys.argv[1].split(":")
handler = getattr(import_module(f"skillconnect_ops.commands.rotate.{module}"), name)
real = getattr(handler, method)
def call(self, *given):
    made = real(self, *given) if when == "after" else None
    os.kill(os.getpid(), signal.SIGKILL)
    return made
setattr(handler, method, call)
sys.exit(int(app.main(sys.argv[2:])))
"""
Die = Callable[..., None]


@pytest.fixture
def die(app: App, clean_environment: dict[str, str]) -> Die:
    def run(where: str, *argv: str) -> None:
        done = subprocess.run(
            [sys.executable, "-c", DIES, where, *argv],
            cwd=app.root,
            env={**clean_environment, **app.env, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=False,
        )
        assert done.returncode == -9, done.stderr

    return run


def unfinished(app: App) -> str:
    """The journal of the run that died."""
    (found,) = app.run("journal", "list", "--open").json["facts"]["journals"]
    return str(found["id"])


def told(app: App) -> tuple[str, str]:
    """What `rotate status` says of the one secret, and what it says to type."""
    ran = app.run("rotate", "status")
    assert ran.code == 0, ran.stdout + ran.stderr
    (row,) = ran.json["facts"]["secrets"]
    return row["standing"], ran.json["next"][0]


def overdue(app: App) -> tuple[str, str]:
    """The one finding of `rotate due`, which is overdue: what it says, and to type."""
    ran = app.run("rotate", "due")
    assert ran.code == 12, ran.stdout + ran.stderr
    (finding,) = ran.json["findings"]
    assert finding["severity"] == "high"
    return finding["message"], finding["remedy"]


def test_a_run_that_died_at_the_publishing_is_told_with_both_ways_on(app: App, die: Die) -> None:
    die("publish_steps:PublishEnv:apply:before", "rotate", "--yes")
    name = unfinished(app)
    standing, command = told(app)
    assert standing.startswith("half-way: stopped at publish:MONGO_URI@.env")
    assert command == f"skc journal resume {name}"
    message, remedy = overdue(app)
    assert name in message
    assert remedy == f"skc journal resume {name}   # or: skc journal rollback {name}"
    assert app.run("journal", "rollback", name, "--yes").code == 0
    assert told(app)[0] == "live"
    assert app.run("rotate", "due").code == 0


def test_an_app_that_a_lockdown_has_cut_off_is_said_to_be_cut_off(app: App, die: Die) -> None:
    die("user_steps:CreateUser:apply:before", "rotate", "--lockdown", "--confirm", "production")
    name = unfinished(app)
    standing, command = told(app)
    assert standing.startswith("OUTAGE: ")
    assert command == f"skc journal resume {name}"
    message, remedy = overdue(app)
    assert "OUTAGE" in message
    assert remedy == f"skc journal resume {name}"
    assert app.run("journal", "resume", name, "--yes").code == 0
    assert told(app)[0] == "live"


def test_a_lockdown_that_has_put_the_app_back_is_no_outage_any_more(app: App, die: Die) -> None:
    die("user_steps:DropUser:apply:before", "rotate", "--lockdown", "--confirm", "production")
    standing, command = told(app)
    assert standing.startswith("half-way: stopped at drop:app")
    assert command == f"skc journal resume {unfinished(app)}"


def test_a_finish_that_died_before_the_drop_leaves_the_old_user_and_is_told(
    app: App, die: Die
) -> None:
    app.run("rotate", "--reason", "leaked", "--yes")
    die("user_steps:DropUser:apply:before", "rotate", "finish", "--yes")
    assert app.users() == {"app", "app_a"}
    name = unfinished(app)
    standing, command = told(app)
    assert standing.startswith("half-way: stopped at drop:app")
    assert command == f"skc journal resume {name}"
    assert overdue(app)[1] == f"skc journal resume {name}"
    dry = app.run("rotate", "finish", "--dry-run")
    assert dry.code == 3, dry.stdout
    assert name in dry.json["error"]["what"]
    assert dry.json["error"]["fix"] == f"skc journal resume {name}"
    assert app.run("rotate", "finish", "--yes").code == 0
    assert (app.users(), told(app)[0]) == ({"app_a"}, "live")


def test_a_finish_that_died_in_its_waiting_is_told_and_can_be_begun_again(
    app: App, die: Die
) -> None:
    app.run("rotate", "--yes")
    die("user_steps:DrainUser:apply:before", "rotate", "finish", "--yes")
    assert told(app)[0].startswith("half-way: stopped at drain:app")
    assert len(app.run("rotate", "due").json["findings"]) == 2
    assert app.run("rotate", "finish", "--yes").code == 0
    assert told(app)[0] == "live"


def test_a_way_back_that_failed_can_only_go_back(app: App) -> None:
    script = "exit 1"
    consumers = f"    consumers: {{api: {{reload: [sh, -c, '{script}']}}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, consumers))
    trust(app, "api", "sh", "-c", script)
    assert app.run("rotate", "--yes").code == 6
    name = unfinished(app)
    standing, command = told(app)
    assert standing.startswith("half-way back: ")
    assert command == f"skc journal rollback {name}"
    assert overdue(app)[1] == f"skc journal rollback {name}"


def test_a_run_of_another_target_is_not_told(app: App, die: Die) -> None:
    die("publish_steps:PublishEnv:apply:before", "rotate", "--yes")
    text = (app.root / "skc.yaml").read_text()
    other = "  staging:\n    env_files: [.env]\n    database: {uri: env:MONGO_URI}\n"
    (app.root / "skc.yaml").write_text(text + other)
    ran = app.run("rotate", "status", "--target", "staging")
    assert ran.json["facts"]["secrets"][0]["standing"] == "live"
    assert app.run("rotate", "due", "--target", "staging").code == 0


def test_a_damaged_journal_is_never_called_well(app: App, die: Die) -> None:
    die("publish_steps:PublishEnv:apply:before", "rotate", "--yes")
    name = unfinished(app)
    log = app.state / "journal" / name / "log.jsonl"
    first, *others = log.read_bytes().splitlines(keepends=True)
    for damaged in (b"x" + first[1:], first.replace(b"create:app_a", b"create:app_b")):
        log.write_bytes(damaged + b"".join(others))
        standing, command = told(app)
        assert standing.startswith(f"not known: the journal {name} is damaged")
        assert command == f"skc journal show {name}"
        assert overdue(app)[1] == f"skc journal show {name}"


def test_a_run_that_is_under_way_is_told_as_that(app: App) -> None:
    script = "touch begun; while test ! -e go; do sleep 0.1; done"
    consumers = f"    consumers: {{api: {{reload: [sh, -c, '{script}']}}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, consumers))
    trust(app, "api", "sh", "-c", script)
    with ThreadPoolExecutor(1) as aside:
        other = aside.submit(
            subprocess.run,
            [sys.executable, "-m", "skillconnect_ops", "rotate", "--yes"],
            cwd=app.root,
            env={**os.environ, **app.env, "XDG_STATE_HOME": str(app.state.parents[1])},
            check=False,
        )
        try:
            until = time.monotonic() + 60
            while not (app.root / "begun").exists() and time.monotonic() < until:
                time.sleep(0.1)
            ran = app.run("rotate", "status")
            (row,) = ran.json["facts"]["secrets"]
            assert row["standing"].startswith("under way: rotate (run ")
            quiet = app.run("rotate", "due")
            assert quiet.code == 0
            assert quiet.json["facts"]["runs"] == [row["journal"]]
        finally:
            (app.root / "go").touch()
        assert other.result().returncode == 0
    assert told(app)[0].startswith("retiring")


@pytest.mark.parametrize(
    ("reason", "aged_s", "code"),
    [("leaked", 0, 11), ("leaked", 700, 12), ("scheduled", 700, 11), ("scheduled", 90_000, 12)],
)
def test_a_leaked_overlap_is_overdue_after_minutes_not_after_a_day(
    app: App, monkeypatch: pytest.MonkeyPatch, reason: str, aged_s: int, code: int
) -> None:
    app.run("rotate", "--reason", reason, "--yes")
    real = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda clock: real(clock) + timedelta(seconds=aged_s))
    assert app.run("rotate", "due").code == code
    assert told(app)[0].endswith("it leaked") is (reason == "leaked")
