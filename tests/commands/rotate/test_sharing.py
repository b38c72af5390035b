"""Several apps on one user are refused until each is known; what goes on besides is listed."""

from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.hooks import Hooks
from tests.commands.rotate.app import App, settings
from tests.commands.rotate.atlas_app import AtlasApp

CONFIRM = ("--confirm", "production")


def test_two_apps_on_one_user_need_an_entry_each(app: App) -> None:
    more = "    consumers: {api: {app_name: shop-api}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, more))
    with (
        MongoClient[Any](app.uri(), appName="shop-api") as one,
        MongoClient[Any](app.uri(), appName="shop-worker") as other,
    ):
        one[app.name].things.find_one()
        other[app.name].things.find_one()
        ran = app.run("rotate", "--yes")
        assert ran.code == 4, ran.stdout
        assert "without an entry in skc.yaml: shop-worker" in ran.json["error"]["why"]
        assert "a user of its own" in ran.json["error"]["fix"]
        assert app.users() == {"app"}
        more = "    consumers: {api: {app_name: shop-api}, worker: {app_name: shop-worker}}\n"
        (app.root / "skc.yaml").write_text(settings(app.name, more))
        ran = app.run("rotate", "--yes")
        assert ran.code == 0, ran.stdout


def test_one_app_alone_needs_none(app: App) -> None:
    with MongoClient[Any](app.uri(), appName="shop-api") as one:
        one[app.name].things.find_one()
        assert app.run("rotate", "--yes").code == 0


def test_another_variable_that_names_the_user_is_refused(app: App) -> None:
    app.file.write_text(app.file.read_text() + f"OLD_DATABASE_URL={app.uri()}\n")
    before = app.file.read_bytes()
    ran = app.run("rotate", "--yes")
    assert ran.code == 4, ran.stdout
    assert "OLD_DATABASE_URL" in ran.json["error"]["why"]
    assert (app.file.read_bytes(), app.users()) == (before, {"app"})


def test_the_name_in_another_database_is_another_user(app: App) -> None:
    other = f"{app.name}_other"
    app.client[other].command("createUser", "app", pwd="plainly-fake", roles=["readWrite"])
    hosts = app.uri().partition("@")[2].partition("/")[0]
    uri = f"mongodb://app:plainly-fake@{hosts}/{other}"
    app.file.write_text(app.file.read_text() + f"OTHER_URL={uri}\n")
    try:
        ran = app.run("rotate", "--yes")
        assert ran.code == 0, ran.stdout
    finally:
        app.client[other].command("dropAllUsersFromDatabase")


def test_two_secrets_of_one_variable_are_refused_and_both_are_named(app: App) -> None:
    more = (
        "    secrets:\n"
        "      database: {kind: mongodb, env: MONGO_URI}\n"
        "      opaque: {kind: random, env: MONGO_URI}\n"
    )
    (app.root / "skc.yaml").write_text(settings(app.name, more))
    before = app.file.read_bytes()
    for command in (("rotate", "--yes"), ("rotate", "status"), ("rotate", "due")):
        ran = app.run(*command)
        assert ran.code == 4, ran.stdout
        assert "MONGO_URI: database and opaque" in ran.json["error"]["what"]
    assert app.file.read_bytes() == before


def test_a_fallback_that_another_secret_names_is_refused_too(app: App) -> None:
    more = (
        "    secrets:\n"
        "      jwt: {kind: jwt, env: JWT_SECRET_KEY}\n"
        "      old: {kind: random, env: JWT_SECRET_KEY_FALLBACKS}\n"
    )
    (app.root / "skc.yaml").write_text(settings(app.name, more))
    ran = app.run("rotate", "--dry-run")
    assert ran.code == 4, ran.stdout
    assert "jwt and old" in ran.json["error"]["what"]


def test_an_administrator_who_may_not_look_lets_the_user_look_itself(
    app: App, limited: dict[str, str]
) -> None:
    with (
        MongoClient[Any](app.uri(), appName="shop-api") as one,
        MongoClient[Any](app.uri(), appName="billing") as other,
    ):
        one[app.name].things.find_one()
        other[app.name].things.find_one()
        ran = app.run("rotate", "--yes", env=limited)
        assert ran.code == 4, ran.stdout
        assert "connected as it are billing, shop-api" in ran.json["error"]["why"]


