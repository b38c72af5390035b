"""Repositories within a folder: submodules, clones beside the code, linked worktrees, bare ones."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from msgspec import Struct

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.folders import OnDisk
from skillconnect_ops.core.ports.objects import Repositories, Repository
from skillconnect_ops.core.shell import word
from skillconnect_ops.history.model import Gap

_GIT = ".git"
_BARE = frozenset({"HEAD", "objects", "refs"})
"""What git takes a folder for a git folder by (gitrepository-layout)."""


class Nested(Struct, frozen=True):
    """A repository, and the name of the folder that it is in."""

    name: str
    repository: Repository


class _Mark(Struct, frozen=True):
    name: str
    folder: Path
    bare: bool = False


class Marks:
    """What a walk meets by which git would know a repository.

    Args:
        apart: the root whose own repository is no nested one.
    """

    def __init__(self, *, apart: Path | None) -> None:
        self._apart = apart
        self._seen: dict[Path, _Mark] = {}
        self._parts: dict[Path, set[str]] = {}

    def see_folder(self, name: str, path: Path) -> bool:
        """Take note of a folder; False for one that is git's own."""
        if path.name == _GIT:
            self._mark(name, path)
            return False
        self._part(name, path)
        return True

    def see_file(self, entry: OnDisk) -> None:
        """Take note of a file or link."""
        if entry.path.name == _GIT:
            self._mark(entry.name, entry.path)
        else:
            self._part(entry.name, entry.path)

    def opened(self, repositories: Repositories) -> tuple[tuple[Nested, ...], list[Gap]]:
        """The repositories, outer ones first, and those that git cannot open."""
        nested: list[Nested] = []
        gaps: list[Gap] = []
        for mark in sorted(self._seen.values(), key=lambda one: one.folder.parts):
            try:
                found = repositories.open(mark.folder)
            except Precondition as error:
                gaps.append(Gap(mark.name, f"{error.what}: {error.why}; {error.fix}"))
                continue
            if found is not None and _is_at(found, mark.folder):
                nested.append(Nested(mark.name, found))
            elif not mark.bare:
                own = mark.folder / _GIT
                reason = f"git takes it for no repository; skc secrets scan {word(own)}"
                gaps.append(Gap(f"{mark.name}/{_GIT}".removeprefix("./"), reason))
        return tuple(nested), gaps

    def _mark(self, name: str, path: Path) -> None:
        if path.parent != self._apart:
            self._seen[path.parent] = _Mark(str(PurePosixPath(name).parent), path.parent)

    def _part(self, name: str, path: Path) -> None:
        if path.name not in _BARE:
            return
        parts = self._parts.setdefault(path.parent, set())
        parts.add(path.name)
        if parts >= _BARE and path.parent != self._apart:
            above = str(PurePosixPath(name).parent)
            self._seen.setdefault(path.parent, _Mark(above, path.parent, bare=True))


def _is_at(repository: Repository, folder: Path) -> bool:
    """Whether it is the folder's own, and not one that lies around it."""
    return folder in {repository.root, *_with_parents(repository.git_folder)}


def _with_parents(path: Path) -> Iterator[Path]:
    yield path
    yield path.parent
