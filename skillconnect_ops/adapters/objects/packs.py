"""Objects straight from a repository's packs: most of a history, for half the work of a pipe.

A `git` child unpacks an object, copies it into a pipe and out of it again, and does so beside us.
Here what the packs hold is unpacked in this process. Whatever is not as it should be (an object
that is loose, large, or damaged; an index of another version) gives None: git is asked for that
one, and says in its own words what is wrong.

Format: gitformat-pack(5), index version 2. Differences are applied by dulwich.
"""

import mmap
import os
import struct
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dulwich.errors import ApplyDeltaError
from dulwich.pack import apply_delta
from msgspec import Struct

from skillconnect_ops.core.ports.objects import Difference, ObjectKind, Piece, Same

_INDEX_HEAD = b"\xfftOc\x00\x00\x00\x02"
_FAN_OUT = len(_INDEX_HEAD)
_NAMES = _FAN_OUT + 4 * 256
_FURTHER = 1 << 31
"""Set in an offset that stands in the table of long ones."""
_KINDS = {1: ObjectKind.COMMIT, 2: ObjectKind.TREE, 3: ObjectKind.BLOB, 4: ObjectKind.TAG}
_DELTA_BY_OFFSET, _DELTA_BY_NAME = 6, 7
_HEAD_BYTES = 4096
"""What is read of an entry at first; most stored differences are smaller."""
_DEEPEST = 4096
"""Differences upon differences; git makes 50 by default, and 4095 at most."""
_CACHED_BYTES = 24 << 20
_FEW_NAMES = 1 << 8
_SHORT_BYTES = 1 << 10
"""A difference that is read quicker than the contents are compared."""
_SHORTEST = 768
"""Of stretches that two contents share, those worth to be told."""
_HELD_BYTES = 48 << 20
"""Differences of one object, unpacked and not yet applied; git is asked beyond."""
_LONGEST_NUMBER = 10
"""Bytes of a number of 64 bits, seven in each."""


class _Damaged(Exception):
    """An entry is not what its format says."""


_UNSOUND = (
    *(_Damaged, ApplyDeltaError, zlib.error, struct.error),
    *(OSError, LookupError, ValueError, OverflowError, MemoryError),
)
"""What reading an unsound entry ends with."""


class _Object(Struct):
    """An object, unpacked."""

    kind: ObjectKind
    content: bytes
    oid: str | None = None
    """Its name, once it was asked for by that."""


class _Entry(Struct, frozen=True):
    """A stored object, or its difference to another one, unpacked."""

    kind: int
    stored: bytes
    base: int | bytes | None = None
    """The other one's offset or name."""


@contextmanager
def packs(git_folder: Path, *, largest_bytes: int) -> Iterator["Packs"]:
    """The packs of a repository, open.

    Args:
        git_folder: what its worktrees share.
        largest_bytes: what is larger is not unpacked here.
    """
    with ExitStack() as opened:
        found = []
        for index in sorted((git_folder / "objects" / "pack").glob("*.idx")):
            pack = opened.enter_context(_pack(index, largest_bytes))
            if pack is not None:
                found.append(pack)
        yield Packs(found)


class Packs:
    """Looks objects up in all packs."""

    def __init__(self, found: list["_Pack"]) -> None:
        self._found = found

    def get(self, oid: str) -> Piece | None:
        """The object; None where git has to be asked for it."""
        name = bytes.fromhex(oid)
        for pack in self._found:
            offset = pack.offset(name)
            if offset is not None:
                try:
                    return pack.piece(oid, offset)
                except _UNSOUND:
                    return None
        return None


@contextmanager
def _pack(index: Path, largest_bytes: int) -> Iterator["_Pack | None"]:
    """One pack; None for what cannot be read, or is of a version that is not known here."""
    with ExitStack() as opened:
        pack = None
        try:
            table = opened.enter_context(index.open("rb"))
            mapped = opened.enter_context(mmap.mmap(table.fileno(), 0, access=mmap.ACCESS_READ))
            descriptor = os.open(index.with_suffix(".pack"), os.O_RDONLY | os.O_CLOEXEC)
            opened.callback(os.close, descriptor)
            if mapped[: len(_INDEX_HEAD)] == _INDEX_HEAD:
                pack = _Pack(mapped, descriptor, largest_bytes)
        except (OSError, ValueError, struct.error):
            pack = None
        yield pack


