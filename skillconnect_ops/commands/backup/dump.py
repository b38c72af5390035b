"""Scans many collections at once into stored files, all at one cluster time.

Readers take whole collections, the largest first; each hands its batches to a shared pool that
compresses and digests them, and writes the frames in the order read. So one giant collection is
read and compressed side by side too. What lies in memory is bounded by the batches in flight, by
their number and by their size.

A reader that waits for a server which says nothing cannot be ended; so readers are threads that a
process may leave behind when it is told to stop.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import zstandard
from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.backup.content import Content, measure
from skillconnect_ops.commands.backup.model import CollectionEntry
from skillconnect_ops.commands.backup.mongodump_format import (
    BUCKETS,
    data_stem,
    file_stem,
    folder_name,
    metadata,
    raw_where_needed,
    to_extended_json,
)
from skillconnect_ops.commands.backup.sealing import Recipient
from skillconnect_ops.commands.backup.stored import StoredWriter
from skillconnect_ops.commands.backup.turns import Turn
from skillconnect_ops.core.ports.database import (
    Batch,
    ClusterTime,
    Collection,
    CollectionKind,
    CollectionSize,
    Database,
)
from skillconnect_ops.disk.files import Disk

READERS = 3
IN_FLIGHT = 4
"""Batches of one reader that may wait for the pool or for their turn to be written."""
IN_FLIGHT_BYTES = 8 << 20
"""Their documents; a server gives up to 16 MiB at once where documents are large."""
PATIENCE_S = 3.0
"""How long readers are waited for once the dump is to stop."""


class Listed(Struct, frozen=True, kw_only=True):
    """A collection to dump."""

    database: str
    collection: Collection
    size: CollectionSize

    @property
    def namespace(self) -> str:
        """`database.name`."""
        return f"{self.database}.{self.collection.name}"

    @property
    def capped(self) -> bool:
        """Whether it is a capped collection, which no server reads at a cluster time (246)."""
        return bool(to_extended_json(self.collection.options).get("capped"))


class Stopped(Exception):
    """A signal, or another reader's failure, ended this reader."""


class _Done:
    """What the readers brought."""

    def __init__(self) -> None:
        self.entries: dict[str, CollectionEntry] = {}
        self.failures: list[BaseException] = []

    def raise_first(self) -> None:
        """Raise the first failure that is not merely the echo of another."""
        told = [one for one in self.failures if not isinstance(one, Stopped)] or self.failures
        if told:
            raise told[0]


