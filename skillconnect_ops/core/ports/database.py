"""A document database server: what backup, restore and doctor ask of it.

BSON documents that we only pass on are `bytes` (one whole BSON document); they are never decoded
on the way.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Protocol

from msgspec import Struct


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
    size_bytes: int


class Batch(Struct, frozen=True):
    """Some documents of a collection, in natural order."""

    documents: bytes
    """Whole BSON documents, one after the other."""


class Privilege(Struct, frozen=True, kw_only=True):
    """One privilege of the connected user."""

    database: str
    """Empty for any."""
    collection: str
    """Empty for any but system collections."""
    cluster: bool
    any_resource: bool
    actions: frozenset[str]


class Database(Protocol):
    """One connection (pool) to one deployment, as one user."""

    def server(self) -> Server:
        """Who is there."""

    def privileges(self) -> Sequence[Privilege]:
        """What the connected user may do (`connectionStatus`)."""

    def history_window_s(self) -> float | None:
        """How long the server keeps snapshot history; None where it may not be asked."""

    def cluster_time(self) -> ClusterTime:
        """The server's time now, from a `ping`; raises where it gives none (standalone)."""

    def databases(self) -> Sequence[str]:
        """The names of all databases that this user may see."""

    def collections(self, database: str) -> Sequence[Collection]:
        """Everything in a database but the system's own, sorted by name."""

    def sizes(self, database: str) -> Mapping[str, CollectionSize]:
        """Approximate sizes by collection name."""

    def batches(
        self, database: str, collection: str, *, at: ClusterTime | None
    ) -> AbstractContextManager[Iterator[Batch]]:
        """Scan a collection in natural order at one cluster time, or as it is now (None)."""

    def command(self, database: str, command: Mapping[str, Any]) -> Mapping[str, Any]:
        """Any other command on the primary; the answer decoded."""

    def close(self) -> None:
        """Give the connections back."""
