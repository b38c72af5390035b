"""One connection to a Redis, and what it says, in the words of the port.

Not redis-py's client: that logs in by itself, tries again by itself, and says hello in ways that
older and managed servers refuse. A fresh connection, `AUTH` and its answer are all we ask about.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis.backoff import NoBackoff
from redis.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import (
    AuthenticationError,
    NoPermissionError,
    RedisError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from skillconnect_ops.adapters.redis.uri import RedisUri
from skillconnect_ops.core.ports.acl import (
    AclError,
    AclIsManaged,
    AclNotPermitted,
    AclRefused,
    AclTooOld,
    AclUnreachable,
)
from skillconnect_ops.core.ports.database import APP_NAME
from skillconnect_ops.core.secret import Secret

PATIENCE_S = 10.0
USERS_SINCE = 6
_LONGEST = 300
_NETWORK = frozenset(
    {"socket_timeout", "socket_connect_timeout", "retry_on_timeout", "retry_on_error"}
)
_LATER = frozenset({"db"})
"""Redis-py would select the database before anybody is logged in."""
_POOL = frozenset(
    {"max_connections", "timeout", "health_check_interval", "client_name", "protocol"}
)
_READING = frozenset({"encoding", "encoding_errors", "decode_responses"})


class Line:
    """One open connection. What is sent is in no error: it may hold a password or its hash."""

    def __init__(self, uri: RedisUri, raw: Any) -> None:
        self.uri = uri
        self._raw = raw
        self.version = ""

    def ask(self, *words: str | bytes) -> Any:
        """The server's answer, as it is; lists of text for lists.

        Raises:
            RedisError: its refusal, in its own words.
            AclUnreachable: no answer.
        """
        try:
            self._raw.send_command(*words)
            return self._raw.read_response()
        except AuthenticationError:  # an answer, though redis-py counts it among lost connections
            raise
        except (RedisConnectionError, RedisTimeoutError, OSError) as error:
            self._raw.disconnect()
            raise lost(self.uri, error) from error

    def do(self, *words: str, hiding: tuple[Secret, ...] = ()) -> Any:
        """The same, with the port's errors alone.

        Args:
            words: a command and its arguments.
            hiding: what the server's words may hold of the arguments, and no text may show.
        """
        try:
            return self.ask(*words)
        except RedisError as error:
            raise self.told(error, words, hiding) from None  # its text may quote an argument

    def told(
        self, error: RedisError, words: tuple[str, ...], hiding: tuple[Secret, ...] = ()
    ) -> AclError:
        """The port's error for a refusal."""
        said = self.uri.redact(str(error), *hiding)
        shown = _shown(words)
        where, user = self.uri.link.where, self.uri.link.user
        if isinstance(error, NoPermissionError) or said.startswith("NOPERM"):
            return AclNotPermitted(
                f"the user '{user}' may not run {shown} on {where}",
                why="the server says that its rights do not allow it",
                fix=f"as an administrator: ACL SETUSER {user} +{_permission(words)}; "
                "or name another administrator",
            )
        if "unknown command" in said.lower():
            return self._taken_away(shown)
        return AclRefused(f"{where} refuses {shown}", why=said[:_LONGEST], fix="see what it says")

    def _taken_away(self, shown: str) -> AclError:
        where = self.uri.link.where
        major = int(self.version.partition(".")[0] or USERS_SINCE)
        if major < USERS_SINCE and shown.startswith("ACL"):
            return AclTooOld(
                f"{where} has no users",
                why=f"it is version {self.version}; users came with version 6",
                fix="rotate its one password in place (requirepass), or upgrade the server",
            )
        return AclIsManaged(
            f"{where} does not offer {shown}",
            why="whoever runs the server has taken the command away, as managed services do",
            fix="rotate it where the service is managed (its console or API), and hand the new "
            "URI over as kind manual",
        )


@contextmanager
def connected(uri: RedisUri, *, patience_s: float = PATIENCE_S) -> Iterator[Line]:
    """A fresh connection; nobody is logged in yet.

    Raises:
        AclUnreachable: nobody answers, or TLS fails.
    """
    raw = _made(uri, patience_s)
    try:
        try:
            raw.connect()
        except (RedisError, OSError) as error:
            raise lost(uri, error) from error
        yield Line(uri, raw)
    finally:
        raw.disconnect()


def lost(uri: RedisUri, error: Exception) -> AclUnreachable:
    """Why there is no answer."""
    said, where = uri.redact(str(error)), uri.link.where
    if any(isinstance(cause, ssl.SSLError) for cause in _chain(error)):
        return AclUnreachable(
            f"{where} cannot be talked to over TLS",
            why=said[:_LONGEST],
            fix="check the certificate and its host name (ssl_ca_certs=… in the URI names an "
            "authority), and whether the port speaks TLS at all (rediss://) or not (redis://)",
        )
    return AclUnreachable(
        f"{where} does not answer",
        why=said[:_LONGEST] or "the connection was closed",
        fix="check host, port and firewall, whether the server runs, and redis:// against rediss://",
    )


def _made(uri: RedisUri, patience_s: float) -> Any:
    options = uri.options()
    kind = options.pop("connection_class", Connection)
    if kind is not UnixDomainSocketConnection and not issubclass(kind, SSLConnection):
        kind = Connection
    own = {
        name: options[name] for name in options if name not in _NETWORK | _POOL | _READING | _LATER
    }
    return kind(
        **own,
        protocol=2,
        driver_info=None,  # it would be sent before anybody is logged in
        retry=Retry(NoBackoff(), 0),
        socket_timeout=patience_s,
        socket_connect_timeout=patience_s,
        decode_responses=True,
        encoding="utf-8",
        encoding_errors="surrogateescape",  # a key pattern is bytes, and comes back as it was
        client_name=None,
    )


def log_in(line: Line, user: str, password: Secret | None, *, named: bool) -> None:
    """`AUTH`, in the form that servers before version 6 know where no user is named.

    Raises:
        RedisError: the refusal.
    """
    if password is None:
        return
    words = ("AUTH", user, password.reveal()) if named else ("AUTH", password.reveal())
    line.ask(*words)


def introduce(line: Line) -> None:
    """Tell the server who we are, where we may: an administrator reads it in CLIENT LIST."""
    try:
        line.ask("CLIENT", "SETNAME", APP_NAME)
    except RedisError:  # a courtesy only
        return


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


_CONTAINERS = frozenset({"ACL", "CONFIG", "CLIENT"})


def _shown(words: tuple[str, ...]) -> str:
    """A command's name; no argument of it."""
    return " ".join(words[: 2 if words[0] in _CONTAINERS else 1])


def _permission(words: tuple[str, ...]) -> str:
    return "|".join(word.lower() for word in words[: 2 if words[0] in _CONTAINERS else 1])
