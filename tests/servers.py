"""Real servers for the tests: one of each kind per worker, started when first asked for.

They end with the worker, also when it is killed (see `adapters/embedded/keeper.py`). A test that
stops or kills a server starts it again.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import bson
import pytest
from pymongo import MongoClient

from skillconnect_ops.adapters.embedded import Mongod, MongodOptions, run_mongod, run_redis
from skillconnect_ops.core.ports.database import Database
from skillconnect_ops.core.secret import Secret

# a login costs a third of what it does by default, and the tests make tens of thousands
CHEAP = {"scramSHA256IterationCount": 5000, "scramIterationCount": 5000}


@pytest.fixture(scope="session")
def one_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """A replica set of one node, with users; can be stopped, killed and started."""
    options = MongodOptions(members=1, parameters=CHEAP)
    with run_mongod(tmp_path_factory.mktemp("one"), options) as servers:
        yield servers


@pytest.fixture
def mongo(one_node: Mongod) -> Secret:
    """The root user's URI of the replica set of one node."""
    return one_node.uri


@pytest.fixture(scope="session")
def three_nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """A replica set of three nodes, for elections."""
    options = MongodOptions(members=3, parameters=CHEAP)
    with run_mongod(tmp_path_factory.mktemp("three"), options) as servers:
        yield servers


@pytest.fixture(scope="session")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """A server that is no member of a replica set, with users."""
    options = MongodOptions(members=None, parameters=CHEAP)
    with run_mongod(tmp_path_factory.mktemp("alone"), options) as servers:
        yield servers


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secret]:
    """The URI of a redis-server with a password."""
    with run_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server.uri


@pytest.fixture
def client(mongo: Secret) -> Iterator[MongoClient[Any]]:
    """A plain client of the root user, for preparing and for asking the world."""
    with MongoClient[Any](mongo.reveal(), serverSelectionTimeoutMS=20_000) as connected:
        yield connected


@pytest.fixture
def database(client: MongoClient[Any]) -> Iterator[str]:
    """The name of a database that no other test has; dropped afterwards."""
    name = f"t_{secrets.token_hex(5)}"
    yield name
    client.drop_database(name)


def make_user(
    servers: Mongod,
    database: str,
    roles: Sequence[str | Mapping[str, Any]],
    *,
    password: str | None = None,
) -> Secret:
    """Create a user of the database; gives a URI with the database in its path and no authSource.

    So its `authSource` is that database, as the facts have it. Users go with `dropAllUsers`, or
    with the server.
    """
    name = f"u_{secrets.token_hex(4)}"
    password = password or secrets.token_urlsafe(12)
    with servers.client(servers.primary()) as root:
        root[database].command("createUser", name, pwd=password, roles=list(roles))
    head, _, tail = servers.uri.reveal().partition("@")
    hosts, _, query = tail.partition("/?")
    rest = query.removeprefix("authSource=admin").removeprefix("&")
    scheme = head.partition("//")[0]
    return Secret(f"{scheme}//{name}:{password}@{hosts}/{database}?{rest}")


def put(
    opened: Database,
    database: str,
    collection: str,
    *documents: bytes | Mapping[str, Any],
    bypass_validation: bool = False,
) -> None:
    """Insert through the port some documents, BSON or mappings."""
    encoded = [one if isinstance(one, bytes) else bson.encode(one) for one in documents]
    opened.insert(
        database,
        collection,
        b"".join(encoded),
        count=len(encoded),
        bypass_validation=bypass_validation,
    )
