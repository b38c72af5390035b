"""What happened, as the evidence ledger holds it: each event is one signed record.

The claim says what happened (`incident.begun`), the subject which incident, the facts the rest.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct, inspect

from skillconnect_ops.commands.respond.model import Runbook
from skillconnect_ops.core.plan import Proof
from skillconnect_ops.core.ports.evidence import Evidence
from skillconnect_ops.disk.lock import Owner

PREFIX = "incident."


class Happened(StrEnum):
    """What an event is about."""

    STARTED = "started"
    JOINED = "joined"
    BEGUN = "begun"
    """Somebody has begun a step."""
    RAN = "ran"
    """One command of an attempt has ended."""
    ENDED = "ended"
    """An attempt at a step has ended, by whatever way."""
    DECIDED = "decided"
    NOTED = "noted"
    HANDED_OVER = "handed_over"
    TAKEN = "taken"
    CLOSED = "closed"
    OTHER = "other"
    """What another version of skc wrote: shown, never lost."""


class Ending(StrEnum):
    """How an attempt at a step ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    AWAITED = "awaited"
    """skc has done its part; a person has to say what came of it."""
    WITHDRAWN = "withdrawn"
    """Somebody else had begun it a moment before; nothing was done."""


class Child(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A command that a step ran."""

    command: str
    exit: int
    seconds: float = 0.0
    journal: str | None = None
    what: str | None = None
    """What it failed with."""
    fix: str | None = None
    found: int = 0
    """How many findings it reported."""


class KeptFile(Struct, frozen=True, kw_only=True):
    """A file that was kept, or shown as evidence."""

    name: str
    sha256: str
    size_bytes: int


class EventFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What all events may hold; each holds what it needs."""

    person: str = ""
    machine: str = ""
    step: str | None = None
    attempt: str | None = None
    """Ties an end to its beginning; random, so that two people's are never the same."""
    ending: Ending | None = None
    by_hand: bool = False
    option: str | None = None
    reason: str | None = None
    """Why it was skipped, done out of its order, or closed with steps open."""
    out_of_order: tuple[str, ...] = ()
    """The steps that should have been closed before."""
    text: str | None = None
    """A note; what a person says that it is done by; what an act says of itself."""
    children: tuple[Child, ...] = ()
    files: tuple[KeptFile, ...] = ()
    owner: Owner | None = None
    """The process that has begun it."""
    runbook: Mapping[str, Any] | None = None
    """As it was when the incident was started: what comes later changes nothing."""
    lacking: tuple[str, ...] = ()
    """What was found lacking at the start."""
    data: Mapping[str, Any] = {}
    """What an act found, for machines."""


class Event(Struct, frozen=True, kw_only=True):
    """One record, read."""

    happened: Happened
    claim: str
    at: datetime
    incident: str
    target: str
    facts: EventFacts
    writer: str
    signer: str | None
    journal: str | None = None
    trouble: str | None = None
    """Why its facts could not be read."""

    @property
    def runbook(self) -> Runbook | None:
        """The runbook that it began with, as far as this version of skc knows its words."""
        return None if self.facts.runbook is None else read_runbook(self.facts.runbook)

    @property
    def person(self) -> str:
        """Who it was, as they called themselves; who signed is another matter."""
        return self.facts.person or "somebody"


def proof(
    happened: Happened, facts: EventFacts, *, incident: str, target: str, holds: bool = True
) -> Proof:
    """An event as the ledger takes it."""
    return Proof(
        claim=f"{PREFIX}{happened}",
        subject={"incident": incident, "target": target},
        holds=holds,
        facts=msgspec.to_builtins(facts),
    )


def read_runbook(data: Mapping[str, Any]) -> Runbook | None:
    """A runbook out of a log, which an older or newer version of skc may have written.

    What this version does not know is left out: an incident of last year can be read still. None
    where it has not even steps.
    """
    try:
        return msgspec.convert(_known(data, inspect.type_info(Runbook)), Runbook)
    except msgspec.ValidationError:
        return None


def _known(value: Any, kind: inspect.Type) -> Any:
    """The value without unknown fields and words."""
    match kind:
        case inspect.UnionType(types=types):
            (inner,) = (one for one in types if not isinstance(one, inspect.NoneType))
            return _known(value, inner)
        case inspect.StructType(fields=fields) if isinstance(value, Mapping):
            given = {one.encode_name: one.type for one in fields}
            return {
                name: _known(each, given[name]) for name, each in value.items() if name in given
            }
        case inspect.VarTupleType(item_type=item) if isinstance(value, list | tuple):
            return [found for each in value if (found := _known(each, item)) is not None]
        case inspect.EnumType(cls=words):
            return value if value in {str(one.value) for one in words} else None
        case _:
            return value


def events(records: Sequence[Evidence]) -> tuple[Event, ...]:
    """The events among all records, in the ledger's order."""
    return tuple(_event(one) for one in records if one.claim.startswith(PREFIX))


def _event(record: Evidence) -> Event:
    word = record.claim.removeprefix(PREFIX)
    happened = Happened(word) if word in set(Happened) else Happened.OTHER
    facts, trouble = EventFacts(), None
    try:
        facts = msgspec.convert(record.facts, EventFacts)
    except msgspec.ValidationError as error:
        happened, trouble = Happened.OTHER, str(error)
    return Event(
        happened=happened,
        claim=record.claim,
        at=record.at,
        incident=str(record.subject.get("incident", "")),
        target=str(record.subject.get("target", "")),
        facts=facts,
        writer=record.writer,
        signer=record.signer,
        journal=record.journal,
        trouble=trouble,
    )
