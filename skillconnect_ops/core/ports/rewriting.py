"""Changing what a git repository holds: new objects, all refs at once, old objects gone for good.

Everything here runs no hook, asks no network, and touches no object that it was not told to.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Protocol

from msgspec import Struct

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.objects import ObjectKind
from skillconnect_ops.core.shell import word
from skillconnect_ops.core.view import count, listed

SUBMODULE = "160000"
"""The mode of an entry that is another repository's commit."""


class Ref(Struct, frozen=True, kw_only=True):
    """One ref as it stands."""

    name: str
    """Full; as the file system has it, so what is no UTF-8 is surrogates."""
    oid: str
    """Not peeled: of an annotated tag, the tag object."""
    leads_to: str | None = None
    """Of a symbolic ref, the name of the other."""


class Move(Struct, frozen=True, kw_only=True):
    """What becomes of one ref."""

    name: str
    was: str | None
    """None: it must not be there."""
    to: str | None
    """None: it is deleted."""


class Remote(Struct, frozen=True, kw_only=True):
    """Another repository that this one knows; its address may hold a password, and is left out."""

    name: str
    fetches: tuple[str, ...] = ()
    """Which of its refs are kept here under which names, as `+refs/heads/*:refs/remotes/a/*`."""
    mirror: bool = False
    """Whether git refuses to push single refs there."""


class Entry(Struct, frozen=True, kw_only=True):
    """One entry of an index."""

    path: str
    mode: str
    oid: str
    stage: int = 0
    intended: bool = False
    """Whether it is only to be added, and nothing of it is staged yet."""


class Locks(Struct, frozen=True, kw_only=True):
    """Files by which git says that it is changing something."""

    folder: Path
    """That they are in."""
    paths: tuple[Path, ...] = ()
    gits: tuple[str, ...] = ()
    """Processes that may hold them."""
    seen: bool = True
    """Whether it can be seen from here if there are such."""


class Locked(Precondition):
    """Somebody's git is changing the repository, or died over it."""

    def __init__(self, locks: Locks) -> None:
        # names of refs may hold what is not to be said, and there may be thousands
        if any("refs" in path.relative_to(locks.folder).parts for path in locks.paths):
            away = f"find {word(locks.folder)} -name '*.lock' -not -path '*/modules/*' -delete"
        else:
            away = f"rm -f {' '.join(word(path) for path in locks.paths)}"
        if locks.gits:
            why = f"at work on it: {', '.join(locks.gits)}"
            fix = f"wait until that is over; what is left of them then: {away}"
        elif locks.seen:
            why = "no git is at work on it here; one that was killed left them"
            fix = away
        else:
            why = "whether a git is still at work cannot be seen from here"
            fix = f"{away}   # if none is"
        super().__init__(
            f"git has locked the repository: {count(len(locks.paths), 'lock file')}",
            why=f"{listed([str(path) for path in locks.paths])}; {why}",
            fix=fix,
        )


class NewPack(Protocol):
    """Objects on their way into a pack."""

    def add(self, kind: ObjectKind, content: bytes) -> str:
        """Add one; gives its id."""

    @property
    def made(self) -> frozenset[str]:
        """The ids of all that were added."""


class WorkTree(Protocol):
    """One work tree of a repository, the main one or a linked one."""

    @property
    def root(self) -> Path:
        """Its folder."""

    def index(self) -> tuple[Entry, ...]:
        """All entries, conflicts in their stages."""

    def changed(self) -> frozenset[str]:
        """Tracked paths whose files are not what the index says."""

    def uncommitted(self) -> tuple[str, ...]:
        """Paths that are staged or changed, and not committed; not those that are untracked."""

    def others(self) -> tuple[str, ...]:
        """Files that are untracked, ignored ones too."""

    def replace_index(self, entries: Sequence[Entry]) -> None:
        """Give it these entries and no other; flags of paths stay, and so do files."""

    def reset(self, old: Mapping[str, str]) -> None:
        """Have the index be HEAD's tree, and files be so that are as one of these objects.

        Args:
            old: of objects that files may be as, what they stood for before.
        """

    def refresh(self) -> None:
        """Have the index take note of files that were written."""


