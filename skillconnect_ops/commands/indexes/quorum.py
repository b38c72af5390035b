"""Whether so many members can ever agree on a build: asked before anything is touched."""

from contextlib import suppress

from skillconnect_ops.commands.house import Connected
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.database import DatabaseError, Topology
from skillconnect_ops.core.view import count


class QuorumTooLarge(Precondition):
    """The replica set has fewer members than are to agree on a build."""


def refuse_unreachable(connected: Connected, quorum: int | str | None) -> None:
    """Refuse a number of members that is not there.

    Who may not read the set's configuration learns of it from the server.

    Raises:
        QuorumTooLarge: the server would refuse every build.
    """
    server = connected.database.server()
    if not isinstance(quorum, int) or server.topology is Topology.SHARDED:
        return
    members = 1
    if server.topology is Topology.REPLICA_SET:
        members = quorum
        with suppress(DatabaseError):
            answer = connected.database.command("admin", {"replSetGetConfig": 1})
            listed = answer["config"]["members"]
            members = sum(1 for one in listed if not one.get("arbiterOnly", False))
    if quorum > members:
        raise QuorumTooLarge(
            f"--commit-quorum {quorum} is more than {connected.cluster} has",
            why=f"the data is on {count(members, 'member')}, so that no build could ever end",
            fix=f"--commit-quorum {members}, or majority",
        )
