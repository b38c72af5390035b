"""In place: one user, another password, a window that is said before and measured after."""

import secrets
import subprocess
import sys
from typing import Any
from urllib.parse import quote

import pytest

from skillconnect_ops.envfile import parse
from tests.commands.rotate.app import App, settings, trust
from tests.commands.rotate.atlas_app import AtlasApp

IN_PLACE = "    secrets: {mongodb: {kind: mongodb, env: MONGO_URI, in_place: true}}\n"


@pytest.fixture
def place(app: App) -> App:
    (app.root / "skc.yaml").write_text(settings(app.name, IN_PLACE))
    return app


def reloading(app: App, script: str) -> None:
    consumers = f"    consumers: {{api: {{reload: [sh, -c, '{script}']}}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, IN_PLACE + consumers))
    trust(app, "api", "sh", "-c", script)


def allow(app: App, *actions: str) -> None:
    """Let the app's user change its own password, or whatever."""
    role = f"own_{app.name}"
    privileges = [{"resource": {"db": app.name, "collection": ""}, "actions": list(actions)}]
    app.client[app.name].command("createRole", role, privileges=privileges, roles=[])
    app.client[app.name].command("grantRolesToUser", "app", roles=[role])


def test_the_user_stays_and_its_old_password_is_refused(place: App) -> None:
    app = place
    reloading(app, "sleep 0.3")
    before, text, roles = app.uri(), app.file.read_text(), app.roles("app")
    ran = app.run("rotate", "--yes")
    assert ran.code == 0, ran.stderr + ran.stdout
    after = app.uri()
    assert app.file.read_text() == text.replace(before, after)
    assert after.partition(":")[2].partition(":")[0] == before.partition(":")[2].partition(":")[0]
    assert after.split("@")[1:] == before.split("@")[1:]
    assert app.users() == {"app"}
    assert app.roles("app") == roles
    assert app.opens(after)
    assert not app.opens(before)
    assert "there is a window" in " ".join(ran.stderr.split())
    window = ran.json["facts"]["rotation"]["steps"]["measure:app"]["window_s"]
    assert 0.3 <= window < 60
    assert ran.json["next"] == ["skc rotate status"]
    assert app.run("rotate", "finish", "--yes").json["facts"]["rotation"]["done"] is False
    (entry,) = app.run("secrets", "ledger", "list").json["facts"]["retired"]
    assert (entry["name"], entry["refusal"]) == ("MONGO_URI", "proven")
    (row,) = app.run("rotate", "status").json["facts"]["secrets"]
    assert row["rotated_at"] is not None
    assert not list((app.state / "escrow").rglob("*"))


def test_a_user_that_may_change_its_own_password_needs_no_administrator(place: App) -> None:
    allow(place, "changeOwnPassword")
    before = place.uri()
    ran = place.run("rotate", "--yes", env={"SKC_MONGO_ADMIN_URI": ""})
    assert ran.code == 0, ran.stderr + ran.stdout
    assert place.opens(place.uri())
    assert not place.opens(before)


def test_one_that_may_not_is_told_so_before_anything_is_touched(place: App) -> None:
    before = place.uri()
    ran = place.run("rotate", "--yes", env={"SKC_MONGO_ADMIN_URI": ""})
    assert ran.code == 4
    assert "changeOwnPassword" in ran.json["error"]["why"]
    assert place.uri() == before
    assert place.opens(before)


LOGS_IN = """
import pathlib, sys
from pymongo import MongoClient
from skillconnect_ops.envfile import parse
uri = parse(pathlib.Path(".env").read_bytes()).get("MONGO_URI")
try:
    with MongoClient(uri, serverSelectionTimeoutMS=5000) as client:
        client.admin.command("ping")
    said = "in"
except Exception:
    said = "refused"
with open("seen", "a") as seen:
    seen.write(said + " ")
sys.exit(len(pathlib.Path("seen").read_text().split()) == 1)
"""


@pytest.mark.parametrize("admin", [True, False])
def test_what_fails_puts_the_old_password_back_before_anybody_is_reloaded(
    place: App, admin: bool
) -> None:
    app = place
    allow(app, "changeOwnPassword")
    before, data = app.uri(), app.file.read_bytes()
    (app.root / "reload.py").write_text(LOGS_IN)
    consumers = f"    consumers: {{api: {{reload: [{sys.executable}, reload.py]}}}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, IN_PLACE + consumers))
    trust(app, "api", sys.executable, "reload.py")
    ran = app.run("rotate", "--yes", env={} if admin else {"SKC_MONGO_ADMIN_URI": ""})
    assert ran.code == 5, ran.stderr + ran.stdout
    assert app.file.read_bytes() == data
    assert app.opens(before)
    assert (app.root / "seen").read_text().split() == ["in", "in"]


