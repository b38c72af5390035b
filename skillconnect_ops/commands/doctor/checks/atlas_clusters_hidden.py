"""The key to Atlas may not see whether its clusters have taken a change over.

A new user is known to the clusters some seconds after Atlas says that it is made. Without this look
a rotation could publish a login that is refused; so it does not begin. Project Read Only suffices.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.each import on_atlas
from skillconnect_ops.commands.doctor.model import Check, Facts, Verdict
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.ports.atlas import Access


def run(facts: Facts) -> Sequence[Verdict]:
    """May it see the clusters?"""
    return on_atlas(facts, Access.CLUSTERS)


CHECK = Check(
    id="atlas-clusters-hidden", title="clusters of the project", severity=Severity.MEDIUM, run=run
)
