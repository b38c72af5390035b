"""What a demo is made of, and what it showed."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from skillconnect_ops.core.errors import RolledBack


class DemoFailed(RolledBack):
    """A part of the demo failed; all that it had made is gone again, or was kept as asked."""


class Accident(Struct, frozen=True, kw_only=True):
    """What goes wrong on purpose."""

    collection: str
    """The collection that is dropped."""
    says: str


class Story(Struct, frozen=True, kw_only=True):
    """`demo.json`: what is particular about the sample app."""

    profile: str
    database: str
    user: str
    env_file: str
    variable: str
    signing: dict[str, str]
    """What `skc.yaml` calls the keys that sign tokens, and the variables that hold them."""
    story: str
    accident: Accident


class Filled(Struct, frozen=True, kw_only=True):
    """What `fill.py` did."""

    documents: int
    size_bytes: int
    seconds: float


class Written(Struct, frozen=True, kw_only=True):
    """What `workload.py` did until now."""

    transactions: int
    seconds: float
    error: str | None = None

    @property
    def per_second(self) -> float:
        """Transactions a second."""
        return self.transactions / self.seconds if self.seconds else 0.0

    def since(self, before: "Written") -> "Written":
        """What was done after an earlier moment."""
        return Written(
            transactions=self.transactions - before.transactions,
            seconds=round(self.seconds - before.seconds, 3),
            error=self.error,
        )


class Invariant(Struct, frozen=True, kw_only=True):
    """One thing that must hold between collections, as `checks.py` found it."""

    id: str
    says: str
    checked: int
    broken: int


class Checked(Struct, frozen=True, kw_only=True):
    """What `checks.py` found."""

    invariants: tuple[Invariant, ...]
    broken: int


class Entry(Struct, frozen=True, kw_only=True):
    """One line of the demo's log: a command that was run, and the journal that it wrote."""

    at: datetime
    command: str
    exit: int
    seconds: float
    journal: str | None


class Backup(Struct, frozen=True, kw_only=True):
    """Of the report of `skc backup`, what the demo tells."""

    id: str
    documents: int
    size_bytes: int
    stored_bytes: int
    seconds: float
    statement: str
    snapshot: bool

    @classmethod
    def of(cls, facts: dict[str, Any]) -> "Backup":
        """From the report's facts."""
        manifest = facts["backup"]
        return cls(
            id=manifest["id"],
            documents=manifest["documents"],
            size_bytes=manifest["size_bytes"],
            stored_bytes=manifest["stored_bytes"],
            seconds=manifest["seconds"],
            statement=manifest["consistency"]["statement"],
            snapshot=manifest["consistency"]["kind"] == "snapshot",
        )


class Rotated(Struct, frozen=True, kw_only=True):
    """What became of the credentials that had leaked."""

    variables: tuple[str, ...]
    """All of these hold a new value."""
    was: str
    """The user of the old login."""
    user: str
    """That of the new one."""
    refused: str
    """What the server says to the old login."""
    seconds: float


class Scrubbed(Struct, frozen=True, kw_only=True):
    """What became of the history that held them."""

    values: int
    commits: int
    """How many have another id."""
    objects: int
    """How many were looked at again, without finding any."""
    seconds: float


class Shown(Struct, frozen=True, kw_only=True):
    """All that a demo showed; `facts.demo` of its report."""

    folder: str
    kept: bool
    filled: Filled
    writers: int
    during_backup: Written
    during_demo: Written
    backup: Backup
    location: str
    drill: str
    drill_seconds: float
    damaged: Checked
    restored: Checked
    secrets: tuple[str, ...]
    """Where the project's history holds secrets, and which; never their values."""
    rotated: Rotated
    scrubbed: Scrubbed
    restore_seconds: float
    seconds: float
    log: tuple[Entry, ...]
