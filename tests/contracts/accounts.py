"""What the suite for `Accounts` asks of a deployment, besides the port itself.

A kind of deployment is a fixture of `conftest.py` beside this file that gives a `Deployment`; its
name stands in `DEPLOYMENTS`.
"""

import secrets
import time
from contextlib import AbstractContextManager
from typing import Protocol

from skillconnect_ops.core.ports.accounts import Account, Accounts, Role
from skillconnect_ops.core.secret import Secret

DEPLOYMENTS = ("self_managed",)
"""Names of fixtures, each a `Deployment`."""

SETTLES_S = 60


class Deployment(Protocol):
    """A real deployment, or a server that answers as one does."""

    @property
    def accounts(self) -> Accounts:
        """The port under test, connected as an administrator."""

    @property
    def database(self) -> str:
        """Where its users are looked up."""

    def whole(self, name: str) -> Account:
        """A user with all that this kind of deployment keeps, every such field set."""

    def other_roles(self) -> frozenset[Role]:
        """Roles that `whole` does not have."""

    def refused_password(self) -> Secret:
        """One that the deployment does not take."""

    def logs_in(self, name: str, password: Secret) -> bool:
        """Whether a fresh login is accepted; asked of the deployment itself, not of the port."""

    def next_answer_lost(self) -> AbstractContextManager[None]:
        """Within, the next change takes effect and its answer is lost on the way back."""

    def next_request_lost(self) -> AbstractContextManager[None]:
        """Within, the next change is lost on the way there, so that nothing happens."""

    def without_rights(self) -> AbstractContextManager[Accounts]:
        """The port, connected as one who may manage no users."""


def fresh_name() -> str:
    """A user name that no other test has."""
    return f"u_{secrets.token_hex(5)}"


def fresh_password() -> Secret:
    """A good one."""
    return Secret(secrets.token_urlsafe(24))


def settle(accounts: Accounts) -> None:
    """Wait until the last change is in force everywhere."""
    until = time.monotonic() + SETTLES_S
    while accounts.pending():
        assert time.monotonic() < until, "it stays pending"
        time.sleep(0.05)
