"""Servers that we start ourselves, for drills and the demo, and end for certain."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from skillconnect_ops.core.secret import Secret


class Login(Struct, frozen=True):
    """A user and the password that it gets."""

    name: str
    password: Secret


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

    def redis(self, folder: Path, *, users: Sequence[Login] = ()) -> AbstractContextManager[Secret]:
        """A redis-server with a password; gives its administrator's URI.

        Args:
            folder: where its folder is made.
            users: who else may log in, to use data and to manage nothing. A server that is older
                than users (version 6) has none of them.

        Raises:
            Precondition: no `redis-server` on PATH and no wheel that brings one.
        """

    def folder(self, folder: Path) -> AbstractContextManager[None]:
        """A private folder for such servers and for what belongs to them, passwords among it.

        It is new, or empty. What is in it goes at exit, and also when this process is killed; so
        does the folder, unless it was there before.

        Raises:
            OSError: it cannot be made.
        """
