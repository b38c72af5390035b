"""Reads everything that is wanted at one instant, in as many attempts as that takes."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.backup.age_keys import recipients
from skillconnect_ops.commands.backup.compare import content_of
from skillconnect_ops.commands.backup.dump import Dumper, Listed
from skillconnect_ops.commands.backup.listing import Wanted, identity, list_wanted
from skillconnect_ops.commands.backup.model import CollectionEntry, Consistency, ConsistencyKind
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Walk
from skillconnect_ops.core.ports.database import (
    ClusterTime,
    CollectionGone,
    CollectionKind,
    Database,
    DatabaseError,
    ServerLost,
    SnapshotTooOld,
    SnapshotUnavailable,
    Topology,
)
from skillconnect_ops.core.view import listed as shown
from skillconnect_ops.disk.files import Disk

ATTEMPTS = 3
_SETTLE_S = 2.0
_LISTINGS = 5


class CollectionsChanged(Precondition):
    """Collections were dropped, renamed or made anew while they were being dumped."""


class SnapshotLost(Precondition):
    """The server forgot the instant before everything was read."""


class ServerGone(Precondition):
    """The server went away while it was being dumped."""


class Readout(Struct, frozen=True, kw_only=True):
    """What one successful attempt brought."""

    entries: list[CollectionEntry]
    consistency: Consistency


class _Instant(Struct, frozen=True, kw_only=True):
    """What is to be read, and when."""

    listed: list[Listed]
    at: ClusterTime | None
    """None for a fuzzy read."""
    capped: dict[str, str]
    """Content digests of the capped collections just before, by namespace."""


class Reading:
    """Reads into one backup's folder."""

    def __init__(
        self,
        *,
        folder: Path,
        wanted: Wanted,
        keys: Sequence[str],
        level: int,
        allow_fuzzy: bool,
        disk: Disk,
    ) -> None:
        self._folder = folder
        self._wanted = wanted
        self._keys = keys
        self._level = level
        self._allow_fuzzy = allow_fuzzy
        self._disk = disk

    def read(self, database: Database, walk: Walk) -> Readout:
        """Attempts, each at an instant of its own and into an emptied folder.

        Raises:
            CollectionsChanged: the catalogue changed under the dump.
            SnapshotLost: no attempt could keep its instant.
            ServerGone: the server did not come back.
        """
        fuzzy = database.server().topology is Topology.STANDALONE
        for attempt in range(1, ATTEMPTS + 1):
            self._disk.remove_tree(self._folder)
            self._disk.make_private(self._folder)
            try:
                return self._attempt(database, walk, fuzzy=fuzzy)
            except (SnapshotTooOld, SnapshotUnavailable, ServerLost) as cause:
                if attempt == ATTEMPTS:
                    raise _given_up(cause) from cause
                fuzzy = fuzzy or self._goes_without(cause, attempt)
                how = ", without a snapshot" if fuzzy else ""
                walk.person.note(f"{_told(cause)}; attempt {attempt + 1} of {ATTEMPTS}{how}")
                walk.clock.sleep(_SETTLE_S * attempt)
        raise AssertionError

    def _goes_without(self, cause: DatabaseError, attempt: int) -> bool:
        """Whether the next attempt does without a snapshot; a later instant is tried first."""
        if not self._allow_fuzzy:
            return False
        last = attempt + 1 == ATTEMPTS
        return isinstance(cause, SnapshotTooOld) or (
            isinstance(cause, SnapshotUnavailable) and last
        )

    def _attempt(self, database: Database, walk: Walk, *, fuzzy: bool) -> Readout:
        began, started = walk.clock.now(), walk.clock.monotonic()
        instant = self._instant(database, fuzzy=fuzzy)
        listed, at = instant.listed, instant.at
        total = sum(one.size.size_bytes for one in listed)
        with walk.person.progress("dumping", total=total, unit="B") as ticker:
            dumper = Dumper(
                database,
                folder=self._folder,
                disk=self._disk,
                recipients=recipients(self._keys),
                level=self._level,
                advance=ticker.advance,
                stopped=walk.stopped,
            )
            try:
                entries = dumper.run(listed, at=at)
            except CollectionGone as cause:
                raise _changed(str(cause)) from cause
            except SnapshotUnavailable:
                _unchanged(listed, database)  # a later instant helps only where they are the same
                raise
        _unchanged(listed, database)
        if at is None:
            return Readout(entries=entries, consistency=_fuzzy(began, walk.clock.now()))
        _empty_then_too(listed, entries, database, at)
        seconds = round(walk.clock.monotonic() - started, 1)
        entries = [
            replace(entry, fuzzy_s=seconds)
            if entry.namespace in instant.capped
            and entry.content != instant.capped[entry.namespace]
            else entry
            for entry in entries
        ]
        return Readout(entries=entries, consistency=_snapshot(at, entries))

    def _instant(self, database: Database, *, fuzzy: bool) -> _Instant:
        """A listing that was the same before and after the instant, and the capped digests before.

        No server reads a capped collection at a cluster time. One that is the same before the
        instant and when it is dumped was the same at the instant, too: what its oldest documents
        make room for never comes back.
        """
        listed = list_wanted(database, self._wanted)
        if fuzzy:
            return _Instant(listed=listed, at=None, capped={})
        for _ in range(_LISTINGS):
            capped = {
                one.namespace: content_of(
                    database, one.database, one.collection.name, one.collection.kind
                ).digest
                for one in listed
                if one.capped
            }
            at = database.cluster_time()
            again = list_wanted(database, self._wanted)
            if identity(again) == identity(listed):
                return _Instant(listed=listed, at=at, capped=capped)
            listed = again
        raise _changed("they kept changing while they were being listed")


