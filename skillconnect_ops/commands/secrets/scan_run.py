"""What is looked at: the work tree, the index, or everything that the repository holds."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from skillconnect_ops.commands import baseline
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.searching import Detectors
from skillconnect_ops.commands.secrets import scan_report
from skillconnect_ops.commands.secrets.coming_back import coming_back, lying_there
from skillconnect_ops.commands.secrets.scan_history import scan_nested, scan_repository
from skillconnect_ops.commands.secrets.scan_model import Scan, Seen, Surroundings, Wish
from skillconnect_ops.core.errors import Precondition, UsageError
from skillconnect_ops.core.ports.objects import Repository, Unreadable
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.shell import word
from skillconnect_ops.history.model import NO_SECRET, Search, Where
from skillconnect_ops.history.nested import Nested
from skillconnect_ops.history.places import Sighting
from skillconnect_ops.history.tree import Tree

if TYPE_CHECKING:  # a hook that only looks has no use for keys and chains
    from skillconnect_ops.core.secret import Secret
    from skillconnect_ops.evidence.matching import Retired


class NothingThere(Precondition):
    """A path that was named does not exist."""


class NotReadable(Precondition):
    """A path that was named cannot be looked at."""


class NoRepository(Precondition):
    """What was asked for is in a repository, and there is none."""


def scan(house: House, wish: Wish) -> Report:
    """Look, and report.

    Raises:
        SkcError: the options contradict each other; a path is not there; no repository.
    """
    if wish.staged and (wish.history or wish.since is not None or wish.paths):
        raise UsageError(
            "--staged goes with no PATH, --history or --since",
            why="it looks at the index alone",
            fix="skc secrets scan --staged",
        )
    accepted = baseline.read(wish.baseline) if wish.baseline else baseline.Baseline()
    starts = _starts(house, wish.paths)
    home = starts[0] if starts[0].is_dir() else starts[0].parent
    repository = house.repositories.open(home)
    root = (repository.root or repository.git_folder) if repository else home
    search = Detectors(thorough=wish.thorough)
    if wish.staged:
        seen = _staged(house, _needed(repository, home), search)
    elif wish.history or wish.since is not None:
        seen = _history(house, _needed(repository, home), wish, starts, search)
        seen = _narrowed(seen, starts if wish.paths else (), root)
    else:
        tree = _looked(house, repository, starts, home, search, thorough=wish.thorough)
        seen = _of_tree(tree) + _only_history(repository)
        seen += lying_there(house, starts, root=root)
    if wish.thorough:
        from skillconnect_ops.commands.secrets.own_ledgers import (  # noqa: PLC0415 - slow to load for a hook
            recognised,
        )

        seen = recognised(seen, repository, root=root)
    # a hook looks at what is to be committed, which belongs nowhere else
    around = Surroundings()
    if seen.seen and not wish.staged:
        from skillconnect_ops.commands.secrets.at_home import (  # noqa: PLC0415 - slow to load for a hook
            surroundings,
        )

        around = replace(
            surroundings(house, seen.seen, root=root), retired=_retired(house, seen.seen)
        )
    return scan_report.report(
        seen, wish, accepted, around, root=root, in_git=repository is not None
    )


def _retired(house: House, seen: Sequence[Seen]) -> "Mapping[Secret, Retired]":
    """Which of it was given up before; where that cannot be told, it counts as in use."""
    from skillconnect_ops.commands.retired import compared  # noqa: PLC0415 - slow to load for a hook

    traces = [one.sighting.trace for one in seen]
    values = {value for trace in traces for value in (trace.whole, trace.secret)} - {NO_SECRET}
    return compared(house, values).found


def _starts(house: House, paths: Sequence[Path]) -> list[Path]:
    """The paths as git names them: no link is left in them."""
    starts = []
    for path in paths or (Path(),):
        start = house.environment.folder / path
        try:
            found = start.resolve(strict=True)
        except (OSError, RuntimeError) as error:  # a circle of links was a RuntimeError before 3.13
            raise NothingThere(
                f"{path} is not there",
                why=getattr(error, "strerror", None) or "it is a link that leads in a circle",
                fix=f"ls -ld {word(path)}",
            ) from error
        if not os.access(found, os.R_OK):
            raise NotReadable(
                f"{path} cannot be read",
                why="its permissions keep this user out",
                fix=f"ls -ld {word(path)}",
            )
        starts.append(found)
    return starts


def _needed(repository: Repository | None, folder: Path) -> Repository:
    if repository is None:
        raise NoRepository(
            f"{folder} is in no git repository",
            why="--history, --since and --staged look at what git keeps",
            fix="skc secrets scan",
        )
    return repository


def _only_history(repository: Repository | None) -> Scan:
    """What a bare repository holds is in no file of its own."""
    if repository is None or repository.root is not None:
        return Scan()
    command = f"skc secrets scan --history {word(repository.git_folder)}"
    return Scan(unknown=(Unknown("history", f"a repository without a work tree; {command}"),))


def _narrowed(scan: Scan, starts: Sequence[Path], root: Path) -> Scan:
    """What lies at or below the paths that were named; all of it, where one is the root itself."""
    names = tuple(Path(os.path.relpath(start, root)).as_posix() for start in starts)
    return scan.narrowed(names) if names and "." not in names else scan


def _history(
    house: House, repository: Repository, wish: Wish, starts: list[Path], search: Search
) -> Scan:
    """The repository, and the files of its work tree, unless only some commits are wanted."""
    if repository.root is None or wish.since is not None:
        return scan_repository(house, repository, search=search, since=wish.since)
    tree = _looked(
        house,
        repository,
        starts if wish.paths else [repository.root],
        repository.root,
        search,
        thorough=wish.thorough,
    )
    roots = frozenset(it.repository.root for it in tree.nested if it.repository.root is not None)
    found = scan_repository(house, repository, search=search, since=None, looked_at=roots)
    # which of it lies below a PATH is told afterwards: a blob has paths of its own
    nested = tree.nested_below(repository.root)
    found += scan_nested(house, nested, search=search, looked_at=roots, done=found.git_folders)
    return found + _of_tree(tree)


def _looked(
    house: House,
    repository: Repository | None,
    starts: Sequence[Path],
    home: Path,
    search: Search,
    *,
    thorough: bool,
) -> Tree:
    in_work_tree = repository if repository is not None and repository.root else None
    root = in_work_tree.root if in_work_tree is not None and in_work_tree.root else home
    tree = Tree(
        root,
        repository=in_work_tree,
        repositories=house.repositories,
        folders=house.folders,
        beside=_beside(house, starts, root) if len(starts) > 1 else (),
        thorough=thorough,
    )
    with house.person.progress("reading files", total=None, unit="B") as ticker:
        tree.look(starts, search=search, crew=house.crew)
        ticker.advance(tree.size_bytes)
    return tree


def _beside(house: House, starts: Sequence[Path], root: Path) -> tuple[Nested, ...]:
    """The repositories of further paths, where they are not the first one's."""
    homes = dict.fromkeys(start if start.is_dir() else start.parent for start in starts)
    found = {}
    for home in homes:
        other = house.repositories.open(home)
        if other is not None and other.root is not None and other.root != root:
            name = os.fsencode(os.path.relpath(other.root, root))
            found[other.root] = Nested(name.decode("utf-8", "backslashreplace"), other)
    return tuple(found[one] for one in sorted(found))


