"""Backups are to lie in a repository.

`git clean` deletes them, container images copy them, and one `git add .` publishes them.
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
from skillconnect_ops.core.outcome import Known, Missing


def run(facts: Facts) -> Sequence[Verdict]:
    """Do they lie in the project or in any repository?"""
    return [_look(facts, target) for target in facts.targets]


def _look(facts: Facts, target: TargetFacts) -> Verdict:
    if not isinstance(target.place, Known):
        return not_applicable(target.subject, "there is no place for backups")
    place = target.place.value
    root = facts.project.value.root if isinstance(facts.project, Known) else facts.folder
    inside = root if place.path.is_relative_to(root) else None
    if inside is None and isinstance(place.repository, Missing):
        return unknown(target.subject, place.repository.reason)
    if inside is None and isinstance(place.repository, Known):
        inside = place.repository.value
    if inside is None:
        return passed(target.subject, f"{place.path} lies in no repository")
    says = f"{place.path} lies in the repository {inside}"
    remedy = f"write another `location` below targets.{target.name}.backups in skc.yaml"
    return failed(target.subject, says, remedy=remedy)


CHECK = Check(
    id="backups-in-repository",
    title="backup folder apart",
    severity=Severity.HIGH,
    run=run,
)
