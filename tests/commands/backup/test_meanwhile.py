"""What an application, or somebody else, does while a restore runs, is never destroyed."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from skillconnect_ops.core.ports.database import CommandFailed, Database
from tests.commands.backup.ports import Alter, once
from tests.commands.backup.shop import Shop
from tests.commands.backup.test_restore_undo import LOST, Scene
from tests.faults import Fuse, raising

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
FAILED = CommandFailed("it failed", why="a test", fix="none")


def names(shop: Shop) -> list[str]:
    """Of all collections but the server's own."""
    return [name for name in shop.db.list_collection_names() if not name.startswith("system.")]


def everything(shop: Shop) -> str:
    """All documents of all collections, the buckets of copied time series too."""
    return str([(name, list(shop.db[name].find())) for name in names(shop)])


def failing(on: str, before: Callable[[], object] = lambda: None) -> Any:
    """A `create` that fails once for one name, and what happens just before."""
    first = [True]

    def create(real: Database, database: str, name: str, options: bytes) -> None:
        if name == on and first.pop() if first else False:
            before()
            raise FAILED
        real.create(database, name, options)

    return create


def died_late(shop: Shop, backup: str) -> str:
    """The journal of a replacing run that lost its server for good at the last view."""
    fuse = Fuse(at=0, act=raising(LOST))
    scene = Scene(shop, backup, {}, {}, {})
    assert scene.restore(fuse).code == 0
    at = max(number for number, call in enumerate(fuse.calls) if call == "create") + 1
    ran = scene.restore(Fuse(at=at, act=raising(LOST), lasting=True))
    assert ran.code == 6, ran.stderr
    return str(ran.json["journal"])


@pytest.fixture
def weather(shop: Shop) -> str:
    """A time series, and a view that comes after it; the backup's id."""
    shop.db.create_collection("weather", timeseries={"timeField": "at"})
    shop.db.weather.insert_one({"at": AT, "n": "backup"})
    shop.db.base.insert_one({"_id": 1})
    shop.db.create_collection("zview", viewOn="base", pipeline=[])
    return str(shop.backup()["id"])


@pytest.mark.parametrize("way", ["rollback", "run"])
def test_rows_that_came_to_a_restored_time_series_survive_its_rollback(
    shop: Shop, weather: str, way: str
) -> None:
    journal = died_late(shop, weather)
    shop.db.weather.insert_one({"at": AT, "n": "the app's"})
    if way == "rollback":
        assert shop.run("journal", "rollback", journal, "--yes").code == 0
    else:
        again = ("restore", weather, "--replace", "--confirm", shop.name)
        assert shop.run(*again).code == 0
    assert "the app's" in everything(shop)
    assert [name for name in shop.db.list_collection_names() if name.startswith("skc_kept_")]


def test_a_row_that_comes_while_a_time_series_loads_fails_nothing(
    shop: Shop, weather: str, alter: Alter
) -> None:
    write = once(lambda: shop.db.weather.insert_one({"at": AT, "n": "the app's"}))

    def create(real: Database, database: str, name: str, options: bytes) -> None:
        real.create(database, name, options)
        if name == "weather":
            write()

    alter(create=create)
    ran = shop.run("restore", weather, "--replace", "--confirm", shop.name)
    assert ran.code == 0, ran.stdout
    assert {one["n"] for one in shop.db.weather.find()} == {"backup", "the app's"}


def test_rows_of_a_time_series_that_was_not_there_before_survive_a_failure(
    shop: Shop, weather: str, alter: Alter
) -> None:
    shop.client.drop_database(shop.name)
    write = once(lambda: shop.db.weather.insert_one({"at": AT, "n": "the app's"}))
    alter(create=failing("zview", write))
    ran = shop.run("restore", weather, "--yes")
    assert ran.code == 5, ran.stdout
    (kept,) = names(shop)
    assert kept.startswith("skc_kept_")
    assert kept in ran.stderr
    assert "the app's" in everything(shop)


