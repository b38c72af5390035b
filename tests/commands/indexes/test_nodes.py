"""A replica set of three: every node is asked, and an election in a build is survived."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from skillconnect_ops.adapters.embedded import Mongod, MongodOptions, run_mongod
from tests.commands.indexes.slow import NAMES, SlowStore, filled
from tests.commands.indexes.store import with_database
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


def test_an_index_that_only_a_hidden_member_uses_is_used(slow: SlowStore) -> None:
    """Nobody names it to a client; analytics often reads there."""
    with slow.client() as client:
        client[slow.name]["c"].create_index("extra")
    number = next(n for n in range(3) if n != slow.member)
    with hidden(slow, number) as host:
        envfile = slow.root / ".env"
        visible = envfile.read_text().replace(f",{host}", "").replace(f"{host},", "")
        assert host not in visible
        envfile.write_text(visible)

        def arrived() -> bool:
            with slow.servers.client(number) as client:
                return "extra_1" in client[slow.name]["c"].index_information()

        slow.wait(arrived)
        with slow.servers.client(number) as client:
            list(client[slow.name]["c"].find({"extra": 1}))
        ran = slow.start("indexes", "--yes", "--prune").end()
        assert ran.code == 0, ran.stderr
        assert "it was used 1 time since" in ran.stderr


def test_where_hidden_members_cannot_be_told_of_it_is_said_and_nothing_is_unused(
    slow: SlowStore,
) -> None:
    """This user may ask how indexes are used, and not what the set is made of."""
    uri = user(slow, {"resource": {"db": "", "collection": ""}, "actions": ["indexStats"]})
    envfile = slow.root / ".env"
    envfile.write_text(f"MONGO_URI={uri}\n")
    with slow.client() as client:
        client[slow.name]["c"].create_index("extra")
    ran = slow.start("indexes", "advise", "--unused-for", "0s").end()
    assert ran.code == 0, ran.stderr
    (lost,) = [one for one in ran.json["unknown"] if one["subject"] == "use of indexes"]
    assert lost["reason"].startswith("hidden members: the user lacks `replSetGetConfig`")
    assert [one for one in ran.json["findings"] if one["id"] == "index-unused"] == []


def user(slow: SlowStore, privilege: Any) -> str:
    """A user who may read the database and that; its URI."""
    name, password = f"u_{secrets.token_hex(4)}", secrets.token_hex(8)
    with slow.client() as client:
        client.admin.command("createRole", name, privileges=[privilege], roles=[])
        roles = [name, {"role": "read", "db": slow.name}]
        client.admin.command("createUser", name, pwd=password, roles=roles)
    parts = urlsplit(with_database(slow.servers.uri, slow.name))
    hosts = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{name}:{password}@{hosts}"))


@contextmanager
def hidden(slow: SlowStore, number: int) -> Iterator[str]:
    """The set with one member hidden; its address."""
    with slow.client() as client:
        config = client.admin.command("replSetGetConfig")["config"]
        host = f"127.0.0.1:{slow.servers.ports[number]}"
        (member,) = [one for one in config["members"] if one["host"] == host]
        member.update(hidden=True, priority=0)
        _configure(client, config)
        try:
            yield host
        finally:
            member.update(hidden=False, priority=1)
            _configure(client, config)


def _configure(client: Any, config: Any) -> None:
    config["version"] += 1
    client.admin.command("replSetReconfig", config)


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
