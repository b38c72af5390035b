"""A decision as a plan, once it is known that it may be carried out."""

import difflib
import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.commands.indexes.difference import Row
from skillconnect_ops.commands.indexes.errors import (
    Blocking,
    CannotBeApplied,
    DiskTooSmall,
    GapNotAllowed,
    HasDuplicates,
)
from skillconnect_ops.commands.indexes.estimate import estimated, takes
from skillconnect_ops.commands.indexes.look import Look, subject
from skillconnect_ops.commands.indexes.model import (
    Facts,
    IndexCreate,
    IndexLock,
    IndexModify,
    IndexPrepare,
    IndexUnlock,
    Wishes,
    is_stand_in,
)
from skillconnect_ops.commands.indexes.plan import Decided
from skillconnect_ops.commands.indexes.rights import must_be_allowed
from skillconnect_ops.core.indexes import Declaration, Index
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.plan import Plan, Step
from skillconnect_ops.core.ports.database import NotAuthorized
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import count
from skillconnect_ops.journal.model import Ask, Consent, TypeName

SHOWN_GROUPS = 10


def consent_to(plan: Plan) -> Consent:
    """Where documents go, a yes is not enough."""
    deletes = any(isinstance(step, IndexModify) and step.deletes for step in plan.final)
    name = plan.subject.database or ""
    return TypeName(name=name, does="deletes documents of") if deletes else Ask()


def finished(
    house: House,
    connected: Connected,
    decided: Decided,
    seen: Look,
    *,
    facts: Facts,
    wishes: Wishes,
    target: Target,
    command: str,
    seeks_duplicates: bool,
    looks_only: bool = False,
    undoes: str | None = None,
) -> Plan:
    """A plan of what was decided, if it may be carried out.

    Raises:
        CannotBeApplied: part of it is impossible.
        GapNotAllowed: an index would be missing for a while, and nobody allowed that.
        HasDuplicates: a unique index cannot be built.
        DiskTooSmall: for what is built.
    """
    if decided.blocked:
        raise CannotBeApplied(decided.blocked)
    if decided.gaps and not wishes.allow_gap:
        raise GapNotAllowed(decided.gaps, house.person.again("--allow-gap"))
    named: dict[str, Any] = {"target": target.name, "database": connected.name}
    lock = IndexLock(
        key="lock:indexes",
        **named,
        command=command,
        touched=decided.touched,
        stand_ins=decided.stand_ins,
    )
    all_steps = (*decided.steps, *decided.final)
    lacking = ""
    try:
        must_be_allowed(connected.database, connected.name, (lock, *all_steps) if all_steps else ())
    except NotAuthorized as error:
        if not looks_only:
            raise
        lacking = f"to carry this out: {error.what}: {error.fix}"
    steps, needed = estimated(decided.steps, seen.found, dict(facts.figures))
    disk = connected.indexes.disk(connected.name)
    if isinstance(disk, Known) and 2 * needed > disk.value.free_bytes and not wishes.ignore_space:
        raise DiskTooSmall(needed, disk.value.free_bytes)
    if seeks_duplicates:
        _refuse_duplicates(house, connected, steps, seen, command=command)
    final = decided.final
    if steps or final:
        unlock = IndexUnlock(key="unlock:indexes", **named, undoes=undoes)
        steps = (lock, *steps) if final else (lock, *steps, unlock)
        final = (*final, unlock) if final else ()
    return Plan(
        command=command,
        subject=subject(connected, target),
        state=state_of(seen, wishes),
        steps=steps,
        final=final,
        notes=(
            *((lacking,) if lacking else ()),
            *_made(steps, seen),
            *takes(needed, disk),
            *(_left(seen, wishes) if undoes is None else ()),
            *decided.notes,
            *(f"gap: {one}" for one in decided.gaps),
        ),
    )


def state_of(seen: Look, wishes: Wishes) -> str:
    """What the plan was made from: the wishes and declarations, and what was found."""
    found = [
        [one.name, one.uuid, sorted(each.exact for each in one.indexes)]
        for one in seen.found.collections
    ]
    return f"{wanted_of(seen.declared, wishes)} {_digest(found)}"


def wanted_of(declared: Sequence[Declaration], wishes: Wishes) -> str:
    """What was asked for: a run that died goes on only if that is still the same."""
    indexes = [[one.collection, one.index.declared()] for one in declared]
    return _digest([indexes, wishes.prune, wishes.prune_used, wishes.commit_quorum])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def _made(steps: Sequence[Step], seen: Look) -> Iterator[str]:
    """Collections that come into being with their first index: perhaps a name is mistyped."""
    there = [one.name for one in seen.found.collections]
    made = dict.fromkeys(one.collection for one in steps if isinstance(one, IndexCreate))
    for name in made:
        if name not in there:
            near = difflib.get_close_matches(name, there, n=1)
            meant = f"; is {near[0]} meant?" if near else ""
            yield f"makes the collection {name}, which is not there yet{meant}"


def _refuse_duplicates(
    house: House, connected: Connected, steps: Sequence[Step], seen: Look, *, command: str
) -> None:
    """Look for what a unique index would refuse, before anything is touched."""
    wanted = [
        (step.collection, index)
        for step in steps
        if isinstance(step, IndexCreate | IndexPrepare)
        for index in _becoming_unique(step, seen.rows)
        if seen.found.find(step.collection) is not None
    ]
    blocking = []
    for collection, index in wanted:
        label = f"looking for duplicates in {collection}"
        with house.person.progress(label, total=None, unit="docs"):
            found = connected.indexes.duplicates(
                connected.name, collection, index, most=SHOWN_GROUPS
            )
        if found.groups:
            blocking.append(Blocking(collection=collection, index=index, found=found))
    if blocking:
        raise HasDuplicates(blocking, again=f"skc {command}")


def _left(seen: Look, wishes: Wishes) -> tuple[str, ...]:
    """What is there and not declared, where nobody asked about it."""
    extra = [
        row
        for row in seen.rows
        if row.declared is None and row.drifts and not is_stand_in(row.name)
    ]
    if not extra or wishes.prune:
        return ()
    named = ", ".join(f"{row.collection}.{row.name}" for row in extra[:5])
    more = f" and {len(extra) - 5} more" if extra[5:] else ""
    return (
        (
            f"{count(len(extra), 'index is', 'indexes are')} not declared, and left alone: "
            f"{named}{more} (--prune hides them first, and drops them later)"
        ),
    )


def _becoming_unique(step: IndexCreate | IndexPrepare, rows: Sequence[Row]) -> list[Index]:
    match step:
        case IndexCreate():
            return [
                one.index
                for one in step.builds
                if one.index.unique and not is_stand_in(one.index.called)
            ]
        case IndexPrepare():
            return [
                row.index
                for row in rows
                if row.collection == step.collection and row.name == step.name
            ]
