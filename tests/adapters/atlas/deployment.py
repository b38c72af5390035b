"""An Atlas project as the suite for every `Accounts` asks for it; see `tests/contracts`."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from skillconnect_ops.adapters.atlas import AtlasAccounts
from skillconnect_ops.core.ports.accounts import Account, Accounts, Role
from skillconnect_ops.core.secret import Secret
from tests.adapters.atlas.server import Atlas, Fault, Seen


class Project:
    """A server that answers as Atlas does; see `tests/contracts/accounts.py`."""

    database = "admin"

    def __init__(self, atlas: Atlas, accounts: AtlasAccounts) -> None:
        self._atlas = atlas
        self.accounts: Accounts = accounts

    def whole(self, name: str) -> Account:
        return Account(
            name=name,
            database=self.database,
            roles=frozenset({Role("readWrite", "app"), Role("read", "app", "audit")}),
            scopes=({"name": "alpha", "type": "CLUSTER"}, {"name": "beta", "type": "CLUSTER"}),
            labels=({"key": "team", "value": "é"},),
        )

    def other_roles(self) -> frozenset[Role]:
        return frozenset({Role("dbAdmin", "app"), Role("clusterMonitor", "admin")})

    def refused_password(self) -> Secret:
        return Secret("pa%s é")

    def logs_in(self, name: str, password: Secret) -> bool:
        return self._atlas.logs_in(name, password.reveal())

    @contextmanager
    def next_answer_lost(self) -> Iterator[None]:
        with self._next_change(Fault.DROPPED_AFTER):
            yield

    @contextmanager
    def next_request_lost(self) -> Iterator[None]:
        with self._next_change(Fault.RESET):
            yield

    @contextmanager
    def without_rights(self) -> Iterator[Accounts]:
        before = self._atlas.roles
        self._atlas.roles = {"GROUP_READ_ONLY"}
        with opened(self._atlas) as accounts:
            yield accounts
        self._atlas.roles = before

    @contextmanager
    def _next_change(self, fault: Fault) -> Iterator[None]:
        left = [fault]

        def faults(_number: int, seen: Seen) -> Fault | None:
            change = seen.method != "GET" and "databaseUsers" in seen.path
            return left.pop() if change and left else None

        self._atlas.faults = faults
        yield
        assert not left, "no change was tried"
        self._atlas.faults = lambda _number, _seen: None


@contextmanager
def opened(atlas: Atlas) -> Iterator[AtlasAccounts]:
    """The adapter, as the project's service account."""
    key = Secret(atlas.service_account)
    with AtlasAccounts(atlas.project, key, clock=atlas.clock, base_url=atlas.url) as accounts:
        yield accounts


@pytest.fixture
def atlas_project() -> Iterator[Project]:
    """A project of three clusters that take changes over little by little."""
    with Atlas().running() as atlas, opened(atlas) as accounts:
        atlas.quotes_the_password = True
        yield Project(atlas, accounts)
