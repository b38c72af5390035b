"""The indexes of one database server: what is there, how it is used, and how it is changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

from msgspec import Struct

from skillconnect_ops.core.indexes import Index
from skillconnect_ops.core.outcome import Fact
from skillconnect_ops.core.ports.database import CommandFailed, DatabaseError

OWN = "skc_indexes"
"""Our own collection in the database that is worked on: the lock, and what runs changed."""
TRY = f"{OWN}.try"
"""Another one, empty and gone in an instant."""


class FoundIndex(Struct, frozen=True, kw_only=True):
    """An index as the server lists it."""

    index: Index
    exact: str
    """The server's own words, to the type of each number: canonical Extended JSON."""
    unknown: str = ""
    """What of it could not be read; `index` has its name and fields then, and no more."""
    building: bool = False
    build: str | None = None
    """The id of the build, where the server tells one; all of one build end together."""


class FoundCollection(Struct, frozen=True, kw_only=True):
    """A collection that can have indexes, and those that it has."""

    name: str
    uuid: str | None
    collation: Mapping[str, Any] | None = None
    """What its indexes inherit; None where that is plain comparison."""
    timeseries: bool = False
    capped: bool = False
    indexes: tuple[FoundIndex, ...] = ()


class Listing(Struct, frozen=True, kw_only=True):
    """All of a database: what can have indexes, and what cannot."""

    collections: tuple[FoundCollection, ...]
    views: tuple[str, ...] = ()

    def find(self, name: str) -> FoundCollection | None:
        """The collection of that name."""
        return next((one for one in self.collections if one.name == name), None)


