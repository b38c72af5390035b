"""Signals, two runs at once, and servers that go away: real processes, real servers."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from skillconnect_ops.adapters.embedded import Mongod, MongodOptions, run_mongod
from skillconnect_ops.commands.backup import readout
from tests.commands.backup.ports import Alter, batches_with, once
from tests.commands.backup.shop import Shop, make_project, with_database
from tests.conftest import Skc

RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
MEGABYTES = 60


class Child:
    """A backup in a process of its own."""

    def __init__(self, shop: Shop, environment: dict[str, str], *words: str) -> None:
        self._shop = shop
        self._process = subprocess.Popen(
            [sys.executable, "-m", "skillconnect_ops", "backup", *words, "--format", "json"],
            cwd=shop.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_until_it_writes(self) -> None:
        """Some bytes of some collection are on the disk."""
        until = time.monotonic() + 30
        while time.monotonic() < until and self._process.poll() is None:
            if any(path.stat().st_size for path in self._shop.location.rglob("*.bson.zst*")):
                return
            time.sleep(0.002)
        raise AssertionError(f"it never wrote: {self.end()}")

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self, *, within_s: float = 60) -> tuple[int, dict[str, Any], str]:
        """Exit code, report and what it said."""
        try:
            out, said = self._process.communicate(timeout=within_s)
        finally:
            self._process.kill()
            self._process.wait()
        return self._process.returncode, json.loads(out or "{}"), said


Start = Callable[..., Child]


@pytest.fixture(scope="module")
def big(one_node: Mongod) -> Iterator[str]:
    """The name of a database that takes a while."""
    name = "t_interrupted"
    with MongoClient[Any](one_node.uri.reveal()) as client:
        for number in range(4):
            for _ in range(MEGABYTES // 4):
                client[name][f"c{number}"].insert_many(
                    {"noise": os.urandom(10_000)} for _ in range(100)
                )
        yield name
        client.drop_database(name)


@pytest.fixture
def busy(shop: Shop, one_node: Mongod, big: str) -> Shop:
    """A project on that database."""
    make_project(shop.root, shop.location, with_database(one_node.uri, big))
    return shop


@pytest.fixture
def start(busy: Shop, clean_environment: dict[str, str]) -> Iterator[Start]:
    """Start a backup as a child."""
    children: list[Child] = []

    def begin(*words: str) -> Child:
        children.append(Child(busy, clean_environment, *words))
        return children[-1]

    yield begin
    for child in children:
        if child._process.poll() is None:
            child._process.kill()
            child._process.communicate()


def names(shop: Shop) -> list[str]:
    return sorted(path.name for path in shop.location.iterdir()) if shop.location.exists() else []


@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "encrypted"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_the_middle_puts_back_at_once(
    busy: Shop,
    start: Start,
    one_node: Mongod,
    big: str,
    number: signal.Signals,
    code: int,
    sealed: bool,
) -> None:
    if sealed:
        uri = with_database(one_node.uri, big)
        make_project(busy.root, busy.location, uri, more=f", recipients: [{RECIPIENT}]")
    child = start()
    child.wait_until_it_writes()
    child.send(number)
    ended, report, said = child.end(within_s=20)
    assert ended == code, said
    assert report["status"] == "interrupted"
    assert report["journal"]
    assert names(busy) == []
    assert busy.backup()["documents"] == MEGABYTES // 4 * 400


@pytest.mark.parametrize("more", ["", f", recipients: [{RECIPIENT}]"], ids=["plain", "encrypted"])
def test_a_signal_ends_a_run_whose_server_says_nothing(
    tmp_path: Path, skc: Skc, clean_environment: dict[str, str], more: str
) -> None:
    """The connection stays open and silent; no thread may hold the process."""
    with (
        run_mongod(tmp_path / "servers", MongodOptions()) as servers,
        MongoClient[Any](servers.uri.reveal()) as client,
    ):
        shop = Shop(tmp_path / "shop", tmp_path / "backups", "app", client, skc, {})
        make_project(shop.root, shop.location, with_database(servers.uri, "app"), more=more)
        for _ in range(MEGABYTES):
            shop.db["c"].insert_many({"noise": os.urandom(10_000)} for _ in range(100))
        child = Child(shop, clean_environment)
        try:
            child.wait_until_it_writes()
            servers.pause()
            time.sleep(0.5)
            child.send(signal.SIGTERM)
            code, _, said = child.end(within_s=30)
            assert code == 143, said
            assert names(shop) == []
        finally:
            servers.unpause()


def test_two_runs_at_once_exclude_each_other_and_the_holder_is_named(
    busy: Shop, start: Start
) -> None:
    child = start()
    child.wait_until_it_writes()
    child.send(signal.SIGSTOP)
    ran = busy.run("backup")
    assert ran.code == 4, ran.stderr
    said = json.dumps(ran.json["error"])
    assert str(child._process.pid) in said
    assert "skc backup" in said
    listed = busy.run("backup", "list")
    assert listed.code == 0
    assert listed.json["facts"]["backups"] == []
    (leftover,) = listed.json["facts"]["leftovers"]
    assert leftover["running"]
    child.send(signal.SIGCONT)
    code, report, said = child.end()
    assert code == 0, said
    assert names(busy) == [report["facts"]["backup"]["id"]]


def test_a_killed_run_leaves_no_backup_and_the_next_one_says_so_and_cleans_up(
    busy: Shop, start: Start
) -> None:
    child = start()
    child.wait_until_it_writes()
    child.send(signal.SIGKILL)
    child.end()
    (dead,) = names(busy)
    listed = busy.run("backup", "list").json["facts"]
    assert listed["backups"] == []
    assert [(row["id"], row["running"]) for row in listed["leftovers"]] == [(dead, False)]
    ran = busy.run("backup", "show", dead)
    assert ran.code == 4
    assert "no manifest" in ran.json["error"]["why"]
    ran = busy.run("backup")
    assert ran.code == 0, ran.stderr
    assert "did not come to its end" in ran.stderr
    assert names(busy) == [ran.json["facts"]["backup"]["id"]]
    assert busy.run("backup", "verify", "latest").code == 0


def test_a_server_that_restarts_in_the_middle_is_read_again(
    busy: Shop, one_node: Mongod, alter: Alter
) -> None:
    def restart() -> None:
        one_node.kill()
        one_node.start()
        one_node.primary()

    act = once(restart)
    alter(batches=batches_with(between=lambda _: act()))
    ran = busy.run("backup")
    assert ran.code == 0, ran.stderr
    assert "the connection was lost; attempt 2 of 3" in ran.stderr
    assert ran.json["facts"]["backup"]["consistency"]["kind"] == "snapshot"
    assert ran.json["facts"]["backup"]["documents"] == MEGABYTES // 4 * 400
    assert names(busy) == [ran.json["facts"]["backup"]["id"]]
    assert busy.run("backup", "verify", "latest").code == 0


def test_a_server_that_goes_for_good_in_the_middle_fails_and_leaves_nothing(
    busy: Shop, one_node: Mongod, alter: Alter, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = once(one_node.kill)
    monkeypatch.setattr(readout, "_SETTLE_S", 0.05)
    alter(patience_s=1.0, batches=batches_with(between=lambda _: act()))
    try:
        ran = busy.run("backup")
    finally:
        one_node.start()
        one_node.primary()
    assert ran.code == 5, ran.stderr
    assert "went away" in ran.json["error"]["what"]
    assert names(busy) == []


def test_an_election_in_the_middle_is_survived(
    three_nodes: Mongod, tmp_path: Path, skc: Skc, alter: Alter
) -> None:
    with MongoClient[Any](three_nodes.uri.reveal()) as client:
        shop = Shop(tmp_path / "shop", tmp_path / "backups", "voted", client, skc, {})
        make_project(shop.root, shop.location, with_database(three_nodes.uri, "voted"))
        for _ in range(4):
            shop.db["c"].insert_many({"noise": os.urandom(1000)} for _ in range(1000))
        act = once(lambda: three_nodes.step_down(seconds=10))
        alter(batches=batches_with(between=lambda _: act()))
        ran = shop.run("backup")
        assert ran.code == 0, ran.stderr
        assert ran.json["facts"]["backup"]["documents"] == 4000
        client.drop_database("voted")
