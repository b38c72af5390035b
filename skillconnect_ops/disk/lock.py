"""Locks that a dead process cannot keep: flock(2) on a file that also says who holds it.

The kernel's lock is the truth; the text in the file is only for telling a person. The boot id and
the start time of the process tell the holder from a later process with the same number (proc(5)).
"""

import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.disk.files import Disk

_TRIES = 20
_PAUSE_S = 0.05
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Owner(Struct, frozen=True, kw_only=True):
    """One process, told apart from all others on this machine before and after it."""

    pid: int
    boot_id: str
    """Empty where the system has none."""
    started: str
    """The start time of the process in clock ticks after boot; empty where unknown."""
    host: str
    command: str
    since: datetime
    journal: str | None = None

    @property
    def lives(self) -> bool:
        """Whether that very process still runs; one on another host is believed to."""
        if self.host != socket.gethostname():
            return True
        return self.boot_id == _boot_id() and self.started == _started(self.pid)

    def line(self) -> str:
        """One line for people."""
        return f"process {self.pid} on {self.host} (skc {self.command}, since {self.since:%FT%TZ})"


class Locked(Precondition):
    """Somebody else holds what this command needs; `holder` says who, where that is known."""

    holder: Owner | None = None


def this_process(*, command: str, since: datetime, journal: str | None = None) -> Owner:
    """This process as the owner of a lock."""
    return Owner(
        pid=os.getpid(),
        boot_id=_boot_id(),
        started=_started(os.getpid()) or "",
        host=socket.gethostname(),
        command=command,
        since=since,
        journal=journal,
    )


@contextmanager
def hold(
    path: Path,
    *,
    owner: Owner,
    disk: Disk,
    what: str | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold a lock while the block runs.

    A look at the lock by `holder`, or a holder that is just ending, makes this wait for a moment;
    a living holder makes it fail at once.

    Args:
        path: the lock's file; made, with its folder, when missing, and never removed here.
        owner: who takes it, for others to read.
        disk: makes the folder.
        what: what is locked, for the message; by default the path.
        pause: waits some seconds.

    Raises:
        Locked: somebody living holds it.
    """
    disk.make_private(path.parent)
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(fd, path, what or str(path), pause)
        os.ftruncate(fd, 0)
        os.pwrite(fd, msgspec.json.encode(owner) + b"\n", 0)
        try:
            yield
        finally:
            os.ftruncate(fd, 0)
            fcntl.flock(fd, fcntl.LOCK_UN)
    finally:
        os.close(fd)


def holder(path: Path) -> Owner | None:
    """Who holds a lock; None when nobody living does.

    A holder that has not yet written its name is given as process 0.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _named(fd) or _NAMELESS
    else:
        return None
    finally:
        os.close(fd)


_NAMELESS = Owner(
    pid=0, boot_id="", started="", host="", command="?", since=datetime.fromtimestamp(0, tz=UTC)
)


def _take(fd: int, path: Path, what: str, pause: Callable[[float], None]) -> None:
    for _ in range(_TRIES):
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            named = _named(fd)
            if named is not None and named.lives:
                raise _locked(what, named, path) from None
            pause(_PAUSE_S)
        else:
            return
    raise _locked(what, _named(fd), path)


def _locked(what: str, named: Owner | None, path: Path) -> Locked:
    if named is None:
        why, fix = "a process that does not say its name holds the lock", f"fuser -v {path}"
    elif named.lives:
        why, fix = f"{named.line()} holds it", "wait until it has ended, then run it again"
    else:
        why = f"{named.line()} has ended, but left a child that holds it"
        fix = f"end the child (`fuser -v {path}`), then run it again"
    error = Locked(f"{what} is in use", why=why, fix=fix)
    error.holder = named
    return error


def _named(fd: int) -> Owner | None:
    try:
        return msgspec.json.decode(os.pread(fd, 65536, 0), type=Owner)
    except msgspec.DecodeError:
        return None


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """Field 22 of /proc/PID/stat; None when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _started_without_proc(pid)
    state, *fields = text.rpartition(")")[2].split()
    return None if state in {"Z", "X"} else fields[18]


def _started_without_proc(pid: int) -> str | None:
    if Path("/proc/self/stat").exists():
        return None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""
