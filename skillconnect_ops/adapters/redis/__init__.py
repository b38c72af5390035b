"""Redis, and what speaks as it does (Valkey): users, persistence, logins."""

from collections.abc import Iterator
from contextlib import contextmanager

from skillconnect_ops.adapters.redis.canary import canary
from skillconnect_ops.adapters.redis.login import try_login
from skillconnect_ops.adapters.redis.uri import parse
from skillconnect_ops.adapters.redis.users import RedisAcl, open_acl
from skillconnect_ops.core.ports.acl import AclCanary, AclLink, AclLogin, AclRights
from skillconnect_ops.core.secret import Secret

__all__ = ["RedisAcl", "RedisServers", "canary", "open_acl", "parse", "try_login"]


class RedisServers:
    """Implements `core.ports.acl.AclServers`."""

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
        with open_acl(parse(uri)) as acl:
            yield acl

    def try_login(self, uri: Secret) -> AclLogin:
        """Log in as an application would."""
        return try_login(parse(uri))

    def canary(self, uri: Secret, rights: AclRights) -> AclCanary:
        """Read and write as the user."""
        return canary(parse(uri), rights)
