"""POSIX access control lists, as Linux keeps them in `system.posix_acl_access`; pure but for names.

Source: acl(5) for what the entries mean, and Linux's uapi/linux/posix_acl_xattr.h for the bytes: a
version (2), then tag, permissions and id of each entry, all little-endian. Where a file has a list,
the group's bits of its mode are the list's mask: what any entry but owner's and others' can have.
"""

import grp
import pwd
import struct
from enum import IntEnum

from msgspec import Struct
from msgspec.structs import replace

ATTRIBUTE = "system.posix_acl_access"
_VERSION = 2
_HEAD = struct.Struct("<I")
_ENTRY = struct.Struct("<HHI")
_READ = 4


class Tag(IntEnum):
    """Whom an entry is for."""

    OWNER = 0x01
    USER = 0x02
    """The one whose id it names."""
    OWNING_GROUP = 0x04
    GROUP = 0x08
    MASK = 0x10
    OTHERS = 0x20


class AclEntry(Struct, frozen=True):
    """Permissions (4 read, 2 write, 1 execute) for one sort of user."""

    tag: Tag
    permissions: int
    id: int


class Acl(Struct, frozen=True):
    """The entries of one file, in their order."""

    entries: tuple[AclEntry, ...]

    def raw(self) -> bytes:
        """The attribute's bytes."""
        packed = (_ENTRY.pack(each.tag, each.permissions, each.id) for each in self.entries)
        return _HEAD.pack(_VERSION) + b"".join(packed)

    def closed(self, *, group_may_read: bool) -> "Acl":
        """The list without what lets in everybody, or the owning group further than to read.

        Whom an entry names was let in on purpose; those entries stay.
        """
        most = {Tag.OTHERS: 0, Tag.OWNING_GROUP: _READ if group_may_read else 0}
        return Acl(
            tuple(
                replace(each, permissions=each.permissions & most.get(each.tag, 7))
                for each in self.entries
            )
        )

    @property
    def lets_in(self) -> tuple[str, ...]:
        """Whom the list names and lets read or write: `user deploy`, `group ops`."""
        masks = [each.permissions for each in self.entries if each.tag is Tag.MASK]
        mask = masks[0] if masks else 7
        return tuple(
            _name(each)
            for each in self.entries
            if each.tag in {Tag.USER, Tag.GROUP} and each.permissions & mask & 6
        )


def parse_acl(raw: bytes) -> Acl:
    """The list that an attribute's bytes hold.

    Raises:
        ValueError: they are of another version, or cut short.
    """
    if len(raw) < _HEAD.size or _HEAD.unpack_from(raw)[0] != _VERSION:
        raise ValueError("no access control list of version 2")
    try:
        entries = tuple(_ENTRY.iter_unpack(raw[_HEAD.size :]))
    except struct.error as error:
        raise ValueError("an access control list that is cut short") from error
    return Acl(tuple(AclEntry(Tag(tag), permissions, id_) for tag, permissions, id_ in entries))


def _name(entry: AclEntry) -> str:
    try:
        if entry.tag is Tag.USER:
            return f"user {pwd.getpwuid(entry.id).pw_name}"
        return f"group {grp.getgrgid(entry.id).gr_name}"
    except KeyError:
        return f"{'user' if entry.tag is Tag.USER else 'group'} {entry.id}"
