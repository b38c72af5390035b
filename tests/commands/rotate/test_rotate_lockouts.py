"""Nobody is locked out by a rotation's end, by its resume, or by a deploy that renders old files.

What others do between two runs (a checkout, a deploy, an administrator) is done for real, and then
it is asked whether somebody still gets in with what the env file holds.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import pytest
from msgspec.structs import replace
from pymongo import MongoClient

from skillconnect_ops.commands.rotate import publish_steps, spreading, user_steps
from skillconnect_ops.core.ports.accounts import LoginAnswer
from skillconnect_ops.envfile import parse
from tests.commands.rotate.app import App, settings, trust
from tests.commands.rotate.atlas_app import AtlasApp
from tests.commands.rotate.doubtful import second_node

FINISH = ("rotate", "finish", "--wait", "1", "--yes")
SESSION = "    secrets: {session: {kind: random, env: SESSION_SECRET}}\n"
IN_PLACE = "    secrets: {mongodb: {kind: mongodb, env: MONGO_URI, in_place: true}}\n"
DIES = """
import importlib, os, signal, sys
from skillconnect_ops import app
module, name, when, argv = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
found = getattr(importlib.import_module("skillconnect_ops.commands.rotate." + module), name)
real = found.apply
def apply(self, step, walk):
    made = real(self, step, walk) if when == "after" else None
    os.kill(os.getpid(), signal.SIGKILL)
