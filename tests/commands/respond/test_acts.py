"""What skc does itself in an incident: on a real server, and on what stands for Atlas."""

import json
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from skillconnect_ops.commands.respond import acts, contain_act
from skillconnect_ops.commands.respond.census import shape
from skillconnect_ops.commands.respond.contain_act import is_inside, plan
from skillconnect_ops.commands.respond.model import ACTS
from skillconnect_ops.core.plan import Subject
from skillconnect_ops.core.ports.atlas import AccessEntry
from tests.adapters.atlas.server import Fault
from tests.commands.rotate.app import App
from tests.commands.rotate.atlas_app import AtlasApp
from tests.conftest import Ran


def kept(root: Path, state: Path) -> dict[str, Any]:
    (folder,) = (state / "incidents").iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    found = {}
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        found[path.name] = path.read_text()
    return found


def start(app: App | AtlasApp) -> Ran:
    ran = app.run("respond", "start", "credentials-leaked")
    assert ran.code == 0, ran.stderr
    return ran


def step(app: App | AtlasApp, *words: str) -> Ran:
    return app.run("respond", "step", *words)


@pytest.fixture
def mallory(app: App) -> Iterator[MongoClient[Any]]:
    """A user that nobody knows, connected."""
    password = secrets.token_hex(8)
    app.client[app.name].command("createUser", "mallory", pwd=password, roles=["readWrite"])
    hosts = app.env["SKC_MONGO_ADMIN_URI"].partition("@")[2].partition("/")[0]
    uri = f"mongodb://mallory:{password}@{hosts}/{app.name}?appName=curl"
    with MongoClient[Any](uri) as client:
        client[app.name].things.find_one()
        yield client


def test_every_act_that_a_runbook_may_name_is_there() -> None:
    assert set(acts.ACTS) == set(ACTS)


def test_a_shape_holds_keys_and_no_values() -> None:
    command = {"find": "users", "filter": {"email": "ada@example.org", "n": {"$in": [1, 2]}}}
    assert shape({**command, "lsid": 1}) == {
        "find": "str",
        "filter": {"email": "str", "n": {"$in": ["int", "2 in all"]}},
    }


def test_evidence_is_kept_in_private_and_holds_no_secret(
    app: App, mallory: MongoClient[Any]
) -> None:
    start(app)
    ran = step(app, "keep-evidence")
    assert ran.code == 0, ran.stderr
    files = kept(app.root, app.state)
    assert set(files) == {
        *("mongodb-connections.json", "mongodb-sessions.json", "mongodb-users.json"),
        *("env-files.json", "git.json"),
    }
    users = json.loads(files["mongodb-users.json"])["data"]
    assert {"app", "mallory"} <= {one["name"] for one in users if one["database"] == app.name}
    connections = json.loads(files["mongodb-connections.json"])["data"]
    assert f"mallory@{app.name}" in {one["user"] for one in connections}
    password = app.uri().partition("://")[2].rpartition("@")[0].partition(":")[2]
    for text in files.values():
        assert password not in text
        assert app.env["SKC_MONGO_ADMIN_URI"].partition("@")[0] not in text
    event = app.run("respond", "export").json["facts"]["timeline"][-1]
    assert {one["name"] for one in event["facts"]["files"]} == set(files)


def test_what_cannot_be_looked_at_is_said_and_the_rest_is_kept(app: App) -> None:
    app.env["SKC_MONGO_ADMIN_URI"] = "mongodb://root:no@127.0.0.1:1/?directConnection=true"
    start(app)
    ran = step(app, "keep-evidence")
    assert ran.code == 0, ran.stderr
    event = app.run("respond", "export").json["facts"]["timeline"][-1]
    assert "could not look at mongodb-users" in event["facts"]["text"]
    assert "missing" in json.loads(kept(app.root, app.state)["mongodb-users.json"])
    assert "data" in json.loads(kept(app.root, app.state)["env-files.json"])


