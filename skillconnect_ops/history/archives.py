"""Members of zip, gzip, bzip2, xz and tar files, as far as a budget reaches.

A bomb must not end us: what is unpacked is counted while it comes out, never believed beforehand.
"""

import bz2
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from msgspec import Struct

from skillconnect_ops.core.view import size

BUDGET_BYTES = 96_000_000
"""What is unpacked of one outermost archive, inner archives included."""
TOO_LARGE = f"what is behind {size(BUDGET_BYTES)} of unpacked content"
_MEMBERS = 20_000
_STEP = 1 << 20
_TAR_MAGIC = (257, b"ustar")
_ZIP_END = b"PK\5\6"
_END_BYTES = 22
_DIRECTORY, _LARGE_END = b"PK\1\2", b"PK\6\7"
_ENDS = 16
"""Of what looks like a zip's end, so many are tried."""


LARGEST_BYTES = 128 << 20
"""Of an archive itself; it is needed whole."""
MAGIC = (b"PK\x03\x04", b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00")


CLOSED = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"LZIP\x01": "lzip",
    b"MSCF\0\0\0\0": "cab",
    b"\x1f\x9d\x90": "compress",
}
"""How what nobody here can open begins, and what it is."""
SIGNS = (_TAR_MAGIC[1], _ZIP_END)
"""Without one of these a content that begins like none is no archive."""


class Member(Struct, frozen=True):
    """Something that was packed; `form` says in what."""

    form: str
    content: bytes
    path: str | None = None


class Skipped(Struct, frozen=True):
    """Something that stayed packed."""

    reason: str


class Budget:
    """How many bytes may still be unpacked."""

    def __init__(self, size_bytes: int = BUDGET_BYTES) -> None:
        self.left = size_bytes


class _Unpacker(Protocol):
    """The standard library's decompressors, as far as they are alike."""

    @property
    def eof(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def is_tar(content: bytes) -> bool:
    """Whether it begins like one."""
    return content.startswith(_TAR_MAGIC[1], _TAR_MAGIC[0])


def zip_end(content: bytes) -> int | None:
    """Where a zip ends that may begin anywhere: it is known by its directory, at its end."""
    at = len(content)
    for _ in range(_ENDS):
        at = content.rfind(_ZIP_END, 0, at)
        if at < 0:
            return None
        length = int.from_bytes(content[at + 12 : at + 16], "little")
        begins = content.startswith(_DIRECTORY, at - length) and _END_BYTES < length < at
        if begins or content.startswith(_LARGE_END, max(0, at - 20)):
            remark = int.from_bytes(content[at + 20 : at + _END_BYTES], "little")
            return min(len(content), at + _END_BYTES + remark)
    return None


def ends_like_zip(content: bytes) -> bool:
    """Whether the last part of something, which may lack its directory, is a zip's end."""
    at = content.rfind(_ZIP_END)
    remark = int.from_bytes(content[at + 20 : at + _END_BYTES], "little")
    return at >= 0 and at + _END_BYTES + remark == len(content)


def members(content: bytes, budget: Budget) -> Iterator[Member | Skipped]:
    """What an archive holds; nothing for a content that is none."""
    if content.startswith(b"PK\x03\x04"):
        yield from _zip(content, budget)
    elif content.startswith(b"\x1f\x8b\x08"):
        yield from _stream("gzip", lambda: zlib.decompressobj(wbits=31), content, budget)
    elif content.startswith(b"BZh") and content[4:10] == b"1AY&SY":
        yield from _stream("bzip2", bz2.BZ2Decompressor, content, budget)
    elif content.startswith(b"\xfd7zXZ\x00"):
        limit = BUDGET_BYTES + (32 << 20)
        yield from _stream("xz", lambda: lzma.LZMADecompressor(memlimit=limit), content, budget)
    elif is_tar(content):
        yield from _tar(content)
    elif zip_end(content) is not None:
        yield from _zip(content, budget)


def _zip(content: bytes, budget: Budget) -> Iterator[Member | Skipped]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            for info in infos[:_MEMBERS]:
                yield _zip_member(archive, info, budget)
            if len(infos) > _MEMBERS:
                yield Skipped(f"zip: {len(infos) - _MEMBERS:,} of its members")
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        yield Skipped(f"zip: damaged ({error})")


def _zip_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget
) -> Member | Skipped:
    name = f"zip member {info.filename}"
    if info.flag_bits & 1:
        return Skipped(f"{name}: it has a password")
    try:
        with archive.open(info) as packed:
            content = packed.read(budget.left + 1)
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, OSError) as error:
        return Skipped(f"{name}: damaged ({error})")
    except RuntimeError as error:
        return Skipped(f"{name}: {error}")
    if len(content) > budget.left:
        return _too_large(name)
    budget.left -= len(content)
    return Member(name, content, info.filename)


def _stream(
    form: str, make: Callable[[], "_Unpacker"], content: bytes, budget: Budget
) -> Iterator[Member | Skipped]:
    out = bytearray()
    unpacker, rest = make(), content
    try:
        while not unpacker.eof:
            fresh = unpacker.decompress(rest, _STEP)
            rest = getattr(unpacker, "unconsumed_tail", b"")
            if not fresh and not rest and not unpacker.eof:
                yield Skipped(f"{form}: cut off")
                break
            out += fresh
            if len(out) > budget.left:
                yield _too_large(form)
                break
    except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError) as error:
        yield Skipped(f"{form}: damaged ({error})")
    kept = bytes(out[: budget.left])
    budget.left -= len(kept)
    if kept:
        yield Member(form, kept)


def _tar(content: bytes) -> Iterator[Member | Skipped]:
    """Nothing is unpacked here: a tar's members lie in it as they are."""
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for count, info in enumerate(archive):
                if count >= _MEMBERS:
                    yield Skipped(f"tar: all behind its first {_MEMBERS:,} members")
                    return
                if info.issparse():  # its holes may be larger than any memory
                    yield Skipped(f"tar member {info.name}: a sparse file")
                    continue
                packed = archive.extractfile(info) if info.isreg() else None
                if packed is not None:
                    yield Member(f"tar member {info.name}", packed.read(), info.name)
    except (tarfile.TarError, ValueError, OSError, EOFError) as error:
        yield Skipped(f"tar: damaged ({error})")


def _too_large(name: str) -> Skipped:
    return Skipped(f"{name}: {TOO_LARGE}")
