"""Concatenated BSON: cutting it into documents, and a digest that does not depend on order.

The digest of a set of documents is the sum modulo 2**128 of the XXH3-128 hash of each. A sum, not
an exclusive or, so that a document that is there twice counts twice. It compares a restored
collection with the dumped one, where order may differ; it protects against accidents, while
tampering is what the SHA-256 of the stored files and of the manifest stand for.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from xxhash import xxh3_128_intdigest

MODULUS = 1 << 128
PREFIX = "xxh3-128-sum:"
SMALLEST = 5
LARGEST = 64 << 20
"""The server's own limit is 16 MiB and some; what claims more is not BSON."""
RUN_DOCUMENTS = 50_000
"""A server takes 100,000 documents in one message at most."""
RUN_BYTES = 8 << 20

_LENGTH = struct.Struct("<i").unpack_from


class TornDocument(Exception):
    """Bytes that do not divide into whole BSON documents."""


class Content(Struct, frozen=True, kw_only=True):
    """How much some documents are, and their digest."""

    documents: int = 0
    size_bytes: int = 0
    total: int = 0

    def __add__(self, other: "Content") -> "Content":
        return Content(
            documents=self.documents + other.documents,
            size_bytes=self.size_bytes + other.size_bytes,
            total=(self.total + other.total) % MODULUS,
        )

    @property
    def digest(self) -> str:
        """The digest as manifests write it."""
        return f"{PREFIX}{self.total:032x}"


class Run(Struct, frozen=True):
    """Some whole documents, one after the other."""

    documents: bytes
    content: Content


def measure(documents: Sequence[memoryview], size_bytes: int) -> Content:
    """Count and digest documents that are cut already; the sum of their sizes is given."""
    total = sum(map(xxh3_128_intdigest, documents))
    return Content(documents=len(documents), size_bytes=size_bytes, total=total % MODULUS)


def runs(chunks: Iterable[bytes]) -> Iterator[Run]:
    """Cut a stream of chunks at document borders, into runs that one message can carry.

    Raises:
        TornDocument: a length is impossible, or the stream ends within a document.
    """
    parts: list[bytes] = []
    have, needed = 0, 4
    for chunk in chunks:
        parts.append(chunk)
        have += len(chunk)
        if have < needed:
            continue
        piece = b"".join(parts) if len(parts) > 1 else chunk
        parts.clear()
        done = 0
        while (cut := _run(piece, done)) is not None:
            done += len(cut.documents)
            yield cut
            del cut
        parts = [piece[done:]] if done < len(piece) else []
        have = len(piece) - done
        needed = _LENGTH(piece, done)[0] if have >= 4 else 4
        del piece  # it may be large, and the next one, too
    if have:
        raise TornDocument("the stream ends within a document")


def _run(piece: bytes, start: int) -> Run | None:
    """The whole documents from `start` on, as many as one run takes; None where there is none."""
    position, end, count, total = start, len(piece), 0, 0
    view = memoryview(piece)
    length_at, digest = _LENGTH, xxh3_128_intdigest
    while end - position >= 4 and count < RUN_DOCUMENTS:
        (size,) = length_at(piece, position)
        following = position + size
        if not SMALLEST <= size <= LARGEST:
            raise TornDocument(f"a document of {size} bytes")
        if following > end or (count and following - start > RUN_BYTES):
            break
        total += digest(view[position:following])
        count += 1
        position = following
    if not count:
        return None
    content = Content(documents=count, size_bytes=position - start, total=total % MODULUS)
    whole = start == 0 and position == end
    return Run(piece if whole else piece[start:position], content)
