"""Nothing can be written where backups are to go.

The folder is made by the first backup; what is looked at is the nearest one above it.
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
    """May we write there?"""
    return [_look(target) for target in facts.targets]


def _look(target: TargetFacts) -> Verdict:
    match target.place:
        case Missing(reason=reason):
            return not_applicable(target.subject, reason)
        case Known(value=place):
            made = "it is there" if place.there else "the first backup makes it"
            if place.writable:
                return passed(target.subject, f"{place.path}; {made}")
            says = f"nothing can be written in {place.nearest}"
            remedy = f"correct `location` of target {target.name} in skc.yaml, or its owner"
            return failed(target.subject, says, remedy=remedy)
        case error:
            return failed(target.subject, f"{error.what} ({error.why})", remedy=error.fix)


CHECK = Check(
    id="backups-not-writable",
    title="backup folder",
    severity=Severity.HIGH,
    run=run,
)
