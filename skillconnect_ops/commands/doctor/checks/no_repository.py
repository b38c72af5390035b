"""The project lies in no git repository.

`skc.yaml` and the evidence in `.skc/` are made to be committed; leaks are looked for in history.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.model import Check, Facts, Verdict, failed, passed, unknown
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Missing


def run(facts: Facts) -> Sequence[Verdict]:
    """Which one, on which branch, and is it clean?"""
    if isinstance(facts.repository, Missing):
        return [unknown("repository", facts.repository.reason)]
    state = facts.repository.value
    if state is None:
        says = f"{facts.folder} lies in none"
        return [failed("repository", says, remedy="git init, if this is to be one")]
    branch = state.branch or "no branch"
    dirty = "changes not committed" if state.dirty else "no tracked file changed"
    return [passed("repository", f"{state.root}, {branch}, {dirty}")]


CHECK = Check(
    id="no-repository",
    title="repository",
    severity=Severity.LOW,
    run=run,
)
