"""What a git repository holds: its objects, reachable or not, and everything that lies beside them.

Nothing is changed, and nothing is fetched: what a partial clone lacks stays lacking.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:  # which know the nouns of this one
    from skillconnect_ops.core.ports.filtering import Filtering
    from skillconnect_ops.core.ports.rewriting import Rewriting

# `gc=False`: there are hundreds of thousands of these, and no cycle can run through their texts.


class ObjectKind(StrEnum):
    """The four kinds of git objects."""

    COMMIT = "commit"
    TREE = "tree"
    BLOB = "blob"
    TAG = "tag"


class Listed(Struct, frozen=True, gc=False):
    """One object as the object database lists it."""

    oid: str
    kind: ObjectKind
    size_bytes: int
    base: str | None = None
    """The object that it is stored as a difference to, where that is so."""


class Same(Struct, frozen=True):
    """A stretch that two contents share: where it begins in both, and its length in bytes."""

    old: int
    new: int
    length: int


class Difference(Struct, frozen=True):
    """How a content is stored: by what it has from another one."""

    base: str
    same: tuple[Same, ...] | None
    """In the order of both; what is short, or turned, is left out. None: comparing is quicker."""


class Piece(Struct, frozen=True, kw_only=True):
    """An object's content, or a part of it where it is large; parts overlap.

    `line` is the number of the piece's first line within the object, from 1.
    """

    oid: str
    kind: ObjectKind
    size_bytes: int
    content: bytes
    line: int = 1
    repeats: int = 0
    """How many bytes at its beginning the piece before it had, too."""
    difference: Difference | None = None
    """To an object that was given shortly before, where that comes for nothing."""


class Block(Struct, frozen=True, gc=False):
    """Whole objects of one kind, one behind the other as git prints them, a head before each."""

    kind: ObjectKind
    oids: Sequence[str]
    begins: Sequence[int]
    """Where each one's content begins, in order."""
    ends: Sequence[int]
    content: bytes

    def __getitem__(self, number: int) -> Piece:
        """One of them."""
        begin, end = self.begins[number], self.ends[number]
        return Piece(
            oid=self.oids[number],
            kind=self.kind,
            size_bytes=end - begin,
            content=self.content[begin:end],
        )

    @property
    def size_bytes(self) -> int:
        """Of all contents."""
        return sum(self.ends) - sum(self.begins)

    def owners(self, places: Iterable[int]) -> Iterator[int]:
        """The numbers of those whose contents have something at these places."""
        for place in places:
            number = bisect_right(self.begins, place) - 1
            if number >= 0 and place < self.ends[number]:
                yield number


class Unreadable(Struct, frozen=True):
    """An object that git could not give."""

    oid: str
    reason: str


class Introduction(Struct, frozen=True, gc=False):
    """A commit that put a blob where none of its parents had it."""

    oid: str
    path: str
    commit: str


class Passed(Struct, frozen=True):
    """The trees that a walk over commits came through, and every name in them."""

    trees: frozenset[str]
    names: frozenset[str]


class Lack(Struct, frozen=True):
    """Something that this clone does not hold, and the command that brings it."""

    subject: str
    reason: str
    fix: str


