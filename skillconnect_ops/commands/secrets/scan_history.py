"""All that repositories hold besides their work trees: one, its submodules, those within it."""

import os
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.searching import Inside
from skillconnect_ops.commands.secrets.scan_model import OUTERMOST, Inner, Scan, Seen
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.shell import word
from skillconnect_ops.detection import path_class
from skillconnect_ops.history.earlier import earlier, place_of
from skillconnect_ops.history.jobs import FileJob, look_at_files
from skillconnect_ops.history.model import Gap, Hit, Search, Where
from skillconnect_ops.history.nested import Nested
from skillconnect_ops.history.places import Places, Sighting
from skillconnect_ops.history.sweep import Sweep
from skillconnect_ops.history.wire import unpacked

_LFS = "lfs/objects/"


class _ClassIn(Struct, frozen=True):
    """What a path of a repository says, which may lie in a folder that says something itself."""

    inner: Inner

    def __call__(self, path: str) -> Hashable:
        return path_class(self.inner.path(path))


def scan_repository(
    house: House,
    repository: Repository,
    *,
    search: Search,
    since: str | None,
    inner: Inner = OUTERMOST,
    looked_at: Collection[Path] = (),
) -> Scan:
    """One repository, then the submodules whose git folders lie in its own.

    Args:
        house: for the crew and progress.
        repository: what is walked.
        search: what looks at each content.
        since: walk only commits that this revision does not reach.
        inner: which of the repositories within the outermost it is.
        looked_at: roots of work trees whose files are looked at anyway.

    Raises:
        Precondition: `since` names nothing.
    """
    outer = search
    if inner:
        search = Inside(search=search, folder=inner.name)
    sweep = Sweep(repository, search=search, path_class=_ClassIn(inner), crew=house.crew)
    label = str(inner) if inner else "objects"
    if since is not None:
        commits = repository.commits_since(since)
        with house.person.progress(f"reading {label}", total=None, unit="B") as ticker:
            sweep.since(commits, ticker)
        scan = _scan(repository, sweep, (), (), inner) + _cut(repository, commits)
        return _dated(scan, repository, since, search)
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - slow to load for a hook

    with ThreadPoolExecutor(1) as beside:
        lacks = beside.submit(repository.lacks)  # git walks commits and trees meanwhile
        sources = beside.submit(repository.sources)
        with house.person.progress(f"reading {label}", total=None, unit="B") as ticker:
            sweep.everything(ticker)
    sweep.look_at_refs()
    own, gaps = _own_files(house, repository, search, sweep.pointers)
    gaps += [Gap(lack.subject, f"{lack.reason}; {lack.fix}") for lack in lacks.result()]
    gaps += _linked_worktrees(repository, looked_at)
    scan = _scan(repository, sweep, own, gaps, inner, sources=sources.result)
    for folder in repository.inner():
        scan += _scan_submodule(
            house, repository, folder, search=outer, above=inner, looked_at=looked_at
        )
    return scan + Scan(unknown=tuple(_absent(repository, inner)))


def scan_nested(
    house: House,
    nested: Sequence[Nested],
    *,
    search: Search,
    looked_at: Collection[Path],
    done: Collection[Path],
) -> Scan:
    """Repositories within the work tree, but those whose git folders were looked at already.

    Args:
        house: for the crew and progress.
        nested: outer ones before those within them.
        search: what looks at each content.
        looked_at: roots of work trees whose files are looked at anyway.
        done: the git folders of which the history was looked at: submodules, linked worktrees.
    """
    scan = Scan(git_folders=frozenset(done))
    for one in nested:
        if one.repository.git_folder not in scan.git_folders:
            inner = Inner(name=one.name, sort="nested repository")
            try:
                scan += scan_repository(
                    house,
                    one.repository,
                    search=search,
                    since=None,
                    inner=inner,
                    looked_at=looked_at,
                )
            except Precondition as error:
                unknown = Unknown(one.name, f"{error.what}: {error.why}; {error.fix}")
                scan += Scan(unknown=(unknown,))
    return scan


def _scan(
    repository: Repository,
    sweep: Sweep,
    own: Sequence[Hit],
    gaps: Sequence[Gap],
    inner: Inner,
    *,
    sources: Callable[[], Mapping[str, str]] | None = None,
) -> Scan:
    places = Places(repository, sweep.paths, path_class=_ClassIn(inner), sources=sources)
    seen = [Seen(sighting=one, inner=inner) for one in places.sightings(sweep.hits)]
    seen += [
        Seen(sighting=Sighting(where=hit.where, trace=trace, path=hit.path), inner=inner)
        for hit in own
        for trace in hit.traces
    ]
    unknown = [Unknown(inner.path(gap.subject), gap.reason) for gap in (*sweep.gaps, *gaps)]
    return Scan(
        seen=tuple(seen),
        unknown=tuple(dict.fromkeys(unknown)),
        git_folders=frozenset({repository.git_folder}),
        objects=sweep.objects,
        size_bytes=sweep.size_bytes,
        broken=sweep.broken,
        passed_over=sweep.passed_over,
    )


