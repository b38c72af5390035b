"""What `skc journal` does: reads journals, and has the office bring runs to their end."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from skillconnect_ops.commands.folder import office_here
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.journal.show import (
    GOES_ON,
    PUTS_BACK,
    journal_view,
    journals_view,
    ways,
)
from skillconnect_ops.core.errors import Precondition, SkcError
from skillconnect_ops.core.plan import Person, Plan, Step
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.shell import word
from skillconnect_ops.core.view import Lines
from skillconnect_ops.journal.errors import NotAgreed
from skillconnect_ops.journal.model import (
    Choices,
    JournalState,
    Outcome,
    Progress,
    Standing,
    StepState,
)
from skillconnect_ops.journal.office import Office


class NotOfThisRun(Precondition):
    """Somebody is to be left out whom the run does not reload."""

    def __init__(self, name: str, *, run: str, known: Sequence[str]) -> None:
        super().__init__(
            f"the run {run} does not reload {name}",
            why=f"it reloads {', '.join(known) or 'nobody'}",
            fix=f"skc journal show {run}",
            journal=run,
        )


class Waive(Struct, frozen=True, kw_only=True):
    """The consumers that a run goes on without, and those that were named a second time."""

    names: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()


NOTHING = Waive()


def list_journals(house: House, *, only_open: bool, last: int) -> Report:
    """The journals, newest first; `last` of them, or all where that is 0."""
    every = office_here(house).journals()
    states = [state for state in every if not (only_open and state.standing.over)]
    shown = states[:last] if last else states
    dead = [state for state in states if ways(state)]
    return Report(
        command="journal list",
        facts={"journals": states},
        view=journals_view(shown, left_out=len(states) - len(shown), finished=len(every)),
        next=ways(dead[0]) if dead else (),
    )


def show(house: House, name: str) -> Report:
    """One journal."""
    state = office_here(house).journal(name)
    return Report(
        command="journal show",
        subject=state.subject.facts(),
        journal=state.id,
        facts={"journal": state},
        view=journal_view(state),
        next=ways(state),
    )


def resume(house: House, name: str, *, choices: Choices, waive: Waive = NOTHING) -> Report:
    """Walk a run on, once a person agreed to what is left.

    Raises:
        NotAgreed: the answer was no; nothing was touched.
        NotOfThisRun: it does not reload who is to be left out.
        SkcError: as `Office.resume` says.
    """
    return _carried_out(house, name, choices=choices, waive=waive, back=False)


def rollback(house: House, name: str, *, choices: Choices, waive: Waive = NOTHING) -> Report:
    """Put a run back, once a person agreed to what will be undone.

    Raises:
        NotAgreed: the answer was no; nothing was touched.
        NotOfThisRun: it does not reload who is to be left out.
        SkcError: as `Office.rollback` says.
    """
    return _carried_out(house, name, choices=choices, waive=waive, back=True)


def _carried_out(house: House, name: str, *, choices: Choices, waive: Waive, back: bool) -> Report:
    """Show, ask, and have the office do it; it looks again under its locks."""
    office, person = office_here(house), house.person
    state = office.journal(name)
    if waive.names:
        _must_reload(office.plan(name), waive.names, name)
    steps = _steps(state, back=back)
    says = _says(office, name)
    command = f"journal {'rollback' if back else 'resume'}"
    if choices.dry_run:
        return _foretold(state, command, steps, says, back=back)
    if steps:  # else there is nothing to agree to: the office says why, or that all is done
        plan = _plan(state, command, steps, says, waive.names, back=back)
        person.show(plan)
        if not choices.yes and not person.agrees(plan):
            raise NotAgreed("nothing was done", why="the answer was no", fix="", journal=name)
        _named_again(person, waive, name)
    if back:
        outcome, said = office.rollback(name, person, without=waive.names), "it was put back"
    else:
        outcome, said = office.resume(name, person, without=waive.names), "it is done"
    onward = _next(house, outcome, back=back)
    return _ended(outcome, command, said, office.journal(name).waived, onward)


def _must_reload(plan: Plan, names: Sequence[str], run: str) -> None:
    known = {step.waivable for step in (*plan.steps, *plan.final)} - {None}
    for one in names:
        if one not in known:
            raise NotOfThisRun(one, run=run, known=sorted(map(str, known)))


def _named_again(person: Person, waive: Waive, run: str) -> None:
    """Each is typed, or given by `--confirm`: who is left out keeps a value that is going.

    Raises:
        NotAgreed: another name, or none.
    """
    for one in waive.names:
        if one in waive.confirmed:
            continue
        if waive.confirmed or not person.confirm(
            one, where=f"in the run {run}", does="does not reload"
        ):
            why = f"it does not reload {one}, and that name was not given again"
            fix = person.again("--confirm", one)
            raise NotAgreed("nothing was done", why=why, fix=fix, journal=run)


def _steps(state: JournalState, *, back: bool) -> list[StepState]:
    """What would be undone, or is left to do, in that order."""
    if back and state.standing is Standing.INTERRUPTED:
        undo = {Progress.OPEN, Progress.DONE, Progress.UNDOING}
        return [step for step in reversed(state.steps) if step.progress in undo]
    if not back and state.standing in {Standing.INTERRUPTED, Standing.FORWARD_ONLY}:
        return [step for step in state.steps if step.progress is not Progress.DONE]
    return []


def _says(office: Office, name: str) -> dict[str, str]:
    """What the steps of a run say, by key; nothing of one that this version cannot read."""
    try:
        plan = office.plan(name)
    except SkcError:
        return {}
    return {step.key: step.says() for step in (*plan.steps, *plan.final)}


def _plan(
    state: JournalState,
    command: str,
    steps: list[StepState],
    says: Mapping[str, str],
    without: Sequence[str],
    *,
    back: bool,
) -> Plan:
    """The same as a plan, to be shown and agreed to; it is not what is walked."""
    verb, note = ("undo: ", PUTS_BACK) if back else ("", GOES_ON)
    said = [(Step(key=f"{verb}{says.get(step.key, step.key)}"), step.final) for step in steps]
    return Plan(
        command=f"{command} {state.id}",
        subject=state.subject,
        state=state.id,
        steps=tuple(step for step, final in said if not final),
        final=tuple(step for step, final in said if final),
        notes=(*(_WITHOUT[back].format(name=one) for one in without), note),
    )


_WITHOUT = {
    False: "{name} is NOT reloaded: it has the old value until you restart it by hand",
    True: "{name} is NOT reloaded: if it runs with the new value, it has none that works until "
    "you restart it by hand",
}
"""By whether it is put back."""


def _ended(
    outcome: Outcome, command: str, said: str, without: Sequence[str], onward: str
) -> Report:
    said = said if outcome.walked else f"nothing to do: {said} already"
    return Report(
        command=command,
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={
            "walked": outcome.walked,
            "warnings": outcome.warnings,
            "not_reloaded": list(without),
        },
        view=(
            Lines(
                (
                    f"{outcome.journal}: {said}",
                    *(f"not reloaded: {one}; restart it by hand now" for one in without),
                ),
                prose=True,
            ),
        ),
        next=(onward,),
    )


def _next(house: House, outcome: Outcome, *, back: bool) -> str:
    """What the run itself would have named: an old value may work still, though it is done."""
    if outcome.walked and not back and outcome.plan.then is not None:
        target = outcome.plan.subject.target
        several = target is not None and len(house.project().settings.targets) > 1
        return f"skc {outcome.plan.then}" + (f" --target {word(str(target))}" if several else "")
    return f"skc journal show {outcome.journal}"


def _foretold(
    state: JournalState,
    command: str,
    steps: list[StepState],
    says: Mapping[str, str],
    *,
    back: bool,
) -> Report:
    """What would be done; the locks and the world are looked at only when it is done."""
    keys = [step.key for step in steps]
    verb = "undo" if back else "walk"
    lines = tuple(f"would {verb} {says.get(key, key)}" for key in keys)
    lines = lines or ("nothing would be done",)
    return Report(
        command=command,
        subject=state.subject.facts(),
        journal=state.id,
        facts={"journal": state, "would": keys},
        view=(Lines(lines),),
        next=ways(state),
    )
