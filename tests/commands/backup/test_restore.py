"""`skc restore`, as a person types it."""

import datetime as dt
import json
import secrets
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import bson
import pytest
from bson import Binary, Timestamp

from skillconnect_ops import wiring
from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.commands.backup import load, restoring
from skillconnect_ops.journal import runs
from tests.commands.backup import kinds
from tests.commands.backup.kinds import picture
from tests.commands.backup.ports import Alter
from tests.commands.backup.shop import Shop, with_database
from tests.commands.backup.test_round_trip import fill_odd
from tests.conftest import Ran
from tests.servers import make_user


def leftovers(db: Any) -> list[str]:
    return [name for name in db.list_collection_names() if name.startswith(("__skc", "skc_"))]


def replace(shop: Shop, backup: str, *argv: str) -> Ran:
    return shop.run("restore", backup, "--replace", "--confirm", shop.name, *argv)


def connect_as(shop: Shop, uri: str) -> None:
    """From now on the project connects so."""
    (shop.root / ".env").write_text(f"MONGO_URI={uri}\n")


def small(shop: Shop) -> str:
    """A backup of two collections; its id."""
    shop.db.orders.insert_many({"_id": n, "n": n} for n in range(10))
    shop.db.bills.insert_many({"_id": n} for n in range(3))
    return str(shop.backup()["id"])


def test_a_target_that_is_not_empty_is_refused_and_untouched(shop: Shop) -> None:
    backup = small(shop)
    shop.db.orders.insert_one({"_id": "new"})
    before = picture(shop.db)
    ran = shop.run("restore", backup, "--yes")
    assert ran.code == 3, ran.stderr
    assert f"{shop.name}.bills" in ran.json["error"]["why"]
    assert picture(shop.db) == before
    assert not leftovers(shop.db)


def test_chosen_collections_renamed_and_into_another_database(shop: Shop) -> None:
    backup = small(shop)
    copy = shop.client[f"{shop.name}_copy"]
    ran = shop.run(
        *("restore", backup, "--into", copy.name, "--yes"),
        *("--collection", "orders", "--collection", "bills", "--rename", "orders=orders_before"),
    )
    assert ran.code == 0, ran.stderr
    assert sorted(copy.list_collection_names()) == ["bills", "orders_before"]
    assert list(copy.orders_before.find()) == list(shop.db.orders.find())
    again = shop.run(
        *("restore", backup, "--yes", "--collection", "orders", "--rename", "orders=o2")
    )
    assert again.code == 0, again.stderr
    assert shop.db.o2.count_documents({}) == 10
    facts = again.json["facts"]["restore"]
    assert facts["collections"] == [{"from": f"{shop.name}.orders", "to": f"{shop.name}.o2"}]
    assert facts["safety_backups"] == []


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("--collection", "oders"), "orders"),
        (("--rename", "oders=x"), "orders"),
        (("--rename", "orders"), "A=B"),
        (("--db", "nowhere"), "database nowhere"),
        (("--into", "local"), "local"),
    ],
)
def test_a_name_that_is_wrong_is_a_usage_error(
    shop: Shop, argv: tuple[str, ...], told: str
) -> None:
    backup = small(shop)
    ran = shop.run("restore", backup, "--yes", *argv)
    assert ran.code == 2, ran.stderr
    assert told in json.dumps(ran.json["error"])


def test_replacing_wants_the_name_of_the_database(shop: Shop) -> None:
    backup = small(shop)
    shop.db.orders.drop()
    shop.db.orders.insert_one({"_id": "new"})
    before = picture(shop.db)
    for argv in ((), ("--yes",), ("--confirm", "something"), ("--yes", "--confirm", "")):
        ran = shop.run("restore", backup, "--replace", *argv)
        assert ran.code == 3, ran.stderr
        assert picture(shop.db) == before
    assert len(shop.run("backup", "list").json["facts"]["backups"]) == 1


