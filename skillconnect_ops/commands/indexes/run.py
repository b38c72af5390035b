"""`skc indexes`: looks, plans, applies and reports."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct, structs

from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.commands.indexes.difference import Row
from skillconnect_ops.commands.indexes.difference import Standing as RowStanding
from skillconnect_ops.commands.indexes.errors import (
    HasDuplicates,
    RunTakenOver,
)
from skillconnect_ops.commands.indexes.facts import facts_of
from skillconnect_ops.commands.indexes.finished import consent_to, finished, wanted_of
from skillconnect_ops.commands.indexes.locking import refuse_locked
from skillconnect_ops.commands.indexes.look import (
    declarations,
    look,
    named_collections,
    refuse_untested,
)
from skillconnect_ops.commands.indexes.model import IndexHide, Wishes
from skillconnect_ops.commands.indexes.plan import Where, decide
from skillconnect_ops.commands.indexes.quorum import refuse_unreachable
from skillconnect_ops.commands.indexes.refused import explained
from skillconnect_ops.commands.indexes.shown import duplicate_tables, duplicates_facts, table
from skillconnect_ops.core.errors import RolledBack, SkcError
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.plan import Plan, Proof
from skillconnect_ops.core.ports.indexes import RunStanding
from skillconnect_ops.core.report import ErrorFacts, Report
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.journal.errors import PlanIsStale
from skillconnect_ops.journal.model import Choices, Outcome, Standing, TypeName
from skillconnect_ops.journal.resources import Resource

COMMAND = "indexes"
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
            made = _plan(asked, connected, seeks_duplicates=first, looks_only=choices.looks_only)
        first = False
        return made

    resources = resources_of(house, chosen)
    resumed = _resume_dead(asked, resources, choices)
    try:
        outcome = house.office().carry_out(
            plan, person=house.person, resources=resources, consent=consent_to, choices=choices
        )
    except HasDuplicates as error:
        return refused(chosen, error, wishes)
    except SkcError as error:
        with suppress(SkcError):  # the file may have become another meanwhile
            explained(error, declarations(house, chosen), values=wishes.show_values)
        raise
    return _report(house, chosen, outcome, resumed=resumed)


def resources_of(house: House, target: Target) -> list[Resource]:
    """What no second run on this machine may change meanwhile."""
    with house.database(target) as connected:
        return [Resource("indexes", f"{connected.cluster}/{connected.name}")]


def _plan(asked: _Asked, connected: Connected, *, seeks_duplicates: bool, looks_only: bool) -> Plan:
    """Look, and decide."""
    house, target, wishes = asked.house, asked.target, asked.wishes
    seen = look(connected, declarations(house, target))
    facts = facts_of(house, connected, seen.rows, seen.found, uses=wishes.prune)
    if wishes.prune:
        facts = structs.replace(facts, named=named_collections(house, target))
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
        looks_only=looks_only,
    )


def _resume_dead(asked: _Asked, resources: Sequence[Resource], choices: Choices) -> str | None:
    """Go on with a run that died in a build, if what is wanted is still the same.

    Put back, a build of hours would be thrown away that the server may just have ended.
    """
    house = asked.house
    if choices.looks_only or house.office().applies:
        return None
    wanted = wanted_of(declarations(house, asked.target), asked.wishes)
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
        try:
            house.office().resume(state.id, house.person)
        except (PlanIsStale, RolledBack) as error:  # others were at work since
            house.person.note(f"{error.what}: {error.why}; it is planned anew")
            return None
        return state.id
    return None


def _report(house: House, target: Target, outcome: Outcome, *, resumed: str | None) -> Report:
    """What was done, and how it stands now."""
    with house.database(target) as connected:
        refuse_taken_over(connected, outcome)
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


def refuse_taken_over(connected: Connected, outcome: Outcome) -> None:
    """Say so where another run has taken over: the steps since then were left out.

    Raises:
        RunTakenOver: it has.
    """
    if outcome.journal is None:
        return
    standing = connected.indexes.standing(connected.name, run=outcome.journal)
    if standing is RunStanding.TAKEN_OVER:
        raise RunTakenOver(connected.name)


def _next(house: House, plan: Plan, *, looked_only: bool) -> tuple[str, ...]:
    if looked_only:  # as it was typed, with all its wishes
        match consent_to(plan):
            case TypeName(name=name):
                line = house.person.again("--confirm", name)
            case _:
                line = house.person.again("--yes")
        return (line.replace(" --dry-run", ""),)
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
        holds=bool(wanted) and not lacking,
        facts={"declared": len(wanted), "in_place": len(wanted) - len(lacking)},
    )
    try:
        house.ledger().record([proof], command=command, journal=journal)
    except SkcError as error:  # a CI whose checkout cannot be written sees the drift all the same
        house.person.note(f"not in the evidence ledger: {error.what}: {error.why}")


def refused(
    target: Target, error: HasDuplicates, wishes: Wishes, *, command: str = COMMAND
) -> Report:
    """The duplicates, for whoever has to resolve them; nothing was touched."""
    named: Mapping[str, Any] = {"target": target.name, "files": [target.settings.indexes]}
    return Report(
        command=command,
        subject=named,
        status=Status.PRECONDITION,
        error=ErrorFacts(error.what, error.why, error.fix),
        facts={
            "duplicates": [
                duplicates_facts(one, values=wishes.show_values) for one in error.blocking
            ]
        },
        view=duplicate_tables(error.blocking, values=wishes.show_values),
        next=(f"skc {command}",),
    )
