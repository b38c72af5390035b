"""Every object that a repository has, by `git cat-file --batch-check`."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from skillconnect_ops.adapters.objects.program import Git, GitCannotRead
from skillconnect_ops.core.ports.objects import Listed, ObjectKind, Unreadable

_CHECK = "--batch-check=%(objectname) %(objecttype) %(objectsize) %(deltabase)"
_NO_BASE = "0" * 32
_LOST = "missing or damaged (see `git fsck`)"
_KINDS = {kind.value: kind for kind in ObjectKind}
_AT_ONCE_BYTES = 1 << 20
_LOOSE_NAMES = frozenset({38, 62})
"""Letters of a loose object's file, whose folder has the first two: of SHA-1 and of SHA-256."""


def listing(git: Git, git_folder: Path) -> Iterator[Listed | Unreadable]:
    """Every object once, in the order of the packs.

    Git gives up at the first pack that it cannot open; then each is asked for alone.
    """
    seen: set[str] = set()
    try:
        for one in _listed(git, "--batch-all-objects", "--unordered"):
            seen.add(one.oid)
            yield one
    except GitCannotRead:
        yield from _pack_by_pack(git, git_folder, seen)


def listed_of(git: Git, oids: Iterable[str]) -> Iterator[Listed | Unreadable]:
    """These objects alone."""
    yield from _listed(git, given=oids)


def _listed(git: Git, *words: str, given: Iterable[str] = ()) -> Iterator[Listed | Unreadable]:
    with git.running("cat-file", *words, "--buffer", _CHECK, given=given) as told:
        while lines := told.readlines(_AT_ONCE_BYTES):
            parts = b"".join(lines).decode().split()
            if len(parts) == 4 * len(lines):
                yield from map(_one, *(parts[place::4] for place in range(4)))
                continue
            for line in lines:  # of what is lost there are but two words
                oid, *rest = line.decode().split()
                yield _one(oid, *rest) if len(rest) > 1 else Unreadable(oid, _LOST)


def _one(oid: str, kind: str, size_bytes: str, base: str) -> Listed:
    is_whole = base.startswith(_NO_BASE)
    return Listed(oid, _KINDS[kind], int(size_bytes), None if is_whole else base)


def _pack_by_pack(git: Git, git_folder: Path, seen: set[str]) -> Iterator[Listed | Unreadable]:
    folder = git_folder / "objects"
    loose = [
        path.parent.name + path.name
        for path in sorted(folder.glob("[0-9a-f][0-9a-f]/*"))
        if len(path.name) in _LOOSE_NAMES
    ]
    sources: dict[str, list[str]] = {"loose objects": loose}
    for index in sorted((folder / "pack").glob("*.idx")):
        try:
            sources[f"{index.stem}.pack"] = in_index(git, index)
        except (GitCannotRead, OSError):
            yield Unreadable(index.name, "git cannot read it (see `git fsck`)")
    if (folder / "info" / "alternates").exists():
        yield Unreadable("alternates", "not listed, since a pack here is damaged")
    for name, oids in sources.items():
        fresh = [oid for oid in oids if oid not in seen]
        reason = _LOST
        try:
            for one in _listed(git, given=fresh) if fresh else ():
                if isinstance(one, Listed):
                    seen.add(one.oid)
                    yield one
        except GitCannotRead as error:
            reason = f"not read: {error.why} (see `git fsck`)"
        left = sum(oid not in seen for oid in fresh)
        if left:
            yield Unreadable(name, f"{left:,} of its objects are {reason}")


def in_index(git: Git, index: Path) -> list[str]:
    """The objects of a pack, by its index alone."""
    with index.open("rb") as file, git.running("show-index", file=file) as told:
        return [line.split()[1].decode() for line in told]
