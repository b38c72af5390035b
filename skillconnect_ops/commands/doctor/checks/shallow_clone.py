"""The clone is shallow.

It holds the newest commits alone, so that a secret in an older one cannot be found here.
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
from skillconnect_ops.core.outcome import Missing


def run(facts: Facts) -> Sequence[Verdict]:
    """Is all history here?"""
    if isinstance(facts.repository, Missing):
        return [unknown("repository", facts.repository.reason)]
    if facts.repository.value is None:
        return [not_applicable("repository", "there is none")]
    if facts.repository.value.shallow:
        says = "it is a shallow clone: older commits are not here"
        return [failed("repository", says, remedy="git fetch --unshallow")]
    return [passed("repository", "all commits are here")]


CHECK = Check(
    id="shallow-clone",
    title="whole history",
    severity=Severity.LOW,
    run=run,
)
