"""What a restore is about: pieces of a backup, where they come from and what they replace."""

import hashlib

from msgspec import Struct

from skillconnect_ops.core.ports.database import Collection, CollectionKind


class Replaced(Struct, frozen=True, kw_only=True):
    """What the plan found under a name, and may take away."""

    kind: CollectionKind
    uuid: str | None
    view: str | None = None
    """A digest of a view's definition, which has no UUID."""

    @classmethod
    def of(cls, found: Collection) -> "Replaced":
        """What was found."""
        return cls(kind=found.kind, uuid=found.uuid, view=_definition(found))

    def is_it(self, here: Collection) -> bool:
        """Whether that is still the same."""
        return Replaced.of(here) == self


class Piece(Struct, frozen=True, kw_only=True):
    """One collection of a backup on its way to its place."""

    entry: str
    """Its namespace in the backup."""
    kind: CollectionKind
    database: str
    name: str
    documents: int
    size_bytes: int
    content: str | None = None
    """Digest of its documents, whatever their order; of its buckets for a time series."""
    staged: str | None = None
    """Where it is loaded first; None for what is made in place (views, time series)."""
    replaces: Replaced | None = None
    """What has the name before; anything else that is found there stays."""
    aside: str | None = None
    """Where the old one waits; None where nothing old has data."""


class Source(Struct, frozen=True, kw_only=True):
    """Where a restore reads from; stands in its steps, so that another process can resume."""

    backup: str
    location: str
    target: str
    identity: str | None


def _definition(found: Collection) -> str | None:
    if found.kind is not CollectionKind.VIEW:
        return None
    return hashlib.sha256(found.options).hexdigest()
