"""Several apps on one user are refused until each is known; what goes on besides is listed."""

from typing import Any

from pymongo import MongoClient

from tests.commands.rotate.app import App, settings


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
