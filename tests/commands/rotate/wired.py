"""The port to Redis with every call through a fuse; a look at the world before and after each."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from skillconnect_ops.adapters.redis import RedisServers
from skillconnect_ops.core.secret import Secret
from tests.faults import Fuse, fused


class Watching(Fuse):
    """A fuse that looks at the world around each call."""

    def __init__(self, *, look: Callable[[], None] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._look = look or (lambda: None)

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        self._look()
        try:
            return super().around(name, call)
        finally:
            self._look()


class FusedServers:
    """Implements `AclServers`: logins, and each command of an administrator, count."""

    def __init__(self, fuse: Fuse, connect_map: Mapping[str, str] | None = None) -> None:
        self._real = RedisServers(connect_map)
        self._fuse = fuse

    def through(self, connect_map: Mapping[str, str]) -> "FusedServers":
        return FusedServers(self._fuse, connect_map)

    def __getattr__(self, name: str) -> Any:
        if name in {"try_login", "canary"}:
            return getattr(fused(self._real, self._fuse), name)
        return getattr(self._real, name)

    @contextmanager
    def manage(self, uri: Secret) -> Iterator[Any]:
        self._fuse.around("manage", lambda: None)
        with self._real.manage(uri) as acl:
            yield fused(acl, self._fuse)
