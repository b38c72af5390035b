"""Loads collections of a backup into a server.

One collection after the other, the largest first, all insert workers on it (but for capped ones,
whose order is part of their content); its indexes are built in one command while the next one
loads. A small collection gets its indexes before its data: a build over data costs the server
about 0.1 s, one over nothing a few milliseconds (both measured).
"""

import base64
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path

import bson
from msgspec import Struct

from skillconnect_ops.commands.backup.content import Run
from skillconnect_ops.commands.backup.duplicates import duplicates
from skillconnect_ops.commands.backup.empty_times import keep_empty_times
from skillconnect_ops.commands.backup.model import CollectionEntry, view_depths
from skillconnect_ops.commands.backup.mongodump_format import BUCKETS, CODEC, from_extended_json
from skillconnect_ops.commands.backup.sealing import Identity
from skillconnect_ops.commands.backup.stored import FileDamaged, entry_runs
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.database import (
    CollectionKind,
    CommandFailed,
    Database,
    DatabaseError,
    DuplicateKey,
    NotAuthorized,
)

EXPIRES = "expireAfterSeconds"
WORKERS = 4
BUILDERS = 2
SMALL_DOCUMENTS = 1000
DOCUMENT_VALIDATION_FAILURE = 121
_WAITING = WORKERS


class Load(Struct, frozen=True, kw_only=True):
    """One collection to load, and the name that it is loaded under."""

    entry: CollectionEntry
    database: str
    name: str


class LoadStopped(Exception):
    """A signal ended the load."""


class BackupUnfit(Precondition):
    """The backup itself is at fault, not the server or the way to it."""


class BackupDamaged(BackupUnfit):
    """A stored file is not what the manifest says."""


class DuplicatesFound(BackupUnfit):
    """A unique index of the backup cannot be built, since its data holds duplicates."""


class ValidatorRefuses(Precondition):
    """Documents are not as their collection's validator wants them."""


