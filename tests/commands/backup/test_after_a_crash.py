"""What the next command makes of a run that died at a bad moment, and of a world that moved."""

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from skillconnect_ops.commands.backup import series
from skillconnect_ops.commands.backup import swap as swapping
from skillconnect_ops.commands.backup.staging import is_ours
from skillconnect_ops.commands.backup.swap import Swap
from skillconnect_ops.core.secret import Secret
from tests.commands.backup.shop import Shop, make_project, with_database

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
AFTER_MANIFEST = """
from skillconnect_ops.commands.backup.repository import Repository
real = Repository.write_manifest
def dying(self, manifest):
    real(self, manifest)
    os.kill(os.getpid(), signal.SIGKILL)
Repository.write_manifest = dying
"""
BEFORE_DISCARD = """
from skillconnect_ops.commands.backup.restore_steps import DiscardHandler
DiscardHandler.before = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""
BETWEEN_RENAMES = """
from skillconnect_ops.commands.backup.swap import Swap
Swap._take = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
"""


def dies(shop: Shop, at: str, *argv: str) -> None:
    """Run a command in a real process that is killed at a point of its own code."""
    code = f"import os, signal, sys\n{at}\nfrom skillconnect_ops import app\napp.main(sys.argv[1:])"
    home = {
        "HOME": str(shop.root.parent / "home"),
        "XDG_STATE_HOME": str(shop.root.parent / "state"),
    }
    ended = subprocess.run(
        [sys.executable, "-c", code, *argv],
        cwd=shop.root,
        env={"PATH": os.environ["PATH"], **home},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == -9, ended.stderr.decode()


def make_weather(shop: Shop, *, n: int) -> None:
    """A time series of one measurement."""
    shop.db.create_collection("weather", timeseries={"timeField": "at"})
    shop.db.weather.insert_one({"at": AT, "n": n})


def in_the_gap(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let an application act once, while a name is free."""
    real, waiting = Swap._take, [act]

    def take(self: Swap, take: Callable[[], None], *, over: bool) -> None:
        if waiting:
            waiting.pop()()
        real(self, take, over=over)

    monkeypatch.setattr(Swap, "_take", take)


def sound(shop: Shop) -> list[str]:
    return [one["id"] for one in shop.run("backup", "list").json["facts"]["backups"]]


def test_a_backup_whose_run_died_after_its_manifest_is_one_and_stays(shop: Shop) -> None:
    shop.db.orders.insert_one({"_id": 1})
    dies(shop, AFTER_MANIFEST, "backup")
    (whole,) = sound(shop)
    shop.client.drop_database(shop.name)
    ran = shop.run("restore", "latest", "--yes")
    assert ran.code == 0, ran.stderr
    assert shop.db.orders.count_documents({}) == 1
    assert sound(shop) == [whole]


def test_latest_is_never_the_safety_backup_of_what_was_replaced(shop: Shop) -> None:
    shop.db.orders.insert_one({"_id": "good"})
    good = shop.backup()["id"]
    shop.db.orders.update_one({}, {"$set": {"bad": True}})
    again = ("restore", "latest", "--replace", "--confirm", shop.name)
    dies(shop, BETWEEN_RENAMES, *again)
    ran = shop.run(*again)
    assert ran.code == 0, ran.stderr
    assert ran.json["facts"]["restore"]["backup"] == good
    assert shop.db.orders.find_one() == {"_id": "good"}
    pruned = shop.run("backup", "prune", "--yes")
    assert pruned.code == 0, pruned.stderr
    assert good in sound(shop)


def test_a_dead_restore_is_put_back_where_it_was_begun_and_nowhere_else(
    shop: Shop, mongo: Secret
) -> None:
    shop.db.orders.insert_one({"_id": "old"})
    backup = shop.backup()["id"]
    dies(shop, BETWEEN_RENAMES, "restore", backup, "--replace", "--confirm", shop.name)
    names = shop.db.list_collection_names()
    elsewhere = with_database(mongo, shop.name).replace("127.0.0.1", "localhost")
    make_project(shop.root, shop.location, elsewhere)
    (dead,) = [
        one["id"]
        for one in shop.run("journal", "list").json["facts"]["journals"]
        if one["standing"] == "interrupted"
    ]
    ran = shop.run("journal", "rollback", dead)
    assert ran.code in {4, 6}, ran.stdout
    assert "begun at 127.0.0.1" in ran.stdout
    assert shop.db.list_collection_names() == names
    make_project(shop.root, shop.location, with_database(mongo, shop.name))
    assert shop.run("journal", "rollback", dead).code == 0
    assert shop.db.list_collection_names() == ["orders"]
    assert shop.db.orders.find_one() == {"_id": "old"}


def test_what_was_written_since_a_dead_restore_is_kept(shop: Shop) -> None:
    shop.db.orders.insert_one({"_id": 1})
    backup = shop.backup()["id"]
    dies(shop, BEFORE_DISCARD, "restore", backup, "--replace", "--confirm", shop.name)
    shop.db.orders.insert_many({"new": n} for n in range(5))
    ran = shop.run("restore", backup)
    assert ran.code == 3, ran.stderr
    kept = [
        shop.db[name].count_documents({"new": {"$exists": True}})
        for name in shop.db.list_collection_names()
    ]
    assert max(kept) == 5


def test_a_backup_is_refused_while_a_restore_stands_half_way(shop: Shop) -> None:
    shop.db.orders.insert_one({"_id": 1})
    shop.db.users.insert_one({"_id": 1})
    backup = shop.backup()["id"]
    dies(shop, BETWEEN_RENAMES, "restore", backup, "--replace", "--confirm", shop.name)
    assert any(is_ours(name) for name in shop.db.list_collection_names())
    ran = shop.run("backup")
    assert ran.code == 4, ran.stdout
    assert "skc journal list" in ran.json["error"]["fix"]