def _unchanged(listed: Sequence[Listed], database: Database) -> None:
    """A collection dropped after the instant reads as empty, without an error of its own."""
    now: dict[str, str | None] = {}
    for name in {one.database for one in listed}:
        for collection in database.collections(name):
            now[f"{name}.{collection.name}"] = collection.uuid
    for one in listed:
        if one.namespace not in now:
            raise _changed(f"{one.namespace} was dropped or renamed")
        if now[one.namespace] != one.collection.uuid:
            raise _changed(f"{one.namespace} was made anew under the same name")


def _empty_then_too(
    listed: Sequence[Listed],
    entries: Sequence[CollectionEntry],
    database: Database,
    at: ClusterTime,
) -> None:
    """What read as empty is asked once more, now that its name is known to stand for it.

    It may have been renamed away when it was read, and back by now; then the server refuses to
    read it at that instant, or gives its documents.
    """
    for one, entry in zip(listed, entries, strict=True):
        if entry.documents or one.capped or one.collection.kind is not CollectionKind.COLLECTION:
            continue
        with database.batches(one.database, one.collection.name, at=at) as batches:
            if any(batches):
                raise _changed(f"{one.namespace} was away under another name for a while")


def _snapshot(at: ClusterTime, entries: Sequence[CollectionEntry]) -> Consistency:
    statement = f"every document as it was at {at.at:%Y-%m-%dT%H:%M:%SZ}, one cluster time"
    moved = [entry for entry in entries if entry.fuzzy_s is not None]
    if moved:
        by = max(entry.fuzzy_s or 0.0 for entry in moved)
        names = shown([entry.namespace for entry in moved])
        statement += f"; but {names}, capped, changed while being read: fuzzy by {by:g} s"
    return Consistency(
        kind=ConsistencyKind.SNAPSHOT,
        cluster_time=at,
        at=at.at,
        exceptions=tuple(entry.namespace for entry in moved),
        statement=statement,
    )


def _fuzzy(began: datetime, ended: datetime) -> Consistency:
    seconds = round((ended - began).total_seconds(), 1)
    return Consistency(
        kind=ConsistencyKind.FUZZY,
        at=began,
        fuzzy_s=seconds,
        statement=f"fuzzy by {seconds:g} s: documents were read one after the other, "
        "writes in between are in some collections and not in others",
    )


def _told(cause: DatabaseError) -> str:
    match cause:
        case SnapshotTooOld():
            return "the server no longer holds that instant"
        case SnapshotUnavailable():
            return "the catalogue changed at that instant"
        case _:
            return "the connection was lost"


def _changed(why: str) -> CollectionsChanged:
    return CollectionsChanged(
        "the collections changed while they were being dumped",
        why=why,
        fix="skc backup   # again, when no migration is running",
    )


def _given_up(cause: DatabaseError) -> Precondition:
    match cause:
        case ServerLost():
            return ServerGone(
                "the server went away during the dump",
                why=f"{cause.what}: {cause.why}; so it was in {ATTEMPTS} attempts",
                fix="skc doctor   # then skc backup again",
            )
        case SnapshotUnavailable():
            return SnapshotLost(
                "collections or indexes changed around every instant that was tried",
                why=f"{cause.why}; so it was in {ATTEMPTS} attempts",
                fix="skc backup   # again, when no migration or index build is running",
            )
        case _:
            return SnapshotLost(
                "the snapshot was lost before everything was read",
                why=f"the server keeps too little history for this dump, in {ATTEMPTS} attempts",
                fix="raise minSnapshotHistoryWindowInSeconds, or skc backup --allow-fuzzy",
            )