def test_an_app_that_comes_later_is_seen_by_the_end_nevertheless(
    app: App, limited: dict[str, str]
) -> None:
    before = app.uri()
    assert app.run("rotate", "--yes", env=limited).code == 0
    with MongoClient[Any](before, appName="billing") as other:
        other[app.name].things.find_one()
        ran = app.run("rotate", "finish", "--wait", "1", "--yes", env=limited)
        assert ran.code == 5, ran.stdout
        assert "billing" in ran.json["error"]["why"]
        assert other[app.name].things.find_one() == {"_id": 1}
    ran = app.run("rotate", "finish", "--wait", "5", "--yes", env=limited)
    assert ran.code == 0, ran.stdout
    assert ran.json["facts"]["rotation"]["steps"]["drain:app"]["observed"] is True


def test_where_nobody_can_look_the_plan_says_so_and_the_end_asks_for_a_name(
    atlas_app: AtlasApp,
) -> None:
    app = atlas_app
    ran = app.run("rotate", "--yes")
    assert ran.code == 0, ran.stdout
    assert f"who is connected as {app.user} is not observable" in " ".join(ran.stderr.split())
    refused = app.run("rotate", "finish", "--wait", "0", "--yes")
    assert refused.code == 3, refused.stdout
    assert f"cuts off whoever still uses {app.user} in" in refused.json["error"]["what"]
    assert refused.json["error"]["fix"].startswith("skc rotate finish")
    assert "--confirm production" in refused.json["error"]["fix"]
    assert len(app.users()) == 2
    ran = app.run("rotate", "finish", "--wait", "0", "--confirm", "production")
    assert ran.code == 0, ran.stdout


def test_a_consumer_that_skc_reloads_itself_makes_up_for_what_nobody_can_see(
    atlas_app: AtlasApp,
) -> None:
    app = atlas_app
    app.settings("    consumers: {api: {reload: ['true'], deadline: 1s}}\n")
    Hooks(app.state, disk=Disk()).trust({"api": ("true",)})
    assert app.run("rotate", "--yes").code == 0
    ran = app.run("rotate", "finish", "--yes")
    assert ran.code == 0, ran.stdout
    assert "not observable" in ran.stderr


@pytest.mark.parametrize("how", [("--yes", "--reason", "leaked"), ("--lockdown", *CONFIRM)])
def test_a_stranger_on_a_leaked_user_is_told_and_stops_nothing(
    app: App, how: tuple[str, ...]
) -> None:
    more = "    consumers: {api: {app_name: shop-api}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, more))
    before = app.uri()
    with (
        MongoClient[Any](before, appName="shop-api") as one,
        MongoClient[Any](before, appName="mongosh 2.1 evil") as other,
    ):
        one[app.name].things.find_one()
        other[app.name].things.find_one()
        ran = app.run("rotate", *how)
        assert ran.code == 0, ran.stdout
        told = " ".join(ran.stderr.split())
        assert "known to skc.yaml by no app_name: mongosh 2.1 evil from" in told
        assert "shop-api from" not in told
        if "--lockdown" not in how:
            ended = app.run("rotate", "finish", "--wait", "1", "--yes")
            assert ended.code == 0, ended.stdout
            told = " ".join(ended.stderr.split())
            assert "connected as app now, and cut off once the wait is over: mongosh" in told
        with pytest.raises(OperationFailure):
            other[app.name].things.find_one()
    assert app.users() == {"app_a"}
    assert not app.opens(before)


def test_another_variable_of_a_leaked_user_is_told_and_stops_nothing(app: App) -> None:
    app.file.write_text(app.file.read_text() + f"OLD_DATABASE_URL={app.uri()}\n")
    ran = app.run("rotate", "--yes", "--reason", "leaked")
    assert ran.code == 0, ran.stdout
    told = " ".join(ran.stderr.split())
    assert "OLD_DATABASE_URL: names app as well, and is not renewed" in told


def test_what_goes_on_after_a_leak_is_listed_with_what_ends_it(app: App) -> None:
    app.client[app.name].sessions.insert_one({"_id": 1})
    app.client[app.name].sessions_of_the_parliament.insert_one({"_id": 1})
    ran = app.run("rotate", "--yes", "--reason", "leaked")
    assert ran.code == 0, ran.stdout
    found = {one["what"]: one["command"] for one in ran.json["facts"]["rotation"]["sessions"]}
    assert found["what is logged in with the old MONGO_URI"] == "skc rotate finish"
    assert "deleteMany" in found[f"the sessions in {app.name}.sessions"]
    assert not any("parliament" in what for what in found)


def test_a_scheduled_one_leaves_the_sessions_of_the_app_alone(app: App) -> None:
    app.client[app.name].sessions.insert_one({"_id": 1})
    ran = app.run("rotate", "--yes")
    found = [one["what"] for one in ran.json["facts"]["rotation"]["sessions"]]
    assert found == ["what is logged in with the old MONGO_URI"]
