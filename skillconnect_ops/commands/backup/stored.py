"""The stored form of a collection: concatenated BSON, in zstd frames, in an age file if encrypted.

`age -d -i KEY F.bson.zst.age | zstd -d > F.bson` turns one back without us. SHA-256 is taken of the
bytes as they lie on disk.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import pyrage
import zstandard

from skillconnect_ops.commands.backup.age_keys import IdentityWrong
from skillconnect_ops.commands.backup.content import Content, Run, TornDocument, runs
from skillconnect_ops.commands.backup.model import CollectionEntry
from skillconnect_ops.commands.backup.sealing import (
    Identity,
    Opening,
    PayloadAltered,
    Recipient,
    Sealing,
)
from skillconnect_ops.disk.files import Disk, Writer

PIECE = 1 << 22
"""How much is decompressed at once, bytes; bounds memory whatever a file claims."""


class FileDamaged(Exception):
    """A stored file that cannot be turned back: cut, altered, or encrypted to another key."""


class CannotDecrypt(FileDamaged):
    """None of the keys opens the file; whether it or the key is at fault, its hash tells."""


class StoredWriter:
    """Writes one stored file; frames go in, in order, from one thread."""

    def __init__(self, path: Path, *, disk: Disk, recipients: Sequence[Recipient]) -> None:
        self._sink = _HashingSink(disk.writer(path))
        self._sealing = Sealing(self._sink, recipients) if recipients else None

    def write(self, frame: bytes) -> None:
        """Append one whole zstd frame."""
        if self._sealing is None:
            self._sink.write(frame)
        else:
            self._sealing.write(frame)

    def finish(self) -> None:
        """Everything is on the disk (fsync) when this returns."""
        if self._sealing is not None:
            self._sealing.finish()
        self._sink.close()

    def abandon(self) -> None:
        """Let go of the file after a failure; what was written stays for the undo to remove."""
        if self._sealing is not None:
            self._sealing.abandon()
        self._sink.discard()

    @property
    def stored_bytes(self) -> int:
        """Bytes on disk."""
        return self._sink.size_bytes

    @property
    def sha256(self) -> str:
        """Of the bytes on disk, hex."""
        return self._sink.digest.hexdigest()


class _HashingSink:
    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.digest = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> int:
        self._writer.write(data)
        self.digest.update(data)
        self.size_bytes += len(data)
        return len(data)

    def flush(self) -> None:
        """Age flushes its writer; ours is made durable once, at the end."""

    def close(self) -> None:
        self._writer.close()

    def discard(self) -> None:
        self._writer.discard()


class StoredReader:
    """Reads one stored file back; iterate it to the end, then its hash covers the whole file."""

    def __init__(self, path: Path, *, identities: Sequence[Identity] | None) -> None:
        self._path = path
        self._identities = identities
        self._digest = hashlib.sha256()
        self.stored_bytes = 0

    @property
    def sha256(self) -> str:
        """Of the bytes on disk, hex; whole once the iteration ended."""
        return self._digest.hexdigest()

    def read(self, size: int = -1) -> bytes:
        """Stored bytes, counted and hashed on their way."""
        data = self._file.read(size)
        self._digest.update(data)
        self.stored_bytes += len(data)
        return data

    def drain(self) -> None:
        """Read what is left, so that the hash covers the whole file."""
        while self.read(PIECE):
            pass

    def __enter__(self) -> Self:
        self._file: BinaryIO = self._path.open("rb")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def runs(self) -> Iterator[Run]:
        """Whole documents, some MB at a time.

        Raises:
            FileDamaged: the file cannot be decrypted, decompressed or cut into documents.
        """
        try:
            with self._plain() as source:
                yield from runs(_inflated(source))
        except pyrage.DecryptError as cause:
            raise CannotDecrypt("it cannot be decrypted: it was altered") from cause
        except PayloadAltered as cause:
            raise FileDamaged(f"it cannot be decrypted: {cause}") from cause
        except TornDocument as cause:
            raise FileDamaged(f"its documents are torn: {cause}") from cause
        except zstandard.ZstdError as cause:
            raise FileDamaged(f"it cannot be decompressed: {cause}") from cause
        self.drain()

    @contextmanager
    def _plain(self) -> Iterator[Any]:
        if self._identities is None:
            yield self
            return
        opening = Opening(self, self._identities)
        try:
            yield opening
        finally:
            opening.close()


def entry_runs(
    folder: Path, entry: CollectionEntry, *, identities: Sequence[Identity] | None
) -> Iterator[Run]:
    """The documents of one collection of a backup, in runs of whole documents.

    A zstd stream that was cut between two frames ends without an error of its own, so the end of
    the iteration compares hash, counts and content digest with the manifest.

    Raises:
        FileDamaged: the file is missing or is not what the manifest says.
        IdentityWrong: the file is whole, and the keys are those of somebody else.
    """
    content = Content()
    try:
        with StoredReader(folder / str(entry.file), identities=identities) as reader:
            for run in _opened(reader, entry):
                content += run.content
                yield run
                del run  # not while the next one is read
    except FileNotFoundError as cause:
        raise FileDamaged("the file is missing") from cause
    if reader.sha256 != entry.sha256:
        raise FileDamaged("its SHA-256 is not the one in the manifest")
    if (content.documents, content.digest) != (entry.documents, entry.content):
        raise FileDamaged("its documents are not those that the manifest describes")


def _opened(reader: StoredReader, entry: CollectionEntry) -> Iterator[Run]:
    try:
        yield from reader.runs()
    except CannotDecrypt as cause:
        reader.drain()
        if reader.sha256 != entry.sha256:
            raise
        keys = "the identity file holds no key of a recipient that it was encrypted to"
        raise IdentityWrong(
            f"{entry.file} cannot be opened with this identity",
            why=f"the file is as it was written; {keys}",
            fix="--identity FILE   # the one that belongs to backups.recipients of that time",
        ) from cause


def _inflated(source: Any) -> Iterator[bytes]:
    """Decompressed bytes, at most `PIECE` at a time."""
    reader = zstandard.ZstdDecompressor().stream_reader(source, read_across_frames=True)
    while piece := reader.read(PIECE):
        yield piece
