"""Archives opened, and packed again when a member changed.

What did not change stays byte for byte: headers, the order, and the other members as they were
packed. What is in front of a zip, or behind any archive, is opened in turn.
"""

import bz2
import lzma
import struct
import zlib
from collections.abc import Callable
from typing import NamedTuple, Protocol

from skillconnect_ops.core.view import size as size_of
from skillconnect_ops.history.archives import (
    CLOSED,
    LARGEST_BYTES,
    MAGIC,
    TOO_LARGE,
    Budget,
    is_tar,
    zip_end,
)
from skillconnect_ops.history.tars import behind, filled, tar
from skillconnect_ops.history.zips import Opener, zip_repacked

Change = Callable[[bytes], bytes]
"""Returns the same object to say that nothing changes."""
Told = Callable[[str], None]

_STEP, _LARGEST_STEP = 1 << 16, 1 << 20
"""Bytes that go into an unpacker at once, and that come out."""
_MEMBERS = 20_000
_GZIP, _XZ, _ZIP, _BZIP2 = b"\x1f\x8b\x08", b"\xfd7zXZ\x00", b"PK\x03\x04", b"BZh"
_BLOCK = b"1AY&SY"
"""What follows the level in bzip2."""
_FHCRC, _FEXTRA, _FNAME, _FCOMMENT = 2, 4, 8, 16
_LEVELS = {2: 9, 4: 1}
"""By the extra flags of gzip (RFC 1952)."""
_BESIDE = 100
"""Archives in front of others, or behind, that are opened."""


def may_pack(content: bytes) -> bool:
    """Whether a content looks like an archive, be it one that `repacked` can only tell of."""
    begins = _is_stream(content) or content.startswith(tuple(CLOSED))
    return begins or is_tar(content) or zip_end(content) is not None


def _is_stream(content: bytes) -> bool:
    return content.startswith(MAGIC) and (not content.startswith(_BZIP2) or content[4:10] == _BLOCK)


def repacked(content: bytes, budget: Budget, change: Change, told: Told | None = None) -> bytes:
    """The archive with changed members: the same object if none changed.

    A member that cannot be opened, or would unpack to more than the budget has left, stays as it
    is and is not offered to `change`.

    Args:
        content: anything; what is no archive comes back.
        budget: what may still be unpacked; it shrinks.
        change: is given each member's content.
        told: why something stays packed; a member's name may be in it.
    """
    return _Opening(budget, change, told or _heard_by_nobody).opened(content)


def _heard_by_nobody(_why: str) -> None:
    """Where only what opens counts."""


class _Opening:
    """What all archives that lie in each other or one behind the other have in common."""

    def __init__(self, budget: Budget, change: Change, told: Told) -> None:
        self.budget = budget
        self.change = change
        self.told = told
        self._beside = 0

    def opened(self, content: bytes) -> bytes:
        """One content, and the archives in front of it and behind."""
        if len(content) > LARGEST_BYTES:
            if may_pack(content):
                self.told(f"an archive of {size_of(len(content))}")
            return content
        if is_tar(content):
            return self._tar(content)
        if (end := zip_end(content)) is not None:
            return self._zip(content, end)
        if content.startswith(_ZIP):
            self.told("zip: damaged, or cut off")
        for magic, form in CLOSED.items():
            if content.startswith(magic):
                self.told(f"{form}, which cannot be opened here")
        for magic, open_part in _PARTS.items():
            if content.startswith(magic):
                return _parts(content, self, open_part) if _is_stream(content) else content
        return content

    def beside(self, content: bytes) -> bytes:
        """Something in front of an archive, or behind it."""
        if not may_pack(content):
            return content
        self._beside += 1
        if self._beside > _BESIDE:
            self.told("more archives one behind the other than are opened")
            return content
        return self.opened(content)

    def _tar(self, content: bytes) -> bytes:
        after, end = tar(content, self.change, self.told)
        if not end:
            return content
        goes_on = behind(content, end)
        rest = content[goes_on:]
        rest_after = self.beside(rest)
        if rest_after is rest and after == content[:end]:
            return content
        return filled(after, content[end:goes_on] + rest_after, before=len(content))

    def _zip(self, content: bytes, end: int) -> bytes:
        whole, tail = content[:end], content[end:]
        after = zip_repacked(whole, Opener(self.budget, self.change, self.beside, self.told))
        tail_after = self.beside(tail)
        return content if after is whole and tail_after is tail else after + tail_after


