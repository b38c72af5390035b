"""Journals as a person sees them."""

from collections.abc import Sequence

from skillconnect_ops.core.view import Block, Cell, Lines, Pairs, Table, Text, Tone, count, duration
from skillconnect_ops.journal.model import JournalState, Progress, Standing, StepState

PUTS_BACK = "puts the world as it was before the run"
GOES_ON = "goes on from the first step that is not done"
_SHORTEST_S = 0.05
_STANDINGS = {
    Standing.RUNNING: Text("running", Tone.STRONG),
    Standing.INTERRUPTED: Text("half-way", Tone.BAD),
    Standing.FORWARD_ONLY: Text("half-way, only forward", Tone.BAD),
    Standing.SEALED: Text("finished", Tone.GOOD),
    Standing.ROLLED_BACK: Text("rolled back", Tone.WARN),
    Standing.HANDED_OVER: Text("taken over by another machine", Tone.WARN),
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
            return (
                f"skc journal rollback {state.id}   # {PUTS_BACK}",
                f"skc journal resume {state.id}   # {GOES_ON}",
            )
        case Standing.FORWARD_ONLY:
            return (f"skc journal resume {state.id}   # {GOES_ON}",)
        case (
            Standing.RUNNING
            | Standing.SEALED
            | Standing.ROLLED_BACK
            | Standing.HANDED_OVER
            | Standing.BROKEN
        ):
            return ()


def journals_view(
    states: Sequence[JournalState], *, left_out: int, finished: int
) -> tuple[Block, ...]:
    """Several journals, a line each, and what the unfinished ones failed with.

    Args:
        states: those to show.
        left_out: how many more there are.
        finished: how many there are that are finished, where none is to be shown.
    """
    if not states:
        over = f"no run stands open; {count(finished, 'run')} finished"
        return (Lines((Text(over if finished else "no journal yet", Tone.DIM),)),)
    rows = tuple(
        (state.id, _STANDINGS[state.standing], state.subject.target or "", _on(state))
        for state in states
    )
    blocks: list[Block] = [Table(("journal", "standing", "target", "on"), rows)]
    failed = [state for state in states if state.error and not state.standing.over]
    if failed:
        pairs = tuple((state.id, Text(state.error or "", Tone.BAD)) for state in failed)
        blocks.append(Pairs(pairs, title="failed with"))
    if left_out:
        more = f"{count(left_out, 'older run')} left out; --last 0 lists all"
        blocks.append(Lines((Text(more, Tone.DIM),)))
    return tuple(blocks)


def _on(state: JournalState) -> str:
    """What it was about, in a word; `journal show` tells all."""
    subject = state.subject
    return subject.database or ", ".join(subject.files) or subject.cluster or ""


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
    if state.waived:
        pairs.append(("goes on without", f"reloading {', '.join(state.waived)}"))
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
                duration(step.seconds) if step.seconds >= _SHORTEST_S else "",
                step.error or "",
            )
            for step in steps
        ),
        empty="no step can be read",
    )
