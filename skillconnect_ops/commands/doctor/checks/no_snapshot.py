"""A backup cannot be taken at one instant.

Only a replica set keeps the history that a snapshot reads. On a standalone server a backup of a
busy database is torn; on a sharded cluster skc has not been tested. The history window says how
long a dump may take (`minSnapshotHistoryWindowInSeconds`, 300 s unless changed).
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
from skillconnect_ops.core.ports.database import Topology
from skillconnect_ops.core.view import duration


def run(facts: Facts) -> Sequence[Verdict]:
    """Is there history, and for how long?"""
    return on_servers(facts, _look)


def _look(target: TargetFacts, found: Connection) -> Verdict:
    match found.server.topology:
        case Topology.REPLICA_SET:
            return _window(target, found)
        case Topology.STANDALONE:
            says = "a standalone server has no snapshots: backups will be fuzzy"
            remedy = "make it a replica set of one: mongod --replSet rs0, then rs.initiate()"
        case Topology.SHARDED:
            says = "a sharded cluster, on which skc has not been tested"
            remedy = "skc backup --untested-topology, and drill every backup"
    return failed(target.subject, says, remedy=remedy)


def _window(target: TargetFacts, found: Connection) -> Verdict:
    name = f"replica set {found.server.set_name}"
    if isinstance(found.window_s, Missing):
        says = f"{name}; history window not known ({found.window_s.reason}), 300 s by default"
        return passed(target.subject, says)
    window_s = found.window_s.value
    if window_s < SHORTEST_S:
        says = f"{name}, but it keeps only {duration(window_s)} of history"
        remedy = "db.adminCommand({setParameter: 1, minSnapshotHistoryWindowInSeconds: 300})"
        return failed(target.subject, says, remedy=remedy)
    return passed(target.subject, f"{name}, {duration(window_s)} of history")


SHORTEST_S = 60.0
"""Below this a dump of some gigabytes outlives its snapshot."""


CHECK = Check(
    id="no-snapshot",
    title="one instant",
    severity=Severity.MEDIUM,
    run=run,
)
