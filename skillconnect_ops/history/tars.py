"""Tar files whose members changed: headers and padding follow, all else stays byte for byte.

POSIX.1-2017, pax, "ustar Interchange Format"; of GNU tar the large sizes and the sparse files.
"""

from collections.abc import Callable

from msgspec import Struct

from skillconnect_ops.core.regex import regex

_BLOCK, _RECORD = 512, 20 * 512
_MAGIC = 257
_NAME, _SIZE, _SUM, _KIND = slice(0, 100), slice(124, 136), slice(148, 156), slice(156, 157)
_NO_DATA = b"123456"
"""Links, devices, folders and pipes, whatever size they tell."""
_EXTENDED, _GNU_SPARSE = b"x", b"S"
_OF_TAR = b"xgXLKSDMVN"
"""Data that is none of a member's: names, whose length is told beside them, maps and lists."""
_SPARSE_GOES_ON = {0: 482, 1: 504}
"""Where it stands whether one more block of the map follows: in the header, in such a block."""
_OWN_SIZE = regex(rb"(?:\A|\n)\d+ size=(\d+)\n")
_SPARSE = regex(rb"(?:\A|\n)\d+ GNU\.sparse\.")

Change = Callable[[bytes], bytes]
Told = Callable[[str], None]


class _Header(Struct, frozen=True, kw_only=True):
    """One header, and what belongs to it."""

    at: int
    data: int
    """Where its data begins."""
    size: int
    """Of the data, in bytes."""
    kind: bytes
    name: str

    @property
    def end(self) -> int:
        """Where the next header begins."""
        return self.data + -(-self.size // _BLOCK) * _BLOCK


def tar(content: bytes, change: Change, told: Told) -> tuple[bytes, int]:
    """The tar with changed members, and where what is behind it begins in the old content.

    Args:
        content: begins with a tar.
        change: is given each member's content, and each header; the same object says no.
        told: why something of it was not looked at.

    Returns:
        The members anew, up to their end; what follows, filling or another archive, is left out.
        The same part of the content as it was if nothing changed.
    """
    out = bytearray()
    at = 0
    size: int | None = None
    while at + _BLOCK <= len(content) and any(content[at : at + _BLOCK]):
        one = _header(content, at, size)
        if one is None:
            told("tar: damaged")
            break
        if one.end > len(content) and one.data + one.size > len(content):
            told(f"tar member {one.name}: cut off")
            break
        data = content[one.data : one.data + one.size]
        header = _header_after(content[at : one.data], change)
        after = data
        if one.kind == _GNU_SPARSE:
            told(f"tar member {one.name}: a sparse file")
        elif one.kind == _EXTENDED:
            if _SPARSE.search(data):
                told("tar: a sparse file")
        elif one.kind not in _OF_TAR:
            after = change(data)
        if len(after) != len(data) and size is not None:  # which stands in another header, too
            told(f"tar member {one.name}: too large")
            after = data
        if len(after) != len(data):
            header = _sized(header, len(after))
        out += header + after
        out += content[one.data + one.size : one.end] if after is data else _filling(len(after))
        found = _OWN_SIZE.search(data) if one.kind == _EXTENDED else None
        size = int(found[1]) if found else None
        at = min(one.end, len(content))
    return bytes(out), at


def filled(members: bytes, rest: bytes, *, before: int) -> bytes:
    """Members with the zeros behind them, in whole records if it was so before.

    Args:
        members: as they are now.
        rest: what stood behind them.
        before: the length of all as it was, in bytes.
    """
    if before % _RECORD or any(rest):
        return members + rest
    zeros = -len(members) % _RECORD
    return members + bytes(zeros if zeros >= 2 * _BLOCK else zeros + _RECORD)


def _header(content: bytes, at: int, size: int | None) -> _Header | None:
    block = content[at : at + _BLOCK]
    own = _number(block[_SIZE])
    if own is None or _number(block[_SUM]) != _checksum(block):
        return None
    kind = block[_KIND]
    data = at + _BLOCK
    place = _SPARSE_GOES_ON[0]
    while (
        kind == _GNU_SPARSE and content[data - _BLOCK + place : data - _BLOCK + place + 1] > b"\0"
    ):
        data += _BLOCK
        place = _SPARSE_GOES_ON[1]
    return _Header(
        at=at,
        data=data,
        size=0 if kind in _NO_DATA else own if size is None else size,
        kind=kind,
        name=block[_NAME].rstrip(b"\0").decode("utf-8", "replace"),
    )


def _number(field: bytes) -> int | None:
    if field[0] & 0x80:
        return int.from_bytes(field) & ~(0x80 << 8 * (len(field) - 1))
    try:
        return int(field.split(b"\0", 1)[0].strip() or b"0", 8)
    except ValueError:
        return None


def _checksum(block: bytes) -> int:
    return sum(block) - sum(block[_SUM]) + 8 * ord(" ")


def _header_after(header: bytes, change: Change) -> bytes:
    """Names may hold a value; they keep their length."""
    # in two parts: a header alone looks like a tar
    parts = header[:_MAGIC], header[_MAGIC:_BLOCK]
    after = [change(part) for part in parts]
    if after == [*parts] or sum(map(len, after)) != _BLOCK:
        return header
    return _summed(b"".join(after)) + header[_BLOCK:]


def _sized(header: bytes, size: int) -> bytes:
    first = header[: _SIZE.start] + b"%011o\0" % size + header[_SIZE.stop : _BLOCK]
    return _summed(first) + header[_BLOCK:]


def _summed(block: bytes) -> bytes:
    return block[: _SUM.start] + b"%06o\0 " % _checksum(block) + block[_SUM.stop :]


def _filling(length: int) -> bytes:
    return bytes(-length % _BLOCK)


def behind(content: bytes, at: int) -> int:
    """Where something other than filling follows; the content's length if nothing does."""
    while at < len(content) and not any(content[at : at + _BLOCK]):
        at += _BLOCK
    return min(at, len(content))
