"""`skc indexes undo`: the indexes that a run touched, as they were before it."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from msgspec import Struct, structs

from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.commands.indexes.difference import difference
from skillconnect_ops.commands.indexes.errors import HasDuplicates
from skillconnect_ops.commands.indexes.facts import facts_of
from skillconnect_ops.commands.indexes.finished import consent_to, finished
from skillconnect_ops.commands.indexes.hands import find
from skillconnect_ops.commands.indexes.locking import refuse_locked
from skillconnect_ops.commands.indexes.look import (
    Look,
    NotDeclared,
    declarations,
    look,
    refuse_untested,
    subject,
)
from skillconnect_ops.commands.indexes.model import Wishes, is_stand_in
from skillconnect_ops.commands.indexes.plan import Where, decide
from skillconnect_ops.commands.indexes.planned import is_one
from skillconnect_ops.commands.indexes.run import record, refuse_taken_over, refused, resources_of
from skillconnect_ops.commands.indexes.sameness import as_found
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.indexes import Declaration
from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.ports.indexes import IndexRun, Listing, Touched
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.errors import SettingsInvalid
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import Lines
from skillconnect_ops.journal.model import Choices, Outcome

COMMAND = "indexes undo"


class NothingToUndo(Precondition):
    """No run wrote down what it changed, or the named one did not."""


class _Asked(Struct, frozen=True, kw_only=True):
    """What was asked, for both looks."""

    house: House
    target: Target
    wishes: Wishes
    looks_only: bool


def undo(
    house: House, *, target: str | None, run: str | None, wishes: Wishes, choices: Choices
) -> Report:
    """Take a run back: the newest, or the one that is named.

    Raises:
        NothingToUndo: there is none.
        SkcError: see the gait.
    """
    chosen = house.target(target)
    asked = _Asked(house=house, target=chosen, wishes=wishes, looks_only=choices.looks_only)
    meant: IndexRun | None = None

    def plan() -> Plan:
        nonlocal meant
        with house.database(chosen) as connected:
            refuse_untested(connected, insists=wishes.untested_topology)
            refuse_locked(house, connected, choices)
            first = meant is None
            # the run is chosen once: what died may be put back between two looks
            meant = meant or _chosen(_runs(connected), run)
            return _plan(asked, connected, meant, first=first)

    try:
        outcome = house.office().carry_out(
            plan,
            person=house.person,
            resources=resources_of(house, chosen),
            consent=consent_to,
            choices=choices,
        )
    except HasDuplicates as error:
        return refused(chosen, error, wishes, command=COMMAND)
    return _report(house, chosen, outcome)


def _report(house: House, target: Target, outcome: Outcome) -> Report:
    said: tuple[str, ...] = ()
    with house.database(target) as connected:
        refuse_taken_over(connected, outcome)
        open_ones = [one for one in _runs(connected) if not one.undone]
        if outcome.walked:
            said = ("the indexes that the run touched are as they were before it",)
            _note_standing(house, connected, target, journal=outcome.journal)
    return Report(
        command=COMMAND,
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={} if outcome.walked else {"plan": outcome.plan.facts()},
        view=(Lines(said),) if said else (),
        next=(
            "skc indexes status",
            *(f"skc indexes undo {one.run}   # the run before it" for one in open_ones[:1]),
        )
        if outcome.walked
        else (),
    )


def _note_standing(
    house: House, connected: Connected, target: Target, *, journal: str | None
) -> None:
    """What is declared may be in place no more: what the ledger says is to be true."""
    try:
        declared = declarations(house, target)
    except (NotDeclared, SettingsInvalid):
        return
    record(
        house,
        target,
        cluster=connected.cluster,
        database=connected.name,
        rows=look(connected, declared).rows,
        journal=journal,
        command=COMMAND,
    )


def _plan(asked: _Asked, connected: Connected, meant: IndexRun, *, first: bool) -> Plan:
    kept = next((one for one in _runs(connected) if one.run == meant.run), None)
    if kept is None or kept.undone:
        return Plan(
            command=COMMAND,
            subject=subject(connected, asked.target),
            state=meant.run,
            notes=(f"the newest run, {meant.line()}, is taken back already",),
        )
    listing = connected.indexes.listing(connected.name)
    mine, notes = _still_mine(kept, listing)
    named = {(one.collection, one.name) for one in mine}
    declared = [_declaration(one, listing) for one in mine if one.index is not None]
    rows = difference(declared, _only(listing, named))
    facts = facts_of(asked.house, connected, rows, listing, uses=False)
    decided = decide(
        rows,
        listing,
        facts,
        asked.wishes,
        where=Where(target=asked.target.name, database=connected.name),
        exact={(one.collection, one.name): one.exact for one in mine if one.exact is not None},
        remove=frozenset((one.collection, one.name) for one in mine if one.index is None),
    )
    told = structs.replace(
        decided, notes=(f"takes back the run {kept.line()}", *notes, *decided.notes)
    )
    return finished(
        asked.house,
        connected,
        told,
        Look(declared=tuple(declared), found=listing, rows=tuple(rows)),
        facts=facts,
        wishes=asked.wishes,
        target=asked.target,
        command=COMMAND,
        seeks_duplicates=first,
        looks_only=asked.looks_only,
        undoes=kept.run,
    )


def _still_mine(run: IndexRun, listing: Listing) -> tuple[list[Touched], list[str]]:
    """What is still as the run left it; what somebody has changed since is no longer the run's."""
    after = {(one.collection, one.name): one for one in run.after or ()}
    mine, notes = [], []
    for one in run.touched:
        at = f"{one.collection}.{one.name}"
        collection = listing.find(one.collection)
        then = after.get((one.collection, one.name), one)
        if collection is None or (then.uuid or one.uuid) not in {None, collection.uuid}:
            notes.append(f"{at}: left, since the collection is gone, or is another one by now")
            continue
        found = find(collection, one.name)
        left = then.exact if run.after is not None else None
        as_left = (left is None and found is None) or (
            left is not None and found is not None and is_one(left, found)
        )
        if run.after is None or as_left:
            mine.append(one)
        elif one.exact is None and found is None:
            continue  # what was built is gone, as it should be
        elif one.exact is not None and found is not None and found.exact == one.exact:
            continue  # somebody has put it back already
        else:
            notes.append(f"{at}: left as it is, since it was changed after that run")
    return mine, notes


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