def test_latest_does_not_step_over_a_damaged_newer_one(shop: Shop) -> None:
    shop.db.orders.insert_one({"_id": 1})
    older, newest = shop.backup(), shop.backup()
    path = shop.folder(newest) / "manifest.json"
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    assert shop.run("backup", "verify", "latest").code == 13
    ran = shop.run("restore", "latest", "--into", f"{shop.name}_copy", "--yes")
    assert ran.code == 4
    assert older["id"] in ran.json["error"]["why"]


def test_a_time_series_that_an_app_makes_in_the_gap_is_never_dropped(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_weather(shop, n=1)
    backup = shop.backup()["id"]
    shop.db.weather.insert_one({"at": AT, "n": 2})
    in_the_gap(monkeypatch, lambda: make_weather(shop, n=3))
    ran = shop.run("restore", backup, "--replace", "--confirm", shop.name)
    assert ran.code == 6, ran.stderr
    assert [one["n"] for one in shop.db.weather.find()] == [3]
    (copy,) = [name for name in shop.db.list_collection_names() if name.startswith("__skc_old_")]
    shop.db.weather.drop()
    assert shop.run("journal", "rollback", ran.json["journal"]).code == 0
    assert [one["n"] for one in shop.db.weather.find(sort=[("n", 1)])] == [1, 2]
    assert copy not in shop.db.list_collection_names()


def test_a_view_that_an_app_makes_in_the_gap_is_never_dropped(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.db.orders.insert_one({"_id": 1})
    shop.db.create_collection("paid", viewOn="orders", pipeline=[{"$match": {"paid": True}}])
    backup = shop.backup()["id"]

    def make_another() -> None:
        shop.db.create_collection("paid", viewOn="orders", pipeline=[{"$match": {"paid": 1}}])

    picked = ("restore", backup, "--collection", "paid", "--replace", "--confirm", shop.name)
    in_the_gap(monkeypatch, make_another)
    ran = shop.run(*picked)
    assert ran.code == 6, ran.stderr
    (view,) = shop.db.list_collections(filter={"name": "paid"})
    assert view["options"]["pipeline"] == [{"$match": {"paid": 1}}]


def test_a_time_series_that_changes_while_it_is_copied_is_not_dropped(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_weather(shop, n=1)
    backup = shop.backup()["id"]
    written: list[int] = []

    def copying(database: Any, name: str, source: str, *, to: str) -> None:
        series.copy(database, name, source, to=to)
        written.append(len(written) + 2)
        shop.db.weather.insert_one({"at": AT, "n": written[-1]})

    monkeypatch.setattr(swapping, "copy", copying)
    ran = shop.run("restore", backup, "--replace", "--confirm", shop.name)
    assert ran.code == 5, ran.stderr
    assert "changes while it is copied" in ran.json["error"]["what"]
    assert [step["outcome"] for step in ran.json["steps"]] == ["failed", "skipped"]
    assert [one["n"] for one in shop.db.weather.find(sort=[("n", 1)])] == [1, *written]
    assert [name for name in shop.db.list_collection_names() if is_ours(name)] == []


def test_what_is_written_while_a_time_series_is_loaded_back_costs_no_copy(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_weather(shop, n=1)
    backup = shop.backup()["id"]
    shop.db.weather.insert_one({"at": AT, "n": 2})

    def copying(database: Any, name: str, source: str, *, to: str) -> None:
        series.copy(database, name, source, to=to)
        if source.startswith("__skc_old_"):
            shop.db.weather.insert_one({"at": AT, "n": 3})

    monkeypatch.setattr(swapping, "copy", copying)
    monkeypatch.setattr("skillconnect_ops.commands.backup.place._differences", lambda *_: ["it"])
    ran = shop.run("restore", backup, "--replace", "--confirm", shop.name)
    assert ran.code == 5, ran.stderr
    assert [one["n"] for one in shop.db.weather.find(sort=[("n", 1)])] == [1, 2, 3]
    (kept,) = [name for name in shop.db.list_collection_names() if name.startswith("skc_kept_")]
    assert kept in ran.stderr


def test_latest_does_not_guess_between_two_deployments(shop: Shop, mongo: Secret) -> None:
    shop.db.orders.insert_one({"_id": 1})
    here = shop.backup()["id"]
    elsewhere = with_database(mongo, shop.name).replace("127.0.0.1", "localhost")
    make_project(shop.root, shop.location, elsewhere)
    there = shop.backup()
    make_project(shop.root, shop.location, with_database(mongo, shop.name))
    copy = ("--into", f"{shop.name}_copy", "--yes")
    ran = shop.run("restore", "latest", *copy)
    assert ran.code == 3, ran.stderr
    assert here in ran.json["error"]["fix"]
    assert there["id"] in ran.json["error"]["fix"]
    named = shop.run("restore", there["id"], *copy)
    assert named.code == 0
    assert "taken from localhost" in named.stderr


def test_a_new_deployment_gets_the_latest_of_the_old_one(shop: Shop, mongo: Secret) -> None:
    shop.db.orders.insert_one({"_id": 1})
    backup = shop.backup()["id"]
    elsewhere = with_database(mongo, shop.name).replace("127.0.0.1", "localhost")
    make_project(shop.root, shop.location, elsewhere)
    ran = shop.run("restore", "latest", "--into", f"{shop.name}_copy", "--yes")
    assert ran.code == 0, ran.stderr
    assert ran.json["facts"]["restore"]["backup"] == backup
