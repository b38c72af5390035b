"""Atlas shows the key no project of the id in skc.yaml.

`database.atlas.group_id` is the Project ID, 24 digits, which a project's settings show; the key
must belong to that project, or to its organization with a role in it.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.each import on_atlas
from skillconnect_ops.commands.doctor.model import Check, Facts, Verdict
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.ports.atlas import Access


def run(facts: Facts) -> Sequence[Verdict]:
    """Is the project there?"""
    return on_atlas(facts, Access.PROJECT)


CHECK = Check(id="atlas-project-unknown", title="Atlas project", severity=Severity.HIGH, run=run)
