"""The system calls that change a disk, as a port: the `os` module is the real one.

Tests put something else here to fail, to die or to watch at each single call.
"""

import os
from typing import Protocol

StrPath = str | os.PathLike[str]
Chunk = bytes | bytearray | memoryview


class System(Protocol):
    """What `Disk` asks of `os`; names and arguments are those of `os`."""

    def open(self, path: StrPath, flags: int, mode: int = 0o777) -> int:
        """Open a file or a folder."""

    def write(self, fd: int, data: Chunk, /) -> int:
        """Write some bytes; says how many."""

    def fsync(self, fd: int) -> None:
        """Bring a file or a folder to the platter."""

    def fchmod(self, fd: int, mode: int) -> None:
        """Set the permission bits."""

    def ftruncate(self, fd: int, length: int, /) -> None:
        """Cut a file."""

    def close(self, fd: int) -> None:
        """Close it."""

    def mkdir(self, path: StrPath, mode: int = 0o777) -> None:
        """Make one folder."""

    def replace(self, src: StrPath, dst: StrPath) -> None:
        """Rename over whatever is there."""

    def unlink(self, path: StrPath) -> None:
        """Remove one file."""

    def rmdir(self, path: StrPath) -> None:
        """Remove one empty folder."""
