"""The deployments that the suites of this folder are run on."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import quote

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.adapters.mongo import ServerAccounts, connect_accounts
from skillconnect_ops.core.ports.accounts import Account, Accounts, Role
from skillconnect_ops.core.secret import Secret
from tests.servers import make_user
from tests.wire import Loss, Wire, wire

AUTHENTICATION_FAILED = 18


class SelfManaged:
    """A real mongod behind a wire; see `tests/contracts/accounts.py`."""

    database = "admin"

    def __init__(self, servers: Mongod, accounts: ServerAccounts, line: Wire) -> None:
        self._servers = servers
        self._line = line
        self.accounts: Accounts = accounts

    def whole(self, name: str) -> Account:
        return Account(
            name=name,
            database=self.database,
            roles=frozenset({Role("readWrite", "app"), Role("read", "admin")}),
            restrictions=(
                {"clientSource": ["127.0.0.1", "10.0.0.0/8"]},
                {"clientSource": ["127.0.0.1"], "serverAddress": ["127.0.0.1", "::1"]},
            ),
            custom_data={"team": "é", "level": 2, "of": {"b": 1, "a": [True, None]}},
            mechanisms=frozenset({"SCRAM-SHA-256"}),
        )

    def other_roles(self) -> frozenset[Role]:
        return frozenset({Role("dbAdmin", "app"), Role("clusterMonitor", "admin")})

    def refused_password(self) -> Secret:
        return Secret("with\x07a-bell")

    def logs_in(self, name: str, password: Secret) -> bool:
        host = f"127.0.0.1:{self._servers.ports[0]}"
        login = f"{quote(name, safe='')}:{quote(password.reveal(), safe='')}"
        uri = f"mongodb://{login}@{host}/?authSource={self.database}&directConnection=true"
        with MongoClient(uri, serverSelectionTimeoutMS=5000) as client:
            try:
                client.admin.command("ping")
            except OperationFailure as error:
                if error.code == AUTHENTICATION_FAILED:
                    return False
                raise
        return True

    def next_answer_lost(self) -> AbstractContextManager[None]:
        return self._line.losing(Loss.ANSWER)

    def next_request_lost(self) -> AbstractContextManager[None]:
        return self._line.losing(Loss.REQUEST)

    @contextmanager
    def without_rights(self) -> Iterator[Accounts]:
        with connect_accounts(make_user(self._servers, "app", ["readWrite"])) as accounts:
            yield accounts


@pytest.fixture
def self_managed(one_node: Mongod) -> Iterator[SelfManaged]:
    """A replica set that keeps its own users."""
    port = one_node.ports[one_node.primary()]
    with (
        wire(port) as line,
        connect_accounts(one_node.uri, connect_map={f"127.0.0.1:{port}": line.address}) as accounts,
    ):
        yield SelfManaged(one_node, accounts, line)
        line.rule = lambda _: Loss.NOTHING
        for name in accounts.names("admin"):
            if name.startswith("u_"):
                accounts.drop(name, "admin")
