"""A machine that sleeps through its lease: another one ends its run, and it lets that be."""

import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from skillconnect_ops.adapters.embedded import Mongod, MongodOptions, run_mongod
from tests.commands.indexes.slow import Child, SlowStore, filled
from tests.commands.indexes.store import OWN
from tests.servers import CHEAP


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    options = MongodOptions(members=1, parameters={**CHEAP, "enableTestCommands": 1})
    with run_mongod(tmp_path_factory.mktemp("taken"), options) as servers:
        yield servers


def test_a_machine_that_wakes_up_lets_be_what_another_one_has_ended(
    one: Mongod, tmp_path: Path
) -> None:
    """Its build, its next steps and its way back belong to the past, whatever has changed since."""
    slow = filled(one, tmp_path, f"t_{secrets.token_hex(4)}")
    with slow.hanging() as go_on:
        first = slow.start("indexes", "--yes", machine="first")
        slow.wait_for_build()
        os.kill(first.process.pid, signal.SIGSTOP)
        _end_the_lease(slow)
        second = slow.start("indexes", "--yes", machine="second")
        slow.wait(lambda: _holder(slow) not in {None, first_run(slow)})
        go_on()
        ran = second.end()
    assert ran.code == 0, ran.stdout + ran.stderr
    with slow.client() as client:
        client[slow.name]["c"].drop_index("b_1")
        client[slow.name]["c"].create_index("later")
    os.kill(first.process.pid, signal.SIGCONT)
    ended = first.end()
    assert ended.code == 6, ended.stdout + ended.stderr
    assert "another run has taken" in ended.stderr
    assert slow.names() == {"_id_", "a_1", "later_1"}
    assert not slow.locked()
    _has_nothing_open(slow, "first")


def test_a_machine_that_died_does_not_put_back_what_another_one_has_ended(
    one: Mongod, tmp_path: Path
) -> None:
    slow = filled(one, tmp_path, f"t_{secrets.token_hex(4)}")
    with slow.hanging() as go_on:
        first = slow.start("indexes", "--yes", machine="first")
        slow.wait_for_build()
        first.kill()
        go_on()
    slow.wait(lambda: slow.build() is None)
    with slow.client() as client:
        client[slow.name]["c"].drop_index("b_1")  # so that there is something left to do
    _end_the_lease(slow)
    assert slow.start("indexes", "--yes", machine="second").end().code == 0
    (slow.root / "indexes.yaml").write_text("c:\n  - keys: {a: 1}\n  - keys: {d: 1}\n")
    ran = slow.start("indexes", "--yes", machine="first").end()
    assert ran.code == 0, ran.stdout + ran.stderr
    assert "not put back, since another run has taken over" in ran.stderr
    assert slow.names() == {"_id_", "a_1", "b_1", "d_1"}
    assert not slow.locked()
    _has_nothing_open(slow, "first")


def _end_the_lease(slow: SlowStore) -> None:
    with slow.client() as client:
        change = [{"$set": {"until": {"$add": ["$$NOW", -1000]}}}]
        client[slow.name][OWN].update_one({"_id": "lock"}, change)


def _holder(slow: SlowStore) -> str | None:
    with slow.client() as client:
        found = client[slow.name][OWN].find_one({"_id": "lock"})
        return str(found["run"]) if found else None


def first_run(slow: SlowStore) -> str:
    """The oldest run that wrote down what it changes."""
    with slow.client() as client:
        found = client[slow.name][OWN].find({"run": {"$exists": True}, "at": {"$exists": True}})
        return str(min(found, key=lambda one: one["at"])["run"])


def _has_nothing_open(slow: SlowStore, machine: str) -> None:
    child: Child = slow.start("journal", "list", machine=machine)
    standing = [one["standing"] for one in child.end().json["facts"]["journals"]]
    assert set(standing) <= {"sealed", "rolled_back"}, standing
