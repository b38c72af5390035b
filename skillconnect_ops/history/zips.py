"""Zip files with changed members; what stands before one, as in a program that is a zip, too.

PKWARE's APPNOTE. What did not change stays byte for byte.
"""

import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec import Struct

from skillconnect_ops.history.archives import TOO_LARGE, Budget

_MEMBERS = 20_000
_DEFLATE, _ZIP_BZIP2, _ZIP_LZMA = 8, 12, 14
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_ENCRYPTED, _DESCRIPTOR, _END_MARK = 1, 8, 2
_ZIP64 = 1
_NO_NUMBER = 0xFFFF
_OFFSET = 16
"""Of a member, among the fields of its entry in the directory."""


class Opener(Struct, frozen=True):
    """What becomes of what is in a zip."""

    budget: Budget
    change: Callable[[bytes], bytes]
    """Is given each member; returns the same object to say that nothing changes."""
    front: Callable[[bytes], bytes]
    """The same, for what stands before the zip."""
    told: Callable[[str], None]
    """Why a member stays packed."""


class _Packed(NamedTuple):
    """A zip member packed anew."""

    packed: bytes
    crc: int
    size: int


def zip_repacked(content: bytes, opening: Opener) -> bytes:
    """The zip, up to its end, with changed members: the same object if none changed.

    Args:
        content: it, and what stands before it.
        opening: what becomes of what is in it.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            fresh = dict(_changed(content, archive, opening))
            front = content[: min((info.header_offset for info in archive.infolist()), default=0)]
            front_after = opening.front(front)
            if not fresh and front_after is front:
                return content
            return _put_together(content, archive, fresh, front_after)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
        opening.told(f"zip: damaged ({error})")
        return content


def _changed(
    content: bytes, archive: zipfile.ZipFile, opening: Opener
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
    return plain if len(plain) <= budget.left else TOO_LARGE


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
