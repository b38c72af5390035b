"""A run that changed something stands half-way.

Its process died before its end: the world is neither as before nor as wanted. `rollback` puts it as
it was before the run, `resume` goes on from the first step that is not done.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.model import (
    Check,
    Facts,
    Verdict,
    failed,
    not_applicable,
    passed,
    unknown,
)
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.journal.model import JournalState, Standing


def run(facts: Facts) -> Sequence[Verdict]:
    """Does one?"""
    if isinstance(facts.unfinished, Missing):
        if not isinstance(facts.project, Known):
            return [not_applicable("journals", "there is no project")]
        return [unknown("journals", facts.unfinished.reason)]
    if not facts.unfinished.value:
        return [passed("journals", "no run stands half-way")]
    return [_look(state) for state in facts.unfinished.value]


def _look(state: JournalState) -> Verdict:
    back = f"skc journal rollback {state.id}   # puts the world as it was before the run"
    on = f"skc journal resume {state.id}   # goes on from the first step that is not done"
    match state.standing:
        case Standing.INTERRUPTED:
            remedy = f"{back}\n{on}"
        case Standing.FORWARD_ONLY:
            remedy = on
        case _:
            remedy = f"skc journal show {state.id}   # its text is damaged"
    says = f"{state.command} ({state.subject.line()}) stands half-way"
    return failed(f"run {state.id}", says, remedy=remedy)


CHECK = Check(
    id="run-unfinished",
    title="runs",
    severity=Severity.HIGH,
    run=run,
)
