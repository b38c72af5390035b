"""One file of a project that others write, too: read, changed and put in its place, or untouched.

The lock is flock(2) on the file's folder: everybody who may see the file can take it, it leaves
nothing behind, and whoever holds it knows that any other temporary file there is of a dead run.
Editors know nothing of it; for them the content is compared once more right before the rename.
"""

import errno
import fcntl
import os
import pwd
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from skillconnect_ops.core.errors import Precondition, Refused
from skillconnect_ops.core.view import listed
from skillconnect_ops.disk.acl import ATTRIBUTE, parse_acl
from skillconnect_ops.disk.attributes import AttributeSystem, attributes, give
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.disk.system import System

TEMPORARY = ".env.skc-tmp-"
"""Temporary files begin so: the rules that keep `.env*` out of git, images and archives hit it."""

Edit = Callable[[bytes | None], bytes | None]
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_CHUNK_BYTES = 1 << 20
_TRIES = 5
_BY_EFFECTIVE_USER = os.access in os.supports_effective_ids


class Locked(Precondition):
    """Somebody else has been writing in that folder all the while."""


class NotOurs(Refused):
    """The file belongs to another user, or is reached through a link that does."""


class NotPlain(Refused):
    """The name stands for a folder, a device, or one of several names of a file."""


class KeepsChanging(Precondition):
    """Somebody without our lock changes the file faster than we can."""


class NotAsWritten(Precondition):
    """What was written does not read back as it should."""


class SharedSystem(System, AttributeSystem, Protocol):
    """What is asked of `os` here besides."""

    def read(self, fd: int, length: int, /) -> bytes:
        """Read some bytes."""

    def fchown(self, fd: int, uid: int, gid: int) -> None:
        """Give a file to a user and a group; -1 leaves either as it is."""


class Changed(Struct, frozen=True, kw_only=True):
    """What became of a file. Its repr shows no content."""

    path: Path
    """The file itself, links resolved."""
    before: bytes | None
    after: bytes | None
    """None: there is no file."""
    notices: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Changed(path={self.path!r}, wrote={self.before != self.after})"


def change(
    path: Path,
    edit: Edit,
    *,
    check: Callable[[bytes], bool] = lambda _: True,
    system: SharedSystem = os,
    patience_s: float = 30.0,
) -> Changed:
    """Change one file under a lock: a reader, or a crash, finds the old bytes or the new ones.

    Owner, group, mode and extended attributes stay, but nobody else may read or write it
    afterwards. A group that is not the owner's own was let in on purpose, and may go on reading;
    so was whom an access control list names, which is said in a notice.

    Args:
        path: the file; a link is followed to its end. It need not be there, its folder must.
        edit: from the bytes (None: no file) to the new ones (None: no file any more). It may be
            called again when somebody changed the file in between; whatever it raises passes.
        check: whether the new bytes, as read back from the disk, are right.
        system: the system calls.
        patience_s: how long to wait for others that write there.

    Raises:
        Refused: the file is of another owner, no plain file, or has a second name.
        Locked: others were writing for too long.
        AttributeNotKept: it has an extended attribute that a new file cannot be given.
        Precondition: it cannot be read or written; it was not touched. Only where the folder
            cannot be synced at the very end the new bytes are there, perhaps not for good.
    """
    with explained(f"change {path}", at=Path(os.path.realpath(path)).parent):
        real = Path(os.path.realpath(path))
        _refuse_foreign_links(path)
        with _folder_locked(real.parent, system, patience_s):
            _sweep(real.parent, system)
            for _ in range(_TRIES):
                changed = _changed(real, edit, check, system)
                if changed is not None:
                    return changed
    raise KeepsChanging(
        f"{path} changes all the time",
        why="another program wrote it between our look and our write, several times",
        fix="stop that program, then run it again",
    )


def must_be_writable(path: Path) -> None:
    """Refuse at once what `change` would refuse once its run has begun.

    Raises:
        Refused: the file is of another owner, no plain file, or has a second name.
        Precondition: its folder is not there, or cannot be written.
    """
    with explained(f"change {path}", at=Path(os.path.realpath(path)).parent):
        real = Path(os.path.realpath(path))
        _refuse_foreign_links(path)
        folder = real.parent
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
        if not os.access(folder, os.W_OK | os.X_OK, effective_ids=_BY_EFFECTIVE_USER):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
        if _found(real) is not None:
            _refuse_locked(real)