found.apply = apply
sys.exit(int(app.main(argv)))
"""
Die = Callable[..., str]


@pytest.fixture
def die(app: App, clean_environment: dict[str, str]) -> Die:
    """Run a command that is killed within a step; gives its journal's id."""

    def run(module: str, handler: str, when: str, *argv: str) -> str:
        known = {one["id"] for one in journals(app)}
        done = subprocess.run(
            [sys.executable, "-c", DIES, module, handler, when, *argv],
            cwd=app.root,
            env={**clean_environment, **app.env, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=False,
        )
        assert done.returncode == -9, done.stderr
        (new,) = (one["id"] for one in journals(app) if one["id"] not in known)
        return str(new)

    return run


def journals(app: App) -> list[Mapping[str, Any]]:
    return list(app.run("journal", "list").json["facts"]["journals"])


def drop(app: App, user: str) -> None:
    app.client[app.name].command("dropUser", user)


def reloading(app: App, script: str, more: str = "") -> None:
    consumers = f"    consumers: {{api: {{reload: [sh, -c, '{script}']}}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, more + consumers))
    trust(app, "api", "sh", "-c", script)


def escrow(app: App | AtlasApp) -> list[Any]:
    return list((app.state / "escrow").rglob("*"))


def test_an_env_file_that_has_gone_back_ends_the_end_and_the_way_on_is_named(app: App) -> None:
    before = app.file.read_bytes()
    assert app.run("rotate", "--yes").code == 0
    after = app.file.read_bytes()
    app.file.write_bytes(before)
    ran = app.run(*FINISH)
    assert ran.code == 3, ran.stdout
    assert ran.json["error"]["what"] == "MONGO_URI in .env holds its old value again"
    assert ran.json["error"]["fix"] == "skc rotate finish --publish-again"
    assert app.users() == {"app", "app_a"}
    assert app.opens(app.uri())
    assert app.roles("app")
    again = app.run(*FINISH, "--publish-again")
    assert again.code == 0, again.stdout
    assert app.file.read_bytes() == after
    assert app.users() == {"app_a"}
    assert app.opens(app.uri())
    assert not escrow(app)


def test_publishing_again_reloads_and_what_fails_then_is_put_back(app: App) -> None:
    reloading(app, "cp .env seen; test ! -e broken")
    before = app.file.read_bytes()
    assert app.run("rotate", "--yes").code == 0
    theirs = before.replace(b"3000", b"4000")
    app.file.write_bytes(theirs)
    (app.root / "broken").touch()
    ran = app.run(*FINISH, "--publish-again")
    assert ran.code in {5, 6}, ran.stdout
    assert app.file.read_bytes() == theirs
    (app.root / "broken").unlink()
    if ran.code == 6:
        assert app.run("journal", "rollback", ran.json["journal"], "--yes").code == 0
    assert app.run(*FINISH, "--publish-again").code == 0
    assert (app.root / "seen").read_bytes() == app.file.read_bytes()
    assert b"PORT=4000" in app.file.read_bytes()
    assert app.opens(app.uri())


def test_a_new_user_that_somebody_dropped_ends_the_end_and_can_be_made_again(app: App) -> None:
    before = app.uri()
    assert app.run("rotate", "--yes").code == 0
    roles = app.roles("app_a")
    drop(app, "app_a")
    ran = app.run(*FINISH)
    assert ran.code == 4, ran.stdout
    assert ran.json["error"]["what"] == "the new password of MONGO_URI is refused"
    assert "skc rotate finish --publish-again" in ran.json["error"]["fix"]
    assert app.users() == {"app"}
    assert app.opens(before)
    again = app.run(*FINISH, "--publish-again")
    assert again.code == 0, again.stdout
    assert app.users() == {"app_a"}
    assert app.roles("app_a") == roles
    assert app.opens(app.uri())


def test_a_new_user_whose_password_somebody_changed_is_not_called_alive(app: App) -> None:
    assert app.run("rotate", "--yes").code == 0
    app.client[app.name].command("updateUser", "app_a", pwd="theirs")
    for words, code in (((), 4), (("--publish-again",), 5)):
        ran = app.run(*FINISH, *words)
        assert ran.code == code, ran.stdout
        assert "dropUser('app_a')" in ran.json["error"]["fix"]
        assert app.users() == {"app", "app_a"}
    drop(app, "app_a")
    assert app.run(*FINISH, "--publish-again").code == 0
    assert app.opens(app.uri())


def test_roles_that_the_old_user_was_given_since_are_not_lost(app: App) -> None:
    assert app.run("rotate", "--yes").code == 0
    more = [{"role": "dbAdmin", "db": app.name}]
    app.client[app.name].command("grantRolesToUser", "app", roles=more)
    ran = app.run(*FINISH)
    assert ran.code == 4, ran.stdout
    assert "not the same rights" in ran.json["error"]["what"]
    assert app.users() == {"app", "app_a"}
    app.client[app.name].command("grantRolesToUser", "app_a", roles=more)
    assert app.run(*FINISH).code == 0


def test_an_edited_option_of_the_new_uri_is_no_reason_to_stop(app: App) -> None:
    assert app.run("rotate", "--yes").code == 0
    edited = app.file.read_bytes().replace(b"?", b"?maxIdleTimeMS=9&")
    app.file.write_bytes(edited)
    assert app.run(*FINISH).code == 0
    assert app.file.read_bytes() == edited
    assert app.opens(app.uri())


def test_a_variable_that_is_gone_from_the_file_ends_the_end(app: App) -> None:
    assert app.run("rotate", "--yes").code == 0
    app.file.write_text("PORT=3000\n")
    ran = app.run(*FINISH)
    assert ran.code == 3, ran.stdout
    assert app.users() == {"app", "app_a"}
    assert app.run(*FINISH, "--publish-again").code == 0
    assert app.opens(app.uri())


def test_a_value_that_lets_nobody_in_goes_only_if_a_person_says_so(app: App) -> None:
    assert app.run("rotate", "--yes").code == 0
    theirs = app.uri().replace("app_a:", "app_a:x")
    app.file.write_text(f"MONGO_URI={theirs}\n")
    ran = app.run(*FINISH)
    assert ran.code == 4, ran.stdout
    assert "lets nobody in" in ran.json["error"]["what"]
    assert theirs not in ran.stdout + ran.stderr
    assert app.uri() == theirs
    plan = app.run("rotate", "finish", "--publish-again", "--dry-run")
    assert "in place of what stands there" in " ".join(plan.stderr.split())
    assert app.run(*FINISH, "--publish-again").code == 0
    assert app.opens(app.uri())


def test_an_opaque_value_that_has_gone_back_is_not_recorded_as_retired(app: App) -> None:
    app.file.write_text(app.file.read_text() + "SESSION_SECRET=old-and-weak\n")
    (app.root / "skc.yaml").write_text(settings(app.name, SESSION))
    before = app.file.read_bytes()
    only = ("rotate", "--only", "session", "--yes")
    assert app.run(*only).code == 0
    new = parse(app.file.read_bytes()).get("SESSION_SECRET")
    app.file.write_bytes(before)
    ran = app.run(*FINISH)
    assert ran.code == 3, ran.stdout
    assert ran.json["error"]["fix"] == "skc rotate finish --publish-again"
    assert app.run("secrets", "ledger", "list").json["facts"]["retired"] == []
    assert escrow(app)
    assert app.run(*FINISH, "--publish-again").code == 0
    assert parse(app.file.read_bytes()).get("SESSION_SECRET") == new


def test_on_atlas_a_file_that_has_gone_back_and_a_user_that_is_gone_end_the_end(
    atlas_app: AtlasApp,
) -> None:
    app, before = atlas_app, atlas_app.file.read_bytes()
    assert app.run("rotate", "--yes").code == 0
    after = app.file.read_bytes()
    app.file.write_bytes(before)
    finish = (*FINISH, "--confirm", "production")
    ran = app.run(*finish)
    assert ran.code == 3, ran.stdout
    assert ran.json["error"]["fix"] == "skc rotate finish --publish-again"
    assert len(app.users()) == 2
    app.file.write_bytes(after)
    del app.atlas.users["admin", f"{app.user}_a"]
    app.behind.bring(app.atlas.users)
    ran = app.run(*finish)
    assert ran.code == 4, ran.stdout
    assert app.users() == {app.user}
    ran = app.run(*finish, "--publish-again")
    assert ran.code == 0, ran.stdout
    assert app.users() == {f"{app.user}_a"}
    assert app.atlas.users["admin", f"{app.user}_a"].get("deleteAfterDate") is None
    assert app.opens(app.uri())


def test_what_changes_while_the_old_user_drains_is_seen_before_it_is_disarmed(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = app.file.read_bytes()
    assert app.run("rotate", "--yes").code == 0
    real = user_steps.DrainUser.apply

    def apply(self: Any, step: Any, walk: Any) -> Any:
        app.file.write_bytes(before)
        return real(self, step, walk)

    monkeypatch.setattr(user_steps.DrainUser, "apply", apply)
    ran = app.run(*FINISH)
    assert ran.code == 5, ran.stdout
    assert "holds its old value again" in ran.json["error"]["what"]
    assert app.roles("app") == app.roles("app_a")
    assert app.opens(app.uri())


def test_one_node_that_does_not_know_the_new_user_ends_the_end(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert app.run("rotate", "--yes").code == 0
    hasty = replace(spreading.AT_ONCE, settle_s=1.0, look_again_s=0.01)
    monkeypatch.setattr(spreading, "AT_ONCE", hasty)
    with monkeypatch.context() as patch:
        second_node(patch, lambda *_: LoginAnswer.REFUSED)
        ran = app.run(*FINISH)
    assert ran.code == 4, ran.stdout
    assert "elsewhere:27017" in ran.json["error"]["why"]
    assert app.users() == {"app", "app_a"}


def test_a_plan_to_finish_is_stale_once_the_file_or_the_new_user_is_another(app: App) -> None:
    before = app.file.read_bytes()
    assert app.run("rotate", "--yes").code == 0
    after, saved = app.file.read_bytes(), app.root / "finish.plan"
    assert app.run("rotate", "finish", "--save-plan", str(saved)).code == 0
    app.file.write_bytes(before)
    ran = app.run("apply", str(saved), "--yes")
    assert ran.code == 4, ran.stdout
    app.file.write_bytes(after)
    app.client[app.name].command("revokeRolesFromUser", "app_a", roles=["readWrite"])
    ran = app.run("apply", str(saved), "--yes")
    assert ran.code == 4, ran.stdout
    app.client[app.name].command("grantRolesToUser", "app_a", roles=["readWrite"])
    assert app.run("apply", str(saved), "--yes").code == 0


def test_a_file_that_goes_back_past_the_turn_is_given_the_new_value_again(
    app: App, die: Die
) -> None:
    """There is no way back then, and the old user may do nothing any more."""
    before = app.file.read_bytes()
    assert app.run("rotate", "--yes").code == 0
    after = app.file.read_bytes()
    name = die("user_steps", "DropUser", "before", *FINISH)
    app.file.write_bytes(before)
    ran = app.run("journal", "resume", name, "--yes")
    assert ran.code == 0, ran.stdout
    assert "the new value was written again" in " ".join(ran.stderr.split())
    assert app.file.read_bytes() == after
    assert app.opens(app.uri())


def test_a_new_user_that_goes_past_the_turn_keeps_the_old_one(app: App, die: Die) -> None:
    assert app.run("rotate", "--yes").code == 0
    name = die("user_steps", "DropUser", "before", *FINISH)
    drop(app, "app_a")
    ran = app.run("journal", "resume", name, "--yes")
    assert ran.code == 6, ran.stdout
    assert app.users() == {"app"}
    assert escrow(app)
    assert "create the user app_a" in ran.json["error"]["why"]
    password = app.uri().split("@")[0].rpartition(":")[2]
    app.client[app.name].command("createUser", "app_a", pwd=password, roles=["readWrite"])
    ran = app.run("journal", "resume", name, "--yes")
    assert ran.code == 0, ran.stdout
    assert app.users() == {"app_a"}
    assert app.opens(app.uri())


def test_in_place_a_reload_that_renders_the_old_file_is_put_back(app: App) -> None:
    (app.root / "rendered").write_bytes(app.file.read_bytes())
    reloading(app, "cp rendered .env", IN_PLACE)
    before = app.uri()
    ran = app.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    assert "holds its old value again" in ran.json["error"]["what"]
    assert app.uri() == before
    assert app.opens(before)


def test_a_reload_that_renders_the_old_file_is_told_at_once(app: App) -> None:
    (app.root / "rendered").write_bytes(app.file.read_bytes())
    reloading(app, "cp rendered .env")
    before = app.uri()
    ran = app.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    assert (app.uri(), app.users()) == (before, {"app"})
    assert app.opens(before)


def test_a_lockdown_whose_reload_renders_the_old_file_leaves_the_new_one(app: App) -> None:
    (app.root / "rendered").write_bytes(app.file.read_bytes())
    reloading(app, "cp rendered .env")
    ran = app.run("rotate", "--lockdown", "--confirm", "production")
    assert ran.code == 0, ran.stdout
    assert "the new value was written again" in " ".join(ran.stderr.split())
    assert app.users() == {"app_a"}
    assert app.opens(app.uri())


def test_a_resume_makes_again_what_somebody_has_dropped_since(app: App, die: Die) -> None:
    name = die("publish_steps", "PublishEnv", "before", "rotate", "--yes")
    drop(app, "app_a")
    ran = app.run("journal", "resume", name, "--yes")
    assert ran.code == 0, ran.stdout
    assert app.users() == {"app", "app_a"}
    assert app.opens(app.uri())


def test_a_resume_publishes_nothing_whose_name_another_one_has_taken(app: App, die: Die) -> None:
    before = app.file.read_bytes()
    name = die("publish_steps", "PublishEnv", "before", "rotate", "--yes")
    app.client[app.name].command("updateUser", "app_a", pwd="theirs")
    ran = app.run("journal", "resume", name, "--yes")
    assert ran.code == 5, ran.stdout
    assert app.file.read_bytes() == before
    assert app.users() == {"app", "app_a"}, "it is not ours to drop"
    assert app.opens(app.uri())


def test_a_resumed_lockdown_makes_again_what_somebody_has_dropped_since(app: App, die: Die) -> None:
    words = ("rotate", "--lockdown", "--confirm", "production")
    name = die("publish_steps", "PublishEnv", "before", *words)
    drop(app, "app_a")
    ran = app.run("journal", "resume", name, "--yes")
    assert ran.code == 0, ran.stdout
    assert app.users() == {"app_a"}
    assert app.opens(app.uri())


def test_in_place_a_resume_sets_again_what_somebody_has_set_back(app: App, die: Die) -> None:
    (app.root / "skc.yaml").write_text(settings(app.name, IN_PLACE))
    before = app.uri()
    password = unquote(before.split("@")[0].rpartition(":")[2])
    name = die("publish_steps", "PublishEnv", "before", "rotate", "--yes")
    assert not app.opens(before)
    app.client[app.name].command("updateUser", "app", pwd=password)
    assert app.opens(before)
    ran = app.run("journal", "resume", name, "--yes")
    assert ran.code == 0, ran.stdout
    assert app.opens(app.uri())


def test_a_dry_run_names_a_run_of_one_s_own_before_it_calls_a_name_taken(
    app: App, die: Die
) -> None:
    name = die("publish_steps", "PublishEnv", "before", "rotate", "--yes")
    ran = app.run("rotate", "--dry-run")
    assert ran.code == 3, ran.stdout
    error = ran.json["error"]
    assert name in error["what"]
    assert f"skc journal resume {name}" in error["fix"]
    assert "dropUser" not in " ".join(error.values())
    assert app.run("rotate", "--yes").code == 0, "what it left is put back first"


def test_a_hand_edit_since_a_death_survives_the_resume(app: App, die: Die) -> None:
    name = die("publish_steps", "PublishEnv", "before", "rotate", "--yes")
    theirs = app.file.read_bytes().replace(b"?", b"?retryWrites=true&")
    app.file.write_bytes(theirs)
    ran = app.run("journal", "resume", name, "--yes")
    assert ran.code == 5, ran.stdout
    assert "was changed meanwhile" in ran.json["error"]["what"]
    assert app.file.read_bytes() == theirs
    assert app.opens(app.uri())
    assert app.users() == {"app"}


def test_an_edit_right_before_the_write_survives_it(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = app.file.read_bytes().replace(b"?", b"?retryWrites=true&")
    real = publish_steps.PublishEnv.apply

    def apply(self: Any, step: Any, walk: Any) -> Any:
        app.file.write_bytes(theirs)
        return real(self, step, walk)

    monkeypatch.setattr(publish_steps.PublishEnv, "apply", apply)
    ran = app.run("rotate", "--yes")
    assert ran.code == 5, ran.stdout
    assert (app.file.read_bytes(), app.users()) == (theirs, {"app"})


def edit(app: App) -> bytes:
    """What somebody makes of the variable that is there."""
    theirs = app.file.read_bytes().replace(b"?", b"?maxIdleTimeMS=9&")
    app.file.write_bytes(theirs)
    return theirs


def test_a_hand_edit_of_the_new_value_is_kept_by_a_resume(app: App, die: Die) -> None:
    name = die("publish_steps", "PublishEnv", "after", "rotate", "--yes")
    theirs = edit(app)
    ran = app.run("journal", "resume", name, "--yes")
    assert ran.code == 0, ran.stdout
    assert app.file.read_bytes() == theirs
    assert app.opens(app.uri())


def test_on_the_way_back_no_user_is_dropped_that_an_env_file_names(app: App, die: Die) -> None:
    name = die("publish_steps", "PublishEnv", "after", "rotate", "--yes")
    published = app.file.read_bytes()
    theirs = edit(app)
    ran = app.run("journal", "rollback", name, "--yes")
    assert ran.code == 6, ran.stdout
    assert app.file.read_bytes() == theirs
    assert app.opens(app.uri())
    app.file.write_bytes(published)
    assert app.run("journal", "rollback", name, "--yes").code == 0
    assert app.users() == {"app"}
    assert app.opens(app.uri())


def test_a_user_that_was_made_again_stays_when_the_end_is_put_back(app: App) -> None:
    before = app.uri()
    assert app.run("rotate", "--yes").code == 0
    drop(app, "app_a")
    with MongoClient[Any](before) as left:
        left[app.name].things.find_one()
        ran = app.run(*FINISH, "--publish-again")
    assert ran.code == 5, ran.stdout
    assert app.users() == {"app", "app_a"}
    assert app.opens(app.uri())
    assert app.run(*FINISH).code == 0


def test_a_line_that_is_taken_out_past_the_turn_is_written_again(app: App, die: Die) -> None:
    assert app.run("rotate", "--yes").code == 0
    name = die("user_steps", "DropUser", "before", *FINISH)
    theirs = app.file.read_bytes().replace(b"app_a:", b"app_a:x")
    app.file.write_bytes(theirs)
    ran = app.run("journal", "resume", name, "--yes")
    assert ran.code == 6, ran.stdout
    assert "take the line MONGO_URI out of .env" in ran.json["error"]["why"]
    assert app.file.read_bytes() == theirs
    app.file.write_text("PORT=3000\n")
    assert app.run("journal", "resume", name, "--yes").code == 0
    assert app.users() == {"app_a"}
    assert app.opens(app.uri())


def test_a_server_that_cannot_be_asked_leaves_the_run_as_it_is(app: App, die: Die) -> None:
    name = die("publish_steps", "PublishEnv", "before", "rotate", "--yes")
    admin = app.env["SKC_MONGO_ADMIN_URI"]
    nowhere = {"SKC_MONGO_ADMIN_URI": admin.partition("@")[0] + "@127.0.0.1:1/?authSource=admin"}
    ran = app.run("journal", "resume", name, "--yes", env=nowhere)
    assert ran.code == 6, ran.stdout
    assert ran.json["error"]["fix"] == f"skc journal resume {name}"
    assert app.users() == {"app", "app_a"}
    assert app.run("journal", "resume", name, "--yes").code == 0
    assert app.opens(app.uri())
