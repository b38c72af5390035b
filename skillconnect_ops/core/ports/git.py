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


class IndexEntry(Struct, frozen=True, kw_only=True):
    """One path as the index holds it."""

    path: str
    """Relative to the root, `/`-separated."""
    mode: str
    blob: str


class CommitFacts(Struct, frozen=True, kw_only=True):
    """What tells one's own commit from another's."""

    parents: tuple[str, ...]
    message: str


class Git(Protocol):
    """Looks at repositories; the last few methods change the index, or commit."""

    def version(self) -> str | None:
        """`2.39.5`, or None where git is not installed."""

    def state(self, folder: Path) -> RepositoryState | None:
        """The repository that holds the folder, or None."""

    def tracked(self, folder: Path, path: Path) -> bool:
        """Whether the index of the folder's repository holds the path."""

    def ignored(self, folder: Path, path: Path) -> bool:
        """Whether an ignore rule covers the path."""

    def index(self, root: Path) -> tuple[IndexEntry, ...]:
        """All that the index holds; a path in conflict is left out."""

    def files(self, folder: Path) -> tuple[str, ...] | None:
        """The files below the folder that are tracked, or new and not ignored; None outside.

        Relative to the folder, `/`-separated. A tracked file that was deleted is listed still.
        """

    def commits(self, folder: Path, path: Path) -> tuple[str, ...]:
        """The commits of any branch or tag that changed the path, newest first; short ids."""

    def blob(self, root: Path, name: str) -> bytes | None:
        """The content behind `HEAD:path`, `:path` or an id; None where there is none."""

    def write_blob(self, root: Path, content: bytes) -> str:
        """Keep a content in the repository; gives its id."""

    def change_index(
        self, root: Path, *, remove: tuple[str, ...] = (), put: tuple[IndexEntry, ...] = ()
    ) -> None:
        """Take paths out of the index, and put entries in; the files themselves stay."""

    def commit(
        self,
        root: Path,
        message: str,
        *,
        remove: tuple[str, ...] = (),
        put: tuple[IndexEntry, ...] = (),
    ) -> str:
        """Commit HEAD with these changes and nothing else that is staged; gives the commit's id.

        Hooks run as they do for `git commit`.
        """

    def head(self, root: Path) -> str | None:
        """The commit that HEAD is; None before the first one."""

    def under_way(self, root: Path) -> str | None:
        """What git itself is in the middle of (`merge`, `rebase` …), or None."""

    def commit_at(self, root: Path, name: str) -> CommitFacts:
        """A commit's parents and message."""

    def move_head(self, root: Path, *, was: str, to: str) -> None:
        """Set the branch back, only if it still stands where it was left."""
