"""The process environment, read in one place."""

from pathlib import Path
from typing import Protocol


class Environment(Protocol):
    """What the process was started with."""

    def get(self, name: str) -> str | None:
        """A variable, or None; an empty one counts as absent."""

    @property
    def folder(self) -> Path:
        """The working folder."""

    @property
    def state_home(self) -> Path:
        """`$XDG_STATE_HOME/skc`, by default `~/.local/state/skc`."""
