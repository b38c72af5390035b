"""What a MongoDB Atlas project offers besides the users of any deployment.

Its users are managed over the Admin API, spread to its clusters little by little, and may be told
to delete themselves.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from ipaddress import ip_network
from typing import Protocol

from msgspec import Struct

from skillconnect_ops.core.outcome import Fact
from skillconnect_ops.core.ports.accounts import Account, Accounts
from skillconnect_ops.core.secret import Secret

HOSTS = (".mongodb.net", ".mongodbgov.net")
USERS_LIVE_IN = "admin"
"""Where Atlas looks up every user that has a password."""


def is_of_atlas(host: str) -> bool:
    """Whether a host, with or without a port, is one that Atlas runs: users are managed there."""
    name = host.lower().rpartition(":")[0] if host[-1:].isdecimal() else host.lower()
    return name.rstrip(".").endswith(HOSTS)


class AtlasCluster(Struct, frozen=True, kw_only=True):
    """A cluster of the project, and whether it has taken over the last change of users."""

    name: str
    paused: bool
    """Nobody can log in to it; it takes changes over when it is resumed."""
    applied: bool


class Access(Enum):
    """What the key of an Atlas project must have before a rotation can begin, in this order."""

    KEY = "key"
    """Atlas knows it."""
    ADDRESS = "address"
    """It may be used from this machine's address."""
    PROJECT = "project"
    """The project is there, and the key belongs to it."""
    ROLE = "role"
    """It may manage database users."""
    CLUSTERS = "clusters"
    """It may see whether a change has reached each cluster."""


class AccessFact(Struct, frozen=True, kw_only=True):
    """One look at the key; nothing was changed for it."""

    about: Access
    holds: Fact[bool]
    said: str
    """What was seen."""
    fix: str = ""
    """The remedy, where it does not hold."""


class AccessEntry(Struct, frozen=True, kw_only=True):
    """One entry of the list of addresses that may reach the clusters (Network Access)."""

    value: str
    """As Atlas lists it: `203.0.113.9`, `10.0.0.0/8`, or a security group of AWS."""
    comment: str = ""
    expires_at: str | None = None

    @property
    def lets_everybody_in(self) -> bool:
        """Whether it is the whole internet, or half of it."""
        try:
            return ip_network(self.value, strict=False).prefixlen <= 1
        except ValueError:
            return False


class AtlasKey(Struct, frozen=True, kw_only=True):
    """A key to the Admin API of the project, or a service account; nothing of its secret."""

    id: str
    public: str
    about: str
    roles: tuple[str, ...]


class LoginSeen(Struct, frozen=True, kw_only=True):
    """A login at a cluster, as Atlas kept it; that is some days."""

    at: str
    cluster: str
    user: str
    address: str
    accepted: bool
    reason: str = ""


class AtlasProject(Accounts, Protocol):
    """The users of one Atlas project, and who may reach its clusters."""

    def create(
        self, account: Account, password: Secret, *, expires_at: datetime | None = None
    ) -> None:
        """Create the user; with `expires_at` (aware, at most 7 days ahead) it deletes itself.

        Raises:
            AccountExists: the name is taken.
            PasswordRefused: the deployment's policy.
        """

    def expires_at(self, name: str, database: str) -> datetime | None:
        """When the user deletes itself; None if it stays.

        Raises:
            AccountGone: there is none.
        """

    def make_permanent(self, name: str, database: str) -> None:
        """Take the expiry of a user away; one that has none is fine.

        Raises:
            AccountGone: there is none (any more).
        """

    def clusters(self) -> Sequence[AtlasCluster]:
        """Every cluster of the project, sorted by name."""

    def check(self) -> Sequence[AccessFact]:
        """Whether the key will do, one fact for each `Access`; reads, and changes nothing."""

    def access_list(self) -> Sequence[AccessEntry]:
        """From where the clusters can be reached, sorted by value."""

    def close_access(self, value: str) -> None:
        """Take an entry off the list; one that is not there is fine."""

    def open_access(self, entry: AccessEntry) -> None:
        """Put an entry on the list; one that is there is replaced by its like."""

    def api_keys(self) -> Sequence[AtlasKey]:
        """Who may use the Admin API for this project: keys, and service accounts."""

    def logins_seen(self) -> Sequence[LoginSeen]:
        """The last logins at each cluster, newest first; a paused or shared one keeps none."""
