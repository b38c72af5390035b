"""Servers that we start ourselves, for drills and the demo, and end for certain."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from skillconnect_ops.core.secret import Secret


class Embedded(Protocol):
    """Starts throw-away servers on free ports of the loopback address."""

    def mongodb(
        self, folder: Path, *, auth: bool = True, members: int = 1
    ) -> AbstractContextManager[Secret]:
        """A replica set in the folder; gives the URI of its root user, ends the servers at exit.

        The servers die with this process even when it is killed.

        Raises:
            Precondition: no `mongod` on PATH and no wheel that brings one; names what to install.
        """
