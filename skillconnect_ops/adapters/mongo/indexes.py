"""The `Indexes` port over PyMongo."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bson.raw_bson import RawBSONDocument

from skillconnect_ops.adapters.mongo import catalog, index_figures, index_records
from skillconnect_ops.adapters.mongo.connection import Connection
from skillconnect_ops.adapters.mongo.duplicates import duplicates
from skillconnect_ops.adapters.mongo.errors import NO_SUCH_COLLECTION
from skillconnect_ops.adapters.mongo.index_words import (
    collation_of,
    exact,
    fields_of,
    from_plain,
    index_of,
    raw_of,
    read_index,
)
from skillconnect_ops.core.indexes import Index
from skillconnect_ops.core.outcome import Fact, Known
from skillconnect_ops.core.ports.database import CommandFailed, NotAuthorized
from skillconnect_ops.core.ports.indexes import (
    OWN,
    TRY,
    Build,
    BuildProgress,
    DiskSpace,
    Duplicates,
    Figures,
    FoundCollection,
    FoundIndex,
    HiddenIndex,
    IndexConflict,
    IndexRun,
    Listing,
    LockHolder,
    NotUniqueYet,
    RunStanding,
    Touched,
)

SYSTEM = "system."
CONFLICTS = frozenset({85, 86})
NO_SUCH_INDEX = 27
UNFINISHED = "unfinished"
"""How a server words that an index is still being built, and cannot be dropped alone."""
VIOLATED = 359


class ServerIndexes:
    """The indexes of one deployment, over a connection that is somebody else's to close."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, exact: str) -> Index:
        """The index that the server's own words tell of."""
        return index_of(raw_of(exact))

    def listing(self, database: str) -> Listing:
        """Everything in a database but the system's and our own."""
        listed = catalog.all_of(self._connection, database, {"listCollections": 1})
        mine = [entry for entry in listed if not _is_ours(str(entry["name"]))]
        builds = self._builds(database)
        found = (self._collection(database, e, builds) for e in mine if e["type"] != "view")
        return Listing(
            collections=tuple(
                sorted((one for one in found if one is not None), key=lambda one: one.name)
            ),
            views=tuple(sorted(str(entry["name"]) for entry in mine if entry["type"] == "view")),
        )

    def collection(self, database: str, name: str) -> FoundCollection | None:
        """One collection, or None."""
        command = {"listCollections": 1, "filter": {"name": name}}
        for entry in catalog.all_of(self._connection, database, command):
            if entry["type"] != "view":
                return self._collection(database, entry, self._builds(database))
        return None

    def figures(self, database: str, collections: Sequence[str], *, uses: bool = True) -> Figures:
        """Sizes, and the use at every node where that is wanted."""
        return index_figures.figures(self._connection, database, collections, uses=uses)

    def progress(self, database: str) -> Fact[tuple[BuildProgress, ...]]:
        """The builds at work in a database."""
        return index_figures.progress(self._connection, database)

    def disk(self, database: str) -> Fact[DiskSpace]:
        """The disk of the primary."""
        return index_figures.disk(self._connection, database)

    def create(
        self,
        database: str,
        collection: str,
        builds: Sequence[Build],
        *,
        commit_quorum: int | str | None = None,
    ) -> None:
        """Build in one pass over the data, and wait for it."""
        command: dict[str, Any] = {
            "createIndexes": collection,
            "indexes": [fields_of(build) for build in builds],
            "writeConcern": {"w": "majority"},
        }
        if commit_quorum is not None:
            command["commitQuorum"] = commit_quorum
        try:
            self._connection.run(database, command)
        except CommandFailed as error:
            if error.code in CONFLICTS:
                raise _as(IndexConflict, error) from error
            raise

    def try_out(self, database: str, like: FoundCollection, builds: Sequence[Build]) -> None:
        """Build in an empty collection of our own, which goes again."""
        command: dict[str, Any] = {"create": TRY}
        if like.collation is not None:
            command["collation"] = from_plain(like.collation)
        try:
            self._connection.run(database, {"drop": TRY})
        except CommandFailed as error:
            if error.code != NO_SUCH_COLLECTION:
                raise
        except NotAuthorized:
            return
        self._connection.run(database, command)
        try:
            self.create(database, TRY, builds)
        finally:
            self._connection.run(database, {"drop": TRY})

    def modify(self, database: str, collection: str, name: str, changes: Mapping[str, Any]) -> None:
        """`collMod` of one index, durably."""
        self._modify(database, collection, {"index": {"name": name, **changes}})

    def would_be_unique(self, database: str, collection: str, name: str) -> None:
        """Try `unique` of an index that is prepared, and change nothing."""
        change = {"index": {"name": name, "unique": True}, "dryRun": True}
        self._modify(database, collection, change)

    def drop(self, database: str, collection: str, names: Sequence[str]) -> None:
        """Drop, durably, also what is being built; those that are not there are fine."""
        try:
            self._drop(database, collection, list(names))
        except CommandFailed as error:
            if error.code == NO_SUCH_COLLECTION:
                return
            if error.code != NO_SUCH_INDEX or (len(names) == 1 and UNFINISHED in error.why):
                raise
            found = self.collection(database, collection)
            there = [one.index.called for one in found.indexes] if found else []
            for name in names:
                if name in there:
                    self._drop(database, collection, name)

    def duplicates(self, database: str, collection: str, index: Index, *, most: int) -> Duplicates:
        """What stands in the way of a unique index."""
        return duplicates(self._connection, database, collection, index, most=most)

    def expired(
        self, database: str, collection: str, index: Index, *, before: datetime
    ) -> Fact[int]:
        """How many documents an index that expires them has from before that time."""
        return index_figures.expired(self._connection, database, collection, index, before=before)

    def lock(self, database: str, *, run: str, command: str, lease_s: float) -> None:
        """Take the lock, or keep it."""
        index_records.lock(self._connection, database, run=run, command=command, lease_s=lease_s)

    def unlock(self, database: str, *, run: str) -> None:
        """Give the lock back."""
        index_records.unlock(self._connection, database, run=run)

    def standing(self, database: str, *, run: str) -> RunStanding:
        """How a run stands at this server."""
        return index_records.standing(self._connection, database, run=run)

    def lock_holder(self, database: str) -> LockHolder | None:
        """Who holds it."""
        return index_records.lock_holder(self._connection, database)

    def keep(self, database: str, run: IndexRun) -> None:
        """Write down what a run is about to change."""
        index_records.keep(self._connection, database, run)

    def runs(self, database: str) -> Sequence[IndexRun]:
        """What runs wrote down, newest first."""
        return index_records.runs(self._connection, database)

    def keep_after(self, database: str, run: str, after: Sequence[Touched]) -> None:
        """Write down how a run left what it touched."""
        index_records.keep_after(self._connection, database, run, after)

    def mark_undone(self, database: str, run: str, *, undone: bool) -> None:
        """Say that a run was taken back, or that it was not."""
        index_records.mark_undone(self._connection, database, run, undone=undone)

    def mark_put_back(self, database: str, run: str) -> None:
        """Say that a run has gone its own way back."""
        index_records.mark_put_back(self._connection, database, run)

    def forget(self, database: str, run: str) -> None:
        """Remove what a run wrote down."""
        index_records.forget(self._connection, database, run)

    def watch(self, database: str, hidden: HiddenIndex) -> None:
        """Write down that an index is hidden."""
        index_records.watch(self._connection, database, hidden)

    def unwatch(self, database: str, collection: str, name: str) -> None:
        """It is no longer."""
        index_records.unwatch(self._connection, database, collection, name)

    def watched(self, database: str) -> Sequence[HiddenIndex]:
        """The indexes that are watched."""
        return index_records.watched(self._connection, database)

    def _builds(self, database: str) -> frozenset[tuple[str, str]]:
        """What is being built, by collection and name: a standalone does not list it as such."""
        told = self.progress(database)
        if not isinstance(told, Known):
            return frozenset()
        return frozenset((one.collection, name) for one in told.value for name in one.names)

    def _collection(
        self, database: str, entry: RawBSONDocument, builds: frozenset[tuple[str, str]]
    ) -> FoundCollection | None:
        """An entry with its indexes; None when it was dropped since it was listed."""
        name = str(entry["name"])
        command = {"listIndexes": name, "includeBuildUUIDs": True}
        try:
            listed = catalog.all_of(self._connection, database, command)
        except CommandFailed as error:
            if error.code == NO_SUCH_COLLECTION:
                return None
            raise
        uuid = entry["info"].get("uuid")
        return FoundCollection(
            name=name,
            uuid=bytes(uuid).hex() if uuid is not None else None,
            collation=collation_of(entry["options"]),
            timeseries=entry["type"] == "timeseries",
            capped=bool(entry["options"].get("capped")),
            indexes=tuple(_found(one, name, builds) for one in listed),
        )

    def _modify(self, database: str, collection: str, change: Mapping[str, Any]) -> None:
        try:
            self._connection.run_durably(database, {"collMod": collection, **change})
        except CommandFailed as error:
            if error.code == VIOLATED:
                raise _as(NotUniqueYet, error) from error
            raise

    def _drop(self, database: str, collection: str, names: str | list[str]) -> None:
        self._connection.run_durably(database, {"dropIndexes": collection, "index": names})


def _found(
    listed: RawBSONDocument, collection: str, builds: frozenset[tuple[str, str]]
) -> FoundIndex:
    """One entry of listIndexes: the index, or one that is being built with its build's id."""
    build = listed.get("buildUUID")
    raw = bytes(listed["spec"].raw) if build is not None else bytes(listed.raw)
    index, unknown = read_index(raw)
    return FoundIndex(
        index=index,
        unknown=unknown,
        exact=exact(raw),
        building=build is not None or (collection, index.called) in builds,
        build=bytes(build).hex() if build is not None else None,
    )


def _is_ours(name: str) -> bool:
    return name in {OWN, TRY} or name.startswith(SYSTEM)


def _as(kind: type[CommandFailed], error: CommandFailed) -> CommandFailed:
    told = kind(error.what, why=error.why, fix=error.fix)
    told.code, told.details = error.code, error.details
    return told
