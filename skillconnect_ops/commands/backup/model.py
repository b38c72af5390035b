"""The nouns of a backup."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from skillconnect_ops.core.ports.database import ClusterTime, CollectionKind, Topology

SCHEMA = "skc/backup/1"
DRILL_SCHEMA = "skc/drill/1"


class ConsistencyKind(StrEnum):
    """Whether all documents are of one instant."""

    SNAPSHOT = "snapshot"
    FUZZY = "fuzzy"


class Consistency(Struct, frozen=True, kw_only=True):
    """How consistent a backup is, in words that a person and a machine read."""

    kind: ConsistencyKind
    cluster_time: ClusterTime | None = None
    """The instant of a snapshot."""
    at: datetime | None = None
    """Its wall clock, or when a fuzzy read began."""
    fuzzy_s: float | None = None
    """Over how many seconds a fuzzy read stretched."""
    exceptions: tuple[str, ...] = ()
    """Namespaces to which the statement does not hold; each entry says by how much."""
    statement: str


class ServerFacts(Struct, frozen=True, kw_only=True):
    """The server that a backup was taken from."""

    version: str
    topology: Topology
    set_name: str | None


class CollectionEntry(Struct, frozen=True, kw_only=True):
    """One collection, view or time series of a backup."""

    database: str
    name: str
    kind: CollectionKind
    uuid: str | None
    options: dict[str, Any]
    """Canonical Extended JSON v2."""
    options_bson: str | None = None
    """The same as it was, base64, where Extended JSON cannot stand for it."""
    indexes: tuple[dict[str, Any], ...]
    """Canonical Extended JSON v2, as the server lists them."""
    documents: int = 0
    """For a time series, its buckets."""
    size_bytes: int = 0
    stored_bytes: int = 0
    file: str | None = None
    """Relative to the backup's folder, `/`-separated; None for a view."""
    sha256: str | None = None
    """Of the stored file, hex."""
    content: str | None = None
    """Digest of the documents, whatever their order."""
    fuzzy_s: float | None = None
    """Over how many seconds a capped collection changed while it was read, if it did."""
    metadata_file: str | None = None
    """mongodump's `NAME.metadata.json`, for a recovery without skc."""
    metadata_sha256: str | None = None
    """Of that file, hex."""

    @property
    def namespace(self) -> str:
        """`database.name`."""
        return f"{self.database}.{self.name}"

    def indexes_to_build(self) -> list[dict[str, Any]]:
        """The indexes, each with its collation said.

        One that is listed without has the simple one, while a build without takes the collection's.
        """
        if "collation" not in self.options:
            return list(self.indexes)
        return [{"collation": {"locale": "simple"}, **index} for index in self.indexes]


def view_depths(entries: Iterable[CollectionEntry]) -> Mapping[str, int]:
    """For each view's namespace, how many views it stands on, itself included.

    A view is made after those that it looks at; a namespace that is not in here is no view.
    """
    looks_at = {
        entry.namespace: f"{entry.database}.{entry.options.get('viewOn', '')}"
        for entry in entries
        if entry.kind is CollectionKind.VIEW
    }

    def depth(namespace: str) -> int:
        steps = 0
        while namespace in looks_at and steps <= len(looks_at):
            namespace, steps = looks_at[namespace], steps + 1
        return steps

    return {namespace: depth(namespace) for namespace in looks_at}


class Tool(Struct, frozen=True, kw_only=True):
    """What wrote a file."""

    name: str
    version: str


class Encryption(Struct, frozen=True, kw_only=True):
    """How the stored files are encrypted."""

    kind: str
    recipients: tuple[str, ...]


class BackupSubject(Struct, frozen=True, kw_only=True):
    """What was backed up."""

    target: str | None
    cluster: str
    databases: tuple[str, ...]
    complete: bool
    """False where collections were chosen or left out."""
    only: tuple[str, ...] = ()
    """The collections that were chosen, as they were named; empty for all."""
    without: tuple[str, ...] = ()
    """The names or patterns that were left out."""
    safety: bool = False
    """Whether it was taken before a restore, of what that one was about to replace."""


class Manifest(Struct, frozen=True, kw_only=True):
    """`manifest.json`; written last, so that a folder without one is no backup."""

    schema: str = SCHEMA
    id: str
    subject: BackupSubject
    started_at: datetime
    finished_at: datetime
    seconds: float
    tool: Tool
    server: ServerFacts
    consistency: Consistency
    compression: str
    encryption: Encryption | None
    documents: int
    size_bytes: int
    stored_bytes: int
    collections: tuple[CollectionEntry, ...]
    journal: str | None
    signature: str | None = None
    """Room for one; nothing signs a manifest yet."""
    digest: str
    """SHA-256 over the file's bytes with this digest's own hex digits as zeros."""

    def entry(self, namespace: str) -> CollectionEntry:
        """The entry of `database.name`; there is one."""
        return next(entry for entry in self.collections if entry.namespace == namespace)


class Verdict(StrEnum):
    """How a restore drill ended."""

    PASSED = "passed"
    FAILED = "failed"


class Drill(Struct, frozen=True, kw_only=True):
    """What a restore drill saw; lies beside the backup as `drills/<time>.json`."""

    schema: str = DRILL_SCHEMA
    backup: str
    manifest: str
    """The manifest's digest that was drilled."""
    at: datetime
    seconds: float
    """From the first byte read to the last comparison."""
    verdict: Verdict
    where: str
    """`embedded MongoDB 6.0.5`, or the scratch database."""
    collections: int
    documents: int
    size_bytes: int
    differences: tuple[str, ...]
    digest: str


class Stored(Struct, frozen=True, kw_only=True):
    """A backup as it lies in its location."""

    manifest: Manifest
    drill: Drill | None
    """The newest drill of exactly this manifest."""


class Leftover(Struct, frozen=True, kw_only=True):
    """A folder that looks like a backup and is none."""

    id: str
    reason: str
    damaged: bool
    """True where a manifest is there and cannot be trusted; False where a run did not finish."""
    running: bool = False
    """Whether a process of this machine is still writing it."""
