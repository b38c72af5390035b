"""What a sudden loss of power would leave of a folder, at every system call of a run.

A file's bytes survive from the last fsync of the file, a name from the last fsync of its folder
(fsync(2)); whatever was not brought down is taken as lost.
"""

import os
from collections.abc import Callable
from pathlib import Path

from skillconnect_ops.disk.system import Chunk, StrPath


class _File:
    def __init__(self) -> None:
        self.durable = b""


class Platter:
    """The system calls of a disk, done for real, and what of them a platter would keep.

    Args:
        root: the folder that is watched; it is there and empty.
        at_call: called after every system call, with its name.
    """

    def __init__(self, root: Path, *, at_call: Callable[[str], None]) -> None:
        self._root = root
        self._at_call = at_call
        self._open: dict[int, Path] = {}
        self._files: dict[Path, _File] = {}
        self._names: dict[Path, dict[str, _File | None]] = {}

    def leave(self, target: Path) -> None:
        """Write what is durable into another folder."""
        self._leave(self._root, target)

    def _leave(self, folder: Path, target: Path) -> None:
        target.mkdir(mode=0o700)
        for name, file in self._names.get(folder, {}).items():
            if file is None:
                self._leave(folder / name, target / name)
            else:
                (target / name).write_bytes(file.durable)

    def open(self, path: StrPath, flags: int, mode: int = 0o777) -> int:
        """Open, and remember which."""
        place = Path(path)
        new = flags & os.O_CREAT and not place.exists()
        fd = os.open(path, flags, mode)
        self._open[fd] = place
        if new:
            self._files[place] = _File()
        self._at_call("open")
        return fd

    def write(self, fd: int, data: Chunk, /) -> int:
        """Into the page cache."""
        written = os.write(fd, data)
        self._at_call("write")
        return written

    def fsync(self, fd: int) -> None:
        """The bytes of a file, or the names in a folder, become durable."""
        place = self._open[fd]
        if place.is_dir():
            self._names[place] = {
                entry.name: None if entry.is_dir() else self._files.setdefault(entry, _File())
                for entry in place.iterdir()
            }
        else:
            self._files[place].durable = place.read_bytes()
        self._at_call("fsync")

    def fchmod(self, fd: int, mode: int) -> None:
        """Set the mode."""
        os.fchmod(fd, mode)
        self._at_call("fchmod")

    def ftruncate(self, fd: int, length: int, /) -> None:
        """Cut."""
        os.ftruncate(fd, length)
        self._at_call("ftruncate")

    def close(self, fd: int) -> None:
        """Close."""
        del self._open[fd]
        os.close(fd)
        self._at_call("close")

    def mkdir(self, path: StrPath, mode: int = 0o777) -> None:
        """Make a folder, whose name is not durable yet."""
        Path(path).mkdir(mode)
        self._at_call("mkdir")

    def replace(self, src: StrPath, dst: StrPath) -> None:
        """Rename."""
        Path(src).replace(dst)
        self._files[Path(dst)] = self._files.pop(Path(src))
        self._at_call("replace")

    def unlink(self, path: StrPath) -> None:
        """Remove; the old name may come back."""
        Path(path).unlink()
        self._at_call("unlink")

    def rmdir(self, path: StrPath) -> None:
        """Remove a folder."""
        Path(path).rmdir()
        self._at_call("rmdir")
