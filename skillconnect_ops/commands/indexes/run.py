"""`skc indexes`: looks, plans, applies and reports."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.commands.indexes.difference import Row
from skillconnect_ops.commands.indexes.difference import Standing as RowStanding
from skillconnect_ops.commands.indexes.errors import (
    Blocking,
    CannotBeApplied,
    DiskTooSmall,
    GapNotAllowed,
    HasDuplicates,
)
from skillconnect_ops.commands.indexes.estimate import estimated, takes
from skillconnect_ops.commands.indexes.locking import refuse_locked
from skillconnect_ops.commands.indexes.look import (
    Look,
    declarations,
    look,
    refuse_untested,
    subject,
)
from skillconnect_ops.commands.indexes.model import (
    Facts,
    IndexCreate,
    IndexHide,
    IndexLock,
    IndexPrepare,
    IndexUnlock,
    Wishes,
    is_stand_in,
)
from skillconnect_ops.commands.indexes.plan import Decided, Where, decide
from skillconnect_ops.commands.indexes.quorum import refuse_unreachable
from skillconnect_ops.commands.indexes.refused import explained
from skillconnect_ops.commands.indexes.rights import must_be_allowed
from skillconnect_ops.commands.indexes.shown import duplicate_tables, duplicates_facts, table
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.indexes import Declaration
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.plan import Plan, Proof, Step
from skillconnect_ops.core.report import ErrorFacts, Report
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import count
from skillconnect_ops.journal.model import Ask, Choices, Outcome, Standing
from skillconnect_ops.journal.resources import Resource

COMMAND = "indexes"
SHOWN_GROUPS = 10
IN_PLACE = "indexes.in_place"


class _Asked(Struct, frozen=True, kw_only=True):
    """What was asked, for both looks."""

    house: House
    target: Target
    wishes: Wishes


def apply(house: House, *, target: str | None, wishes: Wishes, choices: Choices) -> Report:
    """Bring the database to what is declared.

    Raises:
        SkcError: see the gait.
    """
    chosen = house.target(target)
    asked = _Asked(house=house, target=chosen, wishes=wishes)
    first = True

    def plan() -> Plan:
        nonlocal first
        with house.database(chosen) as connected:
            refuse_untested(connected, insists=wishes.untested_topology)
            refuse_locked(house, connected, choices)
            refuse_unreachable(connected, wishes.commit_quorum)
            made = _plan(asked, connected, seeks_duplicates=first)
        first = False
        return made

    resources = resources_of(house, chosen)
    resumed = _resume_dead(asked, resources, choices)
    try:
        outcome = house.office().carry_out(
            plan, person=house.person, resources=resources, consent=Ask(), choices=choices
        )
    except HasDuplicates as error:
        return _refused(chosen, error, wishes)
    except SkcError as error:
        with suppress(SkcError):  # the file may have become another meanwhile
            explained(error, declarations(house, chosen), values=wishes.show_values)
        raise
    return _report(house, chosen, outcome, resumed=resumed)


def resources_of(house: House, target: Target) -> list[Resource]:
    """What no second run on this machine may change meanwhile."""
    with house.database(target) as connected:
        return [Resource("indexes", f"{connected.cluster}/{connected.name}")]


def facts_of(
    house: House, connected: Connected, collections: Sequence[str], *, uses: bool
) -> Facts:
    """What a plan is decided from, besides what is declared and found."""
    figures = connected.indexes.figures(connected.name, collections, uses=uses)
    return Facts(
        version=version_of(connected),
        now=house.clock.now(),
        figures=figures.collections,
        uses_known=not figures.uses_unknown,
        watched=tuple(connected.indexes.watched(connected.name)),
    )


def version_of(connected: Connected) -> tuple[int, ...]:
    """The server's version, to be compared."""
    text = connected.database.server().version
    return tuple(int(part) for part in text.split("-")[0].split(".")[:2])


def _plan(asked: _Asked, connected: Connected, *, seeks_duplicates: bool) -> Plan:
    """Look, and decide."""
    house, target, wishes = asked.house, asked.target, asked.wishes
    seen = look(connected, declarations(house, target))
    drifting = sorted({row.collection for row in seen.rows if row.declared is None or row.drifts})
    there = [name for name in drifting if seen.found.find(name) is not None]
    facts = facts_of(house, connected, there, uses=wishes.prune)
    where = Where(target=target.name, database=connected.name)
    decided = decide(seen.rows, seen.found, facts, wishes, where=where)
    return finished(
        asked.house,
        connected,
        decided,
        seen,
        facts=facts,
        wishes=wishes,
        target=target,
        command=COMMAND,
        seeks_duplicates=seeks_duplicates,
    )


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
    lock = IndexLock(key="lock:indexes", **named, command=command, touched=decided.touched)
    all_steps = (*decided.steps, *decided.final)
    must_be_allowed(connected.database, connected.name, (lock, *all_steps) if all_steps else ())
    steps, needed = estimated(decided.steps, seen.found, dict(facts.figures))
    disk = connected.indexes.disk(connected.name)
    if isinstance(disk, Known) and 2 * needed > disk.value.free_bytes and not wishes.ignore_space:
        raise DiskTooSmall(needed, disk.value.free_bytes)
    if seeks_duplicates:
        _refuse_duplicates(connected, steps, seen)
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
    return f"{_wanted(seen.declared, wishes)} {_digest(found)}"


