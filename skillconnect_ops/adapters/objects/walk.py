"""What `git diff-tree` says of commits, read: what each brought, and every tree that it passed."""

import sys
from collections.abc import Iterable, Iterator
from typing import IO

from skillconnect_ops.adapters.objects.program import text
from skillconnect_ops.core.ports.objects import Introduction, Passed

INTRODUCED = ("--stdin", "-r", "-c", "--root", "--no-renames", "--raw", "-z")
"""Options of `diff-tree`."""
_BLOCK_BYTES = 1 << 20
_GONE, _FOLDER, _COMMIT = b"000000", b"040000", b"160000"
"""Modes in a tree, as `diff-tree` prints them."""


class Walk:
    """What `diff-tree --stdin --raw -z` prints, read: a commit, then pairs of change and path.

    Args:
        roots: the commits' own trees.
    """

    def __init__(self, roots: Iterable[str]) -> None:
        self._trees = set(roots)
        self._folders = {b""}
        self._paths: set[bytes] = set()

    def introductions(self, tokens: Iterable[bytes]) -> Iterator[Introduction]:
        """Files and links; what is said of folders (`-t`) and submodules is kept."""
        commit, change = "", b""
        for token in tokens:
            if change:
                modes_and_oids = change.split(b" ")
                parents = len(change) - len(change.lstrip(b":"))
                mode, oid = modes_and_oids[parents], modes_and_oids[2 * parents + 1]
                self._paths.add(token)
                if mode == _FOLDER:
                    self._trees.add(oid.decode())
                    self._folders.add(token)
                elif mode not in {_GONE, _COMMIT}:
                    yield Introduction(oid.decode(), sys.intern(text(token)), commit)
                change = b""
            elif token.startswith(b":"):
                change = token
            elif token:
                commit = token.decode().strip()

    def passed(self) -> Passed | None:
        """All of it; None for a path without its folder: a name may hold a slash if it is forged.

        Such a tree has to be read, as `diff-tree` does not tell what is a name in it.
        """
        names = set()
        for path in self._paths:
            folder, _, name = path.rpartition(b"/")
            if folder not in self._folders:
                return None
            names.add(name.decode("utf-8", "replace"))
        return Passed(frozenset(self._trees), frozenset(names))


def parts(told: IO[bytes]) -> Iterator[bytes]:
    """What NUL bytes part, without all of it in memory at once."""
    tail = b""
    while block := told.read(_BLOCK_BYTES):
        *whole, tail = (tail + block).split(b"\0")
        yield from whole
    yield tail
