"""A document database server: what backup, restore and doctor ask of it.

BSON documents that we only pass on are `bytes` (one whole BSON document); they are never decoded
on the way.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Protocol

from msgspec import Struct

from skillconnect_ops.core.errors import Precondition

APP_NAME = "skc"
"""What every connection of ours calls itself to the server."""


class Topology(Enum):
    """How the server is deployed."""

    STANDALONE = "standalone"
    REPLICA_SET = "replica_set"
    SHARDED = "sharded"


class ClusterTime(Struct, frozen=True, order=True):
    """A point in the cluster's history (BSON timestamp)."""

    seconds: int
    increment: int

    @property
    def at(self) -> datetime:
        """The wall clock of it, to the second, in UTC."""
        return datetime.fromtimestamp(self.seconds, tz=UTC)


class Server(Struct, frozen=True, kw_only=True):
    """Who answered."""

    version: str
    topology: Topology
    set_name: str | None
    hosts: tuple[str, ...]
    tls: bool
    user: str | None
    """The authenticated user as `name@authSource`, or None."""


class CollectionKind(Enum):
    """What a name in a database stands for."""

    COLLECTION = "collection"
    VIEW = "view"
    TIMESERIES = "timeseries"


class Collection(Struct, frozen=True, kw_only=True):
    """One entry of a database, as the server lists it."""

    name: str
    kind: CollectionKind
    options: bytes
    """The `options` document, BSON."""
    uuid: str | None
    """Hex; None for views, and for time series that of the buckets collection."""
    indexes: tuple[bytes, ...] = ()
    """Each index as `listIndexes` gives it, BSON, `_id_` included; views have none."""


class CollectionSize(Struct, frozen=True, kw_only=True):
    """Approximate size of one collection's data."""

    documents: int
    """Stored documents: for time series the buckets."""
    size_bytes: int


class Batch(Struct, frozen=True):
    """Some documents of a collection, in natural order; never none."""

    each: Sequence[memoryview]
    """Every document, whole, as it came; views into one answer of the server."""

    @property
    def documents(self) -> bytes:
        """All of them, one after the other: a new copy each time."""
        return b"".join(self.each)


class Privilege(Struct, frozen=True, kw_only=True):
    """One privilege of the connected user."""

    database: str
    """Empty for any."""
    collection: str
    """Empty for any but system collections."""
    cluster: bool
    any_resource: bool
    actions: frozenset[str]
    buckets: bool = False
    """`collection` names a time series, and what is meant is the buckets behind it."""


class DatabaseError(Precondition):
    """A deployment cannot be used as asked. No text of it holds a password."""


class MalformedUri(DatabaseError):
    """The URI cannot be read."""


class CannotConnect(DatabaseError):
    """Nobody to talk to; the subclasses say why."""


class UnknownHost(CannotConnect):
    """A host name, or the SRV record of one, does not resolve."""


class PortRefused(CannotConnect):
    """The host is there, nobody listens on the port."""


class Unreachable(CannotConnect):
    """No answer in time."""


class TlsMismatch(CannotConnect):
    """One side wants TLS and the other does not, or a certificate is not trusted."""


class NotMongoDB(CannotConnect):
    """Something else listens there."""


class NoPrimary(CannotConnect):
    """The replica set is there, and has no primary."""


class ServerTooOld(CannotConnect):
    """Its version has no snapshot reads."""


class WrongPassword(DatabaseError):
    """The server does not know this user with this password."""


class ServerLost(DatabaseError):
    """The connection, the primary or the cursor went away in the middle; a new attempt may work."""


class NoClusterTime(DatabaseError):
    """The deployment has no snapshots: it is no replica set."""


class SnapshotTooOld(DatabaseError):
    """The server no longer keeps the history of that cluster time."""


class SnapshotUnavailable(DatabaseError):
    """A collection or its indexes changed since that cluster time; a later one can be read."""


class CappedHasNoSnapshot(DatabaseError):
    """Servers before 8.0 read no capped collection at a cluster time; it can be read as it is."""


class CollectionGone(DatabaseError):
    """A collection was dropped or renamed while it was read."""


