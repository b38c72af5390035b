"""What the checks of env files judge."""

from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

from skillconnect_ops.core.outcome import Fact
from skillconnect_ops.core.ports.git import IgnoreRule
from skillconnect_ops.core.report import Unknown

if TYPE_CHECKING:  # a hook is in a hurry
    from skillconnect_ops.commands.held import Held


class Holds(Enum):
    """What an env file is filled with."""

    CREDENTIALS = "it holds credentials"
    SETTINGS = "it holds settings"
    NOTHING = "nothing is filled in that is not public"
    UNREAD = "what it holds is not told"


class Kept(Enum):
    """What keeps git from adding a file."""

    RULES = "the repository's own rules"
    OWN_RULES = "rules of this machine alone"
    NOTHING = "nothing"


class EnvFile(Struct, frozen=True, kw_only=True):
    """One env file."""

    held: "Held"
    holds: Holds
    is_link: bool
    kept: Fact[Kept]
    """Of one that git does not track."""

    @property
    def path(self) -> str:
        """Relative to the root."""
        return self.held.path


class Example(Struct, frozen=True, kw_only=True):
    """The example of an env file."""

    path: str
    env_file: str
    """What somebody makes of it; it is not there yet."""
    kept: Fact[Kept] | None
    """What would keep git from adding that; None where it is there, and speaks for itself."""
    hidden_by: IgnoreRule | None
    """The rule that keeps git from the example, where git does not track it."""


class EnvFiles(Struct, frozen=True, kw_only=True):
    """All of them that the selection asks for."""

    files: tuple[EnvFile, ...] = ()
    examples: tuple[Example, ...] = ()
    unknown: tuple[Unknown, ...] = ()
