"""A backup is good once it was restored and found equal; a verdict is never better than that."""

import datetime as dt
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bson import Code
from pymongo import MongoClient

from skillconnect_ops.adapters import embedded
from skillconnect_ops.adapters.embedded import MongodOptions, run_mongod
from skillconnect_ops.commands.backup.compare import content_of
from skillconnect_ops.commands.backup.drill import drill as real
from skillconnect_ops.commands.backup.load import Loader
from skillconnect_ops.commands.backup.model import Manifest
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.core.ports.database import NotAuthorized
from skillconnect_ops.disk.files import Disk
from tests.commands.backup.ports import Alter
from tests.commands.backup.shop import Shop, make_project, with_database
from tests.conftest import Ran, Skc


@pytest.fixture
def filled(shop: Shop) -> Shop:
    shop.db["people"].insert_many({"_id": n, "name": f"p{n}"} for n in range(2000))
    shop.db["people"].create_index("name", unique=True)
    shop.db["people"].create_index([("a", 1), ("b", -1)])
    shop.db.create_collection("sized", capped=True, size=50_000)
    shop.db["sized"].insert_many({"n": n} for n in range(20))
    shop.db.create_collection("view", viewOn="people", pipeline=[{"$match": {"_id": 1}}])
    return shop


def scratch(shop: Shop) -> str:
    return f"{shop.name}_scratch"


def drilled(shop: Shop, backup: str) -> Ran:
    """In a scratch database: quicker than a server of its own."""
    return shop.run("backup", "verify", backup, "--drill", "--scratch", scratch(shop))


def test_verify_says_what_it_read(filled: Shop) -> None:
    manifest = filled.backup()
    ran = filled.run("backup", "verify", "latest")
    assert ran.code == 0
    seen = ran.json["facts"]["verify"]
    assert seen["documents"] == 2020
    assert seen["size_bytes"] == manifest["size_bytes"]
    assert seen["documents_walked"] is True
    assert seen["files"] == 2 + 3 + 1  # data, metadata, manifest
    assert ran.json["next"] == [f"skc backup verify {manifest['id']} --drill"]


def test_hashes_alone_leave_the_documents_alone(filled: Shop) -> None:
    filled.backup()
    seen = filled.run("backup", "verify", "latest", "--hashes").json["facts"]["verify"]
    assert (seen["documents"], seen["documents_walked"]) == (0, False)


def test_a_drill_that_passed_stands_in_list_show_and_ledger(filled: Shop) -> None:
    manifest = filled.backup()
    ran = filled.run("backup", "verify", "latest", "--drill")
    assert ran.code == 0, ran.stderr
    verdict = ran.json["facts"]["drill"]
    assert verdict["verdict"] == "passed"
    assert verdict["documents"] == 2020
    assert verdict["differences"] == []
    assert verdict["where"].startswith("embedded MongoDB")
    (row,) = filled.run("backup", "list").json["facts"]["backups"]
    assert row["drill"] == {"verdict": "passed", "at": verdict["at"]}
    assert filled.run("backup", "show", "latest").json["facts"]["drill"]["verdict"] == "passed"
    ledger = "".join(
        path.read_text() for path in (filled.root / ".skc" / "evidence").rglob("*.jsonl")
    )
    assert "backup.restorable" in ledger
    assert manifest["digest"] in ledger
    again = filled.run("backup", "verify", "latest")
    assert again.json["facts"]["drill"] is None
    assert "passed" in filled.skc("backup", "verify", "latest", cwd=filled.root).stdout


def test_a_scratch_database_is_dropped_after_the_drill(filled: Shop) -> None:
    filled.backup()
    ran = drilled(filled, "latest")
    assert ran.code == 0, ran.stderr
    assert ran.json["facts"]["drill"]["where"].startswith(f"database {scratch(filled)} on ")
    assert scratch(filled) not in filled.client.list_database_names()
    assert filled.db["people"].count_documents({}) == 2000


def test_a_scratch_database_that_holds_something_is_refused(filled: Shop) -> None:
    filled.backup()
    filled.client[scratch(filled)]["mine"].insert_one({"n": 1})
    ran = drilled(filled, "latest")
    assert ran.code == 3
    assert "not empty" in ran.json["error"]["what"]
    assert filled.client[scratch(filled)]["mine"].count_documents({}) == 1
    ran = filled.run("backup", "verify", "latest", "--drill", "--scratch", filled.name)
    assert ran.code == 3
    assert filled.db["people"].count_documents({}) == 2000


@pytest.mark.parametrize("name", ["admin", "config", "local"])
def test_the_servers_own_databases_are_no_scratch(filled: Shop, name: str) -> None:
    filled.backup()
    users = filled.client["admin"]["system.users"].count_documents({})
    ran = filled.run("backup", "verify", "latest", "--drill", "--scratch", name)
    assert ran.code == 3
    assert filled.client["admin"]["system.users"].count_documents({}) == users


