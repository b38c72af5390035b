"""Archives opened, and packed again when a member changed.

What did not change stays byte for byte: headers, the order, and the other members as they were
packed. What is in front of a zip, or behind any archive, is opened in turn.
"""

import bz2
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from skillconnect_ops.core.view import size as size_of
from skillconnect_ops.history.archives import (
    BUDGET_BYTES,
    LARGEST_BYTES,
    MAGIC,
    Budget,
    is_tar,
    zip_end,
)
from skillconnect_ops.history.tars import behind, filled, tar

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
_DEFLATE, _ZIP_BZIP2, _ZIP_LZMA = 8, 12, 14
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_ENCRYPTED, _DESCRIPTOR, _END_MARK = 1, 8, 2
_ZIP64 = 1
_NO_NUMBER = 0xFFFF
_OFFSET = 16
"""Of a member, among the fields of its entry in the directory."""
_BESIDE = 100
"""Archives in front of others, or behind, that are opened."""
_TOO_LARGE = f"what is behind {size_of(BUDGET_BYTES)} of unpacked content"


def may_pack(content: bytes) -> bool:
    """Whether a content looks like an archive that `repacked` opens."""
    return _is_stream(content) or is_tar(content) or zip_end(content) is not None


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
        after = _zip(whole, self)
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
                return _TOO_LARGE
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


class _Packed(NamedTuple):
    """A zip member packed anew."""

    packed: bytes
    crc: int
    size: int


def _zip(content: bytes, opening: _Opening) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            fresh = dict(_changed(content, archive, opening))
            front = content[: min((info.header_offset for info in archive.infolist()), default=0)]
            front_after = opening.beside(front)
            if not fresh and front_after is front:
                return content
            return _put_together(content, archive, fresh, front_after)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
        opening.told(f"zip: damaged ({error})")
        return content


def _changed(
    content: bytes, archive: zipfile.ZipFile, opening: _Opening
) -> Iterator[tuple[int, _Packed]]:
    """Members that changed, by where they begin."""
    starts = sorted({info.header_offset for info in archive.infolist()})
    ends = dict(zip(starts, [*starts[1:], archive.start_dir], strict=True))
    seen: set[int] = set()
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > _MEMBERS:
        opening.told(f"zip: {len(infos) - _MEMBERS:,} of its members")
    for info in infos[:_MEMBERS]:
        start = info.header_offset
        if start in seen:
            continue
        # bombs have members within each other
        if _body(content, start) + info.compress_size > ends[start]:
            opening.told(f"zip member {info.filename}: another one lies in it")
            continue
        seen.add(start)
        plain = _member(archive, info, opening.budget)
        if isinstance(plain, str):
            opening.told(f"zip member {info.filename}: {plain}")
            continue
        opening.budget.left -= len(plain)
        after = opening.change(plain)
        if after is not plain:
            yield start, _packed(after, info)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes | str:
    """What it holds, or why that is not known."""
    if info.flag_bits & _ENCRYPTED:
        return "it has a password"
    try:
        with archive.open(info) as packed:
            plain = packed.read(budget.left + 1)
    except (
        *(zipfile.BadZipFile, NotImplementedError, zlib.error, lzma.LZMAError),
        *(EOFError, OSError, RuntimeError, ValueError, struct.error),
    ) as error:
        return f"damaged ({error})"
    return plain if len(plain) <= budget.left else _TOO_LARGE


def _body(content: bytes, start: int) -> int:
    """Where a member's packed content begins."""
    *_, name, extra = _LOCAL.unpack_from(content, start)
    return start + _LOCAL.size + int(name) + int(extra)


