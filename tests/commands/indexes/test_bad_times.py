"""A run that dies, a server that restarts, a connection that is lost, two machines at once."""

import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from skillconnect_ops.adapters.embedded import Mongod, MongodOptions, run_mongod
from tests.commands.indexes.slow import HASTY, HASTY_LEASE_S, IMPATIENT, NAMES, SlowStore, filled
from tests.commands.indexes.store import OWN, with_database
from tests.servers import CHEAP
from tests.wire import Wire

TESTING = {**CHEAP, "enableTestCommands": 1}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    options = MongodOptions(members=1, parameters=TESTING)
    with run_mongod(tmp_path_factory.mktemp("slow"), options) as servers:
        yield servers


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    options = MongodOptions(members=None, parameters=TESTING)
    with run_mongod(tmp_path_factory.mktemp("slow_alone"), options) as servers:
        yield servers


@pytest.fixture
def slow(one: Mongod, tmp_path: Path) -> Iterator[SlowStore]:
    store = filled(one, tmp_path, f"t_{secrets.token_hex(4)}")
    yield store
    store.end()


def test_a_run_that_is_killed_leaves_a_build_that_the_next_one_follows(slow: SlowStore) -> None:
    with slow.hanging() as go_on:
        first = slow.start("indexes", "--yes")
        build = slow.wait_for_build()
        first.kill()
        second = slow.start("indexes", "--yes")
        with slow.client() as client:
            slow.wait(lambda: _waiting(client) == 2)  # the dead one's command, and the new one's
        assert slow.wait_for_build() == build
        go_on()
        ran = second.end()
    assert ran.code == 0, ran.stdout + ran.stderr
    assert "it is gone on with" in ran.stderr
    assert slow.names() == NAMES
    assert not slow.locked()


def test_a_build_that_ended_while_nobody_looked_is_taken_as_done(slow: SlowStore) -> None:
    with slow.hanging() as go_on:
        first = slow.start("indexes", "--yes")
        slow.wait_for_build()
        first.kill()
        go_on()
    slow.wait(lambda: slow.build() is None)
    ran = slow.start("indexes", "--yes").end()
    assert ran.code == 0, ran.stdout + ran.stderr
    assert slow.names() == NAMES
    assert not slow.locked()


def test_what_a_killed_run_wanted_is_put_back_if_it_is_wanted_no_more(slow: SlowStore) -> None:
    with slow.hanging() as go_on:
        first = slow.start("indexes", "--yes")
        slow.wait_for_build()
        first.kill()
        (slow.root / "indexes.yaml").write_text("c:\n  - keys: {d: 1}\n")
        go_on()
    slow.wait(lambda: slow.build() is None)
    ran = slow.start("indexes", "--yes").end()
    assert ran.code == 0, ran.stdout + ran.stderr
    assert slow.names() == {"_id_", "d_1"}


def test_ctrl_c_puts_back_what_was_begun(slow: SlowStore) -> None:
    with slow.hanging() as go_on:
        child = slow.start("indexes", "--yes")
        slow.wait_for_build()
        child.interrupt()
        slow.wait(lambda: child.process.poll() is not None or _aborting(slow))
        go_on()
        ran = child.end()
    assert ran.code == 130, ran.stdout + ran.stderr
    assert slow.names() == {"_id_"}
    assert not slow.locked()


def test_a_server_that_restarts_goes_on_and_so_does_the_run(slow: SlowStore) -> None:
    with slow.hanging():
        child = slow.start("indexes", "--yes")
        slow.wait_for_build()
        slow.servers.kill()
        slow.servers.start()
        slow.servers.primary()
    ran = child.end()
    assert ran.code == 0, ran.stdout + ran.stderr
    assert "the server goes on" in ran.stderr
    assert slow.names() == NAMES


def test_a_standalone_forgets_a_build_and_it_is_begun_again(alone: Mongod, tmp_path: Path) -> None:
    slow = filled(alone, tmp_path, "alone")
    with slow.hanging():
        child = slow.start("indexes", "--yes")
        slow.wait_for_build()
        slow.servers.kill()
        slow.servers.start()
    ran = child.end()
    assert ran.code == 0, ran.stdout + ran.stderr
    assert slow.names() == NAMES


def test_a_lost_connection_is_made_again_and_the_build_followed(slow: SlowStore) -> None:
    (port,) = slow.servers.ports
    wire = Wire(port)
    direct = with_database(slow.servers.uri, slow.name).replace(f"127.0.0.1:{port}", wire.address)
    uri = direct.replace("replicaSet=rs0", "directConnection=true")
    (slow.root / ".env").write_text(f"MONGO_URI={uri}\n")
    try:
        with slow.hanging() as go_on:
            child = slow.start("indexes", "--yes")
            build = slow.wait_for_build()
            wire.hiccup()
            with slow.client() as client:
                slow.wait(lambda: _waiting(client) == 2)
            assert slow.wait_for_build() == build
            go_on()
            ran = child.end()
    finally:
        wire.close()
    assert ran.code == 0, ran.stdout + ran.stderr
    assert "was lost" in ran.stderr
    assert slow.names() == NAMES


