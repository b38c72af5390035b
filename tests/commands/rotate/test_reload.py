"""A reload that fails: what it says is masked, whose it is is named, and there is a way past it."""

import secrets
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests import canaries
from tests.commands.rotate.app import App, settings, trust
from tests.commands.rotate.shop_ring import READS
from tests.conftest import Ran


def consumers(script: str, more: str = "") -> str:
    return f"{more}    consumers: {{api: {{reload: [sh, -c, '{script}']}}}}\n"


def reloaded_by(app: App, script: str, more: str = "") -> None:
    """Name a consumer with this reload command, and trust it."""
    (app.root / "skc.yaml").write_text(settings(app.name, consumers(script, more)))
    trust(app, "api", "sh", "-c", script)


@pytest.mark.parametrize("said", ["was", ".env"])
def test_a_reload_that_prints_a_value_still_valid_leaks_none_of_it(
    app: App, tmp_path: Path, said: str
) -> None:
    reloaded_by(app, f"tail -n 1 {said} >&2; exit 1")
    before = app.uri()
    app.file.rename(app.root / "was")
    app.file.write_bytes((app.root / "was").read_bytes())
    ran = app.run("rotate", "--yes")
    assert ran.code == 6, ran.stdout
    assert "MONGO_URI" in ran.json["error"]["why"], "the command was not heard"
    written = before.partition("@")[0].rpartition(":")[2]
    kept = {"the old password": unquote(written), "as it is written": written}
    own = [app.file, app.root / "was"]
    places = canaries.written(tmp_path, but=own)
    told = {"stdout": ran.stdout.encode(), "stderr": ran.stderr.encode()}
    assert canaries.holding(kept, {**places, **told}) == []


def test_a_failed_reload_names_the_consumer_and_its_command_and_blames_nobody_else(
    app: App,
) -> None:
    (app.root / "first").touch()
    reloaded_by(app, "test ! -e first || { rm first; echo no such container >&2; exit 1; }")
    ran = app.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    error = ran.json["error"]
    assert error["what"] == "the reload of api failed"
    assert "no such container" in error["why"]
    assert "sh -c 'test ! -e first" in error["fix"]
    assert "targets.production.consumers.api" in error["fix"]
    assert "bug in skc" not in ran.stdout + ran.stderr


DEAD = "test ! -e dead || { echo no such container >&2; exit 1; }"


def way_on(ran: Ran) -> list[str]:
    """The command past a dead reload, as the message has it."""
    return shlex.split(ran.json["error"]["fix"].partition("never works again: skc ")[2])


def stuck(app: App) -> Ran:
    """A rotation whose reload fails on the way forth and on the way back."""
    reloaded_by(app, DEAD)
    (app.root / "dead").touch()
    ran = app.run("rotate", "--yes")
    assert ran.code == 6, ran.stdout
    return ran


def test_a_reload_that_never_works_again_is_left_out_by_name_on_the_way_back(app: App) -> None:
    before = app.uri()
    ran = stuck(app)
    again = app.run("rotate", "--lockdown", "--confirm", "production")
    assert again.code == 6, again.stdout
    assert (
        way_on(again)
        == way_on(ran)
        == [
            *("journal", "rollback", str(ran.json["journal"])),
            *("--without-reload", "api"),
        ]
    )
    asked = app.run(*way_on(ran), "--yes")
    assert asked.code == 3, asked.stdout  # a yes is no name
    assert "does not reload api" in asked.json["error"]["what"]
    wrong = app.run(*way_on(ran), "--yes", "--confirm", "worker")
    assert wrong.code == 3, wrong.stdout
    back = app.run(*way_on(ran), "--yes", "--confirm", "api")
    assert back.code == 0, back.stdout + back.stderr
    assert back.json["facts"]["not_reloaded"] == ["api"]
    assert "not reloaded: api" in back.stderr
    assert (app.uri(), app.users()) == (before, {"app"})
    shown = app.run("journal", "show", str(ran.json["journal"]))
    assert shown.json["facts"]["journal"]["waived"] == ["api"]
    human = app.skc("journal", "show", str(ran.json["journal"]), cwd=app.root, env=app.env)
    assert "api" in human.stdout.partition("goes on without")[2].partition("\n")[0]


