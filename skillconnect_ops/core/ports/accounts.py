"""Users of a MongoDB deployment, and whether a login works: what a rotation asks for.

Two adapters implement `Accounts`: the server's own user commands, and the Atlas Admin API. Both
pass one suite, `tests/contracts/test_accounts.py`.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Protocol

from msgspec import Struct

from skillconnect_ops.core.outcome import Fact, Missing
from skillconnect_ops.core.ports.database import DatabaseError
from skillconnect_ops.core.secret import Secret


class Role(Struct, frozen=True, order=True):
    """One role granted on one database, on Atlas perhaps on one collection alone."""

    name: str
    database: str
    collection: str | None = None


class Account(Struct, frozen=True, kw_only=True):
    """A user as the deployment lists it, all but the password. Two alike are equal but by name."""

    name: str
    database: str
    """Where it is looked up (`authSource`)."""
    roles: frozenset[Role] = frozenset()
    restrictions: tuple[Mapping[str, Any], ...] = ()
    """`authenticationRestrictions`, as the server shows them."""
    custom_data: Mapping[str, Any] | None = None
    mechanisms: frozenset[str] = frozenset()
    """`SCRAM-SHA-256`, …; what the same user made anew shall offer."""
    scopes: tuple[Mapping[str, Any], ...] = ()
    """Atlas: the clusters that it may reach; none means all."""
    labels: tuple[Mapping[str, Any], ...] = ()
    """Atlas."""

    def named(self, name: str) -> "Account":
        """The same rights under another name."""
        return Account(
            name=name,
            database=self.database,
            roles=self.roles,
            restrictions=self.restrictions,
            custom_data=self.custom_data,
            mechanisms=self.mechanisms,
            scopes=self.scopes,
            labels=self.labels,
        )


class AccountSession(Struct, frozen=True, kw_only=True):
    """One open connection of a user."""

    app_name: str | None
    client: str | None
    """`host:port` of the other side."""
    node: str
    """The member of the replica set that it is open to."""
    active: bool
    """Whether an operation runs on it now."""


class NotShown(Missing, frozen=True):
    """The connections of others are not shown to whoever asked; a user may always see its own."""


class AccountError(DatabaseError):
    """A user cannot be managed as asked. No text of it holds a password."""


class AccountExists(AccountError):
    """There is a user of that name already; on two machines the name is the lock between them."""


class AccountGone(AccountError):
    """There is no user of that name (any more)."""


class AccountsAreManaged(AccountError):
    """The deployment's users are managed elsewhere (Atlas): user commands are undone there."""


class AccountIsExternal(AccountError):
    """The user has no password here: a certificate or another directory stands for it."""


class PasswordRefused(AccountError):
    """The deployment does not take that password (its policy)."""


class Accounts(Protocol):
    """Manages users as an administrator. Every method is safe to call again after a lost answer.

    Each raises a `DatabaseError`: `NotAuthorized` (which action is lacking) and `ServerLost` among
    them. A change is durable on a majority when the method returns.
    """

    def find(self, name: str, database: str) -> Account | None:
        """The user of that name, or None."""

    def names(self, database: str) -> Sequence[str]:
        """All users of a database, sorted."""

    def create(self, account: Account, password: Secret) -> None:
        """Create the user.

        After a lost answer the caller decides, by `find` and a login, whether an earlier call of
        its own took effect or another one has the name.

        Raises:
            AccountExists: the name is taken.
            PasswordRefused: the deployment's policy.
        """

    def set_password(self, name: str, database: str, password: Secret) -> None:
        """Give the user another password; open connections stay.

        Raises:
            AccountGone: there is none.
        """

    def set_roles(self, name: str, database: str, roles: frozenset[Role]) -> None:
        """Give the user exactly these roles; an empty set disarms open connections at once.

        Raises:
            AccountGone: there is none.
        """

    def drop(self, name: str, database: str) -> None:
        """Remove the user; one that is not there is fine."""

    def sessions(self, name: str, database: str) -> Fact[tuple[AccountSession, ...]]:
        """Who is logged in as the user, on all nodes; `Missing` where that cannot be seen.

        A user may always see its own connections: then those that no other member names (hidden
        ones) are left out, which no application is connected to.
        """

    def pending(self) -> Sequence[str]:
        """Clusters that have not yet taken over the last change; none where changes are at once."""

    def close(self) -> None:
        """Give the connections back."""


class LoginAnswer(Enum):
    """What a node said to a user and password."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """Authentication failed (code 18): such a user with such a password is not known there."""
    UNREACHABLE = "unreachable"
    """No answer: neither accepted nor refused, and never counted as either."""


class Login(Struct, frozen=True, kw_only=True):
    """One attempt at one node."""

    node: str
    answer: LoginAnswer
    reason: str = ""


class Canary(Struct, frozen=True, kw_only=True):
    """What the user of a URI could really do, tried with harmless operations."""

    read: Fact[str]
    """The namespace that was read."""
    written: Fact[str]
    """The namespace in which a document was inserted and removed again."""


class Address(Struct, frozen=True, kw_only=True):
    """What a connection string says, but for the password."""

    user: str
    database: str
    """Where the user is looked up (`authSource`)."""
    where: str
    """The hosts, for people."""
    named: str | None
    """The database in its path: what the application works on."""


class Logins(Protocol):
    """Tries a connection string as its application would: fresh connections, its own options."""

    def address(self, uri: Secret) -> Address:
        """Take a connection string apart; nothing is contacted.

        Raises:
            MalformedUri: it cannot be read, or names no user.
        """

    def with_login(self, uri: Secret, user: str, password: Secret) -> Secret:
        """The same string for another user; every byte that is no part of the login stays."""

    def with_password(self, uri: Secret, password: Secret) -> Secret:
        """The same string with another password; every other byte stays, the user's name too."""

    def password_of(self, uri: Secret) -> Secret:
        """The password of a connection string, decoded.

        Raises:
            MalformedUri: it cannot be read, or has none.
        """

    def try_everywhere(self, uri: Secret) -> Sequence[Login]:
        """Log in on every data-bearing node, each over a connection of its own; in bounded time.

        Never raises for an answer: what cannot be reached says so. An accepted login has a reason
        where it proves nothing, since the node lets everybody in. A refused one may also mean that
        the user's authentication restrictions leave out the machine that we run on.

        Raises:
            MalformedUri: it cannot be read, or names no user.
        """

    def canary(self, uri: Secret, database: str) -> Canary:
        """Read and write as the user, in a collection of our own where its roles allow one.

        What it wrote is gone when it returns; so is the collection, if it was not there before
        and the user may drop it.

        Raises:
            DatabaseError: it cannot even log in, or may not do what its privileges say.
        """