def test_replacing_backs_up_first_and_leaves_extras_alone(shop: Shop) -> None:
    backup = small(shop)
    wanted = picture(shop.db)
    shop.db.orders.delete_many({})
    shop.db.orders.insert_one({"_id": "new"})
    shop.db.extra.insert_one({"_id": 1})
    before = picture(shop.db)
    extra = kinds.uuids(shop.db)["extra"]
    ran = replace(shop, backup)
    assert ran.code == 0, ran.stderr
    assert picture(shop.db) == {**wanted, "extra": before["extra"]}
    assert kinds.uuids(shop.db)["extra"] == extra
    [safety] = ran.json["facts"]["restore"]["safety_backups"]
    assert ran.json["next"] == ["skc status"]
    [undo] = ran.json["facts"]["restore"]["undo"]
    assert undo.startswith(f"skc restore {safety} --replace --collection ")
    assert safety in ran.stderr
    back = replace(shop, safety)
    assert back.code == 0, back.stderr
    assert picture(shop.db) == before
    assert not leftovers(shop.db)


def test_a_failed_safety_backup_means_nothing_is_replaced(shop: Shop) -> None:
    backup = small(shop)
    before = picture(shop.db)
    settings = (shop.root / "skc.yaml").read_text()
    broken = settings.replace("}}\n", "}}\n").replace(
        f"backups: {{location: {shop.location}",
        f"backups: {{location: {shop.location}, recipients: [age1x]",
    )
    (shop.root / "skc.yaml").write_text(broken)
    ran = replace(shop, backup)
    assert ran.code == 4, ran.stderr
    assert "safety backup" in ran.json["error"]["what"]
    assert picture(shop.db) == before
    assert not leftovers(shop.db)


def test_only_databases_in_which_something_goes_are_backed_up(shop: Shop) -> None:
    other = f"{shop.name}_two"
    shop.db.a.insert_one({"_id": 1})
    shop.client[other].b.insert_one({"_id": 2})
    backup = shop.backup("--db", shop.name, "--db", other)["id"]
    shop.client.drop_database(other)
    ran = shop.run("restore", backup, "--replace", "--confirm", backup)
    assert ran.code == 0, ran.stderr
    assert len(ran.json["facts"]["restore"]["safety_backups"]) == 1
    assert list(shop.client[other].b.find()) == [{"_id": 2}]


