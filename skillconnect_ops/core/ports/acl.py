"""Users of a key-value server with access control lists: what a rotation asks for.

The server keeps users in memory; what is to outlive a restart must be saved to a file of its own,
and every node has users of its own. A password is kept as its SHA-256; a user may have several.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from enum import Enum
from typing import Protocol

from msgspec import Struct

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.outcome import Fact
from skillconnect_ops.core.secret import Secret

DEFAULT_USER = "default"
"""Who a connection is that names no user."""


class AclRights(Struct, frozen=True, kw_only=True):
    """What a user may do, in the server's own words. Two alike are equal."""

    flags: frozenset[str] = frozenset()
    """What else it says of a user but on, off and nopass, as `skip-sanitize-payload`."""
    keys: tuple[str, ...] = ()
    """`~app:*`, `%R~read:*`."""
    channels: tuple[str, ...] = ()
    """`&app:*`."""
    commands: tuple[str, ...] = ()
    """`-@all`, `+get`: a later one goes before an earlier one."""
    selectors: tuple[str, ...] = ()
    """Further sets of rights, each in parentheses (from version 7)."""


class AclUser(Struct, frozen=True, kw_only=True):
    """A user as the server lists it."""

    name: str
    enabled: bool
    any_password: bool
    """`nopass`: whoever names the user is let in. It is to be warned of."""
    passwords: int
    """How many it has."""
    rights: AclRights
    image: Secret
    """All of it, hashes of passwords included, for `restore`; opaque, and for the escrow alone."""


class AclSession(Struct, frozen=True, kw_only=True):
    """One open connection of a user."""

    name: str | None
    """What the client calls itself (`CLIENT SETNAME`)."""
    client: str
    """`host:port` of the other side, or the socket's path."""
    age_s: int
    idle_s: int
    number: int
    """Of this connection; a later one has a higher one, until the server starts anew."""


class AclServer(Struct, frozen=True, kw_only=True):
    """Who answered."""

    where: str
    """`host:port`, or the socket's path."""
    version: str
    user: str
    """Who we are there."""


class AclLink(Struct, frozen=True, kw_only=True):
    """What a URI says that is no secret."""

    where: str
    user: str
    """`default` where it names none."""
    names_user: bool
    has_password: bool
    tls: bool


class Persistence(Enum):
    """Where the server keeps its users over a restart."""

    ACL_FILE = "acl_file"
    """A file of users; `ACL SAVE`."""
    CONFIG_FILE = "config_file"
    """Its configuration file; `CONFIG REWRITE`."""


class AclError(Precondition):
    """A server or a user of it cannot be managed as asked. No text of it holds a password."""


class AclUriMalformed(AclError):
    """The URI cannot be read."""


class AclUnreachable(AclError):
    """No answer: nobody listens, no route, no TLS; or the connection was lost in the middle."""


class AclLoginRefused(AclError):
    """The server does not take this user with this password, or wants one and got none."""


class AclNotPermitted(AclError):
    """Our user may not run a command that is needed."""


class AclIsManaged(AclError):
    """Whoever runs the server has taken a command away: users are managed there, not here."""


class AclTooOld(AclError):
    """The server is older than users (version 6)."""


class UsersPerNode(AclError):
    """One of several nodes, each with users of its own: not tested, hence refused."""


class NotPersistent(AclError):
    """What is changed would be gone after a restart."""


class AclUserExists(AclError):
    """There is a user of that name already."""


class AclUserGone(AclError):
    """There is no user of that name (any more)."""


class AclNameUnusable(AclError):
    """No user can be called so."""


class RightsDiffer(AclError):
    """A user made like another has not its rights; it was removed again."""


class OwnUser(AclError):
    """It is the user that we are logged in as: we would lock ourselves out."""


class LastPassword(AclError):
    """It is the user's only password."""


class AcceptsAnyPassword(AclError):
    """The user has `nopass`: another password would end that, and lock out who has none."""


class AclRefused(AclError):
    """The server refused a command for another reason."""