def test_a_time_series_that_nobody_wrote_to_leaves_nothing_behind(
    shop: Shop, weather: str, alter: Alter
) -> None:
    shop.client.drop_database(shop.name)
    alter(create=failing("zview"))
    assert shop.run("restore", weather, "--yes").code == 5
    assert names(shop) == []


def test_what_leaves_the_number_of_documents_alone_survives_a_rollback_too(shop: Shop) -> None:
    shop.db.create_collection("log", capped=True, size=4096, max=5)
    shop.db.log.insert_many({"_id": n} for n in range(5))
    shop.db.base.insert_many({"_id": n} for n in range(3))
    shop.db.same.insert_one({"_id": 1})
    shop.db.create_collection("zview", viewOn="base", pipeline=[])
    journal = died_late(shop, shop.backup()["id"])
    shop.db.log.insert_one({"_id": "an entry of the app's"})
    shop.db.base.insert_one({"_id": "one more"})
    shop.db.base.delete_one({"_id": 1})
    shop.db.base.update_one({"_id": 2}, {"$set": {"changed": "by the app"}})
    assert shop.run("journal", "rollback", journal, "--yes").code == 0
    found = everything(shop)
    assert "an entry of the app's" in found
    assert "one more" in found
    assert "by the app" in found
    kept = [name for name in shop.db.list_collection_names() if name.startswith("skc_kept_")]
    assert len(kept) == 2


def test_a_view_that_somebody_changes_meanwhile_is_not_replaced(shop: Shop, alter: Alter) -> None:
    shop.db.a.insert_many({"n": n} for n in range(10))
    shop.db.create_collection("v", viewOn="a", pipeline=[{"$match": {"n": 1}}])
    backup = shop.backup()["id"]
    new = [{"$match": {"n": "somebody's"}}]
    change = once(lambda: shop.db.command({"collMod": "v", "viewOn": "a", "pipeline": new}))

    def insert(real: Database, database: str, name: str, *words: Any, **more: Any) -> None:
        if name.startswith("__skc_new"):
            change()
        real.insert(database, name, *words, **more)

    alter(insert=insert)
    ran = shop.run("restore", backup, "--replace", "--confirm", shop.name)
    assert ran.code == 5, ran.stdout
    (view,) = shop.db.list_collections(filter={"name": "v"})
    assert view["options"]["pipeline"] == new


@pytest.mark.parametrize(
    "query",
    [
        {"phone": {"$regex": "^\\+", "$ne": "+0"}},
        {"phone": {"$regex": "^\\+", "$options": "i"}},
        {"$expr": {"$eq": ["$phone", {"$literal": {"$date": "x"}}]}},
    ],
)
def test_queries_that_look_like_extended_json_come_back_as_they_were(
    shop: Shop, alter: Alter, query: dict[str, Any]
) -> None:
    shop.db.create_collection("a", validator={"$or": [query, {"phone": {"$exists": True}}]})
    shop.db.a.insert_many([{"_id": 1, "phone": "+1"}, {"_id": 2, "phone": "+0"}])
    shop.db.create_collection("v", viewOn="a", pipeline=[{"$match": query}])
    shop.db.create_collection("zv", viewOn="a", pipeline=[])
    before = list(shop.db.list_collections(filter={"name": {"$in": ["a", "v"]}}))
    backup = shop.backup()["id"]
    assert shop.run("backup", "verify", backup, "--drill").code == 0
    alter(create=failing("zv"))
    failed = shop.run("restore", backup, "--replace", "--confirm", shop.name)
    assert failed.code == 5, failed.stdout
    assert sorted(shop.db.list_collections(filter={"name": "v"}), key=str) == [
        one for one in before if one["name"] == "v"
    ]
    done = shop.run("restore", backup, "--replace", "--confirm", shop.name)
    assert done.code == 0, done.stdout
    after = list(shop.db.list_collections(filter={"name": {"$in": ["a", "v"]}}))
    assert {one["name"]: one["options"] for one in after} == {
        one["name"]: one["options"] for one in before
    }
