"""The server lets anybody in.

It answered without a user: access control is off, and whoever reaches the port owns the data.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.each import on_servers
from skillconnect_ops.commands.doctor.model import (
    Check,
    Connection,
    Facts,
    TargetFacts,
    Verdict,
    failed,
    passed,
)
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Missing


def run(facts: Facts) -> Sequence[Verdict]:
    """Did it want a user?"""
    return on_servers(facts, _look)


def _look(target: TargetFacts, found: Connection) -> Verdict:
    if found.server.user:
        return passed(target.subject, f"the server knows us as {found.server.user}")
    if isinstance(found.collections, Missing):
        says = "the URI has no user, and without one the server shows nothing"
        remedy = "put user and password into the URI"
        return failed(target.subject, says, remedy=remedy)
    says = "the server shows its data to whoever asks, without a user"
    remedy = "create a user, then start mongod with --auth (security.authorization: enabled)"
    return failed(target.subject, says, remedy=remedy)


CHECK = Check(
    id="access-open",
    title="access control",
    severity=Severity.CRITICAL,
    references=("CWE-306",),
    run=run,
)
