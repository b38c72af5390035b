"""A repository, as far as commands look at one."""

from pathlib import Path
from typing import Protocol

from msgspec import Struct


class RepositoryState(Struct, frozen=True, kw_only=True):
    """What one look at a repository showed."""

    root: Path
    branch: str | None
    """None when HEAD is detached or has no commit yet."""
    dirty: bool
    shallow: bool


class Git(Protocol):
    """Looks at repositories; changes nothing."""

    def version(self) -> str | None:
        """`2.39.5`, or None where git is not installed."""

    def state(self, folder: Path) -> RepositoryState | None:
        """The repository that holds the folder, or None."""

    def tracked(self, folder: Path, path: Path) -> bool:
        """Whether the index of the folder's repository holds the path."""

    def ignored(self, folder: Path, path: Path) -> bool:
        """Whether an ignore rule covers the path."""

    def files(self, folder: Path) -> tuple[str, ...] | None:
        """The files below the folder that are tracked, or new and not ignored; None outside.

        Relative to the folder, `/`-separated. A tracked file that was deleted is listed still.
        """

    def commits(self, folder: Path, path: Path) -> tuple[str, ...]:
        """The commits of any branch or tag that changed the path, newest first; short ids."""
