"""Plain programs that are run as children: sample scripts, `git init`."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.secret import Secret


class ProgramFailed(Precondition):
    """A program is not there, ended with an error, or fell silent."""

    code: int | None = None
    """How it ended, where it ended by itself; a negative one is the signal that ended it."""


class Conversation(Protocol):
    """A child that answers each line with a line, and stops when its input ends."""

    def hear(self) -> str:
        """Wait for its next line.

        Raises:
            ProgramFailed: it ended without one.
        """

    def say(self, line: str = "") -> None:
        """Send it a line."""

    def close(self) -> None:
        """End its input; what it says last can still be heard."""


class Processes(Protocol):
    """Starts children in a small environment and ends them for certain.

    Children are out of reach of the terminal's Ctrl-C: it comes to us, and we end them.
    """

    def run(
        self,
        *argv: str,
        folder: Path,
        given: Secret | None = None,
        variables: Mapping[str, str] | None = None,
        patience_s: float | None = None,
        hidden: Sequence[Secret] = (),
    ) -> str:
        """Run a program to its end; gives what it printed.

        Args:
            argv: the program and its arguments; no secret among them.
            folder: where it runs.
            given: the first line of its input.
            variables: what it finds in its environment, besides the path.
            patience_s: how long it may take; it is killed then, with all that it started.
            hidden: what is masked in a line that it complains in.

        Raises:
            ProgramFailed: it is not there, took too long, or ended with an error; the last line it
                complained in.
        """

    def talk(self, *argv: str, folder: Path, given: Secret) -> AbstractContextManager[Conversation]:
        """Start a program and talk to it while the block runs; afterwards it has ended.

        Raises:
            ProgramFailed: it is not there.
        """
