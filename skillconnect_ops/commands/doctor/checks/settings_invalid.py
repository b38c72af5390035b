"""`skc.yaml` cannot be read.

A mistyped name or a wrong type is an error, since a setting that is silently passed over is
noticed when it is needed.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.model import (
    Check,
    Facts,
    Verdict,
    failed,
    not_applicable,
    passed,
)
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known, Missing


def run(facts: Facts) -> Sequence[Verdict]:
    """Can it be read?"""
    match facts.project:
        case Known():
            return [passed("skc.yaml", "every name and type is known")]
        case Missing():
            return [not_applicable("skc.yaml", "there is none")]
        case error:
            says = f"{error.what} ({error.why})"
            return [failed("skc.yaml", says, remedy=error.fix, path="skc.yaml")]


CHECK = Check(
    id="settings-invalid",
    title="configuration valid",
    severity=Severity.HIGH,
    run=run,
)