def test_whom_nobody_knows_is_named_and_disarmed_only_when_told(
    app: App, mallory: MongoClient[Any]
) -> None:
    start(app)
    assert step(app, "keep-evidence").code == 0
    ran = step(app, "contain")
    assert ran.code == 0, ran.stderr
    event = app.run("respond", "export").json["facts"]["timeline"][-1]
    assert f"mallory@{app.name}" in event["facts"]["text"]
    assert f"app@{app.name}" not in event["facts"]["text"]
    assert app.roles("mallory")
    assert step(app, "strangers", "--choose", "disarm").code == 0
    asked = step(app, "disarm", "--yes")
    assert asked.code == 3
    assert app.roles("mallory")
    wrong = step(app, "disarm", "--yes", "--only", f"app@{app.name}")
    assert wrong.code == 3
    done = step(app, "disarm", "--yes", "--only", f"mallory@{app.name}")
    assert done.code == 0, done.stderr
    assert app.roles("mallory") == []
    assert app.roles("app")
    assert app.opens(app.uri())
    assert done.json["journal"]


def test_without_consent_nobody_is_disarmed(app: App, mallory: MongoClient[Any]) -> None:
    start(app)
    assert step(app, "keep-evidence").code == 0
    assert step(app, "contain").code == 0
    assert step(app, "strangers", "--choose", "disarm").code == 0
    ran = step(app, "disarm", "--only", f"mallory@{app.name}")
    assert ran.code == 3
    assert app.roles("mallory")


def listed(app: AtlasApp, *values: str) -> None:
    app.atlas.roles.add("GROUP_NETWORK_ACCESS_MANAGER")
    app.atlas.access = {one: {"cidrBlock": one, "comment": f"c {one}"} for one in values}


def test_the_access_list_is_closed_with_consent_and_proven(atlas_app: AtlasApp) -> None:
    listed(atlas_app, "0.0.0.0/0", "::/0", "203.0.113.9/32")
    start(atlas_app)
    assert step(atlas_app, "keep-evidence").code == 0
    assert step(atlas_app, "contain").code == 3
    assert len(atlas_app.atlas.access) == 3
    ran = step(atlas_app, "contain", "--yes")
    assert ran.code == 0, ran.stderr
    assert set(atlas_app.atlas.access) == {"203.0.113.9/32"}
    ledger = "".join(
        path.read_text() for path in (atlas_app.root / ".skc/evidence").glob("*.jsonl")
    )
    assert ledger.count('"access.closed"') == 2


def test_where_nobody_would_be_left_the_target_s_name_is_asked_for(atlas_app: AtlasApp) -> None:
    listed(atlas_app, "0.0.0.0/0")
    start(atlas_app)
    assert step(atlas_app, "keep-evidence").code == 0
    assert step(atlas_app, "contain", "--yes").code == 3
    assert set(atlas_app.atlas.access) == {"0.0.0.0/0"}
    assert step(atlas_app, "contain", "--confirm", "production").code == 0
    assert atlas_app.atlas.access == {}


def test_a_list_that_does_not_close_is_put_back_as_it_was(atlas_app: AtlasApp) -> None:
    listed(atlas_app, "0.0.0.0/0", "::/0", "203.0.113.9/32")
    before = {value: entry["comment"] for value, entry in atlas_app.atlas.access.items()}
    start(atlas_app)
    assert step(atlas_app, "keep-evidence").code == 0

    def refuse(number: int, seen: Any) -> Fault | None:
        if seen.method == "DELETE" and "%3A%3A" in seen.path:
            atlas_app.atlas.roles.discard("GROUP_NETWORK_ACCESS_MANAGER")
        elif seen.method != "DELETE":
            atlas_app.atlas.roles.add("GROUP_NETWORK_ACCESS_MANAGER")
        return None

    atlas_app.atlas.faults = refuse
    ran = step(atlas_app, "contain", "--yes")
    assert ran.code == 5, ran.stderr
    after = {value: entry["comment"] for value, entry in atlas_app.atlas.access.items()}
    assert after == before
    steps = ran.json["facts"]["incident"]["phases"][0]["steps"]
    assert steps[1]["standing"] == "failed"


def test_the_app_s_own_addresses_are_never_taken_off() -> None:
    entries = [AccessEntry(value=one) for one in ("0.0.0.0/0", "10.0.0.0/8", "sg-1", "203.0.113.9")]
    made = plan(entries, subject=Subject(target="production"))
    assert [one.key for one in made.steps] == ["close:0.0.0.0/0"]
    assert "10.0.0.0/8, sg-1, 203.0.113.9" in made.notes[0]


