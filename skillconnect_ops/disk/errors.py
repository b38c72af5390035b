"""What a disk refuses, said so that a person can act on it."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from skillconnect_ops.core.errors import Precondition, SkcError


class DiskFull(Precondition):
    """No space, no inodes, or the quota is used up."""


class ReadOnly(Precondition):
    """The filesystem is mounted read-only."""


class NotPermitted(Precondition):
    """This user may not do that there."""


class Absent(Precondition):
    """A file or folder that must be there is not."""


class TooManyOpen(Precondition):
    """The process or the machine has no file descriptor left."""


class DeviceFailed(Precondition):
    """The device could not read or write."""


class DiskTrouble(Precondition):
    """Any other refusal of the operating system."""


class NotPrivate(Precondition):
    """A folder that must be ours alone belongs to, or is open to, someone else."""


_CLASSES: dict[int | None, tuple[type[Precondition], str]] = {
    errno.ENOSPC: (DiskFull, "free some space there (`df -h {place}`), then run it again"),
    errno.EDQUOT: (DiskFull, "raise the quota or free some space, then run it again"),
    errno.EROFS: (ReadOnly, "mount it writable, or choose another place than {place}"),
    errno.EACCES: (NotPermitted, "let this user in (`ls -ld {place}`), or choose another place"),
    errno.EPERM: (NotPermitted, "let this user in (`ls -ld {place}`), or choose another place"),
    errno.ENOENT: (Absent, "check the path {place}"),
    errno.ENOTDIR: (Absent, "check the path {place}: a part of it is no folder"),
    errno.EMFILE: (TooManyOpen, "raise the limit (`ulimit -n`), then run it again"),
    errno.ENFILE: (TooManyOpen, "close other programs, then run it again"),
    errno.EIO: (DeviceFailed, "check the device (`dmesg`) before trusting it again"),
}
_OTHERWISE = (DiskTrouble, "check {place}, then run it again")


def explain(error: OSError, doing: str, *, at: Path | None = None) -> SkcError:
    """An operating-system error as one of ours.

    Args:
        error: what the operating system said.
        doing: what was being done, as an infinitive: `write the backup`.
        at: where, should the system not say it: a full disk has no name.

    Returns:
        A `Precondition`; raise it `from error` where nothing was touched yet.
    """
    place = str(error.filename or error.filename2 or at or ".")
    kind, fix = _CLASSES.get(error.errno, _OTHERWISE)
    said = error.strerror or type(error).__name__
    why = f"{said}: {place}" if error.filename else said
    return kind(f"cannot {doing}", why=why, fix=fix.format(place=place))


@contextmanager
def explained(doing: str, *, at: Path | None = None) -> Iterator[None]:
    """Let the system's errors leave the block as `explain` says them.

    Raises:
        SkcError: instead of any `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise explain(error, doing, at=at) from error