def test_the_administrator_itself(app: App) -> None:
    name, password = f"boss_{app.name}", secrets.token_urlsafe(9) + "/é"
    app.client.admin.command("createUser", name, pwd=password, roles=["root"])
    rest = app.env["SKC_MONGO_ADMIN_URI"].partition("@")[2]
    uri = f"mongodb://{name}:{quote(password, safe='')}@{rest}"
    app.file.write_text(app.file.read_text() + f"ADMIN_URI='{uri}'\n")
    more = "    secrets: {boss: {kind: mongodb, env: ADMIN_URI, in_place: true}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, more))
    ran = app.run("rotate", "--only", "boss", "--yes", env={"SKC_MONGO_ADMIN_URI": uri})
    try:
        assert ran.code == 0, ran.stderr + ran.stdout
        assert not app.opens(uri)
        assert "SKC_MONGO_ADMIN_URI" in ran.stderr
        assert "ADMIN_URI" in app.file.read_text()
        assert uri not in app.file.read_text()
    finally:
        app.client.admin.command("dropUser", name)


@pytest.mark.parametrize("itself", [False, True])
def test_a_machine_that_dies_within_the_window_is_mended_by_the_next_run(
    app: App, clean_environment: dict[str, str], itself: bool
) -> None:
    name, password = f"boss_{app.name}", secrets.token_urlsafe(9)
    app.client.admin.command("createUser", name, pwd=password, roles=["root"])
    boss = f"mongodb://{name}:{password}@{app.env['SKC_MONGO_ADMIN_URI'].partition('@')[2]}"
    app.file.write_text(app.file.read_text() + f"ADMIN_URI='{boss}'\n")
    env = "ADMIN_URI" if itself else "MONGO_URI"
    dies = "test -e mended || kill -9 $PPID; sleep 5"
    (app.root / "skc.yaml").write_text(
        settings(
            app.name,
            f"    secrets: {{one: {{kind: mongodb, env: {env}, in_place: true}}}}\n"
            f"    consumers: {{api: {{reload: [sh, -c, '{dies}']}}}}\n",
        )
    )
    trust(app, "api", "sh", "-c", dies)
    before = app.uri() if not itself else boss
    exported = {"SKC_MONGO_ADMIN_URI": boss}
    try:
        killed = subprocess.run(
            [sys.executable, "-m", "skillconnect_ops", "rotate", "--only", "one", "--yes"],
            cwd=app.root,
            env={**clean_environment, **exported},
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert killed.returncode == -9, killed.stderr
        assert not app.opens(before)
        (app.root / "mended").touch()
        ran = app.run("rotate", "--only", "one", "--yes", env=exported)
        assert ran.code == 0, ran.stderr + ran.stdout
        assert not app.opens(before)
        now = parse(app.file.read_bytes()).get(env)
        assert now is not None
        assert app.opens(now)
    finally:
        app.client.admin.command("dropUser", name)


def test_a_leaked_password_changed_in_place_ends_no_connection_and_that_is_said(place: App) -> None:
    ran = place.run("rotate", "--dry-run", "--reason", "leaked")
    assert "stays connected" in " ".join(ran.stderr.split())
    assert "--lockdown" in ran.stderr


def test_on_atlas_the_cluster_is_waited_for(atlas_app: AtlasApp) -> None:
    app, before = atlas_app, atlas_app.uri()
    app.settings(IN_PLACE)
    asked = app.run("rotate", "--yes")
    assert asked.code == 3, asked.stdout  # nobody sees who is cut off at once
    assert app.uri() == before
    ran = app.run("rotate", "--confirm", "production")
    assert ran.code == 0, ran.stderr + ran.stdout
    assert app.users() == {app.user}
    assert app.opens(app.uri())
    assert not app.opens(before)


def test_two_kinds_in_one_run_leave_only_the_overlap_to_finish(place: App) -> None:
    app = place
    app.file.write_text(app.file.read_text() + "SESSION_SECRET=old-and-weak\n")
    more = IN_PLACE.replace("}}\n", "}, session: {kind: random, env: SESSION_SECRET}}\n")
    (app.root / "skc.yaml").write_text(settings(app.name, more))
    ran = app.run("rotate", "--yes")
    assert ran.code == 0, ran.stderr + ran.stdout
    assert ran.json["next"] == ["skc rotate finish"]
    ended: Any = app.run("rotate", "finish", "--yes")
    assert ended.code == 0, ended.stdout
    assert ended.json["facts"]["rotation"]["secrets"] == ["session"]
    assert app.opens(app.uri())
