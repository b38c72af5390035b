"""The user may not do what `skc restore` does.

A restore makes collections beside, fills them, renames them into place and drops the old ones. Time
series lie in system collections, which the role `readWrite` leaves out.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.each import on_servers
from skillconnect_ops.commands.doctor.judge import judged
from skillconnect_ops.commands.doctor.model import Check, Connection, Facts, TargetFacts, Verdict
from skillconnect_ops.commands.doctor.rights import restore_needs
from skillconnect_ops.core.finding import Severity


def run(facts: Facts) -> Sequence[Verdict]:
    """Does the user have every right that it takes?"""
    return on_servers(facts, _look)


def _look(target: TargetFacts, found: Connection) -> Verdict:
    return judged(target, found, verb="restore", needs=restore_needs, in_buckets=IN_BUCKETS)


IN_BUCKETS = frozenset({"find", "insert"})


CHECK = Check(
    id="may-not-restore",
    title="rights for skc restore",
    severity=Severity.MEDIUM,
    references=("MongoDB manual: Built-In Roles",),
    run=run,
)