class _Pack:
    """One pack and its index."""

    def __init__(self, index: mmap.mmap, descriptor: int, largest_bytes: int) -> None:
        self._index = index
        self._descriptor = descriptor
        self._largest_bytes = largest_bytes
        self._fan_out = struct.unpack_from(">256I", index, _FAN_OUT)
        self._number = self._fan_out[255]
        self._name_bytes = _name_bytes(len(index), self._number)
        self._offsets = _NAMES + (self._name_bytes + 4) * self._number
        self._cache: OrderedDict[int, _Object] = OrderedDict()
        self._cached_bytes = 0

    def offset(self, name: bytes) -> int | None:
        """Where the pack holds the object."""
        size, index = self._name_bytes, self._index
        if len(name) != size:
            return None
        at = self._place(name)
        if at is None:
            return None
        (offset,) = struct.unpack_from(">I", index, self._offsets + 4 * at)
        if offset & _FURTHER:
            place = self._offsets + 4 * self._number + 8 * (offset - _FURTHER)
            (offset,) = struct.unpack_from(">Q", index, place)
        return int(offset)

    def _place(self, name: bytes) -> int | None:
        """Which one it is among the sorted names: halved as far as searching bytes costs more."""
        size, index = self._name_bytes, self._index
        low = self._fan_out[name[0] - 1] if name[0] else 0
        high = self._fan_out[name[0]]
        while high - low > _FEW_NAMES:
            middle = (low + high) // 2
            if index[_NAMES + size * middle : _NAMES + size * (middle + 1)] <= name:
                low = middle
            else:
                high = middle
        names = index[_NAMES + size * low : _NAMES + size * high]
        found = names.find(name)
        while found >= 0 and found % size:
            found = names.find(name, found + 1)
        return None if found < 0 else low + found // size

    def piece(self, oid: str, offset: int) -> Piece:
        """The object at an offset, and by what it is stored there, if its base is at hand."""
        known = self._cached(offset)
        if known is not None:
            known.oid = oid
            return _piece(oid, known, None)
        entry = self._entry(offset)
        if entry.base is None:
            found = _Object(_KINDS[entry.kind], entry.stored, oid)
            self._keep(offset, found)
            return _piece(oid, found, None)
        base = self.unpacked(self._below(entry.base))
        found = _Object(base.kind, self._applied(base.content, entry.stored), oid)
        self._keep(offset, found)
        difference = None
        if base.oid is not None:
            is_short = len(entry.stored) <= _SHORT_BYTES
            difference = Difference(base.oid, shared(entry.stored) if is_short else None)
        return _piece(oid, found, difference)

    def unpacked(self, offset: int) -> _Object:
        """The object at an offset, all differences applied."""
        found = self._cached(offset)
        differences: list[tuple[int, bytes]] = []
        held_bytes = 0
        while found is None:
            entry = self._entry(offset)
            held_bytes += len(entry.stored)
            if entry.base is None:
                found = _Object(_KINDS[entry.kind], entry.stored)
                self._keep(offset, found)
            elif len(differences) == _DEEPEST or held_bytes > _HELD_BYTES:
                raise _Damaged
            else:
                differences.append((offset, entry.stored))
                offset = self._below(entry.base)
                found = self._cached(offset)
        for at, difference in reversed(differences):
            found = _Object(found.kind, self._applied(found.content, difference))
            self._keep(at, found)
        return found

    def _cached(self, offset: int) -> _Object | None:
        found = self._cache.get(offset)
        if found is not None:
            self._cache.move_to_end(offset)
        return found

    def _applied(self, base: bytes, difference: bytes) -> bytes:
        _, at = _size(difference, 0)
        size, _ = _size(difference, at)
        if size > self._largest_bytes:
            raise _Damaged
        return b"".join(apply_delta(base, difference))

    def _below(self, base: int | bytes) -> int:
        offset = base if isinstance(base, int) else self.offset(base)
        if offset is None:
            raise _Damaged
        return offset

    def _entry(self, offset: int) -> _Entry:
        head = os.pread(self._descriptor, _HEAD_BYTES, offset)
        kind, size, at = _header(head)
        base: int | bytes | None = None
        if kind == _DELTA_BY_OFFSET:
            back, at = _distance(head, at)
            base = offset - back
            if not 0 < base < offset:
                raise _Damaged
        elif kind == _DELTA_BY_NAME:
            base, at = head[at : at + self._name_bytes], at + self._name_bytes
        elif kind not in _KINDS:
            raise _Damaged
        if size > self._largest_bytes:
            raise _Damaged
        most = size + (size >> 8) + 64  # deflate makes what it cannot shorten that much longer
        if at + most > len(head) == _HEAD_BYTES:
            head = os.pread(self._descriptor, at + most, offset)
        inflating = zlib.decompressobj()
        stored = inflating.decompress(memoryview(head)[at:], size + 1)
        if len(stored) != size or not inflating.eof:
            raise _Damaged
        return _Entry(kind, stored, base)

    def _keep(self, offset: int, one: _Object) -> None:
        self._cache[offset] = one
        self._cached_bytes += len(one.content)
        while self._cached_bytes > _CACHED_BYTES:
            _, oldest = self._cache.popitem(last=False)
            self._cached_bytes -= len(oldest.content)