def _wanted(declared: Sequence[Declaration], wishes: Wishes) -> str:
    """What was asked for: a run that died goes on only if that is still the same."""
    indexes = [[one.collection, one.index.declared()] for one in declared]
    return _digest([indexes, wishes.prune, wishes.prune_used, wishes.commit_quorum])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:32]


def _refuse_duplicates(connected: Connected, steps: Sequence[Step], seen: Look) -> None:
    """Look for what a unique index would refuse, before anything is touched."""
    blocking = []
    for step in steps:
        for index in _becoming_unique(step, seen.rows):
            if seen.found.find(step.collection) is None:  # type: ignore[attr-defined]
                continue
            found = connected.indexes.duplicates(
                connected.name,
                step.collection,  # type: ignore[attr-defined]
                index,
                most=SHOWN_GROUPS,
            )
            if found.groups:
                blocking.append(
                    Blocking(
                        collection=step.collection,  # type: ignore[attr-defined]
                        index=index,
                        found=found,
                    )
                )
    if blocking:
        raise HasDuplicates(blocking)


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


def _becoming_unique(step: Step, rows: Sequence[Row]) -> list[Any]:
    match step:
        case IndexCreate():
            return [
                one.index
                for one in step.builds
                if one.index.unique and not (one.index.name or "").startswith("skc_guard")
            ]
        case IndexPrepare():
            return [
                row.index
                for row in rows
                if row.collection == step.collection and row.name == step.name
            ]
        case _:
            return []


def _resume_dead(asked: _Asked, resources: Sequence[Resource], choices: Choices) -> str | None:
    """Go on with a run that died in a build, if what is wanted is still the same.

    Put back, a build of hours would be thrown away that the server may just have ended.
    """
    house = asked.house
    if choices.looks_only or house.office().applies:
        return None
    wanted = _wanted(declarations(house, asked.target), asked.wishes)
    for state in house.office().journals():
        dead = state.standing in {Standing.INTERRUPTED, Standing.FORWARD_ONLY}
        if not dead or state.command != COMMAND or set(state.resources).isdisjoint(resources):
            continue
        plan = house.office().plan(state.id)
        if plan.state.split()[0] != wanted:
            return None
        with house.database(asked.target) as connected:
            refuse_locked(house, connected, choices)
        house.person.show(plan)
        house.person.note(f"the run {state.id} did not come to its end; it is gone on with")
        if not choices.yes and not house.person.agrees(plan):
            return None
        house.office().resume(state.id, house.person)
        return state.id
    return None


def _report(house: House, target: Target, outcome: Outcome, *, resumed: str | None) -> Report:
    """What was done, and how it stands now."""
    with house.database(target) as connected:
        seen = look(connected, declarations(house, target))
        said = connected.cluster
        name = connected.name
    drift = [row for row in seen.rows if row.drifts]
    plan = outcome.plan
    walked = outcome.walked or resumed is not None
    if walked:
        journal = outcome.journal or resumed
        record(house, target, cluster=said, database=name, rows=seen.rows, journal=journal)
    looked_only = bool(plan.steps or plan.final) and not outcome.walked
    facts: dict[str, Any] = {
        "indexes": len(seen.rows),
        "drift": len([row for row in drift if row.declared is not None]),
        "extra": len([row for row in drift if row.declared is None]),
    }
    if looked_only:
        facts["plan"] = plan.facts()
    return Report(
        command=COMMAND,
        subject=plan.subject.facts(),
        journal=outcome.journal or resumed,
        steps=outcome.steps,
        facts=facts,
        view=(table(seen.rows),),
        next=_next(house, plan, looked_only=looked_only),
    )


def _next(house: House, plan: Plan, *, looked_only: bool) -> tuple[str, ...]:
    if looked_only:  # as it was typed, with all its wishes
        return (house.person.again("--yes").replace(" --dry-run", ""),)
    hides = any(isinstance(step, IndexHide) and step.watched for step in plan.steps)
    return ("skc indexes check", "skc indexes undo") if hides else ("skc indexes check",)


def record(
    house: House,
    target: Target,
    *,
    cluster: str,
    database: str,
    rows: Sequence[Row],
    journal: str | None = None,
    command: str = COMMAND,
) -> None:
    """Write down in the evidence ledger whether what is declared is in place."""
    wanted = [row for row in rows if row.declared is not None]
    lacking = [row for row in wanted if row.standing is not RowStanding.IN_PLACE]
    proof = Proof(
        claim=IN_PLACE,
        subject={"target": target.name, "cluster": cluster, "database": database},
        holds=not lacking,
        facts={"declared": len(wanted), "in_place": len(wanted) - len(lacking)},
    )
    try:
        house.ledger().record([proof], command=command, journal=journal)
    except SkcError as error:  # a CI whose checkout cannot be written sees the drift all the same
        house.person.note(f"not in the evidence ledger: {error.what}: {error.why}")


def _refused(target: Target, error: HasDuplicates, wishes: Wishes) -> Report:
    """The duplicates, for whoever has to resolve them; nothing was touched."""
    named: Mapping[str, Any] = {"target": target.name, "files": [target.settings.indexes]}
    return Report(
        command=COMMAND,
        subject=named,
        status=Status.PRECONDITION,
        error=ErrorFacts(error.what, error.why, error.fix),
        facts={
            "duplicates": [
                duplicates_facts(one, values=wishes.show_values) for one in error.blocking
            ]
        },
        view=duplicate_tables(error.blocking, values=wishes.show_values),
        next=("skc indexes",),
    )
