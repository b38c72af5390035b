"""Which files an audit looks at, and of these which lines."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path, PurePosixPath

from skillconnect_ops.code.discovery import Listing, Skipped, as_source, discover, walked
from skillconnect_ops.code.looked import IS_GONE, Read, on_disk
from skillconnect_ops.code.syntax import LANGUAGES
from skillconnect_ops.commands.audit.model import Wish
from skillconnect_ops.commands.baseline import OF_AUDIT
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Precondition, UsageError
from skillconnect_ops.core.ports.git import LineSpans
from skillconnect_ops.core.ports.objects import Piece, Repository, Unreadable
from skillconnect_ops.core.shell import word


class NothingThere(Precondition):
    """A path that was named does not exist."""


class NoRepository(Precondition):
    """What was asked for is in a repository, and there is none."""


class NoSuchRevision(Precondition):
    """There is nothing to compare with."""


class Selection:
    """Files by path from the root on, and how their bytes are got."""

    def __init__(
        self,
        root: Path,
        files: Sequence[str],
        *,
        read: Read,
        starts: Sequence[Path] = (),
        in_git: bool = False,
        index: "Staged | None" = None,
        beyond: Sequence[str] = (),
        skipped: Sequence[Skipped] = (),
        lines: Mapping[str, LineSpans] | None = None,
        since: str | None = None,
        base: str | None = None,
        project: Callable[[], Sequence[str]] | None = None,
        beside: Read | None = None,
        held: Callable[[], Mapping[str, bytes | None]] | None = None,
    ) -> None:
        self.root = root
        self.files = tuple(files)
        self.read = read
        self._beside = beside or partial(on_disk, root)
        self.starts = tuple(starts)
        """The files and folders that were asked for, no link in them."""
        self.in_git = in_git
        self.index = index
        """What is staged, where that is looked at and not what lies on the disk."""
        self.beyond = tuple(beyond)
        """Files that are no sources of the project, and may hold secrets all the same."""
        self.skipped = tuple(skipped)
        self.lines = lines
        """The lines that count, by path; None: all."""
        self.since = since
        self.base = base
        """The commit that a change starts from; None where all is looked at."""
        self._project = project or (lambda: ())
        self._held = held or dict[str, bytes | None]

    @cached_property
    def project(self) -> tuple[str, ...]:
        """Every file of the project: what protects a route often stands in another one."""
        return tuple(sorted({*self._project(), *self.files}))

    @cached_property
    def held(self) -> Mapping[str, bytes | None]:
        """Of a change: what the sources in it held before; None of one that was not there."""
        return self._held()

    def before(self) -> "Selection":
        """The project as it was before the change."""
        held = self.held

        def read(path: str) -> bytes | Skipped:
            if path not in held:
                return self.of_project(path)
            data = held[path]
            return Skipped(path, IS_GONE) if data is None else as_source(path, data)

        there = (path for path, data in held.items() if data is not None)
        files = sorted({*there, *(path for path in self.project if path not in held)})
        return Selection(self.root, files, read=read, in_git=self.in_git, project=lambda: files)

    def of_project(self, path: str) -> bytes | Skipped:
        """A file of the project as it was asked for: one that was not chosen, beside the others."""
        return self.read(path) if self.has(path) else self._beside(path)

    def has(self, path: str) -> bool:
        """Whether a file is one of those that were asked for."""
        return path in self._chosen

    def concerns(self, path: str) -> bool:
        """Whether something may be told of a file of the project: of a change also of others."""
        if self.lines is None:
            return self.has(path)
        return _is_below(path, [_name(one, self.root) for one in self.starts])

    def covers(self, path: str) -> bool:
        """Whether a file was asked for, be it one of the project's or one that git ignores."""
        if self.lines is not None:
            return path in self.lines
        return self.has(path) or _is_below(path, [_name(one, self.root) for one in self.starts])

    @cached_property
    def _chosen(self) -> frozenset[str]:
        return frozenset(self.files)

    def counts(self, path: str, first: int, last: int) -> bool:
        """Whether one of these lines is among those that count."""
        if self.lines is None:
            return True
        return any(first <= end and begin <= last for begin, end in self.lines.get(path, ()))


