"""What a rotation and its end say comes next, whatever became of the run before."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.commands.rotate.app import App, settings, trust
from tests.commands.rotate.shop_ring import Shop, make
from tests.conftest import Skc

KILLED = "test -e mended || { kill -9 $PPID; sleep 1; }"
LEAKED = ("--reason", "leaked")
LOCKDOWN = ("--lockdown", "--confirm", "production")


def reloads_by(app: App, script: str) -> None:
    consumers = f"    consumers: {{api: {{reload: [sh, -c, {json.dumps(script)}]}}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, consumers))
    trust(app, "api", "sh", "-c", script)


@pytest.fixture
def killed(app: App, clean_environment: Mapping[str, str]) -> Callable[..., str]:
    """Kills a rotation while it reloads; gives its journal."""

    def kill(*argv: str) -> str:
        reloads_by(app, KILLED)
        done = subprocess.run(
            [sys.executable, "-m", "skillconnect_ops", "rotate", *argv],
            cwd=app.root,
            env={**clean_environment, **app.env},
            capture_output=True,
            check=False,
        )
        assert done.returncode == -9, done.stderr
        (dead,) = app.run("journal", "--open").json["facts"]["journals"]
        (app.root / "mended").touch()
        return str(dead["id"])

    return kill


def test_a_finish_does_not_put_a_leaked_value_back_unasked(
    app: App, killed: Callable[..., str]
) -> None:
    dead = killed(*LEAKED, "--yes")
    file, users = app.file.read_bytes(), app.users()
    for argv in (("--yes",), ("--dry-run",)):
        ran = app.run("rotate", "finish", *argv)
        assert ran.code == 3, ran.stdout
        assert ran.json["next"] == [f"skc journal resume {dead}"]
        assert "leaked" in ran.json["error"]["why"]
        assert (app.file.read_bytes(), app.users()) == (file, users)
    resumed = app.run(*ran.json["next"][0].split()[1:], "--yes")
    assert resumed.json["next"] == ["skc rotate finish"]
    assert app.run(*resumed.json["next"][0].split()[1:], "--wait", "0", "--yes").code == 0
    assert app.users() == {"app_a"}


def test_a_finish_says_what_it_put_back_and_that_is_no_failure(
    app: App, killed: Callable[..., str]
) -> None:
    before = app.file.read_bytes()
    dead = killed("--yes")
    ran = app.run("rotate", "finish", "--yes")
    assert ran.code == 0, ran.stdout
    assert ran.json["facts"]["rotation"]["done"] is False
    told = app.skc("rotate", "finish", "--yes", cwd=app.root, env=app.env)
    assert "nothing to finish" in told.stdout
    assert (app.file.read_bytes(), app.users()) == (before, {"app"})
    assert app.run("journal", "show", dead).json["facts"]["journal"]["standing"] == "rolled_back"


def test_a_finish_that_ends_a_lockdown_half_way_has_done_something(
    app: App, killed: Callable[..., str]
) -> None:
    dead = killed(*LOCKDOWN)
    ran = app.skc("rotate", "finish", "--yes", cwd=app.root, env=app.env)
    assert ran.code == 0, ran.stdout
    assert f"the run {dead} had stopped half-way, and is done" in ran.stdout
    assert app.users() == {"app_a"}
    assert app.opens(app.uri())


@pytest.mark.parametrize(
    ("argv", "following"),
    [
        (("rotate", *LEAKED, "--dry-run"), "skc rotate --reason leaked"),
        (("rotate", "--dry-run", "--only", "mongodb"), "skc rotate --only mongodb"),
        (("rotate", "--lockdown", "--dry-run"), "skc rotate --lockdown"),
        (("rotate", *LEAKED, "--save-plan", "p.json"), "skc apply p.json"),
        (("apply", "p.json", "--dry-run"), "skc apply p.json"),
        (("rotate", "--target=production", "--dry-run"), "skc rotate --target=production"),
    ],
)
def test_what_was_only_looked_at_is_carried_out_by_the_same_words(
    app: App, argv: tuple[str, ...], following: str
) -> None:
    if argv[0] == "apply":
        app.run("rotate", "--save-plan", "p.json")
    ran = app.skc(*argv, cwd=app.root, env=app.env)
    assert ran.code == 0, ran.stderr
    assert ran.stderr.splitlines()[-1] == f"next: {following}"


def test_the_end_that_was_only_looked_at_too(app: App) -> None:
    assert app.run("rotate", "--yes").code == 0
    ran = app.skc("rotate", "finish", "--wait", "7", "--dry-run", cwd=app.root, env=app.env)
    assert ran.stderr.splitlines()[-1] == "next: skc rotate finish --wait 7"


def test_who_interrupts_is_told_the_command_to_repeat(
    app: App, clean_environment: Mapping[str, str]
) -> None:
    reloads_by(app, "touch asked; test -e mended || sleep 60")
    child = subprocess.Popen(
        [sys.executable, "-m", "skillconnect_ops", "rotate", *LEAKED, "--yes"],
        cwd=app.root,
        env={**clean_environment, **app.env},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    _wait_for(app.root / "asked")
    (app.root / "mended").touch()
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)
    assert child.returncode == 130, said
    told = said.splitlines()
    places = [
        told.index("reloading api; this may take a while"),
        told.index("stopped; putting back what had begun"),
        told.index("reloading api with the old value"),
        told.index("error: interrupted"),
    ]
    assert places == sorted(places)
    assert said.splitlines()[-1] == "next: skc rotate --reason leaked --yes"


def _wait_for(path: Path) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, f"{path.name} did not come"
        time.sleep(0.02)


@pytest.fixture
def ring(tmp_path: Path, skc: Skc) -> Shop:
    return make(tmp_path, skc)


def test_a_key_that_still_verifies_is_not_said_to_be_finished_now(ring: Shop) -> None:
    ring.ok("rotate", "--yes")
    swapped = ring.skc("rotate", "--yes", cwd=ring.root)
    (old,) = ring.ring().fallbacks
    end = f"{old.not_after:%Y-%m-%d %H:%M} UTC"
    assert swapped.stderr.splitlines()[-1] == f"next: skc rotate finish   # from {end} on"
    (tokens,) = [line for line in swapped.stdout.splitlines() if "tokens" in line]
    assert tokens.startswith(f"still good until {end}")
    early = ring.skc("rotate", "finish", "--yes", cwd=ring.root)
    assert early.code == 0
    assert early.stdout.startswith(f"nothing to do until {end}")
    assert early.stderr.splitlines()[-1] == f"next: skc rotate finish   # from {end} on"


@pytest.mark.parametrize("reason", ["leaked", "scheduled"])
def test_the_project_s_status_names_the_end_before_a_backup(app: App, reason: str) -> None:
    assert app.run("rotate", "--yes", "--reason", reason).code == 0
    ran = app.run("status")
    assert ran.json["next"] == ["skc rotate finish"]
    (waits,) = ran.json["facts"]["status"]["journals"]["waiting"]
    assert (waits["then"], waits["leaked"]) == ("rotate finish", reason == "leaked")
    told = app.skc("status", cwd=app.root, env=app.env)
    assert "rotate mongodb: " in told.stdout
    assert "the old value works until: skc rotate finish" in told.stdout
    assert "all finished" not in told.stdout
    assert app.run("rotate", "finish", "--wait", "0", "--yes").code == 0
    over = app.run("status")
    assert over.json["facts"]["status"]["journals"]["waiting"] == []
    assert over.json["next"] != ["skc rotate finish"]


def test_what_is_not_trusted_is_named_by_a_look_and_started_by_no_run(app: App) -> None:
    consumers = "    consumers: {api: {reload: [touch, reloaded]}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, consumers))
    looked = app.run("rotate", "--dry-run")
    assert looked.code == 0, looked.stdout
    assert "not trusted on this machine yet: the command of api" in looked.stderr
    assert app.run("rotate", "--yes").code == 3
    assert not (app.root / "reloaded").exists()


def test_a_look_tells_machines_the_steps_that_people_are_shown(app: App) -> None:
    planned = app.run("rotate", "--dry-run").json["facts"]["rotation"]["plan"]
    keys = [step["key"] for step in planned["steps"]]
    assert keys[:2] == ["create:app_a", "publish:MONGO_URI@.env"]
    assert all(step["says"] and not step["final"] for step in planned["steps"])
    assert any("sessions end: none" in note for note in planned["notes"])
    walked = app.run("rotate", "--yes").json["facts"]["rotation"]
    assert (walked["plan"], walked["done"]) == (None, True)
    ending = app.run("rotate", "finish", "--dry-run").json["facts"]["rotation"]["plan"]
    final = [step["key"] for step in ending["steps"] if step["final"]]
    assert final.index("drop:app") < final.index("retire:MONGO_URI")