class Repository(Protocol):
    """One repository. It can be handed to a child process."""

    @property
    def root(self) -> Path | None:
        """The work tree; None for a bare repository."""

    @property
    def git_folder(self) -> Path:
        """Where its objects and refs are; shared by all linked worktrees."""

    def lacks(self) -> tuple[Lack, ...]:
        """Why its history is incomplete: a shallow or a partial clone."""

    def cut(self) -> tuple[Lack, ...]:
        """What it says itself that it lacks: a shallow or a partial clone; nothing is counted."""

    def cut_within(self, commits: Collection[str]) -> Lack | None:
        """What a shallow clone lacks behind these commits; None if it ends at none of them."""

    def listing(self) -> Iterator[Listed | Unreadable]:
        """Every object once, those of alternates too, in an order that is fast to read.

        What hinders git from listing the rest, a damaged pack, comes as one `Unreadable`.
        """

    def contents(
        self, oids: Iterable[str], *, differences: bool = True
    ) -> Iterator[Piece | Unreadable]:
        """The objects' contents, mostly in the order asked for: packed ones before loose ones.

        Args:
            oids: which.
            differences: whether it is of use how they are stored.
        """

    def blocks(
        self, kind: ObjectKind, sizes: Mapping[str, int]
    ) -> Iterator[Block | Piece | Unreadable]:
        """The objects' contents, small ones together; large ones as `contents` gives them.

        Args:
            kind: of all of them.
            sizes: how large each is, in bytes, as it was listed.
        """

    def introductions(self, commits: Iterable[str]) -> Iterator[Introduction]:
        """What each commit brought that none of its parents had at that path, oldest first.

        Trees that are missing end it early; `lacks` says why they may be.
        """

    def introductions_and_names(self, commits: Iterable[str]) -> Iterator[Introduction | Passed]:
        """As `introductions`; at last the trees that need not be read for their names any more.

        Where anything hindered the walk, nothing is said of trees.
        """

    def versions(self, paths: Collection[str], revision: str) -> Iterator[Introduction]:
        """What the revision's history brought to these paths, oldest first."""

    def oldest_first(self, commits: Iterable[str]) -> tuple[str, ...]:
        """The same commits, each behind its ancestors; without those that git cannot follow."""

    def commits_since(self, revision: str) -> tuple[str, ...]:
        """The commits that HEAD, refs and reflogs reach and the revision does not.

        Raises:
            Precondition: there is no such revision.
        """

    def sources(self) -> Mapping[str, str]:
        """Of each commit that something reaches: a ref, a stash's place, or "a reflog"."""

    def ancestors(self) -> frozenset[str]:
        """The commits that HEAD reaches."""

    def refs(self) -> Mapping[str, str]:
        """The full names of all refs, and the object that each comes to in the end."""

    def tags(self) -> Mapping[str, str]:
        """The full names of annotated tags, and the tag object of each."""

    def index(self) -> Mapping[str, str]:
        """The paths in the index, and the object of each."""

    def head_paths(self) -> Mapping[str, str]:
        """The paths of HEAD's tree and the objects there; submodules left out."""

    def submodules(self) -> tuple[str, ...]:
        """The paths at which HEAD or the index names a commit of another repository."""

    def staged(self) -> tuple[tuple[str, str], ...]:
        """Path and object of every file in the index that HEAD has not so."""

    def unstaged(self) -> frozenset[str]:
        """The paths in the index whose file in the work tree is another one, or gone."""

    def ignored(self) -> frozenset[str]:
        """Paths that ignore rules cover; folders whole, with a `/` at their end."""

    def own_files(self) -> Iterator[tuple[str, Path]]:
        """Every file of the git folder besides objects: config, hooks, reflogs, LFS objects.

        Each with its name relative to the git folder, and where it is.
        """

    def closed(self) -> tuple[tuple[str, str], ...]:
        """Folders of the git folder that cannot be listed, each with the reason.

        `own_files`, and git itself, pass over what is in them.
        """

    def inner(self) -> tuple[Path, ...]:
        """The git folders of submodules that lie within this one's, linked work trees' too."""


class Repositories(Protocol):
    """Finds repositories."""

    def open(self, folder: Path) -> Repository | None:
        """The repository that holds the folder, or is it; None outside of any.

        Raises:
            Precondition: there is one, but git is missing, refuses it or cannot read it.
        """

    def rewriting(self, repository: Repository) -> "Rewriting":
        """What changes a repository that was opened here."""

    def filtering(self, repository: Repository) -> "Filtering":
        """What has another program rewrite a repository that was opened here."""
