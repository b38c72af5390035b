"""An age recipient cannot be encrypted to.

It is shown here, and not when the nightly backup fails.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.model import (
    Check,
    Facts,
    TargetFacts,
    Verdict,
    failed,
    not_applicable,
    passed,
)
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.view import listed


def run(facts: Facts) -> Sequence[Verdict]:
    """Is each one a public key?"""
    return [_look(target) for target in facts.targets]


def _look(target: TargetFacts) -> Verdict:
    wrong = [f"{text}: {trouble}" for text, trouble in target.recipients if trouble]
    if not target.recipients:
        return not_applicable(target.subject, "there is none")
    if not wrong:
        return passed(target.subject, listed([text for text, _ in target.recipients]))
    remedy = "write the public key that `age-keygen -y KEYFILE` shows"
    return failed(target.subject, "; ".join(wrong), remedy=remedy)


CHECK = Check(
    id="recipient-invalid",
    title="age recipients",
    severity=Severity.HIGH,
    run=run,
)