def test_several_databases_need_a_server_of_their_own(
    filled: Shop, client: MongoClient[Any]
) -> None:
    other = f"{filled.name}_two"
    client[other]["people"].insert_one({"_id": "other"})
    filled.backup("--db", filled.name, "--db", other)
    assert drilled(filled, "latest").code == 2
    ran = filled.run("backup", "verify", "latest", "--drill")
    assert ran.code == 0, ran.stderr
    assert ran.json["facts"]["drill"]["documents"] == 2021


def test_hashes_and_a_drill_exclude_each_other(filled: Shop) -> None:
    filled.backup()
    assert filled.run("backup", "verify", "latest", "--hashes", "--drill").code == 2


def test_a_scratch_database_means_a_drill(filled: Shop) -> None:
    filled.backup()
    ran = filled.run("backup", "verify", "latest", "--scratch", scratch(filled))
    assert ran.json["facts"]["drill"]["verdict"] == "passed"


def test_stored_functions_are_part_of_a_backup(filled: Shop) -> None:
    filled.db["system.js"].insert_one({"_id": "f", "value": Code("function() { return 1 }")})
    manifest = filled.backup()
    assert "system.js" in {one["name"] for one in manifest["collections"]}
    ran = filled.run("backup", "verify", "latest", "--drill")
    assert ran.code == 0, json.dumps(ran.json["facts"])


SPOILT: dict[str, Callable[[Any], object]] = {
    "a document more": lambda db: db["people"].insert_one({"_id": "x", "name": "x"}),
    "a document less": lambda db: db["people"].delete_one({"_id": 7}),
    "a document changed": lambda db: db["people"].update_one({"_id": 7}, {"$set": {"z": 1}}),
    "twice the same in place of two": lambda db: db["sized"].update_one(
        {"n": 1}, {"$set": {"n": 2}}
    ),
    "an index less": lambda db: db["people"].drop_index("a_1_b_-1"),
    "an index more": lambda db: db["people"].create_index("extra"),
    "another index of that name": lambda db: (
        db["people"].drop_index("a_1_b_-1"),
        db["people"].create_index([("b", -1), ("a", 1)], name="a_1_b_-1"),
    ),
    "other options": lambda db: db.command("collMod", "people", validator={"n": 1}),
    "a collection less": lambda db: db["sized"].drop(),
    "a collection more": lambda db: db["stray"].insert_one({}),
    "another view": lambda db: db.command(
        "collMod", "view", viewOn="people", pipeline=[{"$match": {"_id": 2}}]
    ),
    "a collection for a view": lambda db: (db["view"].drop(), db["view"].insert_one({})),
}


