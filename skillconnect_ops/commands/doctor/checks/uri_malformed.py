"""The database's URI cannot be read.

Most often a character of the password is not percent-encoded.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.model import (
    Check,
    Facts,
    NoConnection,
    TargetFacts,
    Verdict,
    failed,
    not_applicable,
    passed,
    unknown,
)
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known, Missing


def run(facts: Facts) -> Sequence[Verdict]:
    """Can it?"""
    return [_look(target) for target in facts.targets]


def _look(target: TargetFacts) -> Verdict:
    match target.connection:
        case NoConnection(check="uri-malformed") as error:
            return failed(target.subject, f"{error.what} ({error.why})", remedy=error.fix)
        case Missing(reason=reason):
            if target.settings.database is None or not isinstance(target.uri, Known):
                return not_applicable(target.subject, "there is none")
            return unknown(target.subject, reason)
        case _:
            return passed(target.subject, "it can be read")


CHECK = Check(
    id="uri-malformed",
    title="form of the URI",
    severity=Severity.HIGH,
    run=run,
)
