"""Programs that run until they are told to end: a server of ours, and all that it starts."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.secret import Secret


class ServiceNotStarted(Precondition):
    """The program is not there, or may not be run."""


class AddressUnusable(Precondition):
    """Nothing can listen there: it is taken, or not ours to take."""


class Service(Protocol):
    """A program that runs. What it prints is heard while one of these methods waits."""

    def wait(self, patience_s: float) -> int | None:
        """Wait, and pass on what it prints; may be left by an exception at any time.

        Returns:
            How it ended, once all that it had started has ended, too; a negative one is the signal
            that ended it. None while it runs.
        """

    def ask_to_end(self) -> None:
        """Send it SIGTERM, and do not wait."""

    def kill(self) -> None:
        """Kill it and all that it started, and do not wait."""


class Services(Protocol):
    """Starts such programs, out of reach of the terminal's Ctrl-C, and ends them for certain."""

    def start(
        self,
        *argv: str,
        folder: Path,
        variables: Mapping[str, str],
        heard: Callable[[str], None],
        hidden: Sequence[Secret] = (),
    ) -> AbstractContextManager[Service]:
        """Run a program while the block runs; it ends with the block, or with this process.

        Neither it nor a child of it outlives us, however we end.

        Args:
            argv: the program and its arguments; no secret among them.
            folder: where it runs.
            variables: the whole of its environment.
            heard: is given each line that it prints, be it for people or as data.
            hidden: what is masked in those lines.

        Raises:
            ServiceNotStarted: it cannot be run.
        """

    def ensure_free(self, host: str, port: int) -> None:
        """See that something could listen there; only looks.

        Raises:
            AddressUnusable: another process listens there, or the address is not this machine's,
                or may not be taken; says what to type.
        """
