"""The user may not do what `skc backup` does.

A backup reads every collection of the database. Time series lie in system collections, which
the role `read` leaves out.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.each import on_servers
from skillconnect_ops.commands.doctor.judge import judged
from skillconnect_ops.commands.doctor.model import Check, Connection, Facts, TargetFacts, Verdict
from skillconnect_ops.commands.doctor.rights import backup_needs
from skillconnect_ops.core.finding import Severity


def run(facts: Facts) -> Sequence[Verdict]:
    """Does the user have every right that it takes?"""
    return on_servers(facts, _look)


def _look(target: TargetFacts, found: Connection) -> Verdict:
    return judged(target, found, verb="backup", needs=backup_needs, in_buckets=IN_BUCKETS)


IN_BUCKETS = frozenset({"find"})


CHECK = Check(
    id="may-not-back-up",
    title="rights for skc backup",
    severity=Severity.HIGH,
    references=("MongoDB manual: Built-In Roles",),
    run=run,
)
