"""The database server cannot be used from here.

No route, no name, nobody listening, TLS on one side only: the sentence says which, and names the
host.
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

_NETWORK_ACCESS = "on Atlas, see that this machine's address is in the project's Network Access"


def run(facts: Facts) -> Sequence[Verdict]:
    """Did it answer, and as whom?"""
    return [_look(target) for target in facts.targets]


def _look(target: TargetFacts) -> Verdict:
    match target.connection:
        case Known(value=found):
            server = found.server
            user = f"as {server.user}" if server.user else "without a user"
            says = f"MongoDB {server.version} at {found.cluster}, {user} ({found.origin})"
            return passed(target.subject, says)
        case Missing(reason=reason) if target.settings.database is None:
            return not_applicable(target.subject, reason)
        case Missing(reason=reason):
            return unknown(target.subject, reason)
        case NoConnection(check="password-refused"):
            return passed(target.subject, "it answers, and refuses the password")
        case NoConnection(check="uri-malformed"):
            return unknown(target.subject, "the URI cannot be read")
        case error:
            on_atlas = target.on_atlas == Known(value=True)
            hint = f"; {_NETWORK_ACCESS}" if on_atlas else ""
            return failed(
                target.subject, f"{error.what} ({error.why})", remedy=f"{error.fix}{hint}"
            )


CHECK = Check(
    id="server-unreachable",
    title="server reachable",
    severity=Severity.HIGH,
    run=run,
)