def _runs(connected: Connected) -> list[IndexRun]:
    """Those that can be taken back, newest first; one that takes back, or went back, is none."""
    return [
        one
        for one in connected.indexes.runs(connected.name)
        if one.command != COMMAND and not one.put_back
    ]


def _chosen(runs: Sequence[IndexRun], named: str | None) -> IndexRun:
    """The newest, also where it is taken back already; or the one that is named."""
    if not runs:
        raise NothingToUndo(
            "there is no run to take back",
            why="none that changed indexes of this database has written down what it did",
            fix="skc indexes status   # shows how they stand",
        )
    if named is None:
        return runs[0]
    found = [one for one in runs if one.run == named]
    known = "; ".join(one.line() for one in runs if not one.undone) or "none"
    if not found:
        raise NothingToUndo(
            f"there is no run {named}",
            why=f"those that can be taken back: {known}",
            fix="skc indexes undo   # takes the newest back",
        )
    if found[0].undone:
        raise NothingToUndo(
            f"the run {named} was taken back already",
            why=f"those that can be taken back: {known}",
            fix="skc indexes status   # shows how they stand",
        )
    return found[0]


def _declaration(touched: Touched, listing: Listing) -> Declaration:
    """As it was listed: one without a collation inherits none, whatever the collection has."""
    if touched.index is None:
        raise ValueError("there was none")
    there = listing.find(touched.collection)
    inherits = there is not None and there.collation is not None
    return Declaration(
        collection=touched.collection,
        index=as_found(touched.index) if inherits else touched.index,
        path=str(Path("the run")),
        line=1,
    )
