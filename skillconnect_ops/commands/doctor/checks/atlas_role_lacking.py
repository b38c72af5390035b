"""The key to Atlas may not manage database users.

A rotation makes a user and deletes another. Project Database Access Admin is the least role that
may; to own the organization is far more than is needed, and what a leaked key would then open.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.each import on_atlas
from skillconnect_ops.commands.doctor.model import Check, Facts, Verdict
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.ports.atlas import Access


def run(facts: Facts) -> Sequence[Verdict]:
    """May it manage users?"""
    return on_atlas(facts, Access.ROLE)


CHECK = Check(id="atlas-role-lacking", title="key's role", severity=Severity.HIGH, run=run)
