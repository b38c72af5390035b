"""The disk for backups has less room than the database takes.

A backup is compressed, to about half as a rule; but a disk that is full in the middle of the night
leaves no backup at all.
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
    unknown,
)
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.view import size


def run(facts: Facts) -> Sequence[Verdict]:
    """Is there room for the whole database?"""
    return [_look(target) for target in facts.targets]


def _look(target: TargetFacts) -> Verdict:
    if not isinstance(target.place, Known):
        return not_applicable(target.subject, "there is no place for backups")
    free = target.place.value.free_bytes
    if isinstance(free, Missing):
        return unknown(target.subject, free.reason)
    connection = target.connection
    held = connection.value.size_bytes if isinstance(connection, Known) else None
    if not isinstance(held, Known):
        return unknown(target.subject, f"{size(free.value)} free; the database's size is not known")
    says = f"{size(free.value)} free for a database of {size(held.value)}"
    if free.value > held.value:
        return passed(target.subject, says)
    remedy = "make room with `skc backup prune`, or write another `location` in skc.yaml"
    return failed(target.subject, says, remedy=remedy)


CHECK = Check(
    id="backups-no-space",
    title="space for backups",
    severity=Severity.MEDIUM,
    run=run,
)
