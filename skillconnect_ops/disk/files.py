"""Files that outlive a crash: everything here is on the platter before it returns.

Sources: open(2), rename(2) and fsync(2); a new or renamed name is durable only once its folder has
been fsynced, too.
"""

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from skillconnect_ops.disk.errors import NotPrivate
from skillconnect_ops.disk.system import Chunk, System

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_STRAY = ".skc"


class Writer:
    """A file being written for the first time; a context manager.

    `close` brings the bytes and the name to the disk. Leaving by an exception only closes: the
    part that was written stays, and whoever made it removes it.
    """

    def __init__(self, system: System, path: Path, mode: int) -> None:
        self._system = system
        self._folder = path.parent
        self._fd: int | None = system.open(path, _NEW, mode)
        try:
            system.fchmod(self._fd, mode)
        except BaseException:
            self._drop()
            raise

    def write(self, data: Chunk) -> None:
        """Write all of it.

        Raises:
            OSError: it could not be written; how much of it was is unknown.
        """
        if self._fd is None:
            raise ValueError("the file is closed")
        _write_all(self._system, self._fd, data)

    def close(self) -> None:
        """Bring file and name to the disk; closing twice is fine."""
        if self._fd is None:
            return
        try:
            self._system.fsync(self._fd)
        finally:
            self._drop()
        _sync_folder(self._system, self._folder)

    def discard(self) -> None:
        """Only close; what was written stays for whoever undoes it. After `close`, nothing."""
        self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._drop()

    def _drop(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            self._system.close(fd)


class Disk:
    """Durable operations on files and folders; errors are the `OSError`s of the system.

    `errors.explain` turns those into sentences for people.
    """

    def __init__(self, *, system: System = os) -> None:
        self._system = system

    def read(self, path: Path) -> bytes:
        """All bytes of a file."""
        return path.read_bytes()

    def names(self, folder: Path) -> tuple[str, ...]:
        """The names in a folder, sorted; none where there is no such folder."""
        try:
            return tuple(sorted(entry.name for entry in folder.iterdir()))
        except FileNotFoundError:
            return ()

    def replace(self, path: Path, data: bytes, *, mode: int = 0o600) -> None:
        """Give a file these bytes: a reader, or a crash, finds the old ones or the new ones.

        A symlink at `path` is replaced, not followed. An earlier replacement that died may have
        left its half-written file beside; that is swept away. The caller sees to it that nobody
        else replaces the same file at the same time.

        Args:
            path: the file; its folder is there.
            data: all its bytes.
            mode: its permission bits from the first byte on, whatever the umask.
        """
        self.sweep(path)
        with self._beside(path, mode) as (fd, temporary):
            _write_all(self._system, fd, data)
            self._system.fsync(fd)
            self._system.replace(temporary, path)
        _sync_folder(self._system, path.parent)

    def sweep(self, path: Path) -> None:
        """Remove what died replacements of this file left beside it."""
        for name in self.names(path.parent):
            if name.startswith(_stray_prefix(path)) and name.endswith(_STRAY):
                self._remove_if_dead(path.parent / name)

    def append(self, path: Path, data: bytes) -> None:
        """Add bytes at a file's end, whole or not at all; a new file is made with mode 0600.

        The caller sees to it that nobody else appends at the same time.
        """
        fd = self._system.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            size_bytes = os.fstat(fd).st_size
            if size_bytes == 0:
                _sync_folder(self._system, path.parent)
            try:
                _write_all(self._system, fd, data)
                self._system.fsync(fd)
            except BaseException:
                with suppress(OSError):
                    self._system.ftruncate(fd, size_bytes)
                raise
        finally:
            self._system.close(fd)

    def make_private(self, folder: Path) -> None:
        """Make a folder, and those above it that are missing, for this user alone (0700).

        Raises:
            NotPrivate: it is there, and someone else owns it or everyone may write in it.
        """
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        for place in reversed(missing):
            with suppress(FileExistsError):
                self._system.mkdir(place, 0o700)
            _sync_folder(self._system, place.parent)
        found = folder.stat()
        if not stat.S_ISDIR(found.st_mode):
            raise NotADirectoryError(20, "is no folder", str(folder))
        if found.st_uid != os.geteuid() or found.st_mode & stat.S_IWOTH:
            raise NotPrivate(
                f"{folder} is not private",
                why=f"its owner is user {found.st_uid}, its mode {stat.filemode(found.st_mode)}",
                fix=f"chown {os.geteuid()} {folder} && chmod 700 {folder}",
            )

    def rename(self, source: Path, target: Path) -> None:
        """Move a file or a folder within a filesystem, over a file that is there."""
        self._system.replace(source, target)
        _sync_folder(self._system, target.parent)
        if source.parent != target.parent:
            _sync_folder(self._system, source.parent)

    def remove(self, path: Path) -> None:
        """Remove a file; a missing one is fine."""
        with suppress(FileNotFoundError):
            self._system.unlink(path)
            _sync_folder(self._system, path.parent)

    def remove_tree(self, folder: Path) -> None:
        """Remove a folder and all that is in it; a missing one is fine.

        Symlinks are removed, not followed, and so is `folder` if it is one.
        """
        if folder.is_symlink():
            self.remove(folder)
            return
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except FileNotFoundError:
            return
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                self.remove_tree(Path(entry.path))
            else:
                with suppress(FileNotFoundError):
                    self._system.unlink(entry.path)
        with suppress(FileNotFoundError):
            self._system.rmdir(folder)
        _sync_folder(self._system, folder.parent)

    def writer(self, path: Path, *, mode: int = 0o600) -> Writer:
        """Begin a new file.

        Raises:
            FileExistsError: something of that name is there already.
        """
        return Writer(self._system, path, mode)

    def free_bytes(self, folder: Path) -> int:
        """What an unprivileged user may still write on the folder's filesystem, in bytes.

        The folder need not be there yet: the nearest one above it is asked.
        """
        return shutil.disk_usage(next(p for p in (folder, *folder.parents) if p.exists())).free

    @contextmanager
    def _beside(self, path: Path, mode: int) -> Iterator[tuple[int, Path]]:
        """A locked file beside `path` that is gone afterwards, unless it was renamed."""
        temporary = path.with_name(f"{_stray_prefix(path)}{os.urandom(6).hex()}{_STRAY}")
        fd = self._system.open(temporary, _NEW, mode)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._system.fchmod(fd, mode)
            yield fd, temporary
        except BaseException:
            with suppress(OSError):
                self._system.unlink(temporary)
            raise
        finally:
            self._system.close(fd)

    def _remove_if_dead(self, stray: Path) -> None:
        """A living writer holds a lock on its file; that of a dead one is free."""
        try:
            fd = os.open(stray, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.remove(stray)
        except BlockingIOError:
            return
        finally:
            os.close(fd)


def _stray_prefix(path: Path) -> str:
    return f".{path.name[:200]}."


def _write_all(system: System, fd: int, data: Chunk) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[system.write(fd, rest) :]


def _sync_folder(system: System, folder: Path) -> None:
    fd = system.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        system.fsync(fd)
    finally:
        system.close(fd)
