"""All that one repository holds besides its work tree, submodules of it included."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.secrets.scan_model import Scan, Seen
from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.history.jobs import FileJob, look_at_files
from skillconnect_ops.history.model import Gap, Hit, Search, Where
from skillconnect_ops.history.places import Places, Sighting
from skillconnect_ops.history.sweep import Sweep
from skillconnect_ops.history.wire import unpacked

_LFS = "lfs/objects/"


def scan_repository(
    house: House, repository: Repository, *, search: Search, since: str | None, name: str = ""
) -> Scan:
    """One repository, then the submodules whose git folders lie in its own.

    Args:
        house: for the crew and progress.
        repository: what is walked.
        search: what looks at each content.
        since: walk only commits that this revision does not reach.
        name: the submodule's name; empty for the outermost repository.

    Raises:
        Precondition: `since` names nothing.
    """
    sweep = Sweep(repository, search=search, crew=house.crew)
    label = f"submodule {name}" if name else "objects"
    if since is not None:
        commits = repository.commits_since(since)
        with house.person.progress(f"reading {label}", total=None, unit="B") as ticker:
            sweep.since(commits, ticker)
        return _scan(repository, sweep, (), (), name)
    with house.person.progress(f"reading {label}", total=None, unit="B") as ticker:
        sweep.everything(ticker)
    sweep.look_at_refs()
    own, gaps = _own_files(house, repository, search, sweep.pointers)
    gaps += [Gap(lack.subject, f"{lack.reason}; {lack.fix}") for lack in repository.lacks()]
    gaps += _linked_worktrees(repository)
    scan = _scan(repository, sweep, own, gaps, name)
    for inner in repository.inner():
        scan += _scan_submodule(house, repository, inner, search=search, above=name)
    return scan + Scan(unknown=tuple(_absent(repository, name)))


def _scan(
    repository: Repository, sweep: Sweep, own: Sequence[Hit], gaps: Sequence[Gap], name: str
) -> Scan:
    places = Places(repository, sweep.paths)
    seen = [Seen(sighting=one, submodule=name or None) for one in places.sightings(sweep.hits)]
    seen += [
        Seen(sighting=Sighting(where=hit.where, trace=trace, path=hit.path), submodule=name or None)
        for hit in own
        for trace in hit.traces
    ]
    prefix = f"{name}/" if name else ""
    unknown = [Unknown(f"{prefix}{gap.subject}", gap.reason) for gap in (*sweep.gaps, *gaps)]
    return Scan(
        seen=tuple(seen),
        unknown=tuple(dict.fromkeys(unknown)),
        objects=sweep.objects,
        size_bytes=sweep.size_bytes,
    )


def _own_files(
    house: House, repository: Repository, search: Search, pointers: dict[str, str]
) -> tuple[list[Hit], list[Gap]]:
    """Config, hooks, reflogs, messages in the making; and LFS objects, by their pointers' paths."""
    plain: list[tuple[str, Path]] = []
    stored: list[tuple[str, Path]] = []
    for name, path in repository.own_files():
        if name.startswith(_LFS):
            stored.append((pointers.get(path.name, name), path))
            pointers.pop(path.name, None)
        else:
            plain.append((f".git/{name}", path))
    jobs = [
        FileJob(search=search, where=Where.GIT_FILE, items=tuple(plain)),
        FileJob(search=search, where=Where.LFS, items=tuple(stored)),
    ]
    hits: list[Hit] = []
    gaps = [
        Gap(path, "its LFS object is not here; git lfs fetch --all") for path in pointers.values()
    ]
    size_bytes = sum(path.stat().st_size for _, path in stored)
    for result in house.crew.spread(look_at_files, jobs, size_bytes=size_bytes):
        harvest = unpacked(result)
        hits += harvest.hits
        gaps += harvest.gaps
    return hits, gaps


def _linked_worktrees(repository: Repository) -> list[Gap]:
    """Other work trees of the repository: their files are not in its folder."""
    gaps = []
    for name, path in repository.own_files():
        if name.startswith("worktrees/") and name.endswith("/gitdir"):
            folder = Path(path.read_text(errors="replace").strip()).parent
            gaps.append(Gap(str(folder), f"a linked worktree; skc secrets scan '{folder}'"))
    return gaps


def _scan_submodule(
    house: House, repository: Repository, folder: Path, *, search: Search, above: str
) -> Scan:
    short = folder.relative_to(repository.git_folder / "modules").as_posix()
    name = f"{above}/{short}" if above else short
    inner = house.repositories.open(folder)
    if inner is None:
        return Scan(unknown=(Unknown(name, "its git folder cannot be read"),))
    return scan_repository(house, inner, search=search, since=None, name=name)


def _absent(repository: Repository, name: str) -> Iterator[Unknown]:
    """Submodules that were never checked out here."""
    known = {
        path.relative_to(repository.git_folder / "modules").as_posix()
        for path in repository.inner()
    }
    root = repository.root
    for path in repository.submodules():
        beside = root is not None and (root / path / ".git").exists()
        if path not in known and not beside:
            fix = f"git submodule update --init '{path}'"
            yield Unknown(
                f"{name}/{path}" if name else path, f"a submodule that is not here; {fix}"
            )
