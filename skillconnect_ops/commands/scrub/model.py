"""The nouns of a scrub."""

from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.core.secret import Secret

LEAST_BYTES = 6
STDIN = Path("-")


class Standing(StrEnum):
    """What is known of whether a value still opens anything."""

    REFUSED = "refused"
    """Proven, or somebody who revoked it elsewhere says so."""
    RETIRED = "retired"
    """Something else took its place; nobody has shown that it is refused."""
    WORKING = "working"
    UNKNOWN = "unknown"


class Engine(StrEnum):
    """What makes the new objects."""

    OWN = "objects"
    FILTER_REPO = "filter-repo"


class Value(Struct, frozen=True, kw_only=True):
    """One value that is to go."""

    secret: Secret
    label: str
    """What to call it in front of people: `line 2 of FILE`, `JWT_SECRET_KEY, retired on …`."""
    standing: Standing = Standing.UNKNOWN
    entire: bool = False
    """Whether the ledger knows it as it stands, and not only a secret in it."""

    @property
    def data(self) -> bytes:
        """As it stands in texts."""
        return self.secret.reveal().encode("utf-8", "surrogateescape")


class Wish(Struct, frozen=True, kw_only=True):
    """What was asked for on the command line."""

    paths: tuple[str, ...] = ()
    found: bool = False
    only: tuple[str, ...] = ()
    """Fingerprints of what was found, if not all of it is to go."""
    retired: bool = False
    patterns: tuple[str, ...] = ()
    """Regular expressions; what they match in the history is to go."""
    values_from: Path | None = None
    descriptor: int | None = None
    bundle: Path | None = None
    """That of a scrub, whose values are meant; of a proof alone."""
    identity: Path | None = None
    """An age identity file that opens it."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was named."""
        some = (
            self.paths,
            self.found,
            self.only,
            self.patterns,
            self.retired,
            self.values_from,
            self.descriptor is not None,
            self.bundle,
        )
        return not any(some)


class Manner(Struct, frozen=True, kw_only=True):
    """How it is to be done."""

    mask: str
    engine: Engine = Engine.OWN
    keep_current: bool = False
    not_rotated_yet: bool = False
    allow_uncommitted: bool = False
    recipients: tuple[str, ...] = ()
    plain_bundle: bool = False
    folder: Path | None = None