def _refuse_locked(real: Path) -> None:
    """A file that not even its owner may replace: `chattr +i`, or mounted read-only by itself."""
    try:
        os.close(os.open(real, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW))
    except OSError as error:
        if error.errno in {errno.EPERM, errno.EROFS}:
            raise  # a mode without w says nothing: the file is replaced, not written


def sweep(folder: Path, *, patience_s: float = 30.0) -> None:
    """Remove what runs that died have left in a folder, once nobody writes there.

    Raises:
        Locked: others were writing for too long.
    """
    with explained(f"look through {folder}"), _folder_locked(folder, os, patience_s):
        _sweep(folder, os)


def _changed(
    real: Path, edit: Edit, check: Callable[[bytes], bool], system: SharedSystem
) -> Changed | None:
    """One try; None where the file was changed in between."""
    found = _found(real)
    before = None if found is None else _content(real, system)
    after = edit(before)
    if after == before:
        return Changed(path=real, before=before, after=after)
    if after is None:
        system.unlink(real)
        _sync_folder(real.parent, system)
        return Changed(path=real, before=before, after=None)
    notices = _put(real, after, found, before=before, check=check, system=system)
    if notices is None:
        return None
    return Changed(path=real, before=before, after=after, notices=notices)


def _put(
    real: Path,
    data: bytes,
    found: os.stat_result | None,
    *,
    before: bytes | None,
    check: Callable[[bytes], bool],
    system: SharedSystem,
) -> tuple[str, ...] | None:
    """Write the bytes beside, and give them the name; None where the file changed meanwhile."""
    temporary = real.with_name(f"{TEMPORARY}{os.urandom(8).hex()}")
    try:
        fd = system.open(temporary, _NEW, 0o600)
        try:
            _write_all(fd, data, system)
            notices = _give(fd, found, real, system)
            system.fsync(fd)
        finally:
            system.close(fd)
        _must_be(temporary, data, check, system)
        if _as_now(real, system) != before:
            system.unlink(temporary)
            return None
        system.replace(temporary, real)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108 - as plain as can be: a fault is on its way
        if isinstance(error, OSError) and str(error.filename) == str(temporary):
            # that file is gone, or never was: who looks into it looks at what it was made for
            error.filename = str(real if error.filename2 else real.parent)
        raise
    _sync_folder(real.parent, system)
    return notices


def _found(real: Path) -> os.stat_result | None:
    """The file's owner and mode; None where there is none.

    Raises:
        Refused: we do not write through it.
    """
    try:
        found = real.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(found.st_mode):
        raise NotPlain(
            f"{real} is no plain file",
            why="it is a folder, a device or a pipe",
            fix="name a plain file with --file",
        )
    if found.st_nlink > 1:
        raise NotPlain(
            f"{real} has {found.st_nlink} names",
            why="it is hard-linked; under the other names the old secret would stay",
            fix=f"find / -xdev -samefile '{real}', and remove the names that are not needed",
        )
    if found.st_uid != os.geteuid() and os.geteuid() != 0:
        raise _not_ours(real, found.st_uid)
    return found


def _refuse_foreign_links(path: Path) -> None:
    """Refuse a link that another user made, and one that leads to another user's file."""
    whole = Path(os.path.abspath(path))  # noqa: PTH100 - resolving is what we look into
    if not any(place.is_symlink() for place in (whole, *whole.parents)):
        return
    ours = {os.geteuid(), 0}
    for place in (whole, *whole.parents):
        if place.is_symlink() and place.lstat().st_uid not in ours:
            raise _not_ours(place, place.lstat().st_uid)
    real = Path(os.path.realpath(path))
    if whole.is_symlink() and real.exists() and real.stat().st_uid != os.geteuid():
        raise _not_ours(real, real.stat().st_uid)


def _not_ours(path: Path, uid: int) -> NotOurs:
    return NotOurs(
        f"{path} belongs to user {uid}",
        why="a new file in its place would be ours, and a link may lead where it should not",
        fix=f"run it as that user (sudo -u '#{uid}' skc …), on the file itself",
    )


