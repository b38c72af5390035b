"""The server does not take the user and password of the URI.

It was reached; so host and port are right, and what is wrong stands before the `@`, or in
`authSource`.
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
from skillconnect_ops.core.outcome import Known


def run(facts: Facts) -> Sequence[Verdict]:
    """Does it?"""
    return [_look(target) for target in facts.targets]


def _look(target: TargetFacts) -> Verdict:
    match target.connection:
        case Known(value=found):
            return passed(target.subject, found.server.user or "the server asks for none")
        case NoConnection(check="password-refused") as error:
            return failed(target.subject, f"{error.what} ({error.why})", remedy=error.fix)
        case _ if target.settings.database is None:
            return not_applicable(target.subject, "it has no database")
        case _:
            return unknown(target.subject, "its server was not reached")


CHECK = Check(
    id="password-refused",
    title="user and password",
    severity=Severity.HIGH,
    run=run,
)