class Acl(Protocol):
    """Manages the users of one server, as an administrator, over one connection.

    Every method is safe to call again after a lost answer, and raises an `AclError`:
    `AclUnreachable`, `AclNotPermitted` and `AclIsManaged` among them. A change is in force when
    the method returns, and lasts when `persist` was called after it.
    """

    def server(self) -> AclServer:
        """Who is there."""

    def number(self) -> int | None:
        """That of our own connection, as in `AclSession`; None where we may not know it."""

    def find(self, name: str) -> AclUser | None:
        """The user of that name, or None."""

    def names(self) -> Sequence[str]:
        """All users, sorted."""

    def create(self, name: str, *, like: AclUser, password: Secret) -> AclUser:
        """Create a user with the rights of another, enabled, with this password alone.

        Raises:
            AclUserExists: the name is taken, perhaps by a call before whose answer was lost.
            AclNameUnusable: it is empty, or has a space in it.
            RightsDiffer: the server did not take a right over.
        """

    def add_password(self, name: str, password: Secret) -> None:
        """Let the user log in with one more password; those that it has stay.

        Raises:
            AclUserGone: there is none.
            AcceptsAnyPassword: it wants none.
        """

    def remove_password(self, name: str, password: Secret) -> None:
        """Take one password from the user; one that it has not is fine. Open connections stay.

        Raises:
            AclUserGone: there is none.
            LastPassword: it has no other one.
        """

    def disable(self, name: str) -> None:
        """Refuse every further login of the user; open connections stay, see `disconnect`.

        Raises:
            AclUserGone: there is none.
            OwnUser: it is ours.
        """

    def disconnect(self, name: str) -> int:
        """End the user's connections but ours; says how many. An enabled one may come again."""

    def drop(self, name: str) -> None:
        """Remove the user and end its connections; one that is not there is fine.

        Raises:
            OwnUser: it is ours.
            AclRefused: it is `default`, which cannot be removed.
        """

    def restore(self, name: str, image: Secret) -> None:
        """Make the user exactly what `AclUser.image` says: rights, passwords, on or off."""

    def default_password(self) -> Secret | None:
        """The password that the configuration gives `default` (`requirepass`), None for none.

        After `add_password` it may be another one than those in force.
        """

    def set_default_password(self, password: Secret) -> None:
        """Give `default` this password alone, in the configuration as well; no overlap.

        The fallback where no user can be made: between this and the app's reload its new
        connections are refused; open ones stay. Works before version 6 too.
        """

    def sessions(self, name: str) -> Fact[tuple[AclSession, ...]]:
        """Who is connected as the user, but we; `Missing` where that cannot be seen.

        A connection that has not logged in (yet) counts as one of `default`.
        """

    def persistence(self) -> Persistence:
        """Where changes would be kept; only looks.

        Raises:
            NotPersistent: nowhere.
        """

    def claim(self, name: str, holder: str, *, lasts_s: int) -> Fact[bool]:
        """Take a name for a while, in an atomic step: a lock between machines that heals itself.

        A server makes a user by the same command that changes one, so that two who find a name
        free could both take it; this is what keeps them apart.

        Args:
            name: the name.
            holder: who takes it; the same one may take it again.
            lasts_s: after so many seconds it is free again.

        Returns:
            Whether it is the holder's now; `Missing` where our user may not write a key.
        """

    def release(self, name: str, holder: str) -> None:
        """Give a name back that `claim` took; one that is another's stays theirs."""

    def can_persist(self) -> Persistence:
        """Try it before anything is changed: save what is in force now.

        That makes lasting what somebody changed at run time alone, as any save does.

        Raises:
            NotPersistent: nowhere, or the file cannot be written.
        """

    def persist(self) -> Persistence:
        """Keep what is in force over a restart.

        The server says yes once the new file has taken the place of the old one. That it reads it
        again could only be seen by a restart, or by a reload that ends everybody's connections.

        Raises:
            NotPersistent: it could not.
        """


class AclAnswer(Enum):
    """What a server said to a URI's user and password, on a fresh connection."""

    ACCEPTED = "accepted"
    """Logged in, and refused with another password: this one counts."""
    OPEN = "open"
    """Let in, as with any other password: says nothing of this one."""
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - no password
    """WRONGPASS: no such user, not this password, or switched off."""
    PASSWORD_WANTED = "password_wanted"  # noqa: S105 - no password
    """NOAUTH: the URI has no password, and the server wants one."""
    NOT_PERMITTED = "not_permitted"
    """NOPERM: the password is right and alive, but the user may not even `PING`."""
    UNREACHABLE = "unreachable"
    """No answer: neither accepted nor refused, and never counted as either."""

    @property
    def refused(self) -> bool:
        """Whether user and password are known to be of no use."""
        return self in {AclAnswer.WRONG_PASSWORD, AclAnswer.PASSWORD_WANTED}


class AclLogin(Struct, frozen=True, kw_only=True):
    """One attempt."""

    where: str
    answer: AclAnswer
    reason: str = ""


class AclCanary(Struct, frozen=True, kw_only=True):
    """What the user of a URI could really do, tried with harmless commands."""

    read: Fact[str]
    """The key that was asked for."""
    written: Fact[str]
    """The key that was set, and removed again."""


class AclServers(Protocol):
    """Key-value servers, by URI."""

    def through(self, connect_map: Mapping[str, str]) -> "AclServers":
        """The same, where some are reached from here in another way than their URIs say.

        Args:
            connect_map: `host:port` as a URI has it -> as it is reached; nothing else of a URI is
                changed, so that over TLS the certificate has to be good for both.
        """

    def link(self, uri: Secret) -> AclLink:
        """What a URI says; nothing is contacted.

        Raises:
            AclUriMalformed: it cannot be read.
        """

    def password(self, uri: Secret) -> Secret | None:
        """The password in a URI, decoded; None where it has none.

        Raises:
            AclUriMalformed: it cannot be read.
        """

    def with_login(self, uri: Secret, *, user: str | None, password: Secret) -> Secret:
        """The same URI with another user and password, every other byte kept.

        Args:
            uri: the old one, with or without a user or a password.
            user: None for none: `redis://:password@…`.
            password: the new one.

        Raises:
            AclUriMalformed: it cannot be read.
        """

    def manage(self, uri: Secret) -> AbstractContextManager[Acl]:
        """Log in as an administrator.

        Raises:
            AclUriMalformed: it cannot be read.
            AclUnreachable: nobody answers.
            AclLoginRefused: wrong user or password.
            UsersPerNode: a replica, a primary with replicas, a node of a cluster, a sentinel.
        """

    def try_login(self, uri: Secret) -> AclLogin:
        """Log in as an application would, on a connection of its own; never raises for an answer.

        One that succeeds is followed by one with a made-up password, which the server may log.

        Raises:
            AclUriMalformed: it cannot be read.
        """

    def canary(self, uri: Secret, rights: AclRights) -> AclCanary:
        """Read and write as the user, under a key of our own; never raises for an answer.

        Args:
            uri: whose user and password are tried.
            rights: of that user; they say which keys it may touch.

        Raises:
            AclUriMalformed: it cannot be read.
        """
