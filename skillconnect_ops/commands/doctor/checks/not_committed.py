"""`skc.yaml`, or the evidence in `.skc/`, is not in git.

Both are made to be committed: another clone knows neither targets nor what was proven without them,
and `git clean` deletes them. Neither holds a secret.
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


def run(facts: Facts) -> Sequence[Verdict]:
    """Does git hold them?"""
    if isinstance(facts.uncommitted, Missing):
        return [unknown("repository", facts.uncommitted.reason)]
    if not (isinstance(facts.repository, Known) and facts.repository.value):
        return [not_applicable("repository", "there is none")]
    names = facts.uncommitted.value
    if not names:
        return [passed("repository", "git holds what skc wrote")]
    says = f"git does not hold {' and '.join(names)}"
    return [failed("repository", says, remedy=f"git add {' '.join(names)} && git commit")]


CHECK = Check(
    id="not-committed",
    title="skc.yaml and .skc in git",
    severity=Severity.LOW,
    run=run,
)
