"""What a scan saw, before it is made a report."""

from msgspec import Struct

from skillconnect_ops.core.report import Unknown
from skillconnect_ops.history.places import Sighting
from skillconnect_ops.history.tree import Standing


class Seen(Struct, frozen=True, kw_only=True):
    """A sighting, and what only this room knows of it."""

    sighting: Sighting
    standing: Standing | None = None
    """Of a file in the work tree."""
    submodule: str | None = None


class Scan(Struct, frozen=True, kw_only=True):
    """Everything that one run of the command saw."""

    seen: tuple[Seen, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    objects: int = 0
    files: int = 0
    size_bytes: int = 0

    def __add__(self, other: "Scan") -> "Scan":
        return Scan(
            seen=self.seen + other.seen,
            unknown=self.unknown + other.unknown,
            objects=self.objects + other.objects,
            files=self.files + other.files,
            size_bytes=self.size_bytes + other.size_bytes,
        )