class NotAuthorized(DatabaseError):
    """The user may not do it."""

    action: str = ""
    """`find`, as privileges spell it; a command's name where its action is not known to us."""
    resource: str = ""
    """`database.collection`, `database`, or `cluster`."""
    role: str = ""
    """The built-in role with the least rights that allows it, `read@app`; empty when unknown."""


class CommandFailed(DatabaseError):
    """The server refused a command for another reason."""

    code: int = 0
    """The server's error code."""
    details: Mapping[str, Any] = {}
    """The server's whole answer. It may hold values from documents: not for logs."""


class DuplicateKey(CommandFailed):
    """A unique index cannot be built or kept (code 11000)."""


class Database(Protocol):
    """One connection (pool) to one deployment, as one user. Safe from several threads.

    Every method raises a `DatabaseError`: `ServerLost` and `NotAuthorized` among them.
    """

    def server(self) -> Server:
        """Who is there."""

    def privileges(self) -> Sequence[Privilege]:
        """What the connected user may do (`connectionStatus`)."""

    def history_window_s(self) -> float | None:
        """How long the server keeps snapshot history; None where it may not be asked."""

    def cluster_time(self) -> ClusterTime:
        """The server's time now, from a `ping`.

        Raises:
            NoClusterTime: it gives none (standalone).
        """

    def databases(self) -> Sequence[str]:
        """The names of all databases that this user may see."""

    def collections(
        self, database: str, *, only: AbstractSet[str] | None = None
    ) -> Sequence[Collection]:
        """Everything in a database but the system's own, sorted by name.

        With `only`, what of these names is there: a listing asks for the indexes of each.
        """

    def sizes(self, database: str) -> Mapping[str, CollectionSize]:
        """Approximate sizes by collection name; those that may not be asked for are left out."""

    def batches(
        self, database: str, collection: str, *, at: ClusterTime | None
    ) -> AbstractContextManager[Iterator[Batch]]:
        """Scan a collection in natural order at one cluster time, or as it is now (None).

        A collection that does not exist, or no longer, has no documents and is no error: compare
        UUIDs. The server's cursor ends with the context.

        Raises:
            SnapshotTooOld: from any batch.
            SnapshotUnavailable: from any batch.
            CappedHasNoSnapshot: from the first.
            CollectionGone: from any batch but the first.
        """

    def create(self, database: str, name: str, options: bytes) -> None:
        """Create a collection, view or time series from `Collection.options`.

        Raises:
            CommandFailed: it is there (code 48), or the server refuses an option.
        """

    def insert(
        self,
        database: str,
        collection: str,
        documents: bytes,
        *,
        count: int,
        bypass_validation: bool = False,
    ) -> None:
        """Insert whole BSON documents that stand one after the other; `settle` makes them durable.

        At most 16 MB (or one document), and 100,000 of them. `count` says how many they are.

        `bypass_validation` needs a right of its own, which `restore` and `dbAdmin` have.

        Raises:
            DuplicateKey: a document with that `_id` or unique value is there; the others went in.
            CommandFailed: not all went in.
        """

    def index(self, database: str, collection: str, indexes: Sequence[bytes]) -> None:
        """Build indexes from `Collection.indexes` in one pass over the data.

        Those that come by themselves (`_id_`, that of a clustered collection) are passed over.

        Raises:
            DuplicateKey: in a unique index.
            CommandFailed: the server refuses an option.
        """

    def settle(self) -> None:
        """Wait until everything written so far is on the disks of a majority."""

    def rename(self, database: str, collection: str, to: str, *, replace: bool = False) -> None:
        """Rename a collection within its database; durable.

        Raises:
            CommandFailed: `to` is taken (code 48), or the kind of collection has no renaming.
        """

    def drop(self, database: str, collection: str) -> None:
        """Drop a collection or view, durably; one that is not there is fine."""

    def drop_database(self, database: str) -> None:
        """Drop a whole database, durably; one that is not there is fine."""

    def command(self, database: str, command: Mapping[str, Any]) -> Mapping[str, Any]:
        """Any other command on the primary; the answer decoded, times with their zone.

        Raises:
            CommandFailed: with the server's code.
        """

    def close(self) -> None:
        """Give the connections back."""
