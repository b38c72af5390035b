"""Redis, and what speaks as it does (Valkey): users, persistence, logins."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from skillconnect_ops.adapters.redis.canary import canary
from skillconnect_ops.adapters.redis.login import try_login
from skillconnect_ops.adapters.redis.uri import parse
from skillconnect_ops.adapters.redis.users import RedisAcl, open_acl
from skillconnect_ops.core.ports.acl import AclCanary, AclLink, AclLogin, AclRights
from skillconnect_ops.core.secret import Secret

__all__ = ["RedisAcl", "RedisServers", "canary", "open_acl", "parse", "try_login"]


class RedisServers:
    """Implements `core.ports.acl.AclServers`.

    Args:
        connect_map: `host:port` as a URI has it -> as it is reached from here.
    """

    def __init__(self, connect_map: Mapping[str, str] | None = None) -> None:
        self._map = connect_map or {}

    def through(self, connect_map: Mapping[str, str]) -> "RedisServers":
        """The same, where some are reached in another way."""
        return RedisServers(connect_map)

    def link(self, uri: Secret) -> AclLink:
        """What a URI says."""
        return parse(uri).link

    def password(self, uri: Secret) -> Secret | None:
        """The password in a URI."""
        return parse(uri).password

    def with_login(self, uri: Secret, *, user: str | None, password: Secret) -> Secret:
        """The same URI with another user and password."""
        return parse(uri).with_login(user, password)

    @contextmanager
    def manage(self, uri: Secret) -> Iterator[RedisAcl]:
        """Log in as an administrator."""
        with open_acl(parse(uri).through(self._map)) as acl:
            yield acl

    def try_login(self, uri: Secret) -> AclLogin:
        """Log in as an application would."""
        return try_login(parse(uri).through(self._map))

    def canary(self, uri: Secret, rights: AclRights) -> AclCanary:
        """Read and write as the user."""
        return canary(parse(uri).through(self._map), rights)