def _of_tree(tree: Tree) -> Scan:
    seen = tuple(
        Seen(
            sighting=Sighting(where=hit.where, trace=trace, path=hit.path),
            standing=tree.standing(hit.path or ""),
        )
        for hit in tree.hits
        for trace in hit.traces
    )
    unknown = tuple(dict.fromkeys(Unknown(gap.subject, gap.reason) for gap in tree.gaps))
    return Scan(
        seen=seen,
        unknown=unknown,
        files=tree.files,
        size_bytes=tree.size_bytes,
        passed_over=tree.passed_over,
    )


def _staged(house: House, repository: Repository, search: Search) -> Scan:
    """The blobs of the index that HEAD does not have at their paths."""
    seen: list[Seen] = []
    unknown: list[Unknown] = []
    staged = repository.staged()
    size_bytes = passed_over = 0
    paths: dict[str, list[str]] = {}
    for path, oid in staged:
        paths.setdefault(oid, []).append(path)
    contents: list[tuple[str, bytes, int]] = []
    broken = False
    for piece in repository.contents(paths) if paths else ():
        if isinstance(piece, Unreadable):
            unknown += [Unknown(path, piece.reason) for path in paths[piece.oid]]
            broken = True
            continue
        size_bytes += len(piece.content)
        for path in paths[piece.oid]:
            contents.append((path, piece.content, piece.line))
            looked = search(path, piece.content)
            passed_over += looked.passed_over
            unknown += [Unknown(path, f"not opened: {reason}") for reason in looked.skipped]
            seen += [
                Seen(sighting=Sighting(where=Where.STAGED, trace=trace, path=path, oid=piece.oid))
                for trace in looked.traces
            ]
    scan = Scan(
        seen=tuple(seen),
        unknown=tuple(unknown),
        files=len(staged),
        size_bytes=size_bytes,
        passed_over=passed_over,
        broken=broken,
    )
    return scan + coming_back(house, contents)
