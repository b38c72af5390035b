"""Extended attributes: what a file carries besides its bytes, its owner and its mode.

Source: xattr(7). A file system without them, and a system other than Linux, has none to keep.
"""

import errno
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.disk.acl import ATTRIBUTE, Acl, parse_acl
from skillconnect_ops.disk.system import StrPath

_NONE = {errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
_NOT_THERE = {errno.ENODATA, *_NONE}
_NOT_ALLOWED = {errno.EPERM, errno.EACCES, errno.EINVAL, *_NONE}
_OF_THE_BYTES = frozenset({"security.ima", "security.evm", "security.capability"})
"""The kernel's own, of the bytes that were there: they would be wrong for others."""


class AttributeSystem(Protocol):
    """What is asked of `os` here."""

    def listxattr(
        self, path: int | StrPath | None = None, *, follow_symlinks: bool = True
    ) -> list[str]:
        """The names of a file's attributes."""

    def getxattr(
        self, path: int | StrPath, attribute: str, *, follow_symlinks: bool = True
    ) -> bytes:
        """The bytes of one."""

    def setxattr(self, path: int | StrPath, attribute: str, value: bytes, /) -> None:
        """Give a file one."""

    def removexattr(self, path: int | StrPath, attribute: str, /) -> None:
        """Take one away."""


class AttributeNotKept(Precondition):
    """A new file cannot be given an attribute that the old one has."""

    def __init__(self, path: Path, name: str, why: str) -> None:
        take = f"setfacl -b '{path}'" if name == ATTRIBUTE else f"setfattr -x {name} '{path}'"
        super().__init__(
            f"{path} has the attribute {name}, which would be lost",
            why=f"a new file takes its place, and cannot be given it: {why}",
            fix=f"{take}   # where it is not needed; else run it as who may set it",
        )


def attributes(path: Path, system: AttributeSystem = os) -> Mapping[str, bytes]:
    """What a file carries that its next version shall carry, too; a link is not followed.

    Raises:
        OSError: it cannot be asked.
    """
    if sys.platform != "linux":
        return {}
    found = {}
    try:
        for name in system.listxattr(path, follow_symlinks=False):
            if name not in _OF_THE_BYTES:
                found[name] = system.getxattr(path, name, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NONE:
            raise
    return found


def acl_of(path: Path) -> Acl | None:
    """A file's access control list, links followed; None where its mode says all there is.

    Raises:
        OSError: it cannot be asked.
    """
    if sys.platform != "linux":
        return None
    try:
        return parse_acl(os.getxattr(path, ATTRIBUTE))
    except OSError as error:
        if error.errno not in _NOT_THERE:
            raise
        return None


def lets_in(file: Path) -> tuple[str, ...]:
    """Whom its access control list lets in; nobody where it has none, or cannot be asked."""
    try:
        acl = acl_of(file)
    except OSError:
        return ()
    return () if acl is None else acl.lets_in


def give(fd: int, wanted: Mapping[str, bytes], *, path: Path, system: AttributeSystem = os) -> None:
    """Give a new file these attributes, and no access control list but one among them.

    A folder's default list is inherited by what is made in it, so that one may be there already.

    Args:
        fd: the new file.
        wanted: the bytes by name.
        path: the file whose place it takes, for the error.
        system: the system calls.

    Raises:
        AttributeNotKept: this user, or this file system, cannot set one of them.
        OSError: any other refusal.
    """
    if sys.platform != "linux":
        return
    try:
        there = {name: system.getxattr(fd, name) for name in system.listxattr(fd)}
    except OSError as error:
        if error.errno not in _NONE:
            raise
        there = {}
    if ATTRIBUTE in there and ATTRIBUTE not in wanted:
        system.removexattr(fd, ATTRIBUTE)
    for name, value in wanted.items():
        if there.get(name) == value:
            continue
        try:
            system.setxattr(fd, name, value)
        except OSError as error:
            if error.errno not in _NOT_ALLOWED:
                raise
            raise AttributeNotKept(path, name, error.strerror or type(error).__name__) from error
