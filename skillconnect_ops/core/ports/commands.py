"""Commands that run commands, without printing and without raising."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.report import Report


class Commands(Protocol):
    """The front door as a port. Used only while no lock is held; no secret travels in argv."""

    def run(self, *argv: str) -> Report:
        """Run one command as if typed; errors come back as the report's status and error.

        Raises:
            Stop: a signal came, in time or too late for that command; nothing is to follow it.
        """

    def finish(self, *argv: str) -> Report:
        """Run the command that all ends with: a signal too late for it was too late for all.

        Raises:
            Stop: a signal came in time.
        """

    def applying(self, plan: Plan) -> "Commands":
        """The front door for a plan that was saved.

        What a command carries out has to be equal to it, or is refused (4). The person is the one
        at the terminal, who is shown the fresh plan and asked.
        """

    def elsewhere(self, folder: Path, variables: Mapping[str, str]) -> "Commands":
        """The front door as if typed in another folder, with some variables set besides."""