class Loader:
    """Loads from one backup's folder into one server."""

    def __init__(
        self,
        database: Database,
        *,
        folder: Path,
        identities: Sequence[Identity] | None,
        advance: Callable[[int], None],
        stopped: Callable[[], bool],
        created: Callable[[], None] = lambda: None,
        keeps_all: bool = False,
    ) -> None:
        """Get ready.

        Args:
            database: the server.
            folder: of the backup.
            identities: to decrypt with.
            advance: is told of bytes that were loaded.
            stopped: whether a signal came.
            created: called when a collection was made, before anything is loaded into it.
            keeps_all: whether to leave away, for `expire`, what lets old documents go.
        """
        self._created = created
        self._keeps_all = keeps_all
        self._database = database
        self._folder = folder
        self._identities = identities
        self._advance = advance
        self._stopped = stopped
        self._bypass = True

    def run(self, loads: Sequence[Load]) -> None:
        """Load them all; the data is on the disks of a majority when this returns.

        Raises:
            BackupDamaged: a file is not what the manifest says.
            DuplicatesFound: a unique index cannot be built; values and ids are named.
        """
        stored = [load for load in loads if load.entry.kind is not CollectionKind.VIEW]
        views = [load for load in loads if load.entry.kind is CollectionKind.VIEW]
        inserters = ThreadPoolExecutor(WORKERS, thread_name_prefix="insert")
        builders = ThreadPoolExecutor(BUILDERS, thread_name_prefix="index")
        building: dict[Future[None], Load] = {}
        try:
            for load in sorted(stored, key=lambda load: -load.entry.size_bytes):
                self._load(load, inserters)
                if not _is_small(load):
                    building[builders.submit(self._index, load)] = load
                _raise_first(building)
            for built in building:
                built.result()
        except BaseException:
            self._abandon(building)
            raise
        finally:
            _end(inserters)
            _end(builders)
        depths = view_depths(load.entry for load in views)
        for load in sorted(views, key=lambda load: depths[load.entry.namespace]):
            self._database.create(load.database, load.name, creation_options(load.entry))
        self._database.settle()

    def expire(self, loads: Sequence[Load]) -> None:
        """Set up what `keeps_all` left away; from now on the server may remove old documents."""
        for load in loads:
            database, name, entry = load.database, load.name, load.entry
            late = [
                from_extended_json(index) for index in entry.indexes_to_build() if EXPIRES in index
            ]
            if late:
                self._database.index(database, name, late)
            if EXPIRES in entry.options:
                seconds = bson.decode(creation_options(entry))[EXPIRES]
                self._database.command(database, {"collMod": name, EXPIRES: seconds})

    def _create(self, load: Load) -> None:
        options = creation_options(load.entry)
        if self._keeps_all and EXPIRES in load.entry.options:
            raw = bson.decode(options, CODEC)
            del raw[EXPIRES]
            options = bson.encode(raw, codec_options=CODEC)
        self._database.create(load.database, load.name, options)

    def _abandon(self, building: Mapping[Future[None], Load]) -> None:
        """End index builds, which may take an hour more, by dropping what they are built on."""
        for built, load in building.items():
            if not built.done() and not built.cancel():
                with suppress(DatabaseError):
                    self._database.drop(load.database, load.name)

    def _load(self, load: Load, inserters: ThreadPoolExecutor) -> None:
        """Create and fill one; a small one with its indexes."""
        self._create(load)
        self._created()
        if not _is_small(load):
            self._fill(load, inserters)
            return
        self._index(load)
        try:
            self._fill(load, inserters)
        except DuplicatesFound:
            # an index that was there first has kept the duplicates out, so nobody can name them
            self._database.drop(load.database, load.name)
            self._create(load)
            self._fill(load, inserters)
            self._index(load)
            raise

    def _index(self, load: Load) -> None:
        indexes = [
            from_extended_json(index)
            for index in load.entry.indexes_to_build()
            if not (self._keeps_all and EXPIRES in index)
        ]
        if not indexes:
            return
        try:
            self._database.index(load.database, load.name, indexes)
        except DuplicateKey as cause:
            raise self._duplicates(load, cause) from cause

    def _fill(self, load: Load, inserters: ThreadPoolExecutor) -> None:
        most = 0 if load.entry.options.get("capped") else _WAITING
        waiting: deque[Future[int]] = deque()
        try:
            for run in self._runs(load.entry):
                waiting.append(inserters.submit(self._insert, load, run))
                while len(waiting) > most:
                    self._advance(waiting.popleft().result())
            while waiting:
                self._advance(waiting.popleft().result())
        except DuplicateKey as cause:
            wait(waiting)
            raise self._duplicates(load, cause) from cause

    def _runs(self, entry: CollectionEntry) -> Iterator[Run]:
        try:
            for run in entry_runs(self._folder, entry, identities=self._identities):
                if self._stopped():
                    raise LoadStopped
                yield run
        except FileDamaged as cause:
            raise BackupDamaged(
                f"{entry.file} of the backup is damaged",
                why=str(cause),
                fix="skc backup list   # choose another backup",
            ) from cause

    def _insert(self, load: Load, run: Run) -> int:
        series = load.entry.kind is CollectionKind.TIMESERIES
        into = BUCKETS + load.name if series else load.name
        # what was stored may be older than its validator; not every role may pass it by
        bypass = self._bypass and ("validator" in load.entry.options or series)
        try:
            self._database.insert(
                load.database,
                into,
                run.documents,
                count=run.content.documents,
                bypass_validation=bypass,
            )
        except NotAuthorized:
            if not bypass:
                raise
            self._bypass = False
            return self._insert(load, run)
        except CommandFailed as cause:
            if cause.code == DOCUMENT_VALIDATION_FAILURE:
                raise _validator(load) from cause
            raise
        keep_empty_times(self._database, load.database, into, run.documents, bypass=bypass)
        return run.content.size_bytes

    def _duplicates(self, load: Load, cause: DuplicateKey) -> DuplicatesFound:
        shown: list[str] = []
        with suppress(DatabaseError):  # what failed first is what is told
            shown = duplicates(self._database, load.database, load.name, load.entry)
        return DuplicatesFound(
            f"{load.entry.namespace} holds duplicates that its unique index forbids",
            why="; ".join(shown) or cause.why,
            fix="restore the others (--collection …), or remove the duplicates and back up again",
        )


def creation_options(entry: CollectionEntry) -> bytes:
    """The options to create a collection with, BSON."""
    if entry.options_bson is not None:
        return base64.b64decode(entry.options_bson)
    return from_extended_json(entry.options)


def _is_small(load: Load) -> bool:
    return load.entry.documents <= SMALL_DOCUMENTS


def _end(pool: ThreadPoolExecutor) -> None:
    """Wait for what runs; a signal does not end that wait."""
    try:
        pool.shutdown(cancel_futures=True)
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise


def _raise_first(building: Iterable[Future[None]]) -> None:
    """A build that failed already ends the load early."""
    for built in building:
        if built.done():
            built.result()


def _validator(load: Load) -> ValidatorRefuses:
    return ValidatorRefuses(
        f"the validator of {load.entry.namespace} refuses documents of the backup",
        why="they are older than it, and the user may not pass it by (bypassDocumentValidation)",
        fix="grant the user the role restore on admin for the time of the restore",
    )
