"""Backups and drills as a person sees them."""

from collections.abc import Sequence

from skillconnect_ops.commands.backup.latest import holds
from skillconnect_ops.commands.backup.model import (
    CollectionEntry,
    Consistency,
    ConsistencyKind,
    Drill,
    Leftover,
    Manifest,
    Stored,
    Verdict,
)
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.core.ports.database import CollectionKind
from skillconnect_ops.core.view import Cell, Pairs, Table, Text, Tone, count, duration, size


def manifest_view(stored: Stored, repository: Repository) -> Pairs:
    """One backup, in full."""
    manifest = stored.manifest
    return Pairs(
        (
            ("backup", Text(manifest.id, Tone.STRONG)),
            ("content", _content(manifest)),
            ("stored", _stored(manifest)),
            ("consistency", _consistency(manifest.consistency)),
            ("server", _server(manifest)),
            ("took", _rate(manifest.size_bytes, manifest.seconds)),
            ("drill", drill_cell(stored.drill)),
            ("folder", str(repository.folder(manifest.id))),
        )
    )


def collections_table(manifest: Manifest) -> Table:
    """The collections of one backup."""
    return Table(
        headers=("collection", "kind", "documents", "size", "stored", "indexes"),
        right=(2, 3, 4, 5),
        rows=tuple(
            (
                entry.namespace,
                entry.kind.value,
                _documents(entry),
                size(entry.size_bytes),
                size(entry.stored_bytes),
                str(len(entry.indexes)),
            )
            for entry in manifest.collections
        ),
    )


def _documents(entry: CollectionEntry) -> str:
    """A view holds none of its own; measurements are stored many to a bucket."""
    match entry.kind:
        case CollectionKind.VIEW:
            return "–"
        case CollectionKind.TIMESERIES:
            return f"{entry.documents:,} buckets"
        case CollectionKind.COLLECTION:
            return f"{entry.documents:,}"


def backups_table(stored: Sequence[Stored], leftovers: Sequence[Leftover]) -> Table:
    """All backups of a location, newest first, and what only looks like one."""
    rows = [(one.manifest.id, _row(one)) for one in stored]
    rows += [(one.id, _leftover_row(one)) for one in leftovers]
    rows.sort(key=lambda row: row[0], reverse=True)
    return Table(
        headers=("backup", "holds", "stored", "sealed", "drill"),
        right=(2,),
        rows=tuple(row for _, row in rows),
        empty="no backup yet",
    )


def drill_view(drill: Drill) -> Pairs:
    """One verdict, in full."""
    compared = (
        f"{count(drill.collections, 'collection')}, {count(drill.documents, 'document')}: "
        "content, options, indexes"
    )
    return Pairs(
        (
            ("drill", drill_cell(drill)),
            ("restored to", drill.where),
            ("compared", compared),
            ("took", _rate(drill.size_bytes, drill.seconds)),
        )
    )


def drill_cell(drill: Drill | None) -> Cell:
    """A verdict in a few words."""
    match drill:
        case None:
            return Text("not drilled", Tone.WARN)
        case Drill(verdict=Verdict.PASSED):
            return Text(f"passed {drill.at:%Y-%m-%d %H:%M}", Tone.GOOD)
        case _:
            return Text(f"FAILED {drill.at:%Y-%m-%d %H:%M}", Tone.BAD)


def _row(stored: Stored) -> tuple[Cell, ...]:
    """Narrow enough for 80 columns; `show` has the rest."""
    manifest = stored.manifest
    return (
        manifest.id,
        _holds(manifest),
        size(manifest.stored_bytes),
        "yes" if manifest.encryption else Text("no", Tone.WARN),
        _short_drill(stored.drill),
    )


def _short_drill(drill: Drill | None) -> Cell:
    match drill:
        case None:
            return Text("not drilled", Tone.WARN)
        case Drill(verdict=Verdict.PASSED):
            return Text(f"passed {drill.at:%m-%d}", Tone.GOOD)
        case _:
            return Text(f"FAILED {drill.at:%m-%d}", Tone.BAD)


def _leftover_row(leftover: Leftover) -> tuple[Cell, ...]:
    tone = Tone.BAD if leftover.damaged else Tone.DIM
    word = "DAMAGED" if leftover.damaged else "growing" if leftover.running else "unfinished"
    return (leftover.id, Text(word, tone), "", "", "")


def _content(manifest: Manifest) -> str:
    return (
        f"{count(manifest.documents, 'document')} in "
        f"{count(len(manifest.collections), 'collection')}, {size(manifest.size_bytes)}"
    )


def _stored(manifest: Manifest) -> Cell:
    share = manifest.stored_bytes / manifest.size_bytes if manifest.size_bytes else 1
    text = f"{size(manifest.stored_bytes)} ({share:.0%}), {manifest.compression}"
    if manifest.encryption is None:
        return Text(f"{text}, NOT ENCRYPTED", Tone.WARN)
    return f"{text}, age to {count(len(manifest.encryption.recipients), 'recipient')}"


def _consistency(consistency: Consistency) -> Cell:
    tone = Tone.GOOD if consistency.kind is ConsistencyKind.SNAPSHOT else Tone.WARN
    return Text(consistency.statement, tone)


def _holds(manifest: Manifest) -> Cell:
    """Which part, and how far it is from one instant."""
    part = holds(manifest.subject)
    if manifest.consistency.kind is ConsistencyKind.SNAPSHOT:
        whole = manifest.subject.complete and not manifest.subject.safety
        return part if whole else Text(part, Tone.WARN)
    return Text(f"{part}, fuzzy", Tone.WARN)


def _server(manifest: Manifest) -> str:
    kind = manifest.server.topology.value.replace("_", " ")
    return f"MongoDB {manifest.server.version}, {kind} {manifest.server.set_name or ''}".strip()


def _rate(size_bytes: int, seconds: float) -> str:
    rate = size(size_bytes / seconds) if seconds else size(size_bytes)
    return f"{duration(seconds)}, {rate}/s"
