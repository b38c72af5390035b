"""A work tree that goes along: its index, and its files as far as nobody has changed them."""

import contextlib
import os
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from msgspec.structs import replace

from skillconnect_ops.commands.scrub.paths import Globs
from skillconnect_ops.commands.scrub.rewrite import new_paths, without
from skillconnect_ops.core.ports.rewriting import SUBMODULE, Entry, WorkTree
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.history.needles import Needles


def renew(
    tree: WorkTree,
    disk: Disk,
    objects: Mapping[str, str],
    *,
    in_names: Needles,
    in_files: Needles,
    gone: Globs,
    kept: Collection[bytes],
    head: Mapping[str, str],
) -> None:
    """One index and its files; files that were changed and not committed are left alone.

    That is so of staged ones as well: what is on disk is all that there is of them.

    A file goes to its new name first: two that held values may come to be called alike. Those that
    are kept only get that name.
    """
    changed = tree.changed()
    stays = [entry for entry in tree.index() if not gone.matches(os.fsencode(entry.path))]
    paths = new_paths([os.fsencode(entry.path) for entry in stays], in_names)
    fresh: list[Entry] = []
    for entry in stays:
        path = os.fsdecode(paths[os.fsencode(entry.path)])
        if os.fsencode(entry.path) in kept:
            if path != entry.path and os.path.lexists(tree.root / entry.path):
                _rename(disk, tree.root, entry.path, path)
            continue
        oid = objects.get(entry.oid, entry.oid)
        fresh.append(replace(entry, path=path, oid=oid))
        if (path, oid) == (entry.path, entry.oid):
            continue
        if entry.mode == SUBMODULE:
            _renew_empty(tree.root, entry.path, path)
            continue
        # by either name: somebody may have committed the old tree once more meanwhile
        committed = entry.stage or {head.get(path), head.get(entry.path)} & {entry.oid, oid}
        if committed and entry.path not in changed and os.path.lexists(tree.root / entry.path):
            _renew_file(disk, tree.root, entry.path, path, in_files=in_files, in_names=in_names)
    tree.replace_index(fresh)
    tree.refresh()


def _renew_empty(root: Path, old: str, new: str) -> None:
    """The folder of a submodule that is not here; one that is here stays where it is."""
    with contextlib.suppress(OSError):
        (root / old).rmdir()
        (root / new).mkdir(parents=True)
        _without_empty(root, old)


def _without_empty(root: Path, path: str) -> None:
    """No folder that held nothing but what is called otherwise by now: its name may be a value."""
    with contextlib.suppress(OSError):
        for folder in PurePosixPath(path).parents[:-1]:
            (root / folder).rmdir()


def _rename(disk: Disk, root: Path, was: str, name: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    disk.rename(root / was, root / name)
    _without_empty(root, was)


def _renew_file(
    disk: Disk, root: Path, was: str, name: str, *, in_files: Needles, in_names: Needles
) -> None:
    new = root / name
    if was != name:
        _rename(disk, root, was, name)
    if new.is_symlink():
        target = os.fsencode(new.readlink())
        plain = in_files.without(target)
        if plain != target:
            new.unlink()
            new.symlink_to(os.fsdecode(plain))
        return
    content = new.read_bytes()
    plain = without(content, in_files, in_names=in_names)
    if plain != content:
        disk.replace(new, plain, mode=new.stat().st_mode & 0o777)
