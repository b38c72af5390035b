"""The variable with the database's URI is set nowhere.

It is looked for in the target's env files, then in the environment.
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
from skillconnect_ops.core.outcome import Known, Missing


def run(facts: Facts) -> Sequence[Verdict]:
    """Where is it?"""
    return [_look(target) for target in facts.targets]


def _look(target: TargetFacts) -> Verdict:
    match target.uri:
        case Known(value=origin):
            return passed(target.subject, origin)
        case Missing(reason=reason):
            return not_applicable(target.subject, reason)
        case error:
            return failed(target.subject, f"{error.what} ({error.why})", remedy=error.fix)


CHECK = Check(
    id="uri-missing",
    title="database URI",
    severity=Severity.HIGH,
    run=run,
)
