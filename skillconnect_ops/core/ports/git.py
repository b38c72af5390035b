"""A repository, as far as commands look at one."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

PLAIN = (
    *("-c", "core.fsmonitor=false"),  # a program of the repository's own choice
    *("-c", "log.showRoot=true"),  # else what the first commit brought is told by nobody
    *("-c", "log.showSignature=false"),  # its words would stand among ours
    *("-c", "log.diffMerges=separate"),  # what `-m` means
    *("-c", "log.follow=false"),
    *("-c", "diff.relative=false"),
)
"""Options of git's before any command, so that nobody's settings change what it answers."""
ALONE = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",  # `status` would refresh the index otherwise
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # older gits fetch what a partial clone lacks, unasked
    "GIT_TERMINAL_PROMPT": "0",
}
"""Variables of git's with which it looks without changing, fetching or asking anything."""


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
    stage: int = 0
    """1 to 3 of a path in conflict: the base's, ours, theirs."""


class IgnoreRule(Struct, frozen=True, kw_only=True):
    """A line of a `.gitignore`."""

    file: str
    line: int
    text: str


LineSpans = tuple[tuple[int, int], ...]
"""First and last lines, from 1."""


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

    def is_bare(self, folder: Path) -> bool:
        """Whether the folder lies in a repository without a work tree."""

    def tracked(self, folder: Path, path: Path) -> bool:
        """Whether the index of the folder's repository holds the path."""

    def ignored(self, folder: Path, path: Path) -> bool:
        """Whether an ignore rule covers the path."""

    def index(self, root: Path) -> tuple[IndexEntry, ...]:
        """All that the index holds below a folder, relative to it; a conflict in its stages."""

    def files(self, folder: Path) -> tuple[str, ...] | None:
        """The files below the folder that are tracked, or new and not ignored; None outside.

        Relative to the folder, `/`-separated. A tracked file that was deleted is listed still.
        """

    def commits(self, folder: Path, path: Path) -> tuple[str, ...]:
        """The commits of any branch or tag that brought or changed the path; not who removed it.

        Newest first; short ids.
        """

    def commits_by_path(
        self, folder: Path, *globs: str, reflog: bool = False
    ) -> Mapping[str, tuple[str, ...]]:
        """As `commits`, for every path below the folder that matches one, or ever did.

        Args:
            folder: paths are relative to it.
            globs: where `**/` stands for any folders, or none.
            reflog: whether commits count as well that only a reflog leads to.
        """

    def commits_of(self, root: Path, paths: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """As `commits`, for many paths relative to the root at once."""

    def committed(self, root: Path) -> tuple[IndexEntry, ...]:
        """All that HEAD holds; nothing before the first commit."""

    def ignore_files(self, root: Path, *, head: bool = False) -> Mapping[str, bytes]:
        """The `.gitignore` files that whoever has the repository gets, by path.

        Those on disk that are tracked or that git would add; with `head`, those of HEAD.
        """

    def ignored_by(self, files: Mapping[str, bytes], paths: Sequence[str]) -> frozenset[str]:
        """Which paths these `.gitignore` files cover, and no rule of the person's own."""

    def rules_over(
        self, files: Mapping[str, bytes], paths: Sequence[str]
    ) -> Mapping[str, IgnoreRule]:
        """As `ignored_by`, with the rule that covers each of them."""

    def commit_of(self, root: Path, revision: str) -> str | None:
        """The commit that a revision names; None where there is none."""

    def content_at(self, root: Path, commit: str, path: str) -> bytes | None:
        """What a commit holds at a path relative to the root; None where it has no file there.

        Raises:
            Precondition: there is one, and its content cannot be read.
        """

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

    def fork(self, root: Path, revision: str | None) -> str | None:
        """The commit where HEAD and a revision parted; None where there is none.

        Of no revision it is that of the branch's upstream, else of the default branch.
        """

    def changed_lines(self, root: Path, *, since: str | None) -> Mapping[str, LineSpans]:
        """The lines below the root that are new or other than at a commit, by path.

        Args:
            root: paths are relative to it.
            since: a commit, to which the work tree is compared, with files that are new and not
                ignored; None: what is staged, compared with HEAD.
        """

    def changed_from(
        self, root: Path, *, since: str | None, wanted: Callable[[str], bool]
    ) -> Mapping[str, bytes | None]:
        """What the paths that `changed_lines` speaks of held before, and those that are gone.

        Args:
            root: as there.
            since: as there.
            wanted: which paths.

        Returns:
            None for a path that was not there.
        """

    def differing(self, root: Path) -> tuple[str, ...]:
        """The paths below the root that are not as HEAD has them, gone and new ones among them.

        Those that are ignored are not told; before the first commit, all that is there is new.
        """

    def under_way(self, root: Path) -> str | None:
        """What git itself is in the middle of (`merge`, `rebase` …), or None."""

    def commit_at(self, root: Path, name: str) -> CommitFacts:
        """A commit's parents and message."""

    def move_head(self, root: Path, *, was: str, to: str) -> None:
        """Set the branch back, only if it still stands where it was left."""
