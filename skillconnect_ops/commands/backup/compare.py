"""Compares what a server holds after a restore with what the manifest says was dumped."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from skillconnect_ops.commands.backup.content import Content, measure
from skillconnect_ops.commands.backup.model import CollectionEntry
from skillconnect_ops.commands.backup.mongodump_format import BUCKETS, to_extended_json
from skillconnect_ops.core.ports.database import Collection, CollectionKind, Database

Advance = Callable[[int], None]


def shape_differences(entry: CollectionEntry, found: Collection | None) -> Iterator[str]:
    """How kind, options and indexes differ; nothing when they are equal."""
    if found is None:
        yield f"{entry.namespace} is missing"
        return
    if found.kind is not entry.kind:
        yield f"{entry.namespace} is a {found.kind.value}, not a {entry.kind.value}"
        return
    options = to_extended_json(found.options)
    if options != entry.options:
        names = sorted(
            name
            for name in options.keys() | entry.options.keys()
            if options.get(name) != entry.options.get(name)
        )
        yield f"{entry.namespace} differs in its options: {', '.join(names)}"
    yield from _index_differences(
        entry, {str(index["name"]): index for index in map(to_extended_json, found.indexes)}
    )


def content_difference(
    entry: CollectionEntry, content: Content, *, name: str | None = None
) -> Iterator[str]:
    """How the documents differ, by count and by digest."""
    shown = name or entry.namespace
    if content.documents != entry.documents:
        yield f"{shown} holds {content.documents:,} documents, not {entry.documents:,}"
    elif content.digest != entry.content:
        yield f"{shown} holds other documents than were dumped"


def content_of(
    database: Database,
    name: str,
    collection: str,
    kind: CollectionKind,
    *,
    advance: Advance = lambda _: None,
) -> Content:
    """Count and digest all documents that a server holds in a collection, as it is now."""
    source = BUCKETS + collection if kind is CollectionKind.TIMESERIES else collection
    content = Content()
    with database.batches(name, source, at=None) as batches:
        for batch in batches:
            part = measure(batch.each, sum(map(len, batch.each)))
            content += part
            advance(part.size_bytes)
    return content


def _index_differences(
    entry: CollectionEntry, found: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    wanted = {str(index["name"]): index for index in entry.indexes}
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            yield f"{entry.namespace} lacks the index {name}"
        elif name not in wanted:
            yield f"{entry.namespace} has an index {name} that was not dumped"
        elif _items(wanted[name]) != _items(found[name]):
            yield f"{entry.namespace} differs in the index {name}"


def _items(index: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The key's order counts, that of the options does not; `ns` is of old servers."""
    rest = {name: value for name, value in index.items() if name not in {"key", "ns"}}
    return list(index["key"].items()), rest
