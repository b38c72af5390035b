"""What a rotation does not take for granted: other nodes, other hands, other runs."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from skillconnect_ops.commands.rotate import spreading, user_steps
from skillconnect_ops.core.ports.accounts import LoginAnswer
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.envfile import parse
from tests.commands.rotate.app import App, settings, trust
from tests.commands.rotate.doubtful import careless, second_node
from tests.conftest import Ran

ACCEPTED, REFUSED = LoginAnswer.ACCEPTED, LoginAnswer.REFUSED


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for long."""
    hasty = replace(spreading.AT_ONCE, settle_s=1.0, look_again_s=0.01)
    monkeypatch.setattr(spreading, "AT_ONCE", hasty)


def test_a_node_that_does_not_know_the_new_user_yet_is_waited_for(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = app.file.read_bytes()
    seen: list[bytes] = []

    def say(_: Secret, count: int) -> LoginAnswer:
        seen.append(app.file.read_bytes())
        return ACCEPTED if count in {2, 4} or count >= 5 else REFUSED

    looks = second_node(monkeypatch, say)
    ran = app.run("rotate", "--yes")
    assert ran.code == 0, ran.stdout
    assert looks == ["app_a"] * 7, "twice in a row is what counts; then once it is published"
    assert set(seen[:5]) == {before}, "published before every node knew the user"


@pytest.mark.usefixtures("hasty")
def test_a_node_that_never_knows_the_new_user_ends_it_with_nothing_changed(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = app.file.read_bytes()
    second_node(monkeypatch, lambda *_: REFUSED)
    ran = app.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    assert "elsewhere:27017" in ran.json["error"]["why"]
    assert failed_at(ran) == "create:app_a", "published before every node knew the user"
    assert (app.file.read_bytes(), app.users()) == (before, {"app"})


def failed_at(ran: Ran) -> str:
    """The step; what comes before it in a plan was done, and what comes after never begun."""
    (step,) = (one["key"] for one in ran.json["steps"] if one["outcome"] == "failed")
    return str(step)


def test_a_successor_with_other_rights_is_put_back(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = app.file.read_bytes()
    with monkeypatch.context() as patch:
        careless(patch)
        ran = app.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    assert failed_at(ran) == "create:app_a", "published before its rights were looked at"
    assert (app.file.read_bytes(), app.users()) == (before, {"app"})


@pytest.mark.usefixtures("hasty")
def test_an_old_credential_that_some_node_still_takes_is_not_called_dead(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app.run("rotate", "--yes").code == 0
    with monkeypatch.context() as patch:
        second_node(patch, lambda *_: ACCEPTED)
        ran = app.run("rotate", "finish", "--yes")
    assert ran.code == 6, ran.stdout
    assert ran.json["error"]["fix"].startswith("skc journal resume")
    retired = app.run("secrets", "ledger", "list").json["facts"]["retired"]
    assert retired == []
    assert app.run("journal", "resume", ran.json["journal"], "--yes").code == 0
    retired = app.run("secrets", "ledger", "list").json["facts"]["retired"]
    assert [one["refusal"] for one in retired] == ["proven"]


@pytest.mark.usefixtures("hasty")
def test_a_finish_that_is_run_again_is_done_and_says_so(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It walks on with the run that got stuck; that nothing else is left to do is no failure."""
    assert app.run("rotate", "--yes").code == 0
    with monkeypatch.context() as patch:
        second_node(patch, lambda *_: ACCEPTED)
        stuck = app.run("rotate", "finish", "--yes")
    assert stuck.code == 6, stuck.stdout
    again = app.run("rotate", "finish", "--yes")
    assert again.code == 0, again.stdout
    assert again.json["journal"] == stuck.json["journal"]
    assert app.users() == {"app_a"}
    idle = app.run("rotate", "finish", "--yes")
    assert (idle.code, idle.json["error"]) == (0, None)
    assert idle.json["facts"]["rotation"]["done"] is False


def test_a_value_edited_by_hand_meanwhile_is_nobody_s_to_overwrite(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = app.file.read_bytes().replace(b"?", b"?maxIdleTimeMS=9&")
    real = user_steps.CreateUser.verify

    def verify(self: Any, step: Any, walk: Any) -> Any:
        app.file.write_bytes(theirs)
        return real(self, step, walk)

    monkeypatch.setattr(user_steps.CreateUser, "verify", verify)
    ran = app.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    assert "changed meanwhile" in ran.json["error"]["what"]
    assert (app.file.read_bytes(), app.users()) == (theirs, {"app"})


def test_an_edit_of_another_line_survives_the_way_back(app: App) -> None:
    script = "sed -i s/3000/4000/ .env; test -e ok || { touch ok; exit 1; }"
    consumers = f"    consumers: {{api: {{reload: [sh, -c, '{script}']}}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, consumers))
    trust(app, "api", "sh", "-c", script)
    before = app.file.read_bytes()
    ran = app.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    assert app.file.read_bytes() == before.replace(b"3000", b"4000")
    assert app.users() == {"app"}


def test_the_way_back_spares_what_somebody_wrote_into_the_variable(app: App) -> None:
    theirs = "mongodb://somebody:else@127.0.0.1/x"
    script = f"test -e done || sed -i s,^MONGO_URI=.*,MONGO_URI={theirs}, .env; touch done; false"
    consumers = f"    consumers: {{api: {{reload: [sh, -c, '{script}']}}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, consumers))
    trust(app, "api", "sh", "-c", script)
    ran = app.run("rotate", "--yes")
    assert ran.code == 6, ran.stdout
    assert app.uri() == theirs


SESSION = "    secrets: {session: {kind: random, env: SESSION_SECRET}}\n"


def test_while_one_run_is_under_way_another_one_is_refused(
    app: App, clean_environment: dict[str, str]
) -> None:
    script = "test -e waiting || { touch waiting; until test -e go; do sleep 0.02; done; }"
    consumers = f"    consumers: {{api: {{reload: [sh, -c, '{script}']}}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, SESSION + consumers))
    trust(app, "api", "sh", "-c", script)
    app.file.write_text(app.file.read_text() + "SESSION_SECRET=old\n")
    argv = ("rotate", "--only", "session", "--yes")
    child = subprocess.Popen(
        [sys.executable, "-m", "skillconnect_ops", *argv],
        cwd=app.root,
        env={**clean_environment, **app.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_for(app.root / "waiting")
        value = parse(app.file.read_bytes()).get("SESSION_SECRET")
        ran = app.run(*argv)
        assert ran.code == 4, ran.stdout
        assert "in use" in ran.json["error"]["what"]
        assert parse(app.file.read_bytes()).get("SESSION_SECRET") == value
    finally:
        (app.root / "go").touch()
        said, _ = child.communicate(timeout=60)
    assert child.returncode == 0, said
    assert parse(app.file.read_bytes()).get("SESSION_SECRET") == value


def _wait_for(path: Path) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, f"{path.name} did not come"
        time.sleep(0.02)


@pytest.mark.usefixtures("hasty")
def test_a_user_that_another_machine_made_meanwhile_is_left_alone(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came between the look and the creation, so that the server itself is the lock."""
    before, real = app.file.read_bytes(), user_steps.CreateUser.apply

    def apply(self: Any, step: Any, walk: Any) -> Any:
        app.client[app.name].command("createUser", "app_a", pwd="theirs", roles=[])
        return real(self, step, walk)

    monkeypatch.setattr(user_steps.CreateUser, "apply", apply)
    ran = app.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    assert "'app_a' is there already" in ran.json["error"]["what"]
    assert (app.file.read_bytes(), app.users()) == (before, {"app", "app_a"})
    assert app.roles("app_a") == []


def test_the_reload_is_given_no_secret(app: App) -> None:
    script = 'printf "%s\\n" "$0" "$@" > argv; env > environ'
    consumers = f"    consumers: {{api: {{reload: [sh, -c, {script!r}]}}}}\n"
    consumers = consumers.replace("\\\\", "\\")
    (app.root / "skc.yaml").write_text(settings(app.name, consumers))
    trust(app, "api", "sh", "-c", script)
    before = app.uri()
    ran = app.run("rotate", "--yes")
    assert ran.code == 0, ran.stdout
    told = (app.root / "argv").read_text() + (app.root / "environ").read_text()
    assert "PATH=" in told
    for uri in (before, app.uri()):
        assert uri not in told
        assert uri.partition("@")[0].rpartition(":")[2] not in told
