"""A replica set of three: every node is asked, and an election in a build is survived."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from skillconnect_ops.adapters.embedded import Mongod, MongodOptions, run_mongod
from tests.commands.indexes.slow import NAMES, SlowStore, filled
from tests.servers import CHEAP


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    options = MongodOptions(members=3, parameters={**CHEAP, "enableTestCommands": 1})
    with run_mongod(tmp_path_factory.mktemp("three"), options) as servers:
        yield servers


@pytest.fixture
def slow(three: Mongod, tmp_path: Path) -> Iterator[SlowStore]:
    name = f"t_{secrets.token_hex(4)}"
    store = filled(three, tmp_path, name, member=three.primary())
    yield store
    store.end()


def test_the_use_of_every_node_counts(slow: SlowStore) -> None:
    assert slow.start("indexes", "--yes").end().code == 0
    ran = slow.start("indexes", "status").end()
    assert ran.code == 0, ran.stderr
    for index in ran.json["facts"]["indexes"]:
        assert len({use["node"] for use in index["uses"]}) == 3


def test_an_index_that_only_a_secondary_uses_is_used(slow: SlowStore) -> None:
    with slow.client() as client:
        client[slow.name]["c"].create_index("extra")
    secondary = next(n for n in range(3) if n != slow.member)

    def arrived() -> bool:
        with slow.servers.client(secondary) as client:
            return "extra_1" in client[slow.name]["c"].index_information()

    slow.wait(arrived)
    with slow.servers.client(secondary) as client:
        list(client[slow.name]["c"].find({"extra": 1}))
    ran = slow.start("indexes", "--yes", "--prune").end()
    assert ran.code == 0, ran.stderr
    assert "it was used 1 time since" in ran.stderr


def test_the_primary_dies_in_the_middle_of_a_build_and_another_goes_on(slow: SlowStore) -> None:
    with slow.hanging():
        child = slow.start("indexes", "--yes", "--commit-quorum", "majority")
        slow.wait_for_build()
        slow.servers.kill(slow.member)
        ran = child.end()
        slow.servers.start(slow.member)
        assert ran.code == 0, ran.stdout + ran.stderr
        with slow.servers.client(slow.servers.primary()) as client:
            assert set(client[slow.name]["c"].index_information()) == NAMES
