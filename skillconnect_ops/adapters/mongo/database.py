"""The `Database` port over PyMongo."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from typing import Any, Self

from bson.raw_bson import RawBSONDocument

from skillconnect_ops.adapters.mongo import catalog, scan
from skillconnect_ops.adapters.mongo.connection import PATIENCE_S, Connection
from skillconnect_ops.adapters.mongo.errors import NO_SUCH_COLLECTION, not_inserted
from skillconnect_ops.adapters.mongo.indexes import ServerIndexes
from skillconnect_ops.core.ports.database import (
    Batch,
    ClusterTime,
    Collection,
    CollectionSize,
    CommandFailed,
    NoClusterTime,
    NotAuthorized,
    Privilege,
    Server,
)
from skillconnect_ops.core.secret import Secret

WINDOW = "minSnapshotHistoryWindowInSeconds"
MAJORITY = {"w": "majority", "j": True}
QUICK = {"w": 1, "j": False}
EMPTY = b"\x05\0\0\0\0"
SIMPLE = {"locale": "simple"}
REASONS = frozenset({"writeErrors", "writeConcernError"})
NOT_IN_CREATE_INDEXES = frozenset({"ns"})


class MongoDatabase:
    """One deployment, as one user. Made with `connect`; a context manager."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._written: tuple[str, str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def server(self) -> Server:
        """Who is there."""
        return catalog.server(self._connection)

    def privileges(self) -> Sequence[Privilege]:
        """What the connected user may do."""
        return catalog.privileges(self._connection)

    def history_window_s(self) -> float | None:
        """How long the server keeps snapshot history; None where it may not be asked."""
        try:
            answer = self._connection.run("admin", {"getParameter": 1, WINDOW: 1})
        except (NotAuthorized, CommandFailed):
            return None
        return float(answer[WINDOW])

    def cluster_time(self) -> ClusterTime:
        """The server's time now.

        From a `ping`, since a read of a collection that is not there leaves a session's snapshot
        time unset, and a dump would silently be no snapshot.
        """
        time = self._connection.run("admin", {"ping": 1}).get("operationTime")
        if time is None:
            raise NoClusterTime(
                f"{self._connection.uri.where} has no cluster time",
                why="it is no member of a replica set, so it has no snapshots",
                fix="make it a replica set of one: mongod --replSet rs0, then rs.initiate()",
            )
        return ClusterTime(time.time, time.inc)

    def databases(self) -> Sequence[str]:
        """The names of all databases that this user may see."""
        return catalog.databases(self._connection)

    def collections(
        self, database: str, *, only: AbstractSet[str] | None = None
    ) -> Sequence[Collection]:
        """Everything in a database but the system's own, or what of these names is there."""
        return catalog.collections(self._connection, database, only=only)

    def sizes(self, database: str) -> Mapping[str, CollectionSize]:
        """Approximate sizes by collection name."""
        return catalog.sizes(self._connection, database)

    def batches(
        self, database: str, collection: str, *, at: ClusterTime | None
    ) -> AbstractContextManager[Iterator[Batch]]:
        """Scan a collection in natural order at one cluster time, or as it is now (None)."""
        return scan.batches(self._connection, database, collection, at=at)

    def create(self, database: str, name: str, options: bytes) -> None:
        """Create a collection, view or time series; nested options pass undecoded."""
        command = {"create": name, **RawBSONDocument(options), "writeConcern": MAJORITY}
        self._connection.run(database, command)

    def insert(
        self,
        database: str,
        collection: str,
        documents: bytes,
        *,
        count: int,
        bypass_validation: bool = False,
    ) -> None:
        """Insert BSON documents as they are; `settle` makes them durable."""
        command: dict[str, Any] = {
            "insert": collection,
            "ordered": False,
            "writeConcern": QUICK,
            "documents": [_Documents(documents)],
        }
        if bypass_validation:
            command["bypassDocumentValidation"] = True
        self._written = database, collection
        answer = self._connection.run(database, command)
        if answer["n"] != count or not REASONS.isdisjoint(answer):
            raise not_inserted(f"{database}.{collection}", answer, count)

    def index(self, database: str, collection: str, indexes: Sequence[bytes]) -> None:
        """Build indexes, all in one pass over the data; durable."""
        wanted = [fields for index in indexes if (fields := _index_fields(index)) is not None]
        if not wanted:
            return
        if any("collation" not in fields for fields in wanted) and catalog.has_collation(
            self._connection, database, collection
        ):
            # without one an index would take the collection's, though it is listed as having none
            wanted = [{"collation": SIMPLE, **fields} for fields in wanted]
        command = {"createIndexes": collection, "indexes": wanted, "writeConcern": MAJORITY}
        self._connection.run(database, command)

    def settle(self) -> None:
        """Wait for a majority: what changes nothing waits for all that was written before.

        Source: MongoDB manual, "Write Concern". A delete that finds nothing is such an operation;
        the role `restore` may not delete, but make indexes that are there.
        """
        if self._written is None:
            return
        database, collection = self._written
        nothing = {"q": {"_id": 0}, "limit": 1}
        here = {"key": {"_id": 1}, "name": "_id_"}
        try:
            answer = self._connection.run(
                database, {"delete": "skc_settle", "deletes": [nothing], "writeConcern": MAJORITY}
            )
        except NotAuthorized:
            answer = self._connection.run(
                database,
                {"createIndexes": collection, "indexes": [here], "writeConcern": MAJORITY},
            )
        if not REASONS.isdisjoint(answer):
            raise not_inserted(database, answer, 0)

    def rename(self, database: str, collection: str, to: str, *, replace: bool = False) -> None:
        """Rename a collection within its database."""
        command = {
            "renameCollection": f"{database}.{collection}",
            "to": f"{database}.{to}",
            "dropTarget": replace,
            "writeConcern": MAJORITY,
        }
        self._connection.run("admin", command)

    def drop(self, database: str, collection: str) -> None:
        """Drop a collection or view."""
        try:
            self._connection.run(database, {"drop": collection, "writeConcern": MAJORITY})
        except CommandFailed as error:
            if error.code != NO_SUCH_COLLECTION:
                raise

    def drop_database(self, database: str) -> None:
        """Drop a whole database."""
        self._connection.run(database, {"dropDatabase": 1, "writeConcern": MAJORITY})

    def command(self, database: str, command: Mapping[str, Any]) -> Mapping[str, Any]:
        """Any other command on the primary."""
        return self._connection.run(database, command)

    def indexes(self) -> ServerIndexes:
        """The indexes of the deployment, over this connection."""
        return ServerIndexes(self._connection)

    def close(self) -> None:
        """Give the connections back."""
        self._connection.close()


