"""A pack that is being written."""

import hashlib
import zlib
from typing import IO

from skillconnect_ops.core.ports.objects import ObjectKind

_PACK_KINDS = {ObjectKind.COMMIT: 1, ObjectKind.TREE: 2, ObjectKind.BLOB: 3, ObjectKind.TAG: 4}
_HEAD_BYTES = 12
_STEP = 1 << 20
_FAST, _USUAL = 1, 6
"""Levels of zlib: trees are packed as differences soon, so their first form is short-lived."""


class NewPackFile:
    """Implements `NewPack`; the format is gitformat-pack(5), version 2, whole objects only."""

    def __init__(self, file: IO[bytes], *, sha256: bool) -> None:
        self._file = file
        self._hash = hashlib.sha256 if sha256 else hashlib.sha1
        self._known: set[str] = set()
        self.number = 0
        file.write(bytes(_HEAD_BYTES))

    @property
    def made(self) -> frozenset[str]:
        """What is in it."""
        return frozenset(self._known)

    def add(self, kind: ObjectKind, content: bytes) -> str:
        """Add one object; one that is in it already is not added again."""
        oid = self._hash(b"%s %d\0" % (kind.value.encode(), len(content)) + content).hexdigest()
        if oid not in self._known:
            self._known.add(oid)
            self.number += 1
            self._file.write(_head(_PACK_KINDS[kind], len(content)))
            level = _FAST if kind is ObjectKind.TREE else _USUAL
            self._file.write(zlib.compress(content, level))
        return oid

    def close(self) -> None:
        """Say how many there are, and the sum of all."""
        self._file.seek(0)
        self._file.write(b"PACK" + (2).to_bytes(4, "big") + self.number.to_bytes(4, "big"))
        self._file.seek(0)
        digest = self._hash()
        while part := self._file.read(_STEP):
            digest.update(part)
        self._file.write(digest.digest())
        self._file.flush()


def _head(kind: int, size_bytes: int) -> bytes:
    """An entry's kind and size: four bits of it, then seven a byte."""
    byte, size_bytes = kind << 4 | size_bytes & 15, size_bytes >> 4
    out = bytearray()
    while size_bytes:
        out.append(byte | 0x80)
        byte, size_bytes = size_bytes & 0x7F, size_bytes >> 7
    out.append(byte)
    return bytes(out)