def _cut(repository: Repository, commits: Sequence[str]) -> Scan:
    """Whether a shallow clone ends within the commits that were looked at."""
    lack = repository.cut_within(commits)
    if lack is None:
        return Scan()
    return Scan(unknown=(Unknown(lack.subject, f"{lack.reason}; {lack.fix}"),), broken=True)


def _dated(scan: Scan, repository: Repository, since: str, search: Search) -> Scan:
    """The same, with what older versions of the files hold already told apart."""
    known = earlier(repository, since, (one.sighting for one in scan.seen), search=search)
    if not known:
        return scan
    seen = []
    for one in scan.seen:
        place = place_of(one.sighting)
        seen.append(replace(one, before=known[place]) if place in known else one)
    return replace(scan, seen=tuple(seen))


def _own_files(
    house: House, repository: Repository, search: Search, pointers: Mapping[str, tuple[str, ...]]
) -> tuple[list[Hit], list[Gap]]:
    """Config, hooks, reflogs, messages in the making; and LFS objects, by their pointers' paths."""
    plain: list[tuple[str, Path]] = []
    stored: list[tuple[str, Path]] = []
    here: set[str] = set()
    for name, path in repository.own_files():
        if name.startswith(_LFS):
            stored += [(pointer, path) for pointer in pointers.get(path.name, (name,))]
            here.add(path.name)
        else:
            plain.append((f".git/{name}", path))
    jobs = [
        FileJob(search=search, where=Where.GIT_FILE, items=tuple(plain)),
        FileJob(search=search, where=Where.LFS, items=tuple(stored)),
    ]
    hits: list[Hit] = []
    gaps = [
        Gap(path, "its LFS object is not here; git lfs fetch --all")
        for oid, paths in pointers.items()
        if oid not in here
        for path in paths
    ]
    gaps += [Gap(f".git/{name}", f"cannot be listed: {why}") for name, why in repository.closed()]
    size_bytes = sum(path.stat().st_size for _, path in stored)
    for result in house.crew.spread(look_at_files, jobs, size_bytes=size_bytes):
        harvest = unpacked(result)
        hits += harvest.hits
        gaps += harvest.gaps
    return hits, gaps


def _linked_worktrees(repository: Repository, looked_at: Collection[Path]) -> list[Gap]:
    """Other work trees of the repository: their files are not in its folder."""
    gaps = []
    for name, path in repository.own_files():
        if name.startswith("worktrees/") and name.endswith("/gitdir"):
            folder = Path(os.fsdecode(path.read_bytes().rstrip(b"\n"))).parent
            if folder not in looked_at and folder.exists():
                command = f"skc secrets scan {word(folder)}"
                gaps.append(Gap(str(folder), f"a linked worktree; {command}"))
    return gaps


def _scan_submodule(
    house: House,
    repository: Repository,
    folder: Path,
    *,
    search: Search,
    above: Inner,
    looked_at: Collection[Path],
) -> Scan:
    short = folder.relative_to(repository.git_folder / "modules").as_posix()
    inner = above.below(short, "submodule")
    try:
        found = house.repositories.open(folder)
        if found is not None and found.git_folder == folder:
            return scan_repository(
                house, found, search=search, since=None, inner=inner, looked_at=looked_at
            )
        why = f"git takes it for no repository; skc secrets scan {word(folder)}"
    except Precondition as error:
        why = f"{error.what}: {error.why}; {error.fix}"
    return Scan(unknown=(Unknown(inner.name, why),))


def _absent(repository: Repository, inner: Inner) -> Iterator[Unknown]:
    """Submodules that were never checked out here."""
    root = repository.root
    known = {
        path.relative_to(repository.git_folder / "modules").as_posix()
        for path in repository.inner()
    }
    for path in repository.submodules():
        # one whose git folder lies in its own folder is a nested repository as all others are
        beside = root is not None and (root / path / ".git").exists()
        if path not in known and not beside:
            where = f" -C {word(root)}" if root is not None else ""
            fix = f"git{where} submodule update --init {word(path)}"
            yield Unknown(inner.path(path), f"a submodule that is not here; {fix}")
