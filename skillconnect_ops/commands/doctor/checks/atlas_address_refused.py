"""The key to Atlas may not be used from this machine.

A key has an access list of its own. It is not the Network Access of the project, which says who
may reach the clusters: a machine that gets to its database may still be kept from the Admin API.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.each import on_atlas
from skillconnect_ops.commands.doctor.model import Check, Facts, Verdict
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.ports.atlas import Access


def run(facts: Facts) -> Sequence[Verdict]:
    """May it be used from here?"""
    return on_atlas(facts, Access.ADDRESS)


CHECK = Check(
    id="atlas-address-refused", title="key's access list", severity=Severity.HIGH, run=run
)
