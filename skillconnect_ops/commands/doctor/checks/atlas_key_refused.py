"""Atlas does not know the key that is exported for this target.

It is wrong, expired, deleted, or of another organization. A rotation would be refused before it
touched anything. The secret of a service account lives a year at most, and a new one shortens the
life of the old.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.each import on_atlas
from skillconnect_ops.commands.doctor.model import Check, Facts, Verdict
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.ports.atlas import Access


def run(facts: Facts) -> Sequence[Verdict]:
    """Does Atlas know the key?"""
    return on_atlas(facts, Access.KEY)


CHECK = Check(id="atlas-key-refused", title="key to Atlas", severity=Severity.HIGH, run=run)
