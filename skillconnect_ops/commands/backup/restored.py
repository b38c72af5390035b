"""The report of a restore."""

from collections.abc import Sequence

from msgspec import Struct

from skillconnect_ops.commands.backup.model import Manifest
from skillconnect_ops.commands.backup.restore_model import Piece
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import (
    Block,
    Pairs,
    Text,
    Tone,
    count,
    duration,
    listed,
    size,
)
from skillconnect_ops.journal.model import Outcome


class Safety(Struct, frozen=True, kw_only=True):
    """A backup of what was replaced, and how to get it back."""

    backup: str
    undo: str


def report(
    outcome: Outcome,
    manifest: Manifest,
    pieces: Sequence[Piece],
    *,
    safety: Sequence[Safety],
    kept: Sequence[str],
    uncounted: Sequence[str],
    seconds: float,
) -> Report:
    """What was restored, from where, how it was checked, and the way back."""
    documents = sum(piece.documents for piece in pieces)
    size_bytes = sum(piece.size_bytes for piece in pieces)
    databases = sorted({piece.database for piece in pieces})
    content = (
        f"{count(documents, 'document')} in {count(len(pieces), 'collection')}, {size(size_bytes)}"
    )
    pairs: list[tuple[str, str | Text]] = [
        ("restored", Text(_names(pieces, manifest, databases), Tone.STRONG)),
        ("from", manifest.id),
        ("content", content),
        ("checked", Text("hashes, documents loaded, options, indexes", Tone.GOOD)),
        ("took", f"{duration(seconds)}, {size(size_bytes / max(seconds, 0.001))}/s"),
    ]
    pairs += [("before it", f"{one.backup} (safety backup)") for one in safety]
    pairs += [("undo", one.undo) for one in safety]
    if uncounted:
        told = f"{listed(uncounted)}: this user may not read the buckets; the server took each"
        pairs.append(("not counted", Text(told, Tone.WARN)))
    if kept:
        told = f"{listed(kept)}: written while a restore ran; drop them once nothing is missed"
        pairs.append(("kept", Text(told, Tone.WARN)))
    view: tuple[Block, ...] = (Pairs(tuple(pairs)),)
    return Report(
        command="restore",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={
            "restore": {
                "backup": manifest.id,
                "databases": databases,
                "collections": [
                    {"from": piece.entry, "to": f"{piece.database}.{piece.name}"}
                    for piece in pieces
                ],
                "documents": documents,
                "size_bytes": size_bytes,
                "safety_backups": [one.backup for one in safety],
                "undo": [one.undo for one in safety],
                "kept": list(kept),
                "uncounted": list(uncounted),
            }
        },
        view=view,
        next=("skc status",),
    )


def _names(pieces: Sequence[Piece], manifest: Manifest, databases: Sequence[str]) -> str:
    """The databases, where they were restored whole; else the collections."""
    if len(pieces) == len(manifest.collections):
        return listed(databases)
    return listed([f"{piece.database}.{piece.name}" for piece in pieces])