@pytest.mark.parametrize("how", SPOILT)
def test_whatever_comes_back_otherwise_fails_the_drill(
    filled: Shop, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    manifest = filled.backup()
    real = Loader.run

    def load(loader: Loader, loads: Any) -> None:
        real(loader, loads)
        SPOILT[how](filled.client[scratch(filled)])

    monkeypatch.setattr(Loader, "run", load)
    ran = drilled(filled, manifest["id"])
    assert ran.code == 13, ran.stderr
    assert ran.json["facts"]["drill"]["verdict"] == "failed"
    assert ran.json["facts"]["drill"]["differences"]
    (finding,) = ran.json["findings"]
    assert (finding["id"], finding["severity"]) == ("drill-failed", "critical")
    (row,) = filled.run("backup", "list").json["facts"]["backups"]
    assert row["drill"]["verdict"] == "failed"


def test_duplicates_in_a_unique_index_fail_the_drill_and_are_named(filled: Shop) -> None:
    """As after a collection was written to by a node whose index was broken."""
    filled.db["twins"].insert_many({"_id": n, "k": n if n > 2 else "same"} for n in range(1, 1200))
    manifest = filled.backup()
    path = filled.folder(manifest) / "manifest.json"
    altered = json.loads(path.read_text())
    entry = next(one for one in altered["collections"] if one["name"] == "twins")
    entry["indexes"].append(
        {"v": {"$numberInt": "2"}, "key": {"k": {"$numberInt": "1"}}, "name": "k", "unique": True}
    )
    rewrite(filled, altered)
    ran = drilled(filled, manifest["id"])
    assert ran.code == 13, ran.stderr
    (difference,) = ran.json["facts"]["drill"]["differences"]
    assert "duplicates" in difference
    assert "_id" in difference
    assert "'same'" not in difference


def rewrite(shop: Shop, altered: dict[str, Any]) -> None:
    manifest = msgspec.convert(altered, Manifest)
    Repository(shop.location, disk=Disk()).write_manifest(manifest)


def test_a_drill_that_could_not_be_held_is_no_verdict(filled: Shop, alter: Alter) -> None:
    """The user may not create the scratch database: nobody's fault, least of all the backup's."""
    manifest = filled.backup()

    def create(*_: object) -> None:
        raise NotAuthorized("may not create", why="no role", fix="grant it")

    alter(create=create)
    ran = drilled(filled, manifest["id"])
    assert ran.code == 4
    assert filled.run("backup", "show", "latest").json["facts"]["drill"] is None


def test_a_scratch_that_cannot_be_dropped_is_told_and_the_verdict_stands(
    filled: Shop, alter: Alter
) -> None:
    filled.backup()

    def drop_database(*_: object) -> None:
        raise NotAuthorized("may not drop", why="no role", fix="grant it")

    alter(drop_database=drop_database)
    ran = drilled(filled, "latest")
    assert ran.code == 0
    assert f"{scratch(filled)} is still there" in ran.stderr


def test_where_no_server_can_be_started_it_says_what_to_install(
    filled: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object, **__: object) -> Any:
        raise embedded.NotInstalled("no mongod", why="none here", fix="pip install it")

    monkeypatch.setattr(embedded, "run_mongod", none)
    filled.backup()
    ran = filled.run("backup", "verify", "latest", "--drill")
    assert ran.code == 4
    assert ran.json["error"]["fix"] == "pip install it"


def test_an_unknown_id_names_the_nearest(filled: Shop) -> None:
    manifest = filled.backup()
    ran = filled.run("backup", "verify", manifest["id"][:-1])
    assert ran.code == 4
    assert manifest["id"] in ran.json["error"]["why"]


def test_latest_of_nothing_says_how_to_begin(shop: Shop) -> None:
    for words in (("show", "latest"), ("verify", "latest"), ("export", "latest", "--to", "x")):
        ran = shop.run("backup", *words)
        assert ran.code == 4
        assert ran.json["error"]["fix"] == "skc backup"


@pytest.mark.parametrize("name", ["../backups", "/etc", "..", ""])
def test_an_id_is_never_a_path(shop: Shop, tmp_path: Path, name: str) -> None:
    for words in (("show", name), ("verify", name)):
        assert shop.run("backup", *words).code == 4


def test_nothing_expires_while_it_is_drilled(filled: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def drill(*words: Any, place: Any, **more: Any) -> Any:
        asked = {"getParameter": 1, "ttlMonitorEnabled": 1}
        seen.append(place.database.command("admin", asked)["ttlMonitorEnabled"])
        return real(*words, place=place, **more)

    monkeypatch.setattr("skillconnect_ops.commands.backup.drilling.drill", drill)
    ran = filled.run("backup", "verify", filled.backup()["id"], "--drill")
    assert ran.code == 0, ran.stdout
    assert seen == [False]


def test_a_drill_in_a_scratch_database_is_done_before_anything_expires_there(
    tmp_path: Path, skc: Skc
) -> None:
    quick = MongodOptions(parameters={"ttlMonitorSleepSecs": 1})
    with (
        run_mongod(tmp_path / "servers", quick) as servers,
        MongoClient[Any](servers.uri.reveal()) as client,
    ):
        make_project(tmp_path / "shop", tmp_path / "backups", with_database(servers.uri, "shop"))
        shop = Shop(tmp_path / "shop", tmp_path / "backups", "shop", client, skc, {})
        old = dt.datetime(2020, 3, 1, tzinfo=dt.UTC)
        switch = {"setParameter": 1, "ttlMonitorEnabled": False}
        client.admin.command(switch)
        shop.db.sessions.insert_many({"_id": n, "at": old} for n in range(1500))
        shop.db.sessions.create_index("at", expireAfterSeconds=3600)
        series = {"timeField": "at"}
        shop.db.create_collection("metrics", timeseries=series, expireAfterSeconds=3600)
        shop.db.metrics.insert_one({"at": old})
        backup = shop.backup()["id"]
        client.admin.command({**switch, "ttlMonitorEnabled": True})
        passes = client.admin.command("serverStatus")["metrics"]["ttl"]["passes"]

        def waits(*words: Any, **more: Any) -> Any:
            while client.admin.command("serverStatus")["metrics"]["ttl"]["passes"] < passes + 3:
                time.sleep(0.1)
            return content_of(*words, **more)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("skillconnect_ops.commands.backup.drill.content_of", waits)
            ran = shop.run("backup", "verify", backup, "--drill", "--scratch", "scratch")
        assert ran.code == 0, ran.stdout
        assert ran.json["facts"]["drill"]["verdict"] == "passed"


def test_damage_that_is_found_is_known_to_list_latest_and_prune(filled: Shop) -> None:
    older, newer = filled.backup()["id"], filled.backup()["id"]
    assert filled.run("backup", "verify", older, "--drill").code == 0
    assert filled.run("backup", "verify", newer, "--drill").code == 0
    entry = next((filled.location / newer / "data").rglob("*people*.zst"))
    data = bytearray(entry.read_bytes())
    data[len(data) // 2] ^= 1
    entry.write_bytes(data)
    assert filled.run("backup", "verify", newer).code == 13
    listed = filled.run("backup", "list").json["facts"]["backups"]
    assert {one["id"]: one["drill"]["verdict"] for one in listed} == {
        older: "passed",
        newer: "failed",
    }
    ran = filled.run("restore", "latest", "--into", f"{filled.name}_copy", "--yes")
    assert ran.code == 3, ran.stdout
    assert older in ran.json["error"]["fix"]
    pruned = filled.run("backup", "prune", "--yes")
    assert pruned.code == 0
    assert older not in pruned.json["facts"]["removed"]
