"""Servers that we start ourselves: mongod and redis-server, on PATH or from wheels."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from skillconnect_ops.adapters.embedded.mongod import Mongod, MongodOptions, run_mongod
from skillconnect_ops.adapters.embedded.process import CannotStart, Keeper
from skillconnect_ops.adapters.embedded.programs import NotInstalled
from skillconnect_ops.adapters.embedded.redis import RedisOptions, RedisServer, run_redis
from skillconnect_ops.core.ports.embedded import Login
from skillconnect_ops.core.secret import Secret

__all__ = [
    "CannotStart",
    "EmbeddedServers",
    "Mongod",
    "MongodOptions",
    "NotInstalled",
    "RedisOptions",
    "RedisServer",
    "run_mongod",
    "run_redis",
]


class EmbeddedServers:
    """The `Embedded` port with real servers."""

    @contextmanager
    def mongodb(
        self,
        folder: Path,
        *,
        auth: bool = True,
        members: int | None = 1,
        cache_gb: float = 0.25,
        expires: bool = True,
    ) -> Iterator[Secret]:
        """A replica set in the folder; see the port."""
        parameters: dict[str, str | int] = {} if expires else {"ttlMonitorEnabled": "false"}
        options = MongodOptions(
            auth=auth, members=members, cache_gb=cache_gb, parameters=parameters
        )
        with run_mongod(folder, options) as servers:
            yield servers.uri

    @contextmanager
    def redis(self, folder: Path, *, users: Sequence[Login] = ()) -> Iterator[Secret]:
        """A redis-server in the folder; see the port."""
        with run_redis(folder, RedisOptions(users=users)) as server:
            yield server.uri

    @contextmanager
    def folder(self, folder: Path) -> Iterator[None]:
        """The folder while the block runs; see the port."""
        with Keeper(folder):
            yield
