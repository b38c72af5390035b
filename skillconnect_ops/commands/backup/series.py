"""Copies time series, which no server renames, and compares before anything is dropped."""

from skillconnect_ops.commands.backup.compare import content_of
from skillconnect_ops.commands.backup.empty_times import keep_empty_times
from skillconnect_ops.core.ports.database import CollectionKind, Database


def copy(database: Database, name: str, source: str, *, to: str) -> None:
    """Copy all documents of one collection of a database into another."""
    with database.batches(name, source, at=None) as batches:
        for batch in batches:
            documents = batch.documents
            database.insert(name, to, documents, count=len(batch.each))
            keep_empty_times(database, name, to, documents)


def holds_the_same(database: Database, name: str, series: str, *, copied: str) -> bool:
    """Whether a time series and the collection with its copy hold the same buckets now."""
    there = content_of(database, name, series, CollectionKind.TIMESERIES)
    return there == content_of(database, name, copied, CollectionKind.COLLECTION)
