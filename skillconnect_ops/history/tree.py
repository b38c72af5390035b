"""The files of a work tree: tracked, untracked and ignored ones, and what is left out, by name."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path, PurePosixPath

from skillconnect_ops.core.ports.crew import Crew
from skillconnect_ops.core.ports.folders import Folders, OnDisk
from skillconnect_ops.core.ports.objects import Repositories, Repository
from skillconnect_ops.core.shell import word
from skillconnect_ops.history.jobs import FileJob, look_at_files
from skillconnect_ops.history.model import Gap, Hit, Search, Where
from skillconnect_ops.history.nested import Marks, Nested
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


class _Known:
    """What one repository knows of the files below its root."""

    def __init__(self, repository: Repository) -> None:
        self.tracked = frozenset(repository.index())
        self._ignored = repository.ignored()

    def standing(self, name: str) -> Standing:
        if name in self.tracked:
            return Standing.TRACKED
        parents = (f"{parent}/" for parent in PurePosixPath(name).parents)
        if name in self._ignored or any(parent in self._ignored for parent in parents):
            return Standing.IGNORED
        return Standing.UNTRACKED


class Tree:
    """The walk over a folder's files.

    Args:
        root: what paths are relative to: the work tree, or the folder itself.
        repository: the one that the folder belongs to, if any.
        repositories: opens those that are nested within it.
        beside: others that paths to look at lie in.
        folders: walks.
        thorough: leave nothing out.
    """

    def __init__(
        self,
        root: Path,
        *,
        repository: Repository | None,
        repositories: Repositories,
        folders: Folders,
        beside: Sequence[Nested] = (),
        thorough: bool = False,
    ) -> None:
        self._root = root
        self._folders = folders
        self._thorough = thorough
        self._repositories = repositories
        self._known = {"": _Known(repository)} if repository is not None else {}
        tracked = self._known[""].tracked if self._known else ()
        self._with_tracked = frozenset(
            str(parent) for path in tracked for parent in PurePosixPath(path).parents
        )
        self._apart = root if repository is not None else None
        self._beside = tuple(beside)
        self._entered: set[Path] = set()
        self._left_out: dict[Path, str] = {}
        self.nested: tuple[Nested, ...] = ()
        """Repositories within the folder: their files are looked at as all others are."""
        self.hits: list[Hit] = []
        self.gaps: list[Gap] = []
        self.files = 0
        self.size_bytes = 0
        self.passed_over = 0

    def standing(self, name: str) -> Standing:
        """What git knows of a path; the innermost repository that it lies in is asked."""
        around = {str(parent) for parent in PurePosixPath(name).parents}
        inner = next((one for one in reversed(self.nested) if one.name in around), None)
        if inner is not None and inner.repository.root is not None:
            if inner.name not in self._known:
                self._known[inner.name] = _Known(inner.repository)
            return self._known[inner.name].standing(name.removeprefix(f"{inner.name}/"))
        return self._known[""].standing(name) if "" in self._known else Standing.OUTSIDE

    def look(self, starts: Sequence[Path], *, search: Search, crew: Crew) -> None:
        """Look at every file at or below the given paths, which are real (no link in them)."""
        entries = self._walked(starts)
        files = {path: entry for path, entry in entries.items() if self._is_file(entry, search)}
        self._name_links(entries)
        total = sum(entry.size_bytes for entry in files.values())
        for result in crew.spread(
            look_at_files, _portions(list(files.values()), search), size_bytes=total
        ):
            harvest = unpacked(result)
            self.hits += harvest.hits
            self.gaps += harvest.gaps
            self.size_bytes += harvest.size_bytes
            self.passed_over += harvest.passed_over
        self.files += len(files)

    def _walked(self, starts: Sequence[Path]) -> dict[Path, OnDisk]:
        """All entries, each once, though a start may lie within another."""
        self._entered |= set(starts)
        marks = Marks(apart=self._apart)
        enter = partial(self._enter, marks=marks)
        entries = {
            entry.path: entry
            for start in starts
            for entry in self._folders.walk(self._root, start, enter=enter)
        }
        self.gaps += [
            Gap(f"{name}/", "a folder of dependencies; name it as PATH to look into it")
            for path, name in self._left_out.items()
            if path not in self._entered
        ]
        for entry in entries.values():
            marks.see_file(entry)
        self.nested = self._opened(marks)
        return entries

    def nested_below(self, folder: Path) -> tuple[Nested, ...]:
        """All repositories at the paths that were looked at, and below the folder."""
        if folder in self._entered:
            return self.nested
        marks = Marks(apart=self._apart)

        def enter(name: str, path: Path) -> bool:
            return marks.see_folder(name, path) and not self._is_left_out(name)

        for entry in self._folders.walk(self._root, folder, enter=enter):
            marks.see_file(entry)
        everywhere = {one.name: one for one in (*self._opened(marks), *self.nested)}
        return tuple(everywhere.values())

    def _opened(self, marks: Marks) -> tuple[Nested, ...]:
        nested, gaps = marks.opened(self._repositories)
        self.gaps += gaps
        return (*self._beside, *nested)

    def _enter(self, name: str, path: Path, *, marks: Marks) -> bool:
        if not marks.see_folder(name, path):
            return False  # the git folder is history's part
        if self._is_left_out(name):
            self._left_out[path] = name
            return False
        self._entered.add(path)
        return True

    def _is_left_out(self, name: str) -> bool:
        last = PurePosixPath(name).name
        return last in DEPENDENCIES and not self._thorough and name not in self._with_tracked

    def _is_file(self, entry: OnDisk, search: Search) -> bool:
        """Whether there is a content to read; a link's content is where it points."""
        if entry.link is not None:
            traces = search(None, entry.link).traces
            if traces:
                self.hits.append(Hit(where=Where.WORK_TREE, path=entry.name, traces=traces))
        if entry.trouble is not None:
            self.gaps.append(Gap(entry.name, entry.trouble))
        return entry.trouble is None and entry.link is None and entry.path.name != ".git"

    def _name_links(self, entries: Mapping[Path, OnDisk]) -> None:
        """Links are not followed: what they lead to is looked at where it lies, or named."""
        for entry in entries.values():
            target = entry.leads_to
            if target is None or entry.path.name == ".git":
                continue
            known = entries.get(target)
            if target in self._entered or (known is not None and known.link is None):
                continue
            command = f"skc secrets scan {word(target)}"
            self.gaps.append(Gap(entry.name, f"a link that leads out of what was given; {command}"))


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
