"""One instant, or nothing; and where there is no instant, an honest word about it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from skillconnect_ops.adapters.embedded import Mongod, MongodOptions, run_mongod
from skillconnect_ops.commands.backup import readout
from skillconnect_ops.core.ports.database import (
    ClusterTime,
    SnapshotTooOld,
    SnapshotUnavailable,
)
from tests.commands.backup.ports import Alter, batches_with, once
from tests.commands.backup.shop import Shop, make_project, with_database
from tests.conftest import Skc


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readout, "_SETTLE_S", 0.05)


def fill(shop: Shop, *names: str, documents: int = 300) -> None:
    for name in names:
        shop.db[name].insert_many({"n": n, "pad": "x" * 200} for n in range(documents))


def nothing_left(shop: Shop) -> bool:
    return not shop.location.exists() or not list(shop.location.iterdir())


def entry(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in manifest["collections"] if one["name"] == name)


def too_old(*_: object) -> None:
    raise SnapshotTooOld("too old", why="test", fix="none")


def test_a_backup_names_its_one_cluster_time(shop: Shop) -> None:
    fill(shop, "a", "b")
    manifest = shop.backup()
    said = manifest["consistency"]
    assert said["kind"] == "snapshot"
    assert said["cluster_time"]["seconds"] > 1_700_000_000
    assert said["fuzzy_s"] is None
    assert "one cluster time" in said["statement"]


def test_every_scan_of_a_backup_is_at_that_cluster_time(shop: Shop, alter: Alter) -> None:
    fill(shop, "a", "b", "c")
    seen: list[ClusterTime | None] = []

    @contextmanager
    def batches(real: Any, *names: str, at: ClusterTime | None) -> Iterator[Any]:
        seen.append(at)
        with real.batches(*names, at=at) as found:
            yield found

    alter(batches=batches)
    manifest = shop.backup()
    said = manifest["consistency"]["cluster_time"]
    assert {(at.seconds, at.increment) for at in seen if at} == {
        (said["seconds"], said["increment"])
    }
    assert len(seen) == 3


def test_what_is_written_after_the_instant_is_not_in_it(shop: Shop, alter: Alter) -> None:
    fill(shop, "a", "b")

    def more(*_: object) -> None:
        shop.db["a"].insert_one({"late": True})
        shop.db["b"].delete_one({})

    alter(batches=batches_with(before=lambda _: act()))
    act = once(more)
    manifest = shop.backup()
    assert {one["documents"] for one in manifest["collections"]} == {300}


def test_a_collection_that_came_before_the_instant_is_in_it(shop: Shop, alter: Alter) -> None:
    """Between the first listing and the instant; only a second listing can see it."""
    fill(shop, "a")
    act = once(lambda: shop.db["late"].insert_one({"n": 1}))

    def cluster_time(real: Any) -> ClusterTime:
        act()
        time.sleep(0.01)
        shop.db["tick"].insert_one({})  # whatever comes next is later than the new collection
        shop.db["tick"].drop()
        found: ClusterTime = real.cluster_time()
        return found

    alter(cluster_time=cluster_time)
    manifest = shop.backup()
    assert {one["name"] for one in manifest["collections"]} == {"a", "late"}
    assert entry(manifest, "late")["documents"] == 1


@pytest.mark.parametrize("when", ["before", "between"])
@pytest.mark.parametrize("how", ["dropped", "renamed", "made anew"])
def test_a_collection_that_goes_during_the_dump_fails_it_and_leaves_nothing(
    shop: Shop, alter: Alter, when: str, how: str
) -> None:
    fill(shop, "a", documents=2000)

    def change() -> None:
        match how:
            case "dropped":
                shop.db["a"].drop()
            case "renamed":
                shop.db["a"].rename("b")
            case _:
                shop.db["a"].drop()
                fill(shop, "a", documents=2000)

    act = once(change)
    hook: dict[str, Any] = {when: lambda _: act()}
    alter(batches=batches_with(**hook))
    ran = shop.run("backup")
    assert ran.code == 5, ran.stderr
    error = ran.json["error"]
    assert "collections changed" in error["what"] or "made anew" in error["why"], error
    assert error["fix"].startswith("skc backup")
    assert nothing_left(shop)


def test_a_collection_that_was_away_only_while_it_was_read_is_not_taken_for_empty(
    shop: Shop, alter: Alter
) -> None:
    """Renamed away and back: its UUID is the same before and after."""
    fill(shop, "a")
    away = once(lambda: shop.db["a"].rename("elsewhere"))

    @contextmanager
    def batches(real: Any, database: str, name: str, *, at: ClusterTime | None) -> Iterator[Any]:
        away()
        with real.batches(database, name, at=at) as found:
            read = list(found)
        if "elsewhere" in shop.db.list_collection_names():
            shop.db["elsewhere"].rename("a")
        yield iter(read)

    alter(batches=batches)
    ran = shop.run("backup")
    if ran.code == 0:  # a later instant was tried, and could be read
        assert entry(ran.json["facts"]["backup"], "a")["documents"] == 300
    else:
        assert ran.code == 5
        assert nothing_left(shop)


def test_a_snapshot_that_was_lost_is_tried_again(shop: Shop, alter: Alter) -> None:
    fill(shop, "a", "b", documents=2000)
    lose = once(too_old)
    alter(batches=batches_with(between=lambda _: lose()))
    ran = shop.run("backup")
    assert ran.code == 0, ran.stderr
    assert "attempt 2 of 3" in ran.stderr
    manifest = ran.json["facts"]["backup"]
    assert manifest["consistency"]["kind"] == "snapshot"
    assert manifest["documents"] == 4000
    assert shop.run("backup", "verify", manifest["id"]).code == 0


def test_a_snapshot_that_is_always_lost_fails_and_names_both_ways_out(
    shop: Shop, alter: Alter
) -> None:
    fill(shop, "a")
    alter(batches=batches_with(before=too_old))
    ran = shop.run("backup")
    assert ran.code == 5
    fix = ran.json["error"]["fix"]
    assert "minSnapshotHistoryWindowInSeconds" in fix
    assert "--allow-fuzzy" in fix
    assert nothing_left(shop)


def test_with_allow_fuzzy_a_lost_snapshot_leads_to_an_honest_fuzzy_backup(
    shop: Shop, alter: Alter
) -> None:
    fill(shop, "a", "b")

    def slow_and_too_old(_: str) -> None:
        time.sleep(0.3)
        too_old()

    alter(batches=batches_with(before=slow_and_too_old))
    ran = shop.run("backup", "--allow-fuzzy")
    assert ran.code == 0, ran.stderr
    said = ran.json["facts"]["backup"]["consistency"]
    assert said["kind"] == "fuzzy"
    assert said["cluster_time"] is None
    assert isinstance(said["fuzzy_s"], float)
    assert said["statement"].startswith(f"fuzzy by {said['fuzzy_s']:g} s")
    assert "without a snapshot" in ran.stderr


def test_a_real_server_that_forgets_quickly_makes_a_slow_dump_say_so(
    tmp_path: Path, skc: Skc, alter: Alter
) -> None:
    """minSnapshotHistoryWindowInSeconds of 1 s, and a scan that takes longer."""
    options = MongodOptions(parameters={"minSnapshotHistoryWindowInSeconds": 1})
    with (
        run_mongod(tmp_path / "servers", options) as servers,
        MongoClient[Any](servers.uri.reveal()) as client,
    ):
        shop = Shop(tmp_path / "shop", tmp_path / "backups", "app", client, skc, {})
        make_project(shop.root, shop.location, with_database(servers.uri, "app"))
        fill(shop, "a", documents=3000)

        def wait(_: str) -> None:
            for _turn in range(30):
                shop.db["clock"].update_one({}, {"$inc": {"n": 1}}, upsert=True)
                time.sleep(0.1)

        alter(batches=batches_with(before=wait))
        ran = shop.run("backup", "--collection", "a", "--allow-fuzzy")
        assert ran.code == 0, ran.stderr
        assert "no longer holds that instant" in ran.stderr
        assert ran.json["facts"]["backup"]["consistency"]["kind"] == "fuzzy"


def test_an_index_made_during_the_dump_is_only_in_it_if_the_instant_is_later(
    shop: Shop, alter: Alter
) -> None:
    fill(shop, "a", "b", documents=1000)
    act = once(lambda: (shop.db["a"].create_index("n"), shop.db["b"].create_index("n")))
    alter(batches=batches_with(before=lambda _: act()))
    ran = shop.run("backup")
    assert ran.code == 0, ran.stderr
    manifest = ran.json["facts"]["backup"]
    assert manifest["consistency"]["kind"] == "snapshot"
    names = {index["name"] for index in entry(manifest, "a")["indexes"]}
    assert names == ({"_id_", "n_1"} if "attempt 2" in ran.stderr else {"_id_"})


def test_a_catalogue_that_never_rests_fails_and_leaves_nothing(shop: Shop, alter: Alter) -> None:
    fill(shop, "a")

    def unavailable(_: str) -> None:
        raise SnapshotUnavailable("no", why="test", fix="none")

    alter(batches=batches_with(before=unavailable))
    ran = shop.run("backup")
    assert ran.code == 5
    assert "3 attempts" in ran.json["error"]["why"]
    assert nothing_left(shop)


def test_a_capped_collection_at_rest_is_part_of_the_snapshot(shop: Shop) -> None:
    shop.db.create_collection("log", capped=True, size=100_000)
    fill(shop, "log", "a")
    manifest = shop.backup()
    assert entry(manifest, "log")["fuzzy_s"] is None
    assert manifest["consistency"]["exceptions"] == []


def test_a_capped_collection_that_changes_meanwhile_is_named_as_the_exception(
    shop: Shop, alter: Alter
) -> None:
    shop.db.create_collection("log", capped=True, size=100_000)
    fill(shop, "log", "a")
    act = once(lambda: shop.db["log"].insert_one({"late": True}))
    alter(batches=batches_with(before=lambda _: act()))
    said = shop.backup()["consistency"]
    assert said["kind"] == "snapshot"
    assert said["exceptions"] == [f"{shop.name}.log"]
    assert "capped, changed while being read: fuzzy by" in said["statement"]


def test_a_standalone_server_is_fuzzy_and_says_so(
    standalone: Mongod, tmp_path: Path, skc: Skc
) -> None:
    with MongoClient[Any](standalone.uri.reveal()) as client:
        shop = Shop(tmp_path / "shop", tmp_path / "backups", "alone", client, skc, {})
        make_project(shop.root, shop.location, with_database(standalone.uri, "alone"))
        fill(shop, "a", "b")
        ran = shop.run("backup")
        assert ran.code == 0, ran.stderr
        assert "standalone server has no snapshots" in ran.stderr
        manifest = ran.json["facts"]["backup"]
        assert manifest["consistency"]["kind"] == "fuzzy"
        assert manifest["server"]["topology"] == "standalone"
        ran = shop.run("backup", "verify", "latest", "--drill")
        assert ran.json["facts"]["drill"]["verdict"] == "passed"
        client.drop_database("alone")


def test_the_plan_holds_the_expected_time_against_the_history_window(
    shop: Shop, alter: Alter
) -> None:
    fill(shop, "a")
    assert "of history" in shop.run("backup", "--dry-run").stderr
    alter(history_window_s=lambda _: 0.5)
    said = shop.run("backup", "--dry-run").stderr
    assert "LONGER than the server keeps its history: 0.5 s" in said
    assert "--allow-fuzzy" in said
    assert nothing_left(shop)


def test_a_window_that_may_not_be_asked_for_counts_as_the_default(shop: Shop, alter: Alter) -> None:
    fill(shop, "a")
    alter(history_window_s=lambda _: None)
    assert "300 s (the default; not readable)" in " ".join(
        shop.run("backup", "--dry-run").stderr.split()
    )


def test_a_cluster_time_that_is_missing_is_never_passed_over(shop: Shop, alter: Alter) -> None:
    """A server that gives none is refused, not read without one."""
    fill(shop, "a")

    def run(real: Any, database: str, command: Any, **more: Any) -> Any:
        answer = real(database, command, **more)
        return {k: v for k, v in answer.items() if k != "operationTime"}

    def cluster_time(real: Any) -> ClusterTime:
        connection = real._connection
        original = connection.run
        connection.run = lambda *args, **more: run(original, *args, **more)
        try:
            found: ClusterTime = real.cluster_time()
        finally:
            connection.run = original
        return found

    alter(cluster_time=cluster_time)
    ran = shop.run("backup")
    assert ran.code in {4, 5}
    assert "has no cluster time" in ran.json["error"]["what"]
    assert nothing_left(shop)