def select(house: House, wish: Wish, *, around: Path | None = None) -> Selection:
    """What the command line asks to look at.

    Args:
        house: the house.
        wish: which files and lines.
        around: the folder that paths are named from, where all lies in it and git knows none.

    Raises:
        SkcError: a path is not there; no repository, or no such revision.
    """
    starts = [_start(house, path) for path in wish.paths or (Path(),)]
    home = starts[0] if starts[0].is_dir() else starts[0].parent
    repository = house.repositories.open(home)
    root = repository.root if repository is not None and repository.root is not None else home
    if repository is None and around is not None:
        root = around if all(start.is_relative_to(around) for start in starts) else root
    in_git = repository is not None and repository.root is not None
    if wish.staged or wish.changed is not None:
        if repository is None or repository.root is None:
            option = "--staged" if wish.staged else "--changed"
            raise NoRepository(
                f"{home} is in no git repository",
                why=f"{option} looks at what git has not yet",
                fix="skc audit",
            )
        if wish.staged:
            return _staged(house, repository, root, starts)
        return _changed(house, root, starts, wish.changed or "")
    return _whole(house, root, starts, in_git=in_git)


def _start(house: House, path: Path) -> Path:
    try:
        return (house.environment.folder / path).resolve(strict=True)
    except (OSError, RuntimeError) as error:  # a circle of links was a RuntimeError before 3.13
        raise NothingThere(
            f"{path} is not there",
            why=getattr(error, "strerror", None) or "it is a link that leads in a circle",
            fix=f"ls -ld {word(path)}",
        ) from error


def _whole(house: House, root: Path, starts: Sequence[Path], *, in_git: bool) -> Selection:
    """All that the project holds at or below the starts; a file that is named, in any case."""
    listing = discover(root, git=house.git)
    names = [_name(start, root) for start in starts]
    files = dict.fromkeys(path for path in listing.files if _is_below(path, names))
    skipped = [one for one in listing.skipped if one.path == "." or _is_below(one.path, names)]
    for start, name in zip(starts, names, strict=True):
        if start.is_file():
            files[name] = None
        elif name != "." and not any(_is_below(path, [name]) for path in files):
            # a folder that the project does not count as its own, and yet was named
            inner = walked(start)
            files |= dict.fromkeys(f"{name}/{path}" for path in inner.files)
    return Selection(
        root,
        sorted(files),
        read=lambda path: on_disk(root, path),
        starts=starts,
        in_git=in_git,
        beyond=[path for path in listing.beyond if _is_below(path, names) and path not in files],
        skipped=skipped,
        project=lambda: listing.files,
    )


def _changed(house: House, root: Path, starts: Sequence[Path], revision: str) -> Selection:
    base = house.git.fork(root, revision or None)
    if base is None:
        raise NoSuchRevision(
            f"there is no {revision}" if revision else "there is no branch to compare with",
            why="it names no commit here, or has none in common with HEAD (a shallow clone, or a"
            " repository without a commit?)",
            fix="skc audit --changed REV, git fetch --unshallow, or skc audit for all of it",
        )
    lines = house.git.changed_lines(root, since=base)
    names = [_name(start, root) for start in starts]
    return Selection(
        root,
        sorted(path for path in lines if _is_below(path, names)),
        read=lambda path: on_disk(root, path),
        starts=starts,
        in_git=True,
        lines=lines,
        since=base,
        held=lambda: house.git.changed_from(root, since=base, wanted=_is_source),
        base=base,
        project=lambda: discover(root, git=house.git).files,
    )


def _staged(house: House, repository: Repository, root: Path, starts: Sequence[Path]) -> Selection:
    lines = house.git.changed_lines(root, since=None)
    names = [_name(start, root) for start in starts]
    blobs = Staged(repository, root, {path for path in lines if _is_below(path, names)})
    return Selection(
        root,
        sorted(blobs.paths),
        read=blobs.read,
        starts=starts,
        in_git=True,
        index=blobs,
        lines=lines,
        since="the index",
        held=lambda: house.git.changed_from(root, since=None, wanted=_is_source),
        base=house.git.head(root),
        project=lambda: blobs.own(discover(root, git=house.git)),
        beside=blobs.beside,
    )