class Rewriting(Protocol):
    """One repository, to be changed."""

    def refs(self) -> tuple[Ref, ...]:
        """Every ref of every namespace; HEAD where it is detached."""

    def head(self) -> str | None:
        """The ref that HEAD leads to; None where it is detached."""

    def locks(self) -> Locks:
        """Files by which git says that it is changing something, and who may hold them."""

    def remotes(self) -> tuple[Remote, ...]:
        """The other repositories that this one knows."""

    def move(self, moves: Sequence[Move], *, message: str) -> None:
        """Move all refs in one transaction, or none; the message goes to their reflogs.

        Raises:
            Precondition: one is not where it was; nothing was moved.
        """

    def pack_refs(self) -> None:
        """Put refs that were moved back into the one file that they came from, if there is one."""

    def lead(self, name: str, to: str) -> None:
        """Have a symbolic ref lead to another ref."""

    def new_pack(self) -> AbstractContextManager[NewPack]:
        """A pack that is in the repository, on disk, once the block is over; not if it raises."""

    def sweep(self) -> None:
        """Remove packs that we had begun, and that a death left; the repository is locked."""

    def has(self, oids: Iterable[str]) -> tuple[str, ...]:
        """Those that the repository does not hold."""

    def reachable(self) -> frozenset[str]:
        """Every object that refs, reflogs, HEADs and indexes reach."""

    def named(self, *, reflogs: bool) -> frozenset[str]:
        """The objects that refs and HEADs stand at.

        Args:
            reflogs: whether also what reflogs and indexes name.
        """

    def stores(self) -> frozenset[str]:
        """Names of what objects lie in, borrowed ones too; what is made later lies elsewhere."""

    def made_since(self, stores: Collection[str]) -> tuple[str, ...]:
        """Commits, trees and tags that lie in none of these."""

    def strays(self) -> tuple[Path, ...]:
        """Files among the objects that git does not list: of what was killed, or put there."""

    def drop(
        self,
        oids: Collection[str],
        *,
        fresh: Collection[str],
        names: Mapping[str, bytes],
        ready: Callable[[Collection[str]], None] = lambda _: None,
    ) -> None:
        """Pack all objects but these anew, and remove what they were in; runs again after a death.

        Args:
            oids: they are gone afterwards, from packs and loose ones alike.
            fresh: those that were made a moment ago; they come into a pack of their own.
            names: of these, the name of a file or folder each has, by which git packs well.
            ready: asked right before anything is removed, since packing takes its time; it is
                told the packs that were written, and raises where nothing may go.
        """

    def borrows(self) -> tuple[Path, ...]:
        """Object folders of other repositories that this one reads (alternates)."""

    def work_trees(self) -> tuple[WorkTree, ...]:
        """The main one and the linked ones, as far as their folders are there."""

    def absent_work_trees(self) -> tuple[Path, ...]:
        """Work trees that the repository knows, and whose folders are not there.

        The git folder itself stands for a main work tree that is not to be found from here.
        """

    def bundle(self) -> AbstractContextManager[IO[bytes]]:
        """Every ref, and all that refs and reflogs reach, as a bundle to be read."""

    def unreached(self) -> AbstractContextManager[IO[bytes] | None]:
        """All objects that neither refs nor reflogs reach, as a pack to be read; None: all are.

        What a bundle does not have: a stash that was dropped, a file that is only staged.
        """

    def unpack(self, pack: IO[bytes]) -> None:
        """Take a pack's objects in; no ref moves."""

    def unbundle(self, bundle: IO[bytes]) -> None:
        """Take a bundle's objects in; no ref moves."""

    def complaints(self) -> tuple[str, ...]:
        """What `git fsck` says of the connections between objects; nothing: all is whole."""