class Build(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An index to build: as it was declared, or exactly as it was once listed."""

    index: Index
    exact: str | None = None


class IndexUse(Struct, frozen=True, kw_only=True):
    """How often one node used an index."""

    node: str
    operations: int
    since: datetime
    """When the node began to count: its last start, or when the index was made or changed."""


class CollectionFigures(Struct, frozen=True, kw_only=True):
    """What a collection and its indexes take, and how these were used, as far as it was told."""

    documents: int = 0
    size_bytes: int = 0
    index_bytes: Mapping[str, int] = {}
    uses: Mapping[str, tuple[IndexUse, ...]] = {}
    """By the index's name; one entry for each node that answered."""


class Figures(Struct, frozen=True, kw_only=True):
    """Sizes and use, of all collections that were asked for."""

    collections: Mapping[str, CollectionFigures] = {}
    sizes_unknown: str = ""
    """Why sizes could not be asked for; empty where they were."""
    uses_unknown: Mapping[str, str] = {}
    """By node: why its use could not be asked for."""


class BuildProgress(Struct, frozen=True, kw_only=True):
    """A build at work."""

    collection: str
    names: frozenset[str] = frozenset()
    """As far as they are told."""
    message: str = ""
    done: int = 0
    total: int = 0


class DuplicateGroup(Struct, frozen=True, kw_only=True):
    """Some documents that a unique index would not let stand together. It may hold personal data.

    Values and ids are Extended JSON, relaxed.
    """

    value: Any
    documents: int
    ids: tuple[Any, ...]
    """The first of them."""


class Duplicates(Struct, frozen=True, kw_only=True):
    """What stands in the way of a unique index."""

    groups: int
    documents: int
    """How many documents are too many: those that must go, or change, at the least."""
    first: tuple[DuplicateGroup, ...]


class DiskSpace(Struct, frozen=True, kw_only=True):
    """The disk that the primary's data lies on."""

    total_bytes: int
    used_bytes: int

    @property
    def free_bytes(self) -> int:
        """What is left."""
        return max(0, self.total_bytes - self.used_bytes)


class LockHolder(Struct, frozen=True, kw_only=True):
    """Who holds the lock at the server."""

    run: str
    host: str
    pid: int
    since: datetime
    lives: bool
    """Whether it said so within its lease, by the server's clock."""

    def line(self) -> str:
        """One line for people."""
        return f"run {self.run} on {self.host} (process {self.pid}), since {self.since:%FT%TZ}"


class Touched(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An index that a run changes, and what it was before."""

    collection: str
    name: str
    index: Index | None = None
    """None: there was none of that name."""
    exact: str | None = None
    uuid: str | None = None
    """Of the collection; None of one that was not there yet."""


class StandIn(Struct, frozen=True, kw_only=True):
    """An index that a run builds for a while, and drops."""

    collection: str
    index: Index


class IndexRun(Struct, frozen=True, kw_only=True):
    """What a run wrote down at the server before it changed anything, for the way back."""

    run: str
    host: str
    command: str
    touched: tuple[Touched, ...]
    stand_ins: tuple[StandIn, ...] = ()
    at: datetime | None = None
    """When it was written down, by the server's clock; None before that."""
    after: tuple[Touched, ...] | None = None
    """The same indexes as the run left them; None of one that did not come to its end."""
    undone: bool = False
    put_back: bool = False
    """It failed and went its own way back, though not everything was as before."""

    def line(self) -> str:
        """One line for people."""
        when = f", of {self.at:%FT%TZ}" if self.at is not None else ""
        return f"{self.run}{when} from {self.host}"


class RunStanding(Enum):
    """How a run stands, by what the server knows of it."""

    UNKNOWN = "unknown"
    """It has written nothing down: it never began here, or was put back."""
    ITS_OWN = "its own"
    TAKEN_OVER = "taken over"
    """It gave no sign for too long; what it did is another one's now: neither on nor back."""


class HiddenIndex(Struct, frozen=True, kw_only=True):
    """An index that was hidden to see whether anybody misses it."""

    collection: str
    name: str
    run: str
    exact: str = ""
    """The index itself: another one of its name was never watched."""
    observe_s: float | None = None
    """How long it was to be watched, as that was said then."""
    since: datetime | None = None
    """By the server's clock; None before it was written down."""
    age_s: float = 0.0
    """How long ago that is, by the server's clock."""


class IndexesLocked(DatabaseError):
    """Another run changes the indexes of this database."""

    holder: LockHolder | None = None


class NotUniqueYet(CommandFailed):
    """There are documents that a unique index would not let stand together (code 359)."""


class IndexConflict(CommandFailed):
    """The server has another index of that name, or of these keys (codes 85 and 86)."""


class Indexes(Protocol):
    """The indexes of one deployment, over one connection. Safe from several threads.

    Every method raises a `DatabaseError`: `ServerLost` and `NotAuthorized` among them.
    """

    def read(self, exact: str) -> Index:
        """The index that `FoundIndex.exact` tells of; asks nobody."""

    def listing(self, database: str) -> Listing:
        """Everything in a database but the system's and our own; a round trip a collection."""

    def collection(self, database: str, name: str) -> FoundCollection | None:
        """One collection, or None; two round trips."""

    def figures(self, database: str, collections: Sequence[str], *, uses: bool = True) -> Figures:
        """Sizes, and the use at every node where that is wanted; few round trips for all."""

    def progress(self, database: str) -> Fact[tuple[BuildProgress, ...]]:
        """The builds at work in a database."""

    def disk(self, database: str) -> Fact[DiskSpace]:
        """The disk of the primary."""

    def create(
        self,
        database: str,
        collection: str,
        builds: Sequence[Build],
        *,
        commit_quorum: int | str | None = None,
    ) -> None:
        """Build in one pass over the data, and wait for it; those that are there are fine.

        Raises:
            DuplicateKey: in a unique one; none of them is there then.
            IndexConflict: another one stands in the way.
        """

    def try_out(self, database: str, like: FoundCollection, builds: Sequence[Build]) -> None:
        """Build in an empty collection of our own, which goes again; one's rights may not do.

        Raises:
            CommandFailed: the server refuses one, whatever the documents are.
        """

    def modify(self, database: str, collection: str, name: str, changes: Mapping[str, Any]) -> None:
        """`collMod` of one index, durably.

        Args:
            database: where.
            collection: where.
            name: of the index.
            changes: `hidden`, `expireAfterSeconds`, `prepareUnique`, `unique`.

        Raises:
            NotUniqueYet: `unique`, and there are duplicates.
        """

    def would_be_unique(self, database: str, collection: str, name: str) -> None:
        """Try `unique` of an index that is prepared, and change nothing.

        Raises:
            NotUniqueYet: there are duplicates.
        """

    def drop(self, database: str, collection: str, names: Sequence[str]) -> None:
        """Drop, durably, also what is being built; those that are not there are fine."""

    def duplicates(self, database: str, collection: str, index: Index, *, most: int) -> Duplicates:
        """What stands in the way of a unique index, by its own rules (sparse, partial, collation).

        The collection's collation is taken where the index says none.
        """

    def expired(
        self, database: str, collection: str, index: Index, *, before: datetime
    ) -> Fact[int]:
        """How many documents an index that expires them has from before that time."""

    def lock(self, database: str, *, run: str, command: str, lease_s: float) -> None:
        """Take the lock, or keep it for another lease; one whose lease is over is taken over.

        Raises:
            IndexesLocked: another run holds it.
        """

    def unlock(self, database: str, *, run: str) -> None:
        """Give the lock back; one that is another's, or none, is left."""

    def standing(self, database: str, *, run: str) -> RunStanding:
        """How a run stands at this server."""

    def lock_holder(self, database: str) -> LockHolder | None:
        """Who holds it."""

    def keep(self, database: str, run: IndexRun) -> None:
        """Write down what a run is about to change; the first words of a run win."""

    def runs(self, database: str) -> Sequence[IndexRun]:
        """What runs wrote down, newest first."""

    def keep_after(self, database: str, run: str, after: Sequence[Touched]) -> None:
        """Write down how a run left what it touched."""

    def mark_undone(self, database: str, run: str, *, undone: bool) -> None:
        """Say that a run was taken back, or that it was not after all."""

    def mark_put_back(self, database: str, run: str) -> None:
        """Say that a run has gone its own way back, as far as it could."""

    def forget(self, database: str, run: str) -> None:
        """Remove what a run wrote down."""

    def watch(self, database: str, hidden: HiddenIndex) -> None:
        """Write down that an index is hidden, and since when; the first time stands."""

    def unwatch(self, database: str, collection: str, name: str) -> None:
        """It is no longer."""

    def watched(self, database: str) -> Sequence[HiddenIndex]:
        """The indexes that are watched."""
