"""Servers that we start ourselves, for drills and the demo, and end for certain."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from skillconnect_ops.core.secret import Secret


class Embedded(Protocol):
    """Starts throw-away servers on free ports of the loopback address.

    They live in a new private folder (0700) below the given one. Servers and folder go at exit, and
    also when this process is killed; what of the given folder did not exist goes too.
    """

    def mongodb(
        self,
        folder: Path,
        *,
        auth: bool = True,
        members: int | None = 1,
        cache_gb: float = 0.25,
        expires: bool = True,
    ) -> AbstractContextManager[Secret]:
        """A replica set (a standalone server when `members` is None); gives the root user's URI.

        Where `expires` is False, no document goes by a TTL index.

        Raises:
            Precondition: no `mongod` on PATH and no wheel that brings one; names what to install.
        """

    def redis(self, folder: Path) -> AbstractContextManager[Secret]:
        """A redis-server with a password; gives its URI.

        Raises:
            Precondition: no `redis-server` on PATH and no wheel that brings one.
        """
