"""Folders through `os.scandir`."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from skillconnect_ops.core.ports.folders import Enter, OnDisk

_ODD = "a pipe, a socket or a device"
_NOWHERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
"""What following a link ends with where it leads nowhere, or in a circle."""


class DiskFolders:
    """Implements `core.ports.folders.Folders`."""

    def walk(self, root: Path, start: Path, *, enter: Enter) -> Iterator[OnDisk]:
        """All entries at and below `start`, by name."""
        try:
            mode = start.stat().st_mode
        except OSError as error:
            yield OnDisk(name=_name(root, str(start)), path=start, trouble=_why(error))
            return
        if stat.S_ISDIR(mode):
            yield from _below(root, str(start), enter)
        else:
            yield _entry(_name(root, str(start)), str(start), start.stat())


def _below(root: Path, top: str, enter: Enter) -> Iterator[OnDisk]:
    """Depth first, without recursion: folders may be nested deeper than calls may be."""
    waiting: list[os.DirEntry[str] | str] = [top]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, str):
            try:
                entries = sorted(os.scandir(entry), key=lambda one: one.name, reverse=True)
            except OSError as error:
                yield OnDisk(name=_name(root, entry), path=Path(entry), trouble=_why(error))
                continue
            waiting += entries
            continue
        name = _name(root, entry.path)
        try:
            if not entry.is_dir(follow_symlinks=False):
                yield _entry(name, entry.path, entry.stat(follow_symlinks=False))
            elif enter(name, Path(entry.path)):
                waiting.append(entry.path)
        except OSError as error:
            yield OnDisk(name=name, path=Path(entry.path), trouble=_why(error))


def _entry(name: str, path: str, about: os.stat_result) -> OnDisk:
    if stat.S_ISLNK(about.st_mode):
        return _link(name, Path(path))
    if not stat.S_ISREG(about.st_mode):
        return OnDisk(name=name, path=Path(path), trouble=f"it is {_ODD}")
    return OnDisk(name=name, path=Path(path), size_bytes=about.st_size)


def _link(name: str, path: Path) -> OnDisk:
    link = os.fsencode(path.readlink())
    try:
        target = Path(os.path.realpath(path, strict=True))
        mode = target.stat().st_mode
    except OSError as error:
        trouble = None if error.errno in _NOWHERE else f"where it leads: {_why(error)}"
        return OnDisk(name=name, path=path, link=link, trouble=trouble)
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return OnDisk(name=name, path=path, link=link, leads_to=target)
    return OnDisk(name=name, path=path, link=link, trouble=f"it leads to {_ODD}")


def _name(root: Path, path: str) -> str:
    relative = os.path.relpath(path, root)
    return os.fsencode(relative).decode("utf-8", "backslashreplace")


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__