def connect(
    uri: Secret,
    *,
    connect_map: Mapping[str, str] | None = None,
    patience_s: float = PATIENCE_S,
) -> MongoDatabase:
    """Connect and log in.

    Args:
        uri: mongodb:// or mongodb+srv://.
        connect_map: `host:port` as the replica set knows a node -> as it is reached from here.
        patience_s: How long to look for a primary.

    Raises:
        MalformedUri: the URI.
        CannotConnect: the cause is the class; within 10 s.
        WrongPassword: the user is not known, or not with this password.
    """
    connection = Connection(uri, connect_map=connect_map, patience_s=patience_s)
    try:
        connection.open()
    except BaseException:
        connection.close()
        raise
    return MongoDatabase(connection)


class _Documents(RawBSONDocument):
    """Many documents in the place of one: PyMongo copies what is `raw` to the wire as it is.

    In an `insert`, documents follow each other without array keys (OP_MSG, section of kind 1), so
    one piece of many is the same as many of one each, and saves a Python object for each document.
    """

    __slots__ = ("_many",)

    def __init__(self, many: bytes) -> None:
        super().__init__(EMPTY)  # what PyMongo's own logging of commands reads
        self._many = many

    @property
    def raw(self) -> bytes:
        """All of them."""
        return self._many


def _index_fields(index: bytes) -> dict[str, Any] | None:
    """What createIndexes takes of what listIndexes gave; None for those that come by themselves."""
    fields = dict(RawBSONDocument(index))
    if fields.get("clustered") or fields.get("name") == "_id_":
        return None
    return {name: value for name, value in fields.items() if name not in NOT_IN_CREATE_INDEXES}