def test_what_was_not_renewed_is_not_dead(app: App) -> None:
    start(app)
    ran = step(app, "prove-dead", "--out-of-order", "to try")
    assert ran.code == 4
    assert "MONGO_URI: not renewed since the incident began" in ran.stderr
    assert app.run("rotate", "--reason", "leaked", "--yes").code == 0
    assert app.run("rotate", "finish", "--confirm-reloaded", "--yes").code == 0
    ran = step(app, "prove-dead", "--out-of-order", "to try")
    assert ran.code == 0, ran.stderr


def test_no_path_of_this_machine_stands_in_the_log(app: App) -> None:
    start(app)
    assert step(app, "keep-evidence").code == 0
    assert step(app, "contain").code == 0
    assert step(app, "who-was-read").code == 0
    text = "".join(path.read_text() for path in (app.root / ".skc/evidence").glob("*.jsonl"))
    assert str(app.root.parent) not in text


@pytest.mark.parametrize(
    ("host", "inside"),
    [
        ("127.0.0.1:27017", True),
        ("[::1]:27017", True),
        ("10.1.2.3", True),
        ("mongo:27017", True),
        ("localhost", True),
        ("8.8.8.8:27017", False),
        ("db.example.org:27017", False),
    ],
)
def test_an_address_that_the_internet_reaches_is_told_from_one_inside(
    host: str, inside: bool
) -> None:
    assert is_inside(host) is inside


def test_where_skc_cannot_see_the_firewall_a_person_has_to(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contain_act, "is_inside", lambda host: False)
    start(app)
    assert step(app, "keep-evidence").code == 0
    ran = step(app, "contain")
    assert ran.code == 6
    assert "firewall" in ran.stderr
    shown = app.run("respond").json["facts"]["incident"]["phases"][0]["steps"]
    assert shown[1]["standing"] == "waiting"
    assert step(app, "contain", "--evidence", "ufw shows 10.0.0.5 alone").code == 0


def test_what_was_taken_off_the_list_comes_back_as_it_was(atlas_app: AtlasApp) -> None:
    listed(atlas_app, "0.0.0.0/0", "203.0.113.9/32")
    start(atlas_app)
    assert step(atlas_app, "keep-evidence").code == 0
    assert atlas_app.run("respond", "undo", "contain").code == 4
    assert step(atlas_app, "contain", "--yes").code == 0
    assert atlas_app.run("respond", "undo", "contain").code == 3
    assert set(atlas_app.atlas.access) == {"203.0.113.9/32"}
    ran = atlas_app.run("respond", "undo", "contain", "--yes")
    assert ran.code == 0, ran.stderr
    assert atlas_app.atlas.access["0.0.0.0/0"]["comment"] == "c 0.0.0.0/0"
    shown = atlas_app.run("respond").json["facts"]["incident"]["phases"][0]["steps"]
    assert shown[1]["standing"] == "failed"
    assert atlas_app.run("respond", "undo", "contain", "--yes").code == 4
    again = step(atlas_app, "contain", "--yes")
    assert again.code == 0, again.stderr
    assert set(atlas_app.atlas.access) == {"203.0.113.9/32"}


def test_a_stranger_that_was_none_gets_its_roles_again(app: App, mallory: MongoClient[Any]) -> None:
    start(app)
    before = app.roles("mallory")
    assert step(app, "keep-evidence").code == 0
    assert step(app, "contain").code == 0
    assert step(app, "strangers", "--choose", "disarm").code == 0
    assert step(app, "disarm", "--yes", "--only", f"mallory@{app.name}").code == 0
    assert app.roles("mallory") == []
    assert app.run("respond", "undo", "disarm", "--dry-run").code == 0
    assert app.roles("mallory") == []
    ran = app.run("respond", "undo", "disarm", "--yes")
    assert ran.code == 0, ran.stderr
    assert app.roles("mallory") == before
    mallory[app.name].things.find_one()


def test_a_right_that_is_lacking_is_said_at_the_start(app: App, limited: dict[str, str]) -> None:
    def lacking(env: dict[str, str] | None) -> set[str]:
        ran = app.run("respond", "start", "credentials-leaked", "--dry-run", env=env)
        return {one["need"] for one in ran.json["facts"]["lacking"]}

    assert {"mongodb-admin", "mongodb-connections"}.isdisjoint(lacking(None))
    assert "mongodb-connections" in lacking(limited)
    assert "mongodb-admin" not in lacking(limited)
    assert "mongodb-admin" in lacking({"SKC_MONGO_ADMIN_URI": ""})
