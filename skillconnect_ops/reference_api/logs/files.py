"""Where log lines go: daily files that several worker processes share, or a stream.

Every process appends to the same files. A file is opened with `O_APPEND` and a line is one
`write`, which the kernel puts at the file's end as a whole, so that no lock is needed. Nothing is
ever renamed: a file is named by its day and an index, and a process that finds it full goes on to
the next name by itself.

A line is written at once, by the thread that logs. Measured on two cores, a line of 340 bytes
costs 4 µs so; by a bounded queue and a thread it costs 7 µs of the same interpreter's time, and a
process that is killed takes what is in its queue along. What was written outlives the process;
only a machine that goes down may lose the last seconds, since nothing waits for the disk. What a
disk that answers slowly costs is the price: a write waits for it once the system's memory for
unwritten data is full.
"""

import errno
import os
import re
import stat
import threading
import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol

MEGABYTE = 1024 * 1024
KEPT_DAYS = 14
_NAME = re.compile(
    r"(?P<kind>combined|error)-(?P<day>\d{4}-\d\d-\d\d)(?:\.(?P<index>\d{1,9}))?\.log"
)
_STDERR = 2
_JUST_NOW_S = 2.0


class Lines(Protocol):
    """Takes whole lines, each with its line feed. It never raises."""

    def write(self, line: bytes) -> None:
        """Keep one line, or count it as lost."""

    @property
    def lost(self) -> int:
        """How many lines could not be kept."""

    def close(self) -> None:
        """Give back what is open."""


class Troubles:
    """Counts lines that were lost; speaks on stderr when that begins and when it is over.

    Args:
        where: what it is that fails, in words for a person.
    """

    def __init__(self, where: str) -> None:
        self.lost = 0
        self._where = where
        self._since: int | None = None

    @property
    def lasting(self) -> bool:
        """The last line was lost."""
        return self._since is not None

    def failed(self, error: OSError) -> None:
        """Note one lost line."""
        if self._since is None:
            self._since = self.lost
            reason = error.strerror or type(error).__name__
            _say(f"skillconnect: log lines are being lost: {self._where}: {reason}\n")
        self.lost += 1

    def went_well(self) -> None:
        """Note one that was kept."""
        if self._since is not None:
            lost, self._since = self.lost - self._since, None
            _say(f"skillconnect: log lines are kept again: {self._where}: {lost} lost\n")


def _say(text: str) -> None:
    with suppress(OSError):
        os.write(_STDERR, text.encode(errors="backslashreplace"))


class Stream:
    """An open file descriptor that is somebody else's, such as standard output."""

    def __init__(self, fd: int, name: str) -> None:
        self._fd = fd
        self._troubles = Troubles(name)

    @property
    def lost(self) -> int:
        """How many lines could not be kept."""
        return self._troubles.lost

    def write(self, line: bytes) -> None:
        """Write one line; of a pipe that is full, it waits for the reader."""
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            self._troubles.failed(error)
        else:
            self._troubles.went_well()

    def close(self) -> None:
        """Nothing to do: who opened it closes it."""


