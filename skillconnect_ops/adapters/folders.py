"""Folders through `os.scandir`."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from skillconnect_ops.core.ports.folders import OnDisk

_ODD = "it is a pipe, a socket or a device"


class DiskFolders:
    """Implements `core.ports.folders.Folders`."""

    def walk(self, root: Path, start: Path, *, enter: Callable[[str], bool]) -> Iterator[OnDisk]:
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


def _below(root: Path, folder: str, enter: Callable[[str], bool]) -> Iterator[OnDisk]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield OnDisk(name=_name(root, folder), path=Path(folder), trouble=_why(error))
        return
    for entry in entries:
        name = _name(root, entry.path)
        if entry.is_dir(follow_symlinks=False):
            if enter(name):
                yield from _below(root, entry.path, enter)
            continue
        try:
            yield _entry(name, entry.path, entry.stat(follow_symlinks=False))
        except OSError as error:
            yield OnDisk(name=name, path=Path(entry.path), trouble=_why(error))


def _entry(name: str, path: str, about: os.stat_result) -> OnDisk:
    if stat.S_ISLNK(about.st_mode):
        return OnDisk(name=name, path=Path(path), link=os.fsencode(Path(path).readlink()))
    if not stat.S_ISREG(about.st_mode):
        return OnDisk(name=name, path=Path(path), trouble=_ODD)
    return OnDisk(name=name, path=Path(path), size_bytes=about.st_size)


def _name(root: Path, path: str) -> str:
    relative = os.path.relpath(path, root)
    return os.fsencode(relative).decode("utf-8", "backslashreplace")


def _why(error: OSError) -> str:
    return error.strerror or type(error).__name__
