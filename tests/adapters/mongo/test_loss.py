"""Servers that go away in the middle: told as such, and the same connection works again after."""

import threading
import time
from collections.abc import Callable
from typing import Any

import bson
import pytest

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.adapters.mongo import MongoDatabase, connect
from skillconnect_ops.core.ports.database import ServerLost
from tests.servers import make_user, put

DOCUMENTS = 3000


def fill(opened: MongoDatabase, database: str) -> None:
    documents = [bson.encode({"_id": number, "pad": "x" * 3000}) for number in range(DOCUMENTS)]
    put(opened, database, "c", *documents)
    opened.settle()


def scan(opened: MongoDatabase, database: str, *, after_first: Callable[[], Any]) -> int:
    """Count the documents; something happens after the first batch."""
    count = 0
    with opened.batches(database, "c", at=opened.cluster_time()) as batches:
        for batch in batches:
            if not count:
                after_first()
            count += len(batch.each)
    return count


def again(opened: MongoDatabase, database: str) -> int:
    """Scan until it works."""
    until = time.monotonic() + 60
    while True:
        try:
            return scan(opened, database, after_first=lambda: None)
        except ServerLost:
            assert time.monotonic() < until


def test_an_election_in_the_middle_of_a_scan(three_nodes: Mongod) -> None:
    with connect(three_nodes.uri) as opened:
        fill(opened, "election")
        with pytest.raises(ServerLost):
            scan(opened, "election", after_first=lambda: three_nodes.step_down(seconds=10))
        assert again(opened, "election") == DOCUMENTS
        opened.drop_database("election")


def test_the_primary_is_killed_in_the_middle_of_a_scan(three_nodes: Mongod) -> None:
    with connect(three_nodes.uri) as opened:
        fill(opened, "killed")
        victim = three_nodes.primary()
        with pytest.raises(ServerLost) as caught:
            scan(opened, "killed", after_first=lambda: three_nodes.kill(victim))
        assert str(three_nodes.ports[victim]) in caught.value.what
        try:
            assert again(opened, "killed") == DOCUMENTS
        finally:
            three_nodes.start(victim)
        opened.drop_database("killed")


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_the_only_server_restarts_in_the_middle_of_a_scan(one_node: Mongod, how: str) -> None:
    with connect(one_node.uri) as opened:
        fill(opened, "restart")

        def restart() -> None:
            getattr(one_node, how)()
            one_node.start()
            one_node.primary()

        with pytest.raises(ServerLost):
            scan(opened, "restart", after_first=restart)
        assert again(opened, "restart") == DOCUMENTS
        opened.drop_database("restart")


def test_a_server_that_is_down_is_told_within_ten_seconds(one_node: Mongod) -> None:
    with connect(one_node.uri) as opened:
        one_node.stop()
        try:
            began = time.monotonic()
            with pytest.raises(ServerLost):
                opened.cluster_time()
            assert time.monotonic() - began < 10
        finally:
            one_node.start()
            one_node.primary()


@pytest.mark.parametrize("role", ["root", "restore"])
def test_settle_waits_for_a_majority(three_nodes: Mongod, role: str) -> None:
    """Without the secondaries an insert returns, and `settle` does not before they are back."""
    primary = three_nodes.primary()
    others = [member for member in range(3) if member != primary]
    uri = three_nodes.uri if role == "root" else make_user(three_nodes, "admin", [role])
    with connect(uri) as opened:
        put(opened, "settle", "c", {"role": role, "n": 1})
        opened.settle()
        for member in others:
            three_nodes.pause(member)
        settled = threading.Event()
        put(opened, "settle", "c", {"role": role, "n": 2})

        def settle() -> None:
            opened.settle()
            settled.set()

        thread = threading.Thread(target=settle)
        thread.start()
        early = settled.wait(0.8)
        for member in others:
            three_nodes.unpause(member)
        thread.join(30)
        three_nodes.primary()
        assert not early
        assert settled.is_set()
