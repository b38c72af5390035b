"""What a journal's lines say."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Raw, Struct

from skillconnect_ops.core.plan import Proof
from skillconnect_ops.disk.lock import Owner
from skillconnect_ops.journal.resources import Resource


class Event(Struct, frozen=True, kw_only=True, tag_field="event"):
    """One thing that happened."""


class Begin(Event, frozen=True, kw_only=True, tag="begin"):
    """The plan is about to be walked; always the first line."""

    plan: Raw
    resources: tuple[Resource, ...]
    owner: Owner
    chain: str
    """Whose escrow it uses: its own id, or that of the plan it goes on from."""
    version: str
    """Of skc."""
    line: str = ""
    """The command line as it was typed; empty in journals of older versions."""
    fence: int | None = None
    """The number that this machine acts under, where another one can take the run over."""


class Taken(Event, frozen=True, kw_only=True, tag="taken"):
    """Another process took over a run that had ended early."""

    owner: Owner


class Handed(Event, frozen=True, kw_only=True, tag="handed"):
    """Another machine took the run over: nothing more is done with it here."""


class Waived(Event, frozen=True, kw_only=True, tag="waived"):
    """A person said, by its name, that the run goes on without something."""

    name: str


class Intent(Event, frozen=True, kw_only=True, tag="intent"):
    """A step is about to take effect; the image is what it will change. The first image counts."""

    key: str
    image: Mapping[str, Any]


class Done(Event, frozen=True, kw_only=True, tag="done"):
    """A step took effect and was verified."""

    key: str
    facts: Mapping[str, Any]
    proofs: tuple[Proof, ...]
    seconds: float


class Failed(Event, frozen=True, kw_only=True, tag="failed"):
    """Something failed: in a step, or (no key) between two of them."""

    key: str | None
    what: str
    why: str


class Undo(Event, frozen=True, kw_only=True, tag="undo"):
    """A step's image is about to be put back."""

    key: str


class Undone(Event, frozen=True, kw_only=True, tag="undone"):
    """A step's image was put back."""

    key: str
    seconds: float


class Final(Event, frozen=True, kw_only=True, tag="final"):
    """The turn: from here on only forward."""


class Sealed(Event, frozen=True, kw_only=True, tag="sealed"):
    """Every step is done."""


class Recorded(Event, frozen=True, kw_only=True, tag="recorded"):
    """The proofs reached the evidence ledger."""


class RolledBack(Event, frozen=True, kw_only=True, tag="rolled_back"):
    """Everything was put back."""


AnyEvent = (
    Begin
    | Taken
    | Handed
    | Waived
    | Intent
    | Done
    | Failed
    | Undo
    | Undone
    | Final
    | Sealed
    | Recorded
    | RolledBack
)


class Entry(Struct, frozen=True):
    """A line of a journal."""

    n: int
    at: datetime
    event: AnyEvent
