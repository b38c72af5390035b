"""The process environment, read in one place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class Environment(Protocol):
    """What the process was started with."""

    def get(self, name: str) -> str | None:
        """A variable, or None; an empty one counts as absent."""

    def variables(self) -> Mapping[str, str]:
        """All of them, for a program that is started as if it had been typed here."""

    @property
    def folder(self) -> Path:
        """The working folder."""

    @property
    def state_home(self) -> Path:
        """`$XDG_STATE_HOME/skc`, by default `~/.local/state/skc`."""
