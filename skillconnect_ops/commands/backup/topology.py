"""Deployments that nobody tested are refused, unless the person insists."""

from skillconnect_ops.commands.house import Connected
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.database import Topology


class ShardedCluster(Precondition):
    """A topology that nobody tested."""


def refuse_untested(connected: Connected, *, insists: bool, why: str) -> None:
    """Refuse a sharded cluster.

    Args:
        connected: the deployment.
        insists: whether `--untested-topology` was given.
        why: what is not known to work there.

    Raises:
        ShardedCluster: it is one.
    """
    if connected.database.server().topology is Topology.SHARDED and not insists:
        raise ShardedCluster(
            f"{connected.cluster} is a sharded cluster",
            why=why,
            fix="--untested-topology   # at your own risk, and prove it with a drill",
        )
