"""`skc indexes undo`: the indexes that a run touched, as they were before it."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from msgspec import structs

from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.commands.indexes.difference import Standing, difference
from skillconnect_ops.commands.indexes.locking import refuse_locked
from skillconnect_ops.commands.indexes.look import Look, refuse_untested
from skillconnect_ops.commands.indexes.model import Wishes, is_stand_in
from skillconnect_ops.commands.indexes.plan import Where, decide
from skillconnect_ops.commands.indexes.run import facts_of, finished, resources_of
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.indexes import Declaration, Index
from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.ports.indexes import IndexRun, Listing, Touched
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import Lines
from skillconnect_ops.journal.model import Ask, Choices

COMMAND = "indexes undo"


class NothingToUndo(Precondition):
    """No run wrote down what it changed, or the named one did not."""


def undo(
    house: House, *, target: str | None, run: str | None, wishes: Wishes, choices: Choices
) -> Report:
    """Take a run back: the newest that was not, or the one that is named.

    Raises:
        NothingToUndo: there is none.
        SkcError: see the gait.
    """
    chosen = house.target(target)
    first = True

    def plan() -> Plan:
        nonlocal first
        with house.database(chosen) as connected:
            refuse_untested(connected, insists=wishes.untested_topology)
            refuse_locked(house, connected, choices)
            made = _plan(house, connected, chosen, run=run, wishes=wishes, first=first)
        first = False
        return made

    outcome = house.office().carry_out(
        plan,
        person=house.person,
        resources=resources_of(house, chosen),
        consent=Ask(),
        choices=choices,
    )
    done = "the indexes that the run touched are as they were before it"
    return Report(
        command=COMMAND,
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={} if outcome.walked else {"plan": outcome.plan.facts()},
        view=(Lines((done,)),) if outcome.walked else (),
        next=("skc indexes status",),
    )


def _plan(
    house: House,
    connected: Connected,
    target: Target,
    *,
    run: str | None,
    wishes: Wishes,
    first: bool,
) -> Plan:
    kept = _chosen(connected.indexes.runs(connected.name), run)
    named = {(one.collection, one.name) for one in kept.touched}
    declared = [_declaration(one, one.index) for one in kept.touched if one.index is not None]
    listing = connected.indexes.listing(connected.name)
    rows = difference(declared, _only(listing, named))
    exact = {(one.collection, one.name): one.exact for one in kept.touched if one.exact is not None}
    created = frozenset((one.collection, one.name) for one in kept.touched if one.index is None)
    drifting = sorted({row.collection for row in rows if row.standing is not Standing.IN_PLACE})
    there = [one for one in drifting if listing.find(one) is not None]
    facts = facts_of(house, connected, there, uses=False)
    decided = decide(
        rows,
        listing,
        facts,
        wishes,
        where=Where(target=target.name, database=connected.name),
        exact=exact,
        remove=created,
    )
    return finished(
        house,
        connected,
        decided,
        Look(declared=tuple(declared), found=listing, rows=tuple(rows)),
        facts=facts,
        wishes=wishes,
        target=target,
        command=COMMAND,
        seeks_duplicates=first,
        undoes=kept.run,
    )


def _only(listing: Listing, named: AbstractSet[tuple[str, str]]) -> Listing:
    """Of all that is there the indexes of these names: no other one stands for one of them.

    What a run made for itself and left is always among them: it goes.
    """
    return structs.replace(
        listing,
        collections=tuple(
            structs.replace(
                one,
                indexes=tuple(
                    each
                    for each in one.indexes
                    if (one.name, each.index.called) in named or is_stand_in(each.index.called)
                ),
            )
            for one in listing.collections
        ),
    )


def _chosen(runs: Sequence[IndexRun], named: str | None) -> IndexRun:
    # one that takes back and died is no run to take back: what it began is what is wanted
    open_ones = [one for one in runs if not one.undone and one.command != COMMAND]
    if named is None:
        if open_ones:
            return open_ones[0]
        raise NothingToUndo(
            "there is no run to take back",
            why="no run that changed indexes of this database is left that was not taken back",
            fix="skc indexes status   # shows how they stand",
        )
    found = [one for one in runs if one.run == named]
    if not found:
        known = ", ".join(one.run for one in open_ones[:5]) or "none"
        raise NothingToUndo(
            f"there is no run {named}",
            why=f"those that can be taken back: {known}",
            fix="skc indexes undo   # takes the newest back",
        )
    return found[0]


def _declaration(touched: Touched, index: Index) -> Declaration:
    return Declaration(
        collection=touched.collection, index=index, path=str(Path("the run")), line=1
    )
