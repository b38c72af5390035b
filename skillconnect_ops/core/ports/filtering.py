"""A program of somebody else's that rewrites history, on a copy that nothing leads to."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from skillconnect_ops.core.ports.rewriting import Ref


class Filtered(Struct, frozen=True, kw_only=True):
    """What it made; the objects are in the repository, and no ref leads to them."""

    commits: Mapping[str, str]
    """Old and new ids; only those that differ."""
    tags: Mapping[str, str]
    """The same, of tag objects."""
    packs: tuple[str, ...]
    """Names of what the new objects lie in."""


class Filtering(Protocol):
    """One repository, and the program."""

    def must_be_there(self) -> None:
        """Find the program, before anything is done.

        Raises:
            Precondition: it is not installed, or does not know such repositories.
        """

    def filtered(
        self,
        commits: Collection[str],
        tags: Collection[Ref],
        *,
        values: Sequence[bytes],
        mask: bytes,
        gone: Collection[bytes],
    ) -> Filtered:
        """Rewrite the history of some commits; refs, reflogs and remotes stay as they are.

        Args:
            commits: where it begins.
            tags: refs of annotated tags, which go along.
            values: what is replaced.
            mask: by which.
            gone: paths of files that go.

        Raises:
            Precondition: it failed; the repository is as it was.
        """

    def sweep(self) -> None:
        """Remove what a death left."""
