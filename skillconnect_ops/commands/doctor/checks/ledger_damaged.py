"""The evidence ledger is not as it was written.

Records below `.skc/evidence/` were changed, removed or merged wrongly, or the list of signers
cannot be read. Nothing counts as proven until that is mended.
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
    """Is every chain whole?"""
    match facts.ledger:
        case Known(value=found):
            says = f"{found.count:,} records, {found.proven:,} of them proven by a listed signer"
            return [passed("ledger", says)]
        case Missing(reason=reason):
            return [not_applicable("ledger", reason)]
        case error:
            return [failed("ledger", f"{error.what} ({error.why})", remedy=error.fix)]


CHECK = Check(
    id="ledger-damaged",
    title="evidence ledger",
    severity=Severity.HIGH,
    run=run,
)
