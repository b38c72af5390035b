"""Every env file of a project, the target's or not: on disk, in an index, in a history."""

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TypeVar

from msgspec import Struct

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.git import Git
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.disk.attributes import lets_in
from skillconnect_ops.envfile.names import GLOBS, in_env_folder, is_env_file, is_example

_NOT_OURS = frozenset(
    {
        *("node_modules", "bower_components", "jspm_packages", "site-packages", "venv", ".venv"),
        *(".git", ".hg", ".svn", "__pycache__", ".tox"),
    }
)
"""What a package manager or a tool filled; built and vendored folders are looked through."""

_VIRTUAL = "pyvenv.cfg"
"""What tells Python's virtual environment, which some name `.env`, from a folder of env files."""
T = TypeVar("T")


class Held(Struct, frozen=True, kw_only=True):
    """Who holds an env file: a disk, an index, commits. What it says is not looked at."""

    path: str
    """Relative to the root."""
    mode: Fact[int | None]
    """None where it is not there."""
    tracked: Fact[bool]
    commits: Fact[tuple[str, ...]]
    """Those that brought or changed it, newest first; short ids."""
    lets_in: tuple[str, ...] = ()
    """Whom its access control list names."""
    repository: str = "."
    """The folder of the nested repository or submodule that it is in."""


class Sighted(Struct, frozen=True):
    """What the look brought."""

    files: tuple[Held, ...]
    unknown: tuple[Unknown, ...]
    repositories: tuple[str, ...] = (".",)
    """The folders that were asked about: the project's own, and where a repository begins."""
    examples: tuple[str, ...] = ()
    """The examples of env files that are on disk."""


class _Repository(Struct, frozen=True):
    """What one repository knows of env files, by path from its folder."""

    tracked: frozenset[str] = frozenset()
    commits: Mapping[str, tuple[str, ...]] = {}


def sighted(root: Path, git: Git, *, history: bool = True) -> Sighted:
    """All env files but the examples, in every folder of the project.

    A repository within the project (a submodule, a clone, a linked work tree) is asked itself.

    Args:
        root: the project's folder.
        git: asked once a repository.
        history: whether it is of use who held one once; that is slow where it is long.
    """
    unknown: list[Unknown] = []
    on_disk: list[str] = []
    folders, examples = ["."], []
    for folder, names, nested in _walk(root, unknown):
        on_disk += [path for name in names if is_env_file(path := _join(folder, name))]
        examples += [path for name in names if is_example(path := _join(folder, name))]
        folders += [folder] if nested else []
    asked = {folder: _asked(root, git, folder, unknown, history=history) for folder in folders}
    outer = asked["."]
    found: dict[str, Held] = {}
    for folder, repository in asked.items():
        for path in sorted({*repository.tracked, *repository.commits}):
            commits = repository.commits.get(path, ())
            if folder != "." and commits and commits == outer.commits.get(path):
                commits = ()  # a linked work tree: the history is the project's own
            whole = _join(folder, path)
            tracked = path in repository.tracked
            before = outer.commits.get(whole, ()) if folder != "." else ()
            if commits or tracked:
                found[whole] = _held(
                    root,
                    whole,
                    tracked=tracked or whole in outer.tracked,
                    commits=tuple(dict.fromkeys((*commits, *before))),
                    repository=folder if tracked or whole not in outer.tracked else ".",
                )
    for path in on_disk:
        found.setdefault(path, _held(root, path, tracked=False, commits=(), repository="."))
    told = tuple(found[path] for path in sorted(found))
    return Sighted(told, tuple(unknown), tuple(folders), tuple(examples))


def held(root: Path, path: str, git: Git) -> Held:
    """One file, whatever its name, as the repository of its own folder knows it, and the project's.

    The two differ in a submodule, a clone within, or a folder that a link leads to; what the outer
    one held before it was parted still counts.
    """
    file = root / path
    home = file.parent.resolve()

    def places() -> tuple[tuple[Path, Path], ...]:
        states = git.state(home), git.state(root)
        inner, outer = (None if state is None else state.root for state in states)
        return ((home, home / file.name), *(() if inner == outer else ((root, root / path),)))

    def repository() -> str:
        own, outer = git.state(home), git.state(root)
        if own is None or (outer is not None and own.root == outer.root):
            return "."
        return "." if _tracked(git, places()[1:]) else _from(root, own.root)

    where = looked(repository)
    return Held(
        path=path,
        mode=looked(lambda: mode_of(file)),
        tracked=looked(lambda: _tracked(git, places())),
        commits=looked(
            lambda: tuple(dict.fromkeys(each for place in places() for each in git.commits(*place)))
        ),
        lets_in=lets_in(file),
        repository=where.value if isinstance(where, Known) else ".",
    )


def looked(look: Callable[[], T]) -> Fact[T]:
    """What a look brings, or why it could not be had."""
    try:
        return Known(look())
    except Precondition as error:
        return Missing(f"{error.what}: {error.why}")
    except OSError as error:
        return Missing(error.strerror or type(error).__name__)


def mode_of(file: Path) -> int | None:
    """Its permission bits, links followed; None where it is not there.

    Raises:
        OSError: it cannot be looked at.
    """
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except FileNotFoundError:
        return None


def _held(
    root: Path, path: str, *, tracked: bool, commits: tuple[str, ...], repository: str
) -> Held:
    mode: Fact[int | None]
    try:
        mode = Known(mode_of(root / path))
    except OSError as error:
        mode = Missing(error.strerror or type(error).__name__)
    return Held(
        path=path,
        mode=mode,
        tracked=Known(tracked),
        commits=Known(commits),
        lets_in=lets_in(root / path),
        repository=repository,
    )


def _asked(
    root: Path, git: Git, folder: str, unknown: list[Unknown], *, history: bool
) -> _Repository:
    place = root / folder
    # in a repository below a folder of env files, every file is one
    globs = ("**",) if in_env_folder(_join(folder, "any")) else GLOBS
    try:
        index = git.index(place)
        past = git.commits_by_path(place, *globs) if history else {}
    except Precondition as error:
        unknown.append(Unknown(folder, f"{error.what}: {error.why}"))
        return _Repository()
    return _Repository(
        tracked=frozenset(each.path for each in index if is_env_file(_join(folder, each.path))),
        commits={
            path: commits for path, commits in past.items() if is_env_file(_join(folder, path))
        },
    )


def _walk(root: Path, unknown: list[Unknown]) -> Iterator[tuple[str, list[str], bool]]:
    """Every folder, its files, and whether a repository begins there; no link is followed."""

    def lost(error: OSError) -> None:
        place = PurePosixPath(os.path.relpath(error.filename or root, root)).as_posix()
        unknown.append(Unknown(place, error.strerror or type(error).__name__))

    for place, below, names in os.walk(root, onerror=lost):
        folder = Path(place).relative_to(root).as_posix()
        nested = folder != "." and (".git" in below or ".git" in names)
        virtual = _VIRTUAL in names
        below[:] = [] if virtual else sorted({*below} - _NOT_OURS)
        yield folder, [] if virtual else sorted(names), nested


def _tracked(git: Git, places: Sequence[tuple[Path, Path]]) -> bool:
    return any(git.tracked(*place) for place in places)


def _from(root: Path, folder: Path) -> str:
    return PurePosixPath(os.path.relpath(folder, root.resolve())).as_posix()


def _join(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"