def _piece(oid: str, found: _Object, difference: Difference | None) -> Piece:
    return Piece(
        oid=oid,
        kind=found.kind,
        size_bytes=len(found.content),
        content=found.content,
        difference=difference,
    )


def shared(difference: bytes) -> tuple[Same, ...]:
    """The longer stretches that a stored difference, which was applied before, takes of its base.

    Those that follow each other are joined; what comes out of order is left out.
    """
    _, at = _size(difference, 0)
    _, at = _size(difference, at)
    found: list[Same] = []
    new = old = begin = length = done = 0
    end = len(difference)
    while at < end:
        code = difference[at]
        at += 1
        if not code & 0x80:
            at, new = at + code, new + code
            continue
        begin_old = size = 0
        for place in range(4):
            if code & 1 << place:
                begin_old |= difference[at] << 8 * place
                at += 1
        for place in range(3):
            if code & 0x10 << place:
                size |= difference[at] << 8 * place
                at += 1
        size = size or 0x10000
        if begin_old == old + length and new == begin + length:
            length += size
        else:
            if length >= _SHORTEST and old >= done:
                found.append(Same(old, begin, length))
                done = old + length
            old, begin, length = begin_old, new, size
        new += size
    if length >= _SHORTEST and old >= done:
        found.append(Same(old, begin, length))
    return tuple(found)


def _name_bytes(index_bytes: int, number: int) -> int:
    """Whether names are SHA-1 or SHA-256: what an index holds is names, checks, offsets, sums."""
    for size in (20, 32):
        further = index_bytes - _NAMES - (size + 8) * number - 2 * size
        if 0 <= further <= 8 * number and further % 8 == 0:
            return size
    raise ValueError(index_bytes)


def _size(difference: bytes, at: int) -> tuple[int, int]:
    """A number at the head of a difference, and where it goes on."""
    size = 0
    for place in range(_LONGEST_NUMBER):
        byte = difference[at + place]
        size |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return size, at + place + 1
    raise _Damaged


def _header(head: bytes) -> tuple[int, int, int]:
    """An entry's kind, its size unpacked, and where it goes on."""
    byte, at = head[0], 1
    kind, size = byte >> 4 & 7, byte & 15
    while byte & 0x80:
        if at == _LONGEST_NUMBER:
            raise _Damaged
        byte = head[at]
        size |= (byte & 0x7F) << 7 * at - 3
        at += 1
    return kind, size, at


def _distance(head: bytes, at: int) -> tuple[int, int]:
    """How far before its own entry the base of a difference begins, and where that goes on."""
    back = -1
    for place in range(_LONGEST_NUMBER):
        byte = head[at + place]
        back = (back + 1) << 7 | byte & 0x7F
        if not byte & 0x80:
            return back, at + place + 1
    raise _Damaged
