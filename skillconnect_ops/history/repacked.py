"""Archives opened, and packed again when a member changed.

What did not change stays byte for byte: headers, the order, and the other members as they were
packed. A tar's members lie in it as they are; whoever searches the archive sees them.
"""

import bz2
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from skillconnect_ops.history.archives import LARGEST_BYTES, MAGIC, Budget

Change = Callable[[bytes], bytes]
"""Returns the same object to say that nothing changes."""

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


def may_pack(content: bytes) -> bool:
    """Whether a content begins like an archive that `repacked` opens."""
    return content.startswith(MAGIC) and (not content.startswith(_BZIP2) or content[4:10] == _BLOCK)


def repacked(content: bytes, budget: Budget, change: Change) -> bytes:
    """The archive with changed members: the same object if none changed.

    A member that cannot be opened, or would unpack to more than the budget has left, stays as it
    is and is not offered to `change`.

    Args:
        content: anything; what is no archive comes back.
        budget: what may still be unpacked; it shrinks.
        change: is given each member's content.
    """
    if len(content) > LARGEST_BYTES:
        return content
    if content.startswith(_ZIP):
        return _zip(content, budget, change)
    if content.startswith(_GZIP):
        return _parts(content, budget, change, _gzip_part)
    if content.startswith(_XZ):
        return _parts(content, budget, change, _xz_part)
    if content.startswith(_BZIP2) and content[4:10] == _BLOCK:
        return _parts(content, budget, change, _bzip2_part)
    return content


class _Part(NamedTuple):
    """One of the streams that may follow each other in a file."""

    end: int
    plain: bytes
    pack: Callable[[bytes], bytes]


_OpenPart = Callable[[bytes, int, Budget], "_Part | None"]


def _parts(content: bytes, budget: Budget, change: Change, opened: _OpenPart) -> bytes:
    """All streams count as one content, as every program that unpacks them sees it."""
    parts: list[_Part] = []
    at = 0
    left = Budget(budget.left)
    while len(parts) < _MEMBERS and (part := opened(content, at, left)) is not None:
        left.left -= len(part.plain)
        parts.append(part)
        at = part.end
    if not parts:
        return content
    budget.left = left.left
    plain = parts[0].plain if len(parts) == 1 else b"".join(part.plain for part in parts)
    after = change(plain)
    return content if after is plain else parts[0].pack(after) + content[at:]


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes | memoryview, max_length: int) -> bytes: ...


def _unpacked(
    unpacker: _Unpacker, content: bytes, at: int, budget: Budget
) -> tuple[bytes, int] | None:
    """What comes out, and where it ends; nothing for what is damaged, cut off or too large."""
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
            if len(out) > budget.left or not (fresh or rest or fed or unpacker.eof):
                return None
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError):
        return None
    return bytes(out), at - len(unpacker.unused_data)


def _gzip_part(content: bytes, at: int, budget: Budget) -> _Part | None:
    body = _gzip_body(content, at)
    if body is None:
        return None
    # with its header, so that the sum of it all is looked at
    out = _unpacked(zlib.decompressobj(wbits=31), content, at, budget)
    if out is None:
        return None
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


def _bzip2_part(content: bytes, at: int, budget: Budget) -> _Part | None:
    if not content.startswith(_BZIP2, at):
        return None
    out = _unpacked(bz2.BZ2Decompressor(), content, at, budget)
    level = content[at + 3] - ord("0")
    return out and _Part(out[1], out[0], lambda plain: bz2.compress(plain, level))


def _xz_part(content: bytes, at: int, budget: Budget) -> _Part | None:
    if not content.startswith(_XZ, at):
        return None
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=128 << 20)
    out = _unpacked(unpacker, content, at, budget)
    return out and _Part(out[1], out[0], lambda plain: lzma.compress(plain, check=unpacker.check))


class _Packed(NamedTuple):
    """A zip member packed anew."""

    packed: bytes
    crc: int
    size: int


def _zip(content: bytes, budget: Budget, change: Change) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            fresh = dict(_changed(content, archive, budget, change))
            return _put_together(content, archive, fresh) if fresh else content
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error):
        return content


def _changed(
    content: bytes, archive: zipfile.ZipFile, budget: Budget, change: Change
) -> Iterator[tuple[int, _Packed]]:
    """Members that changed, by where they begin."""
    starts = sorted({info.header_offset for info in archive.infolist()})
    ends = dict(zip(starts, [*starts[1:], archive.start_dir], strict=True))
    seen: set[int] = set()
    infos = [info for info in archive.infolist() if not info.is_dir()]
    for info in infos[:_MEMBERS]:
        start = info.header_offset
        # bombs have members within each other
        if start in seen or _body(content, start) + info.compress_size > ends[start]:
            continue
        seen.add(start)
        plain = _member(archive, info, budget)
        if plain is None:
            continue
        budget.left -= len(plain)
        after = change(plain)
        if after is not plain:
            yield start, _packed(after, info)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes | None:
    if info.flag_bits & _ENCRYPTED:
        return None
    try:
        with archive.open(info) as packed:
            plain = packed.read(budget.left + 1)
    except (
        *(zipfile.BadZipFile, NotImplementedError, zlib.error, lzma.LZMAError),
        *(EOFError, OSError, RuntimeError, ValueError, struct.error),
    ):
        return None
    return plain if len(plain) <= budget.left else None


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


def _put_together(content: bytes, archive: zipfile.ZipFile, fresh: dict[int, _Packed]) -> bytes:
    infos = archive.infolist()
    if len(infos) >= _NO_NUMBER:
        return content
    out = bytearray()
    moved: dict[int, int] = {}
    starts = sorted({info.header_offset for info in infos})
    by_start = {info.header_offset: info for info in infos}
    out += content[: starts[0]]
    for start, end in zip(starts, [*starts[1:], archive.start_dir], strict=True):
        moved[start] = len(out)
        if start in fresh:
            out += _record(content, by_start[start], end, fresh[start])
        else:
            out += content[start:end]
    directory = len(out)
    at = archive.start_dir
    for info in infos:
        entry, at = _entry(content, at, moved[info.header_offset], fresh.get(info.header_offset))
        out += entry
    length = len(out) - directory
    comment = archive.comment
    number = len(infos)
    out += _END.pack(b"PK\5\6", 0, 0, number, number, length, directory, len(comment)) + comment
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
    fields[16] = moved
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