class DailyFiles:
    """Files `KIND-2026-01-31.log`, `KIND-2026-01-31.1.log` … in one folder, by UTC's day.

    Safe to be written by many threads and processes at once.

    Args:
        folder: it is made (0700) where it is not there, also while running.
        kind: the first word of the files' names: combined or error.
        limit_bytes: a file is left once the next line would pass this. Processes that write at the
            same instant may pass it by a line each.
        at_most: how many files of this kind are kept; the oldest go first, also today's. So a
            flood takes `limit_bytes * at_most` of the disk and no more.
        kept_days: files of days longer ago are deleted.
    """

    def __init__(
        self,
        folder: Path,
        kind: str,
        *,
        limit_bytes: int,
        at_most: int,
        kept_days: int = KEPT_DAYS,
    ) -> None:
        self._folder = folder
        self._kind = kind
        self._limit_bytes = limit_bytes
        self._at_most = at_most
        self._kept_days = kept_days
        self._troubles = Troubles(str(folder))
        self._lock = threading.RLock()  # re-entrant: a finalizer may log in the midst of a write
        self._fd: int | None = None
        self._day = ""
        self._index = 0

    @property
    def lost(self) -> int:
        """How many lines could not be kept."""
        return self._troubles.lost

    def write(self, line: bytes) -> None:
        """Append one line to today's file."""
        with self._lock:
            try:
                self._append(line)
            except OSError as error:
                self.close()
                self._troubles.failed(error)
            else:
                self._troubles.went_well()

    def close(self) -> None:
        """Close the file; the next line opens one again."""
        with self._lock:
            if self._fd is not None:
                with suppress(OSError):
                    os.close(self._fd)
                self._fd = None

    def _append(self, line: bytes) -> None:
        fd = self._fitting(len(line))
        written = os.write(fd, line)
        if written < len(line):
            end = os.lseek(fd, 0, os.SEEK_CUR)
            if os.fstat(fd).st_size == end:  # nobody has written behind it yet
                os.ftruncate(fd, end - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _fitting(self, size: int) -> int:
        """The open file of today that has room for so many bytes."""
        day = _today()
        fd = self._fd if self._day == day else None
        found = None if fd is None else os.fstat(fd)
        if fd is None or found is None or found.st_nlink == 0:  # perhaps with the whole folder
            fd = self._open(day, _highest(self._folder, self._kind, day))
            found = os.fstat(fd)
        while found.st_size and found.st_size + size > self._limit_bytes:
            highest = _highest(self._folder, self._kind, day)
            fd = self._open(day, highest if highest > self._index else self._index + 1)
            found = os.fstat(fd)
        return fd

    def _open(self, day: str, index: int) -> int:
        self.close()
        path = self._folder / _named(self._kind, day, index)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            fd = os.open(path, flags, 0o600)
        except FileNotFoundError:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            fd = os.open(path, flags, 0o600)
        self._fd, self._day, self._index = fd, day, index
        _begin_line(fd)
        self._prune(path.name)
        return fd

    def _prune(self, current: str) -> None:
        """Delete what is too old or too much. Another process may be doing the same.

        Age goes for all kinds: who logs no error shall not keep last month's.
        """
        oldest = (date.fromisoformat(self._day) - timedelta(days=self._kept_days)).isoformat()
        left = self._at_most
        for kind, day, index in sorted(_files(self._folder), reverse=True):
            left -= kind == self._kind
            name = _named(kind, day, index)
            if (day < oldest or (kind == self._kind and left < 0)) and name != current:
                with suppress(OSError):
                    (self._folder / name).unlink()


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _named(kind: str, day: str, index: int) -> str:
    return f"{kind}-{day}.{index}.log" if index else f"{kind}-{day}.log"


def _files(folder: Path) -> list[tuple[str, str, int]]:
    """Kind, day and index of each log file; of none where the folder cannot be read."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - names alone are wanted
    except OSError:
        return []
    matches = filter(None, map(_NAME.fullmatch, names))
    return [(m["kind"], m["day"], int(m["index"] or 0)) for m in matches]


def _highest(folder: Path, kind: str, day: str) -> int:
    return max((index for *of, index in _files(folder) if of == [kind, day]), default=0)


def _begin_line(fd: int) -> None:
    """End a line that was cut short when the machine went down, so that the next stands alone.

    Not where the file was written to just now: to be seen half is a line's state, too, while
    another process is in the midst of writing it.
    """
    found = os.fstat(fd)
    if not found.st_size or time.time() - found.st_mtime < _JUST_NOW_S:
        return
    if os.pread(fd, 1, found.st_size - 1) != b"\n":
        os.write(fd, b"\n")


def open_to_others(folder: Path) -> bool:
    """Whether others than its owner may write to a folder, and so put files or links there."""
    return bool(stat.S_IMODE(folder.stat().st_mode) & (stat.S_IWGRP | stat.S_IWOTH))