class Dumper:
    """Dumps collections of one server into one backup's folder."""

    def __init__(
        self,
        database: Database,
        *,
        folder: Path,
        disk: Disk,
        recipients: Sequence[Recipient],
        level: int,
        advance: Callable[[int], None],
        stopped: Callable[[], bool],
    ) -> None:
        self._database = database
        self._folder = folder
        self._disk = disk
        self._recipients = recipients
        self._level = level
        self._advance = advance
        self._stopped = stopped
        self._failed = threading.Event()
        self._local = threading.local()
        self._large = threading.Lock()
        self._writing: set[StoredWriter] = set()

    def run(self, listed: Sequence[Listed], *, at: ClusterTime | None) -> list[CollectionEntry]:
        """Dump every collection; an entry for each, in the order given.

        Raises:
            The first failure of any reader, when all readers have ended.
        """
        for database in {one.database for one in listed}:
            self._disk.make_private(self._folder / "data" / folder_name(database))
        todo = deque(sorted(listed, key=lambda one: -one.size.size_bytes))
        done = _Done()
        with ThreadPoolExecutor(max(2, os.cpu_count() or 2), thread_name_prefix="compress") as pool:
            readers = [
                threading.Thread(
                    target=self._read, args=(todo, at, pool, done), name=f"read-{n}", daemon=True
                )
                for n in range(min(READERS, len(todo)))
            ]
            for reader in readers:
                reader.start()
            try:
                for reader in readers:
                    reader.join()
            except BaseException:
                self._failed.set()
                until = time.monotonic() + PATIENCE_S
                for reader in readers:
                    reader.join(max(0.0, until - time.monotonic()))
                for writer in tuple(self._writing):
                    writer.abandon()  # of a reader that is left behind
                raise
        done.raise_first()
        return [done.entries[one.namespace] for one in listed]

    def _read(
        self, todo: deque[Listed], at: ClusterTime | None, pool: ThreadPoolExecutor, done: "_Done"
    ) -> None:
        """Take one collection after the other until none is left."""
        try:
            while True:
                self._go_on()
                try:
                    one = todo.popleft()
                except IndexError:
                    return
                done.entries[one.namespace] = self._collection(one, at, pool)
        except BaseException as failure:  # noqa: BLE001 - handed to the thread that waits
            self._failed.set()
            done.failures.append(failure)

    def _go_on(self) -> None:
        if self._failed.is_set() or self._stopped():
            raise Stopped

    def _collection(
        self, one: Listed, at: ClusterTime | None, pool: ThreadPoolExecutor
    ) -> CollectionEntry:
        """One collection's files, data first."""
        entry = _bare_entry(one)
        if one.collection.kind is not CollectionKind.VIEW:
            entry = self._data(one, entry, at, pool)
        text = metadata(entry)
        name = f"data/{folder_name(one.database)}/{file_stem(one.collection.name)}.metadata.json"
        writer = StoredWriter(self._folder / name, disk=self._disk, recipients=())
        try:
            writer.write(text)
            writer.finish()
        except BaseException:
            writer.abandon()
            raise
        return replace(entry, metadata_file=name, metadata_sha256=writer.sha256)

    def _data(
        self,
        one: Listed,
        entry: CollectionEntry,
        at: ClusterTime | None,
        pool: ThreadPoolExecutor,
    ) -> CollectionEntry:
        ending = ".bson.zst.age" if self._recipients else ".bson.zst"
        kind, name = one.collection.kind, one.collection.name
        file = f"data/{folder_name(one.database)}/{data_stem(name, kind)}{ending}"
        source = BUCKETS + name if kind is CollectionKind.TIMESERIES else name
        writer = StoredWriter(self._folder / file, disk=self._disk, recipients=self._recipients)
        self._writing.add(writer)
        try:
            instant = None if one.capped else at
            content = self._scan(one.database, source, instant, pool=pool, writer=writer)
            writer.finish()
        except BaseException:
            writer.abandon()
            raise
        finally:
            self._writing.discard(writer)
        return replace(
            entry,
            documents=content.documents,
            size_bytes=content.size_bytes,
            stored_bytes=writer.stored_bytes,
            file=file,
            sha256=writer.sha256,
            content=content.digest,
        )

    def _scan(
        self,
        database: str,
        source: str,
        at: ClusterTime | None,
        *,
        pool: ThreadPoolExecutor,
        writer: StoredWriter,
    ) -> Content:
        content = Content()
        waiting: deque[Future[tuple[bytes, Content]]] = deque()
        in_flight = 0

        def write_next() -> Content:
            frame, part = waiting.popleft().result()
            writer.write(frame)
            self._advance(part.size_bytes)
            return part

        with (
            self._database.batches(database, source, at=at) as batches,
            closing(Turn(self._large, self._go_on)) as turn,
        ):
            for batch in batches:
                self._go_on()
                size_bytes = sum(map(len, batch.each))
                turn.take(size_bytes)
                in_flight += size_bytes
                waiting.append(pool.submit(self._compress, batch))
                del batch
                while len(waiting) > IN_FLIGHT or (waiting and in_flight > IN_FLIGHT_BYTES):
                    part = write_next()
                    in_flight -= part.size_bytes
                    content += part
        while waiting:
            content += write_next()
        if not content.documents:
            writer.write(zstandard.ZstdCompressor().compress(b""))  # `zstd -d` takes no empty file
        return content

    def _compress(self, batch: Batch) -> tuple[bytes, Content]:
        compressor = getattr(self._local, "compressor", None)
        if compressor is None:
            compressor = self._local.compressor = zstandard.ZstdCompressor(level=self._level)
        one = batch.each[0] if len(batch.each) == 1 else None
        documents = batch.documents if one is None else one  # a copy of a large one is no little
        return compressor.compress(documents), measure(batch.each, len(documents))


def _bare_entry(one: Listed) -> CollectionEntry:
    return CollectionEntry(
        database=one.database,
        name=one.collection.name,
        kind=one.collection.kind,
        uuid=one.collection.uuid,
        options=to_extended_json(one.collection.options),
        options_bson=raw_where_needed(one.collection.options),
        indexes=tuple(to_extended_json(index) for index in one.collection.indexes),
    )
