"""Files that are to be gone from all of history: which trees hold them, and where those stand."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import translate
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.core.ports.objects import ObjectKind, Piece, Repository
from skillconnect_ops.core.regex import regex
from skillconnect_ops.history.anatomy import entries, is_folder

_LINK = b"160000"
"""The mode of a submodule, whose commit is none of ours."""
Place = tuple[str, bytes]
"""A tree, and the path of the folder that it is (with its `/`; empty at the top)."""


class Taken(Struct, frozen=True, kw_only=True):
    """What is taken out by path."""

    names: Mapping[Place, frozenset[bytes]]
    """Of trees at their places, the names that go."""
    places: Mapping[str, frozenset[bytes]]
    """Of trees, the places at which something below them goes."""
    blobs: frozenset[str]
    """What stood there, and the trees of folders that go as a whole."""
    paths: frozenset[bytes]

    @property
    def trees(self) -> frozenset[str]:
        """Those out of which something goes."""
        return frozenset(oid for oid, _ in self.names)


NOTHING = Taken(names={}, places={}, blobs=frozenset(), paths=frozenset())


def from_the_top(paths: Sequence[str], folder: Path, root: Path) -> tuple[str, ...]:
    """Patterns as they were typed in a folder, from the repository's top; `/x` begins there."""
    here = folder.resolve()
    inside = here.relative_to(root).as_posix() if here.is_relative_to(root) else "."
    found = []
    for path in paths:
        if path.startswith(("/", "**/")) or inside == ".":
            found.append(posixpath.normpath(path).lstrip("/"))
        else:
            found.append(posixpath.normpath(f"{inside}/{path}"))
    return tuple(found)


class Globs:
    """Paths and patterns as git's `:(glob)` has them: `*` within a folder, `**/` for any folders.

    One that ends with `/`, or names a folder, takes all that is in it.
    """

    def __init__(self, globs: Sequence[str]) -> None:
        self._parts = [tuple(glob.strip("/").split("/")) for glob in globs]

    def matches(self, path: bytes) -> bool:
        """Whether the path itself goes."""
        words = path.decode("utf-8", "surrogateescape").split("/")
        return any(self._fits(parts, words) for parts in self._parts)

    def may_match_below(self, folder: bytes) -> bool:
        """Whether something in the folder may go; its path ends with `/`."""
        words = folder.decode("utf-8", "surrogateescape").rstrip("/").split("/")
        return not folder or any(self._leads(parts, words) for parts in self._parts)

    def _fits(self, parts: Sequence[str], words: Sequence[str]) -> bool:
        if not parts:
            return True  # what is in a folder that goes, goes
        if parts[0] == "**":
            return any(self._fits(parts[1:], words[at:]) for at in range(len(words) + 1))
        return bool(words) and self._one(parts[0], words[0]) and self._fits(parts[1:], words[1:])

    def _leads(self, parts: Sequence[str], words: Sequence[str]) -> bool:
        if not words:
            return bool(parts)
        if not parts:
            return False
        if parts[0] == "**":
            return True
        return self._one(parts[0], words[0]) and self._leads(parts[1:], words[1:])

    @staticmethod
    def _one(pattern: str, word: str) -> bool:
        return regex(translate(pattern)).match(word) is not None


def taken(repository: Repository, roots: Iterable[str], globs: Sequence[str]) -> Taken:
    """Walk down from the trees of all commits, folder level by folder level.

    Args:
        repository: what is looked at.
        roots: the commits' trees.
        globs: what goes.
    """
    if not globs:
        return NOTHING
    wanted = Globs(globs)
    level: dict[str, set[bytes]] = {oid: {b""} for oid in roots}
    seen: set[Place] = {(oid, b"") for oid in level}
    names: dict[Place, frozenset[bytes]] = {}
    outer: dict[Place, list[Place]] = {}
    blobs: set[str] = set()
    paths: set[bytes] = set()
    while level:
        below: dict[str, set[bytes]] = {}
        for piece in repository.contents(level):
            if not isinstance(piece, Piece):
                continue  # the survey tells of it
            found = entries(piece.content, len(piece.oid) // 2)
            for folder in level[piece.oid]:
                here = (piece.oid, folder)
                gone = {name for _, name, _ in found if wanted.matches(folder + name)}
                if gone:
                    names[here] = frozenset(gone)
                    paths |= {folder + name for name in gone}
                    blobs |= {
                        oid.hex() for mode, name, oid in found if name in gone and mode != _LINK
                    }
                for mode, name, oid in found:
                    inner = (oid.hex(), folder + name + b"/")
                    if is_folder(mode) and name not in gone and wanted.may_match_below(inner[1]):
                        outer.setdefault(inner, []).append(here)
                        if inner not in seen:
                            seen.add(inner)
                            below.setdefault(inner[0], set()).add(inner[1])
        level = below
    return Taken(
        names=names,
        places=_places(names, outer),
        blobs=frozenset(_with_all_below(repository, blobs)),
        paths=frozenset(paths),
    )


def _with_all_below(repository: Repository, oids: Iterable[str]) -> set[str]:
    found = set(oids)
    level = found
    while level:
        below: set[str] = set()
        for piece in repository.contents(level):
            if isinstance(piece, Piece) and piece.kind is ObjectKind.TREE:
                each = entries(piece.content, len(piece.oid) // 2)
                below |= {oid.hex() for mode, _, oid in each if mode != _LINK}
        level = below - found
        found |= level
    return found


def _places(
    names: Mapping[Place, frozenset[bytes]], outer: Mapping[Place, Sequence[Place]]
) -> dict[str, frozenset[bytes]]:
    waiting = list(names)
    found = set(waiting)
    while waiting:
        for place in outer.get(waiting.pop(), ()):
            if place not in found:
                found.add(place)
                waiting.append(place)
    places: dict[str, set[bytes]] = {}
    for oid, folder in found:
        places.setdefault(oid, set()).add(folder)
    return {oid: frozenset(folders) for oid, folders in places.items()}
