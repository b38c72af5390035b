"""Journals as a person sees them."""

from collections.abc import Sequence

from skillconnect_ops.core.view import Block, Cell, Pairs, Table, Text, Tone, duration
from skillconnect_ops.journal.model import JournalState, Progress, Standing, StepState

_STANDINGS = {
    Standing.RUNNING: Text("running", Tone.STRONG),
    Standing.INTERRUPTED: Text("interrupted", Tone.BAD),
    Standing.FORWARD_ONLY: Text("interrupted, only forward", Tone.BAD),
    Standing.SEALED: Text("sealed", Tone.GOOD),
    Standing.ROLLED_BACK: Text("rolled back", Tone.WARN),
    Standing.BROKEN: Text("damaged", Tone.BAD),
}
_STEPS = {
    Progress.WAITING: Text("not begun", Tone.DIM),
    Progress.OPEN: Text("begun", Tone.BAD),
    Progress.DONE: Text("done", Tone.GOOD),
    Progress.UNDOING: Text("being undone", Tone.BAD),
    Progress.UNDONE: Text("undone", Tone.WARN),
}


def ways(state: JournalState) -> tuple[str, ...]:
    """The commands that bring a run to its end, the safest first."""
    match state.standing:
        case Standing.INTERRUPTED:
            return (f"skc journal rollback {state.id}", f"skc journal resume {state.id}")
        case Standing.FORWARD_ONLY:
            return (f"skc journal resume {state.id}",)
        case Standing.RUNNING | Standing.SEALED | Standing.ROLLED_BACK | Standing.BROKEN:
            return ()


def journals_table(states: Sequence[JournalState]) -> Table:
    """Several journals."""
    return Table(
        headers=("journal", "command", "on", "standing", "failed with"),
        rows=tuple(
            (
                state.id,
                state.command,
                state.subject.line(),
                _STANDINGS[state.standing],
                state.error or "",
            )
            for state in states
        ),
        empty="no journal yet",
    )


def journal_view(state: JournalState) -> tuple[Block, ...]:
    """One journal, in full."""
    pairs: list[tuple[str, Cell]] = [
        ("journal", Text(state.id, Tone.STRONG)),
        ("command", state.command),
        ("on", state.subject.line()),
        ("standing", _STANDINGS[state.standing]),
        ("holds", ", ".join(resource.line() for resource in state.resources)),
    ]
    if state.begun_at is not None:
        pairs.append(("begun", f"{state.begun_at:%FT%TZ}"))
    if state.ended_at is not None:
        pairs.append(("ended", f"{state.ended_at:%FT%TZ}"))
    if state.owner is not None:
        pairs.append(("walked by", state.owner.line()))
    if state.then is not None:
        pairs.append(("goes on with", f"skc {state.then}"))
    if state.error is not None:
        pairs.append(("failed with", Text(state.error, Tone.BAD)))
    if state.trouble is not None:
        pairs.append(("damaged", Text(state.trouble, Tone.BAD)))
    pairs.append(("file", str(state.folder / "log.jsonl")))
    return (Pairs(tuple(pairs)), _steps(state.steps))


def _steps(steps: Sequence[StepState]) -> Table:
    return Table(
        headers=("step", "kind", "progress", "took", "failed with"),
        right=(3,),
        rows=tuple(
            (
                step.key,
                f"{step.kind} (no way back)" if step.final else step.kind,
                _STEPS[step.progress],
                duration(step.seconds) if step.seconds else "",
                step.error or "",
            )
            for step in steps
        ),
        empty="no step can be read",
    )
