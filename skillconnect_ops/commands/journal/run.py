"""What `skc journal` does: reads journals, and has the office bring runs to their end."""

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.journal.show import journal_view, journals_table, ways
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Lines
from skillconnect_ops.journal.model import JournalState, Outcome, Progress, Standing


def list_journals(house: House, *, only_open: bool) -> Report:
    """All journals, newest first."""
    states = [
        state for state in house.office().journals() if not (only_open and state.standing.over)
    ]
    dead = [state for state in states if ways(state)]
    return Report(
        command="journal list",
        facts={"journals": states},
        view=(journals_table(states),),
        next=ways(dead[0]) if dead else (),
    )


def show(house: House, name: str) -> Report:
    """One journal."""
    state = house.office().journal(name)
    return Report(
        command="journal show",
        subject=state.subject.facts(),
        journal=state.id,
        facts={"journal": state},
        view=journal_view(state),
        next=ways(state),
    )


def resume(house: House, name: str, *, dry_run: bool) -> Report:
    """Walk a run on."""
    office = house.office()
    if dry_run:
        return _foretold(office.journal(name), "journal resume", back=False)
    return _ended(office.resume(name, house.person), "journal resume", "it is done")


def rollback(house: House, name: str, *, dry_run: bool) -> Report:
    """Put a run back."""
    office = house.office()
    if dry_run:
        return _foretold(office.journal(name), "journal rollback", back=True)
    return _ended(office.rollback(name, house.person), "journal rollback", "it was put back")


def _ended(outcome: Outcome, command: str, said: str) -> Report:
    said = said if outcome.walked else f"nothing to do: {said} already"
    return Report(
        command=command,
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={"walked": outcome.walked, "warnings": outcome.warnings},
        view=(Lines((f"{outcome.journal}: {said}",)),),
        next=(f"skc journal show {outcome.journal}",),
    )


def _foretold(state: JournalState, command: str, *, back: bool) -> Report:
    """What would be done; the locks and the world are looked at only when it is done."""
    keys: list[str] = []
    blocked = state.standing in {Standing.BROKEN, Standing.RUNNING}
    if back and state.standing is Standing.INTERRUPTED:
        undo = {Progress.OPEN, Progress.DONE, Progress.UNDOING}
        keys = [step.key for step in reversed(state.steps) if step.progress in undo]
    if not back and not state.standing.over and not blocked:
        keys = [step.key for step in state.steps if step.progress is not Progress.DONE]
    verb = "undo" if back else "walk"
    lines = tuple(f"would {verb} {key}" for key in keys) or ("nothing would be done",)
    return Report(
        command=command,
        subject=state.subject.facts(),
        journal=state.id,
        facts={"journal": state, "would": keys},
        view=(Lines(lines),),
        next=ways(state),
    )