def test_the_build_of_somebody_else_is_followed_and_stays_when_we_put_back(
    slow: SlowStore,
) -> None:
    with slow.client() as client:
        client[slow.name]["z"].insert_one({"h": [1, 2]})
    (slow.root / "indexes.yaml").write_text("c:\n  - keys: {a: 1}\nz:\n  - keys: {h: hashed}\n")
    with slow.hanging() as go_on, slow.client() as other:
        building = threading.Thread(target=other[slow.name]["c"].create_index, args=("a",))
        building.start()
        slow.wait_for_build()
        child = slow.start("indexes", "--yes")
        with slow.client() as client:
            slow.wait(lambda: _waiting(client) == 2)
        go_on()
        ran = child.end()
        building.join()
    assert ran.code == 5, ran.stdout + ran.stderr
    assert "is followed" in ran.stderr
    assert slow.names() == {"_id_", "a_1"}


def test_two_machines_at_once_exclude_each_other(slow: SlowStore) -> None:
    with slow.hanging() as go_on:
        first = slow.start("indexes", "--yes", machine="first")
        slow.wait_for_build()
        second = slow.start("indexes", "--yes", machine="second").end()
        assert second.code == 4, second.stdout + second.stderr
        assert "somebody else changes the indexes" in second.json["error"]["what"]
        assert "process" in second.json["error"]["why"]
        go_on()
        ran = first.end()
    assert ran.code == 0, ran.stdout + ran.stderr
    assert slow.start("indexes", "--yes", machine="second").end().code == 0


def test_a_build_that_takes_longer_than_the_lease_keeps_its_lock(slow: SlowStore) -> None:
    with slow.hanging() as go_on:
        first = slow.start("indexes", "--yes", machine="first", program=HASTY)
        slow.wait_for_build()
        time.sleep(2 * HASTY_LEASE_S)
        second = slow.start("indexes", "--yes", machine="second").end()
        assert second.code == 4, second.stdout + second.stderr
        assert "somebody else changes the indexes" in second.json["error"]["what"]
        go_on()
        ran = first.end()
    assert ran.code == 0, ran.stdout + ran.stderr
    assert slow.names() == NAMES


def test_a_run_that_died_waits_for_the_machine_that_went_on_instead(slow: SlowStore) -> None:
    with slow.hanging() as go_on:
        first = slow.start("indexes", "--yes", machine="first")
        slow.wait_for_build()
        first.kill()
        _end_lease(slow)
        second = slow.start("indexes", "--yes", machine="second")
        with slow.client() as client:
            slow.wait(lambda: _waiting(client) == 2)
        ran = slow.start("indexes", "--yes", machine="first").end()
        assert ran.code == 4, ran.stdout + ran.stderr
        assert "somebody else changes the indexes" in ran.json["error"]["what"]
        go_on()
        assert second.end().code == 0
    assert slow.start("indexes", "--yes", machine="first").end().code == 0
    assert slow.names() == NAMES
    assert not slow.locked()


def test_a_dead_run_is_gone_on_with_only_if_somebody_agrees(slow: SlowStore) -> None:
    with slow.hanging() as go_on:
        first = slow.start("indexes", "--yes")
        slow.wait_for_build()
        first.kill()
        ran = slow.start("indexes").end()
        assert ran.code == 3, ran.stdout + ran.stderr
        go_on()
    assert slow.start("indexes", "--yes").end().code == 0


def _end_lease(slow: SlowStore) -> None:
    with slow.client() as client:
        own = client[slow.name][OWN]
        own.update_one({"_id": "lock"}, [{"$set": {"until": {"$add": ["$$NOW", -1000]}}}])


def test_the_lock_of_a_machine_that_died_ends_by_itself(slow: SlowStore) -> None:
    with slow.hanging() as go_on:
        first = slow.start("indexes", "--yes", machine="first")
        slow.wait_for_build()
        first.kill()
        go_on()
    _end_lease(slow)
    with slow.client() as client:
        client[slow.name]["c"].drop_index("b_1")
    ran = slow.start("indexes", "--yes", machine="second").end()
    assert ran.code == 0, ran.stdout + ran.stderr
    assert slow.names() == NAMES
    assert not slow.locked()


def _waiting(client: MongoClient[Any]) -> int:
    look: list[dict[str, Any]] = [
        {"$currentOp": {"allUsers": True}},
        {"$match": {"command.createIndexes": "c"}},
    ]
    return len(list(client.admin.aggregate(look)))


def _aborting(slow: SlowStore) -> bool:
    with slow.client() as client:
        look: list[dict[str, Any]] = [
            {"$currentOp": {"allUsers": True}},
            {"$match": {"command.dropIndexes": "c"}},
        ]
        return bool(list(client.admin.aggregate(look)))


def test_a_server_that_stays_away_leaves_a_run_that_the_next_one_goes_on_with(
    slow: SlowStore,
) -> None:
    with slow.hanging():
        child = slow.start("indexes", "--yes", program=IMPATIENT)
        slow.wait_for_build()
        slow.servers.kill()
        ran = child.end()
        assert ran.code == 6, ran.stdout + ran.stderr
        assert "cannot be followed" in ran.json["error"]["what"]
        slow.servers.start()
        slow.servers.primary()
    ran = slow.start("indexes", "--yes").end()
    assert ran.code == 0, ran.stdout + ran.stderr
    assert slow.names() == NAMES
    assert not slow.locked()