class _Part(NamedTuple):
    """One of the streams that may follow each other in a file."""

    end: int
    plain: bytes
    pack: Callable[[bytes], bytes]


_OpenPart = Callable[[bytes, int, Budget], "_Part | str"]
"""Gives a stream of a content, or why it has none there."""


def _parts(content: bytes, opening: _Opening, open_part: _OpenPart) -> bytes:
    """All streams count as one content, as every program that unpacks them sees it."""
    parts: list[_Part] = []
    at = 0
    left = Budget(opening.budget.left)
    while len(parts) < _MEMBERS and isinstance(part := open_part(content, at, left), _Part):
        left.left -= len(part.plain)
        parts.append(part)
        at = part.end
    if not parts:
        opening.told(str(part))
        return content
    opening.budget.left = left.left
    plain = parts[0].plain if len(parts) == 1 else b"".join(part.plain for part in parts)
    after = opening.change(plain)
    rest = content[at:]
    rest_after = opening.beside(rest)
    if after is plain and rest_after is rest:
        return content
    packed = content[:at] if after is plain else parts[0].pack(after)
    return packed + rest_after


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes | memoryview, max_length: int) -> bytes: ...


def _unpacked(
    unpacker: _Unpacker, content: bytes, at: int, budget: Budget
) -> tuple[bytes, int] | str:
    """What comes out, and where it ends; for what is damaged, cut off or too large, why."""
    out = bytearray()
    view = memoryview(content)
    rest: bytes | memoryview = b""
    try:
        while not unpacker.eof:
            fed = 0
            if not rest and getattr(unpacker, "needs_input", True):
                rest = view[at : at + _STEP]  # by and by: what is left over is copied each time
                fed = len(rest)
                at += fed
            fresh = unpacker.decompress(rest, _LARGEST_STEP)
            rest = getattr(unpacker, "unconsumed_tail", b"")
            out += fresh
            if len(out) > budget.left:
                return TOO_LARGE
            if not (fresh or rest or fed or unpacker.eof):
                return "cut off"
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError) as error:
        return f"damaged ({error})"
    return bytes(out), at - len(unpacker.unused_data)


def _gzip_part(content: bytes, at: int, budget: Budget) -> _Part | str:
    body = _gzip_body(content, at)
    if body is None:
        return "gzip: cut off"
    # with its header, so that the sum of it all is looked at
    out = _unpacked(zlib.decompressobj(wbits=31), content, at, budget)
    if isinstance(out, str):
        return f"gzip: {out}"
    header = content[at:body]
    level = _LEVELS.get(header[8], 6)

    def pack(plain: bytes) -> bytes:
        packer = zlib.compressobj(level, zlib.DEFLATED, -15)
        packed = packer.compress(plain) + packer.flush()
        return header + packed + struct.pack("<2L", zlib.crc32(plain), len(plain) & 0xFFFFFFFF)

    return _Part(out[1], out[0], pack)


def _gzip_body(content: bytes, at: int) -> int | None:
    """Where a gzip header ends."""
    if not content.startswith(_GZIP, at) or len(content) < at + 18:
        return None
    flags = content[at + 3]
    end = at + 10
    if flags & _FEXTRA:
        end += 2 + int.from_bytes(content[end : end + 2], "little")
    for flag in (_FNAME, _FCOMMENT):
        if flags & flag:
            end = content.find(b"\0", end) + 1
            if end == 0:
                return None
    return end + 2 * bool(flags & _FHCRC)


def _bzip2_part(content: bytes, at: int, budget: Budget) -> _Part | str:
    if not content.startswith(_BZIP2, at):
        return "bzip2: cut off"
    out = _unpacked(bz2.BZ2Decompressor(), content, at, budget)
    if isinstance(out, str):
        return f"bzip2: {out}"
    level = content[at + 3] - ord("0")
    return _Part(out[1], out[0], lambda plain: bz2.compress(plain, level))


def _xz_part(content: bytes, at: int, budget: Budget) -> _Part | str:
    if not content.startswith(_XZ, at):
        return "xz: cut off"
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=128 << 20)
    out = _unpacked(unpacker, content, at, budget)
    if isinstance(out, str):
        return f"xz: {out}"
    return _Part(out[1], out[0], lambda plain: lzma.compress(plain, check=unpacker.check))


_PARTS: dict[bytes, _OpenPart] = {_GZIP: _gzip_part, _XZ: _xz_part, _BZIP2: _bzip2_part}