def _give(
    fd: int, found: os.stat_result | None, real: Path, system: SharedSystem
) -> tuple[str, ...]:
    """Owner, group, mode and attributes of the old file for the new one, less what lets others in.

    In this order: the list of who has access decides the mode, and a change of owner clears bits.
    """
    if found is None:
        system.fchmod(fd, 0o600)
        return ()
    fresh = os.fstat(fd)
    if (fresh.st_uid, fresh.st_gid) != (found.st_uid, found.st_gid):
        system.fchown(fd, found.st_uid, found.st_gid)
    kept = dict(attributes(real, system))
    listing = kept.get(ATTRIBUTE)
    if listing is None:
        give(fd, kept, path=real, system=system)
        was, mode = stat.S_IMODE(found.st_mode), closed_mode(found)
        system.fchmod(fd, mode)
        if mode == was:
            return ()
        return (f"{real} was open to others (mode {was:04o}); it is {mode:04o} now",)
    acl = parse_acl(listing)
    closed = acl.closed(group_may_read=_group_is_let_in(found))
    give(fd, {**kept, ATTRIBUTE: closed.raw()}, path=real, system=system)
    notices = []
    if closed != acl:
        notices.append(f"{real} was open to others; now only to whom its ACL names")
    if acl.lets_in:
        notices.append(f"the ACL of {real.name} lets {listed(acl.lets_in)} in, as before")
    return tuple(notices)


def closed_mode(found: os.stat_result) -> int:
    """The mode that a file without an access control list has once it was changed."""
    on_purpose = 0o040 if _group_is_let_in(found) else 0
    return stat.S_IMODE(found.st_mode) & (0o700 | on_purpose)


def _group_is_let_in(found: os.stat_result) -> bool:
    return found.st_gid != _own_group(found.st_uid)


def _own_group(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return os.getegid()


def _must_be(
    temporary: Path, data: bytes, check: Callable[[bytes], bool], system: SharedSystem
) -> None:
    written = _content(temporary, system)
    if written != data or not check(written):
        raise NotAsWritten(
            "what was written does not read back as it should",
            why="the disk gave back other bytes, or they mean something else; nothing was replaced",
            fix="check the device (`dmesg`), then run it again",
        )


def _as_now(real: Path, system: SharedSystem) -> bytes | None:
    try:
        return _content(real, system)
    except FileNotFoundError:
        return None


def _content(path: Path, system: SharedSystem) -> bytes:
    fd = system.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        parts = []
        while part := system.read(fd, _CHUNK_BYTES):
            parts.append(part)
        return b"".join(parts)
    finally:
        system.close(fd)


def _write_all(fd: int, data: bytes, system: SharedSystem) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[system.write(fd, rest) :]


def _sync_folder(folder: Path, system: SharedSystem) -> None:
    fd = system.open(folder, _FOLDER)
    try:
        system.fsync(fd)
    finally:
        system.close(fd)


@contextmanager
def _folder_locked(folder: Path, system: SharedSystem, patience_s: float) -> Iterator[None]:
    fd = system.open(folder, _FOLDER)
    try:
        _take(fd, folder, patience_s)
        yield
    finally:
        system.close(fd)


def _take(fd: int, folder: Path, patience_s: float) -> None:
    """Take the lock; the kernel wakes who waits for it.

    A hundred who ask again and again would leave no time to the one who writes. A thread waits,
    since flock(2) has no time-out. Where patience ends, the caller closes the descriptor, and with
    it goes whatever the thread may still be given.
    """
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
            raise
    else:
        return
    ended: list[OSError | None] = []
    waiter = threading.Thread(target=_wait_for, args=(fd, ended), daemon=True)
    waiter.start()
    waiter.join(patience_s)
    if not ended:
        raise Locked(
            f"others are writing in {folder}",
            why=f"its lock was not free for {patience_s:.0f} s",
            fix="wait for them to end, then run it again",
        )
    if ended[0] is not None:
        raise ended[0]


def _wait_for(fd: int, ended: list[OSError | None]) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
    except OSError as error:
        ended.append(error)
    else:
        ended.append(None)


def _sweep(folder: Path, system: SharedSystem) -> None:
    """Remove the temporary files of dead runs: a living one would hold the lock that we hold."""
    with os.scandir(folder) as entries:
        strays = [entry for entry in entries if entry.name.startswith(TEMPORARY)]
    for stray in strays:
        if stray.is_file(follow_symlinks=False):
            with suppress(FileNotFoundError, PermissionError):
                system.unlink(stray.path)
