"""The files of a work tree: tracked, untracked and ignored ones, and what is left out, by name."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path, PurePosixPath

from skillconnect_ops.core.ports.crew import Crew
from skillconnect_ops.core.ports.folders import Folders, OnDisk
from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.history.jobs import FileJob, look_at_files
from skillconnect_ops.history.model import Gap, Hit, Search, Where
from skillconnect_ops.history.wire import unpacked

DEPENDENCIES = frozenset(
    {
        "node_modules",
        "bower_components",
        ".venv",
        "venv",
        "site-packages",
        "__pycache__",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".tox",
        ".nox",
    }
)
"""Folders of what others published; left out, and named, unless git tracks files in them."""
_PORTION_BYTES = 16 << 20


class Standing(StrEnum):
    """What git knows of a file."""

    TRACKED = "tracked"
    UNTRACKED = "untracked"
    IGNORED = "ignored"
    OUTSIDE = "outside of any repository"


class Tree:
    """The walk over a folder's files.

    Args:
        root: what paths are relative to: the work tree, or the folder itself.
        repository: the one that the folder belongs to, if any.
        folders: walks.
        thorough: leave nothing out.
    """

    def __init__(
        self, root: Path, *, repository: Repository | None, folders: Folders, thorough: bool = False
    ) -> None:
        self._root = root
        self._folders = folders
        self._thorough = thorough
        self._repository = repository
        tracked = repository.index() if repository is not None else {}
        self._tracked = frozenset(tracked)
        self._with_tracked = frozenset(
            str(parent) for path in tracked for parent in PurePosixPath(path).parents
        )
        self._ignored = repository.ignored() if repository is not None else frozenset()
        self.hits: list[Hit] = []
        self.gaps: list[Gap] = []
        self.files = 0
        self.size_bytes = 0

    def standing(self, name: str) -> Standing:
        """What git knows of a path."""
        if self._repository is None:
            return Standing.OUTSIDE
        if name in self._tracked:
            return Standing.TRACKED
        parents = (f"{parent}/" for parent in PurePosixPath(name).parents)
        if name in self._ignored or any(parent in self._ignored for parent in parents):
            return Standing.IGNORED
        return Standing.UNTRACKED

    def look(self, starts: Sequence[Path], *, search: Search, crew: Crew) -> None:
        """Look at every file at or below the given paths."""
        entries = [
            entry
            for start in starts
            for entry in self._folders.walk(self._root, start, enter=self._enter)
        ]
        files = {entry.name: entry for entry in entries if self._is_file(entry, search)}
        total = sum(entry.size_bytes for entry in files.values())
        for result in crew.spread(
            look_at_files, _portions(list(files.values()), search), size_bytes=total
        ):
            harvest = unpacked(result)
            self.hits += harvest.hits
            self.gaps += harvest.gaps
            self.size_bytes += harvest.size_bytes
        self.files += len(files)

    def _enter(self, name: str) -> bool:
        last = PurePosixPath(name).name
        if last == ".git":
            return False  # the git folder is history's part
        if last in DEPENDENCIES and not self._thorough and name not in self._with_tracked:
            self.gaps.append(
                Gap(f"{name}/", "a folder of dependencies; name it as PATH to look into it")
            )
            return False
        return True

    def _is_file(self, entry: OnDisk, search: Search) -> bool:
        """Whether there is a content to read; a link's content is where it points."""
        if entry.trouble is not None:
            self.gaps.append(Gap(entry.name, entry.trouble))
            return False
        if entry.link is not None:
            traces = search(None, entry.link).traces
            if traces:
                self.hits.append(Hit(where=Where.WORK_TREE, path=entry.name, traces=traces))
            return False
        return PurePosixPath(entry.name).name != ".git"


def _portions(entries: Sequence[OnDisk], search: Search) -> Iterator[FileJob]:
    portion: list[tuple[str, Path]] = []
    size_bytes = 0
    for entry in entries:
        portion.append((entry.name, entry.path))
        size_bytes += entry.size_bytes
        if size_bytes >= _PORTION_BYTES:
            yield FileJob(search=search, where=Where.WORK_TREE, items=tuple(portion))
            portion, size_bytes = [], 0
    if portion:
        yield FileJob(search=search, where=Where.WORK_TREE, items=tuple(portion))