class Staged:
    """Files as the index holds them; small ones that were asked for are read once, together."""

    def __init__(self, repository: Repository, root: Path, paths: set[str]) -> None:
        self.paths = paths
        self._repository = repository
        self._root = root

    def read(self, path: str) -> bytes | Skipped:
        """One that was asked for."""
        return _source(path, self._firsts.get(path, Skipped(path, "it is not in the index")))

    def pieces(self) -> Iterator[tuple[str, Piece | Skipped]]:
        """All that were asked for, as they are; large ones come in several parts, which overlap."""
        large = []
        for path, first in self._firsts.items():
            if isinstance(first, Skipped) or len(first.content) == first.size_bytes:
                yield path, first
            else:
                large.append((path, first.oid))
        yield from self._read(large)

    def beside(self, path: str) -> bytes | Skipped:
        """Any other one. Most are on disk as they are in the index, and read there: that is quick.

        What a repository within this one holds is no part of the index, and is as it is on disk.
        """
        if path not in self._index:
            return on_disk(self._root, path)
        if path in self._unlike or not os.path.lexists(self._root / path):
            return _source(path, self._others.get(path, Skipped(path, IS_GONE)))
        return on_disk(self._root, path)

    def own(self, listing: Listing) -> Sequence[str]:
        """The files that the next commit holds, and those of repositories within."""
        inner = tuple(f"{folder}/" for folder in listing.repositories)
        return [path for path in listing.files if path in self._index or path.startswith(inner)]

    @cached_property
    def _index(self) -> Mapping[str, str]:
        return self._repository.index()

    @cached_property
    def _unlike(self) -> frozenset[str]:
        """Files that are other on disk than in the index."""
        return self._repository.unstaged()

    @cached_property
    def _firsts(self) -> dict[str, Piece | Skipped]:
        """Of each its content, or the first part of it."""
        staged = ((path, oid) for path, oid in self._repository.staged() if path in self.paths)
        return self._first(staged)

    @cached_property
    def _others(self) -> dict[str, Piece | Skipped]:
        return self._first(
            (path, oid)
            for path, oid in self._index.items()
            if path in self._unlike or not os.path.lexists(self._root / path)
        )

    def _first(self, wanted: Iterable[tuple[str, str]]) -> dict[str, Piece | Skipped]:
        found: dict[str, Piece | Skipped] = {}
        for path, piece in self._read(wanted):
            found.setdefault(path, piece)
        return found

    def _read(self, wanted: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Piece | Skipped]]:
        by_oid: dict[str, list[str]] = {}
        for path, oid in wanted:
            by_oid.setdefault(oid, []).append(path)
        for piece in self._repository.contents(by_oid) if by_oid else ():
            for path in by_oid[piece.oid]:
                if isinstance(piece, Unreadable):
                    yield path, Skipped(path, piece.reason)
                else:
                    yield path, piece


def _source(path: str, found: Piece | Skipped) -> bytes | Skipped:
    """What was found, as a source that a person wrote; the part of a large one is none."""
    return found if isinstance(found, Skipped) else as_source(path, found.content)


def _is_source(path: str) -> bool:
    """Whether what a file holds may bear on the apps of the project."""
    name = path.rpartition("/")[2]
    return PurePosixPath(name).suffix in {*LANGUAGES, ".py"} or name == "package.json"


def _name(start: Path, root: Path) -> str:
    """A path from the root on."""
    return Path(os.path.relpath(start, root)).as_posix()


def _is_below(path: str, names: Sequence[str]) -> bool:
    return any(name in (".", path) or path.startswith(f"{name}/") for name in names)


def contradiction(wish: Wish) -> UsageError | None:
    """Options that do not go together."""
    if wish.baseline_from is not None and wish.baseline is None:
        return UsageError(
            "--baseline-from goes with --baseline",
            why="it says at which revision that file is read",
            fix=f"skc audit --baseline {OF_AUDIT} --baseline-from {word(wish.baseline_from)}",
        )
    if wish.staged and wish.changed is not None:
        return UsageError(
            "--staged and --changed do not go together",
            why="one looks at the index, the other one at the work tree",
            fix="skc audit --staged",
        )
    return None