def test_lockdown_goes_on_without_a_reload_that_never_works_again(app: App) -> None:
    before = app.uri()
    ran = stuck(app)
    assert app.run(*way_on(ran), "--yes", "--confirm", "api").code == 0
    locked = app.run("rotate", "--lockdown", "--confirm", "production")
    assert locked.code == 6, locked.stdout
    assert way_on(locked)[:2] == ["journal", "resume"]
    done = app.run(*way_on(locked), "--yes", "--confirm", "api")
    assert done.code == 0, done.stdout + done.stderr
    assert done.json["facts"]["not_reloaded"] == ["api"]
    assert app.users() == {"app_a"}
    assert app.opens(app.uri())
    assert not app.opens(before)
    facts = {one["key"]: one for one in done.json["steps"]}
    assert facts["reload:api"]["outcome"] == "skipped"


@pytest.mark.parametrize("gone", ["", "    consumers: {api: {app_name: shop}}\n"])
def test_a_consumer_that_went_from_the_settings_has_the_same_way_on(app: App, gone: str) -> None:
    before = app.uri()
    stuck(app)
    (app.root / "skc.yaml").write_text(settings(app.name, gone))
    ran = app.run("rotate", "--yes")
    assert ran.code == 6, ran.stdout
    assert "says no longer how api is reloaded" in ran.json["error"]["why"]
    back = app.run(*way_on(ran), "--yes", "--confirm", "api")
    assert back.code == 0, back.stdout + back.stderr
    assert (app.uri(), app.users()) == (before, {"app"})
    assert app.run("rotate", "--yes").code == 0


def test_what_the_run_does_not_reload_is_not_left_out(app: App) -> None:
    ran = stuck(app)
    other = app.run(
        *("journal", "rollback", str(ran.json["journal"])),
        *("--without-reload", "worker", "--confirm", "worker", "--yes"),
    )
    assert other.code == 4, other.stdout
    assert "api" in other.json["error"]["why"]


def test_on_the_way_back_a_mended_reload_needs_nothing_left_out(app: App) -> None:
    ran = stuck(app)
    (app.root / "dead").unlink()
    fix = ran.json["error"]["fix"].partition("   #")[0]
    back = app.run(*shlex.split(fix)[1:], "--yes")
    assert back.code == 0, back.stdout
    assert back.json["facts"]["not_reloaded"] == []


def test_a_consumer_that_was_left_out_does_not_know_a_staged_key(
    app: App, clean_environment: dict[str, str]
) -> None:
    """A run that died within a reload is walked on without it; nobody takes that for a reload."""
    more = "    secrets: {jwt: {kind: jwt, env: JWT_SECRET_KEY}}\n"
    app.file.write_text(app.file.read_text() + f"JWT_SECRET_KEY={secrets.token_urlsafe(32)}\n")
    (app.root / "auth.js").write_text(READS)
    kills = "kill -9 $(cat pid)"
    reloaded_by(app, kills, more)
    child = app.root / "child.py"
    child.write_text(
        "import os, pathlib, sys\n"
        "pathlib.Path('pid').write_text(str(os.getpid()))\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'skillconnect_ops', *sys.argv[1:]])\n"
    )
    killed = subprocess.run(
        [sys.executable, str(child), "rotate", "--only", "jwt", "--yes"],
        cwd=app.root,
        env={**clean_environment, **app.env},
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (open_one,) = app.run("journal", "list", "--open").json["facts"]["journals"]
    on = app.run(
        *("journal", "resume", open_one["id"], "--yes"),
        *("--without-reload", "api", "--confirm", "api"),
    )
    assert on.code == 0, on.stdout + on.stderr
    early = app.run("rotate", "--only", "jwt", "--yes")
    assert early.code == 3, early.stdout
    assert "has not seen api reloaded" in early.json["error"]["why"]
