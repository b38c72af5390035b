"""The database runs on Atlas, and skc.yaml does not say which project its users belong to.

Atlas rolls back every change of a user that was not made through its own interface, so a rotation
by the server's commands would lock the app out some time later. `skc rotate` refuses it, and needs
the project's id and the name of the variable that holds a key.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.model import (
    Check,
    Facts,
    TargetFacts,
    Verdict,
    failed,
    not_applicable,
    passed,
    unknown,
)
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Missing


def run(facts: Facts) -> Sequence[Verdict]:
    """Is the project named, where there is one?"""
    return [_look(target) for target in facts.targets]


def _look(target: TargetFacts) -> Verdict:
    if target.atlas is not None:
        return passed(target.subject, "its users are managed over the Admin API")
    if isinstance(target.on_atlas, Missing):
        return unknown(target.subject, target.on_atlas.reason)
    if not target.on_atlas.value:
        return not_applicable(target.subject, "its database does not run on Atlas")
    return failed(
        target.subject,
        "its database runs on Atlas, and no project is named: its user cannot be renewed",
        remedy=f"add below targets.{target.name}.database in skc.yaml: "
        "atlas: {group_id: PROJECT_ID, credentials: SKC_ATLAS}",
    )


CHECK = Check(id="atlas-not-set-up", title="way to Atlas", severity=Severity.MEDIUM, run=run)