def test_a_world_that_changes_while_it_is_backed_up_makes_the_plan_stale(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = small(shop)
    real = restoring._safety_backup

    def and_then(*args: Any, **more: Any) -> str:
        taken = real(*args, **more)
        shop.db.orders.drop()
        shop.db.orders.insert_one({"_id": "someone else's"})
        return taken

    monkeypatch.setattr(restoring, "_safety_backup", and_then)
    ran = replace(shop, backup)
    assert ran.code == 4, ran.stderr
    assert list(shop.db.orders.find()) == [{"_id": "someone else's"}]
    safety = shop.run("backup", "list").json["facts"]["backups"][0]["id"]
    assert safety in ran.stderr
    assert safety != backup


def test_a_signal_that_comes_too_late_for_the_safety_backup_is_in_time_for_the_restore(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = small(shop)
    shop.db.orders.delete_many({})
    before = picture(shop.db)
    real = runs._outcome

    def interrupted(*args: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return real(*args)

    monkeypatch.setattr(runs, "_outcome", interrupted)
    ran = replace(shop, backup)
    assert (ran.code, ran.json["status"]) == (130, "interrupted"), ran.stderr
    assert "the wish to stop came too late: skc backup is done" in ran.stderr
    assert picture(shop.db) == before
    assert len(shop.run("backup", "list").json["facts"]["backups"]) == 2


def test_a_backup_that_is_pruned_before_it_is_read_is_told(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = small(shop)
    real = restoring._safety_backup

    def and_then(*args: Any, **more: Any) -> str:
        taken = real(*args, **more)
        (shop.location / backup / "manifest.json").unlink()
        return taken

    monkeypatch.setattr(restoring, "_safety_backup", and_then)
    before = picture(shop.db)
    ran = replace(shop, backup)
    assert ran.code == 4, ran.stderr
    assert picture(shop.db) == before


def test_every_kind_replaced_by_itself(shop: Shop) -> None:
    fill_odd(shop.db)
    wanted = picture(shop.db)
    backup = shop.backup()["id"]
    for name in wanted:
        if wanted[name]["type"] == "collection":
            shop.db[name].delete_many({})
    shop.db.command("collMod", "looks", viewOn="plain", pipeline=[])
    ran = replace(shop, backup)
    assert ran.code == 0, ran.stderr
    assert picture(shop.db) == wanted
    assert not leftovers(shop.db)


def test_stored_functions_come_back(shop: Shop) -> None:
    shop.db["system.js"].insert_one({"_id": "f", "value": "function() {}"})
    shop.db.a.insert_one({})
    backup = shop.backup()["id"]
    shop.db["system.js"].delete_many({})
    ran = replace(shop, backup)
    assert ran.code == 0, ran.stderr
    assert shop.db["system.js"].find_one()["_id"] == "f"


def test_fifty_small_collections_take_seconds(shop: Shop) -> None:
    for number in range(50):
        shop.db[f"c{number}"].insert_many({"n": n} for n in range(20))
        shop.db[f"c{number}"].create_index("n")
    wanted = picture(shop.db)
    backup = shop.backup()["id"]
    began = time.monotonic()
    ran = replace(shop, backup)
    assert ran.code == 0, ran.stderr
    assert picture(shop.db) == wanted
    assert time.monotonic() - began < 60


def test_many_tiny_documents_and_large_ones(shop: Shop) -> None:
    for part in range(3):
        shop.db.tiny.insert_many(({"_id": part * 40_000 + n} for n in range(40_000)), ordered=False)
    shop.db.large.insert_many([{"blob": Binary(bytes(16_777_000 - n))} for n in range(3)])
    wanted = picture(shop.db)
    backup = shop.backup()["id"]
    copy = shop.client[f"{shop.name}_copy"]
    assert shop.run("restore", backup, "--into", copy.name, "--yes").code == 0
    assert picture(copy) == wanted


def test_empty_timestamps_stay_empty_whatever_the_field_is_called(shop: Shop) -> None:
    empty = Timestamp(0, 0)
    documents = [
        {"_id": 1, "at": empty, "": empty, "dotted.name": empty, "$cash": empty},
        {"_id": Timestamp(1, 0), "deep": {"at": empty}, "blob": Binary(b"\x11" * 300_000)},
        *({"_id": f"many {n}", "at": empty, "n": n} for n in range(700)),
    ]
    shop.db.create_collection("checked")
    for name in ("plain", "checked"):
        raw = shop.db[name]
        raw.insert_many([{"_id": one["_id"], "x": 1} for one in documents])
        for one in documents:
            fields = {key: value for key, value in one.items() if key != "_id"}
            raw.update_one(
                {"_id": one["_id"]},
                [{"$replaceWith": {"$literal": {"_id": one["_id"]}}}]
                + [
                    {
                        "$replaceWith": {
                            "$setField": {
                                "field": {"$literal": key},
                                "input": "$$ROOT",
                                "value": {"$literal": value},
                            }
                        }
                    }
                    for key, value in fields.items()
                ],
            )
    shop.db.command("collMod", "checked", validator={"never": {"$exists": True}})
    wanted = picture(shop.db)
    assert wanted["plain"]["documents"] == sorted(bson.encode(one) for one in documents)
    backup = shop.backup()["id"]
    copy = shop.client[f"{shop.name}_copy"]
    ran = shop.run("restore", backup, "--into", copy.name, "--yes")
    assert ran.code == 0, ran.stderr
    assert picture(copy) == wanted


def test_documents_that_expire_while_they_are_loaded_are_no_difference(
    shop: Shop, alter: Alter
) -> None:
    shop.db.sessions.insert_many(
        {"_id": n, "at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)} for n in range(20)
    )
    shop.db.sessions.create_index("at", expireAfterSeconds=1_000_000_000)
    backup = shop.backup()["id"]
    shop.db.sessions.drop()

    def settle(real: Any) -> None:
        for name in shop.db.list_collection_names():
            shop.db[name].delete_many({"_id": {"$lt": 5}})  # as the TTL monitor does
        real.settle()

    alter(settle=settle)
    ran = shop.run("restore", backup, "--yes")
    assert ran.code == 0, ran.stderr
    assert shop.db.sessions.count_documents({}) == 15


def test_documents_that_are_lost_while_they_are_loaded_are_noticed(
    shop: Shop, alter: Alter
) -> None:
    backup = small(shop)
    shop.client.drop_database(shop.name)

    def settle(real: Any) -> None:
        for name in shop.db.list_collection_names():
            shop.db[name].delete_many({"_id": 1})
        real.settle()

    alter(settle=settle)
    ran = shop.run("restore", backup, "--yes")
    assert ran.code == 5, ran.stderr
    assert "orders holds 9 documents, not 10" in ran.json["error"]["why"]
    assert shop.db.list_collection_names() == []


def test_a_dry_run_touches_nothing(shop: Shop) -> None:
    backup = small(shop)
    before = picture(shop.db)
    dry = shop.run("restore", backup, "--replace", "--dry-run")
    assert dry.code == 0, dry.stderr
    plan = dry.json["facts"]["plan"]
    assert plan["command"] == "restore"
    assert [step["kind"] for step in plan["final"]] == ["restore.discard", "restore.discard"]
    assert picture(shop.db) == before
    assert not leftovers(shop.db)
    assert len(shop.run("backup", "list").json["facts"]["backups"]) == 1


def test_two_restores_of_one_database_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = small(shop)
    second: list[Ran] = []
    real = load.Loader.run

    def run(self: load.Loader, loads: Any) -> None:
        if not second:
            second.append(Ran(-1, "", ""))
            argv = [sys.executable, "-m", "skillconnect_ops", "restore", backup, "--replace"]
            done = subprocess.run(
                [*argv, "--confirm", shop.name, "--format", "json"],
                cwd=shop.root,
                env={**_environment(shop)},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            second[0] = Ran(done.returncode, done.stdout, done.stderr)
        real(self, loads)

    monkeypatch.setattr(load.Loader, "run", run)
    assert replace(shop, backup).code == 0
    assert second[0].code == 4, second[0].stderr
    assert "safety backup" not in second[0].stderr


def _environment(shop: Shop) -> dict[str, str]:
    parent = shop.root.parent
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(parent / "home"),
        "XDG_STATE_HOME": str(parent / "state"),
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_puts_everything_back(shop: Shop, number: int) -> None:
    shop.db.orders.insert_many({"n": n, "noise": secrets.token_hex(400)} for n in range(60_000))
    shop.db.orders.create_index([("noise", 1)])
    shop.db.orders.create_index([("noise", -1), ("n", 1)])
    backup = shop.backup()["id"]
    before = kinds.uuids(shop.db)
    argv = [sys.executable, "-m", "skillconnect_ops", "restore", backup, "--replace"]
    with subprocess.Popen(
        [*argv, "--confirm", shop.name, "--format", "json"],
        cwd=shop.root,
        env=_environment(shop),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        until = time.monotonic() + 60
        while not leftovers(shop.db):
            assert child.poll() is None
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(0.3)
        child.send_signal(number)
        began = time.monotonic()
        stdout, stderr = child.communicate(timeout=60)
        took_s = time.monotonic() - began
    assert child.returncode == 128 + number, stderr
    assert kinds.uuids(shop.db) == before
    assert json.loads(stdout)["status"] == "interrupted"
    assert took_s < 20


def test_a_server_that_is_restarted_in_the_middle(
    shop: Shop, one_node: Mongod, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = small(shop)
    before = kinds.uuids(shop.db)
    real = load.Loader._fill
    once = [True]

    def fill(self: load.Loader, *args: Any) -> None:
        if once:
            once.pop()
            one_node.stop()
            one_node.start()
        real(self, *args)

    monkeypatch.setattr(load.Loader, "_fill", fill)
    monkeypatch.setattr(restoring, "_safety_backup", lambda *_, **__: "none")
    ran = replace(shop, backup)
    assert ran.code in {0, 5}, ran.stderr
    assert not leftovers(shop.db)
    assert ran.code == 0 or kinds.uuids(shop.db) == before
    assert replace(shop, backup).code == 0


def test_leftovers_never_get_into_a_backup(shop: Shop) -> None:
    small(shop)
    shop.db["__skc_old_dead_1"].insert_one({})
    ran = shop.run("backup")
    assert ran.code == 4, ran.stderr
    assert "__skc_old_dead_1" in ran.json["error"]["why"]


def test_an_app_that_writes_all_the_while_loses_none_of_what_it_wrote_in_a_gap(
    shop: Shop, alter: Alter
) -> None:
    """A collection that comes up between two renamings is kept under another name."""
    backup = small(shop)
    gaps: list[str] = []

    def rename(real: Any, database: str, name: str, to: str, **more: Any) -> None:
        real.rename(database, name, to, **more)
        if to.startswith("__skc_old_"):
            shop.db[name].insert_one({"_id": "in the gap"})
            gaps.append(name)

    alter(rename=rename)
    ran = replace(shop, backup)
    assert ran.code == 0, ran.stderr
    assert sorted(gaps) == ["bills", "orders"]
    assert shop.db.orders.count_documents({}) == 10
    kept = [name for name in shop.db.list_collection_names() if name.startswith("skc_kept_")]
    assert [list(shop.db[name].find()) for name in kept] == [[{"_id": "in the gap"}]] * 2
    assert all(name in ran.stderr for name in kept)


def test_what_comes_up_on_a_name_that_was_free_stays(shop: Shop, alter: Alter) -> None:
    backup = small(shop)
    copy = shop.client[f"{shop.name}_copy"]

    def settle(real: Any) -> None:
        copy.orders.insert_one({"_id": "someone else's"})
        real.settle()

    alter(settle=settle)
    ran = shop.run("restore", backup, "--into", copy.name, "--yes")
    assert ran.code == 5, ran.stderr
    assert copy.list_collection_names() == ["orders"]
    assert list(copy.orders.find()) == [{"_id": "someone else's"}]


@pytest.mark.parametrize("kind", ["view", "timeseries"])
def test_a_view_or_time_series_that_is_not_ours_is_not_dropped(
    shop: Shop, alter: Alter, kind: str
) -> None:
    """It comes between the second look and its place."""
    options: dict[str, Any] = (
        {"viewOn": "orders", "pipeline": []}
        if kind == "view"
        else {"timeseries": {"timeField": "at"}}
    )
    shop.db.create_collection("mine", **options)
    backup = small(shop)
    copy = shop.client[f"{shop.name}_copy"]

    def settle(real: Any) -> None:
        copy.create_collection("mine", viewOn="bills", pipeline=[])
        real.settle()

    alter(settle=settle)
    ran = shop.run("restore", backup, "--into", copy.name, "--yes")
    assert ran.code == 5, ran.stderr
    assert copy.list_collection_names(filter={"options.viewOn": "bills"}) == ["mine"]
    assert not leftovers(copy)


def test_a_renaming_that_waits_for_a_lock_is_ended_before_anything_is_put_back(
    shop: Shop,
) -> None:
    """The client is gone, the server still wants to rename: it must not happen afterwards."""
    backup = small(shop)
    before = kinds.uuids(shop.db)
    seen: list[str] = []

    def watch() -> None:
        while child.poll() is None:
            for one in shop.client.admin.aggregate([{"$currentOp": {}}]):
                if "renameCollection" in one.get("command", {}) and one.get("waitingForLock"):
                    seen.append(one["command"]["renameCollection"])
                    child.send_signal(signal.SIGINT)
                    return
            time.sleep(0.02)

    with shop.client.start_session() as session, session.start_transaction():
        shop.db.orders.insert_one({"_id": "uncommitted"}, session=session)
        argv = [sys.executable, "-m", "skillconnect_ops", "restore", backup, "--replace"]
        with subprocess.Popen(
            [*argv, "--confirm", shop.name],
            cwd=shop.root,
            env=_environment(shop),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as child:
            watching = threading.Thread(target=watch)
            watching.start()
            watching.join()
            _, stderr = child.communicate(timeout=60)
        assert child.returncode == 130, stderr
        session.abort_transaction()
    assert seen
    time.sleep(0.3)
    assert kinds.uuids(shop.db) == before


def test_a_user_that_may_not_load_time_series_is_told_before_anything_is_touched(
    shop: Shop, one_node: Mongod
) -> None:
    shop.db.create_collection("weather", timeseries={"timeField": "at"})
    shop.db.weather.insert_one({"at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)})
    backup = small(shop)
    copy = f"{shop.name}_copy"
    roles: list[Any] = ["readWrite", {"role": "readWrite", "db": copy}]
    connect_as(shop, make_user(one_node, shop.name, roles).reveal())
    ran = shop.run("restore", backup, "--into", copy, "--yes")
    assert ran.code == 4, ran.stderr
    assert "system.buckets.weather" in ran.json["error"]["what"]
    assert "role: 'restore', db: 'admin'" in ran.json["error"]["fix"]
    assert shop.client[copy].list_collection_names() == []
    stronger = [*roles, {"role": "restore", "db": "admin"}]
    connect_as(shop, make_user(one_node, shop.name, stronger).reveal())
    ran = shop.run("restore", backup, "--into", copy, "--yes")
    assert ran.code == 0, ran.stderr
    readers: list[Any] = ["read", {"role": "read", "db": f"{copy}2"}]
    connect_as(shop, make_user(one_node, shop.name, readers).reveal())
    ran = shop.run("restore", backup, "--into", f"{copy}2", "--yes")
    assert ran.code == 4, ran.stderr
    assert f"readWrite', db: '{copy}2'" in ran.json["error"]["fix"]


def test_a_plain_user_restores_documents_that_fit_their_validator(
    shop: Shop, one_node: Mongod
) -> None:
    shop.db.create_collection("checked", validator={"n": {"$exists": True}})
    shop.db.checked.insert_many({"n": n} for n in range(5))
    backup = shop.backup()["id"]
    shop.db.command("collMod", "checked", validator={"never": {"$exists": True}})
    unfit = shop.backup()["id"]
    copies = [f"{shop.name}_a", f"{shop.name}_b"]
    roles: list[Any] = ["readWrite", *({"role": "readWrite", "db": copy} for copy in copies)]
    connect_as(shop, make_user(one_node, shop.name, roles).reveal())
    ran = shop.run("restore", backup, "--into", copies[0], "--yes")
    assert ran.code == 0, ran.stderr
    ran = shop.run("restore", unfit, "--into", copies[1], "--yes")
    assert ran.code == 5, ran.stderr
    assert "role restore" in ran.json["error"]["fix"]
    assert shop.client[copies[1]].list_collection_names() == []


def test_connections_are_shared_and_closed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = small(shop)
    opened: list[int] = []
    real = wiring.Wiring.connect

    def connect(self: Any, *args: Any, **kwargs: Any) -> Any:
        opened.append(1)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(wiring.Wiring, "connect", connect)
    assert shop.run("restore", backup, "--into", f"{shop.name}_copy", "--yes").code == 0
    assert len(opened) == 1


def test_a_standalone_server_takes_a_restore_and_a_replacement(
    shop: Shop, standalone: Mongod
) -> None:
    kinds.make_wanted(shop.db)
    wanted = picture(shop.db)
    backup = shop.backup()["id"]
    connect_as(shop, with_database(standalone.uri, shop.name))
    with standalone.client() as client:
        there = client[shop.name]
        kinds.make_current(there)
        before = picture(there)
        ran = replace(shop, backup)
        assert ran.code == 0, ran.stderr
        assert picture(there) == {**before, **wanted}
        client.drop_database(shop.name)