def _packed(plain: bytes, info: zipfile.ZipInfo) -> _Packed:
    """As the library packs it by the same method."""
    out = io.BytesIO()
    level = {2: 9, 4: 1, 6: 1}.get(info.flag_bits & 6, 6)
    with zipfile.ZipFile(out, "w") as alone:
        one = zipfile.ZipInfo("x")
        alone.writestr(one, plain, compress_type=info.compress_type, compresslevel=level)
        made = alone.getinfo("x")
    start = _body(out.getvalue(), made.header_offset)
    packed = out.getvalue()[start : start + made.compress_size]
    return _Packed(packed, made.CRC, made.file_size)


def _put_together(
    content: bytes, archive: zipfile.ZipFile, fresh: dict[int, _Packed], front: bytes
) -> bytes:
    infos = archive.infolist()
    if len(infos) >= _NO_NUMBER:
        return content
    out = bytearray(front)
    moved: dict[int, int] = {}
    starts = sorted({info.header_offset for info in infos})
    by_start = {info.header_offset: info for info in infos}
    # offsets count from the beginning of it all, or from where the zip itself begins
    told = _CENTRAL.unpack_from(content, archive.start_dir)[_OFFSET]
    skipped = infos[0].header_offset - told
    origin = skipped + len(front) - starts[0] if skipped > 0 else 0
    for start, end in zip(starts, [*starts[1:], archive.start_dir], strict=True):
        moved[start] = len(out)
        if start in fresh:
            out += _record(content, by_start[start], end, fresh[start])
        else:
            out += content[start:end]
    directory = len(out)
    at = archive.start_dir
    for info in infos:
        place = moved[info.header_offset] - origin
        entry, at = _entry(content, at, place, fresh.get(info.header_offset))
        out += entry
    length = len(out) - directory
    comment = archive.comment
    number = len(infos)
    place = directory - origin
    out += _END.pack(b"PK\5\6", 0, 0, number, number, length, place, len(comment)) + comment
    return bytes(out)


def _record(content: bytes, info: zipfile.ZipInfo, end: int, fresh: _Packed) -> bytes:
    start = info.header_offset
    sign, version, flags, method, time, date, *_, name, extra = _LOCAL.unpack_from(content, start)
    body = _body(content, start)
    names = content[start + _LOCAL.size : start + _LOCAL.size + name]
    extras = _without_zip64(content[body - extra : body])
    # what follows a member with a descriptor is just this; the sizes stand in the header now
    behind = b"" if flags & _DESCRIPTOR else content[body + info.compress_size : end]
    header = _LOCAL.pack(
        *(sign, version, _flags(flags, method), method, time, date),
        *(fresh.crc, len(fresh.packed), fresh.size, name, len(extras)),
    )
    return header + names + extras + fresh.packed + behind


def _entry(content: bytes, at: int, moved: int, fresh: _Packed | None) -> tuple[bytes, int]:
    """A member's line in the directory, and where the next one begins."""
    fields = list(_CENTRAL.unpack_from(content, at))
    name, extra, comment = fields[10:13]
    first = at + _CENTRAL.size
    end = first + name + extra + comment
    extras = content[first + name : first + name + extra]
    fields[_OFFSET] = moved
    if fresh is not None:
        extras = _without_zip64(extras)
        fields[3] = _flags(fields[3], fields[4])
        fields[7:10] = fresh.crc, len(fresh.packed), fresh.size
        fields[11] = len(extras)
    names, remark = content[first : first + name], content[end - comment : end]
    return _CENTRAL.pack(*fields) + names + extras + remark, end


def _flags(flags: int, method: int) -> int:
    flags &= ~_DESCRIPTOR
    return flags | _END_MARK if method == _ZIP_LZMA else flags


def _without_zip64(extras: bytes) -> bytes:
    """Sizes that need 64 bits are far beyond what is opened here."""
    kept = bytearray()
    at = 0
    while at + 4 <= len(extras):
        kind, length = struct.unpack_from("<2H", extras, at)
        if kind != _ZIP64:
            kept += extras[at : at + 4 + length]
        at += 4 + length
    return bytes(kept + extras[at:])
