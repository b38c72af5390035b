"""Backups are not encrypted.

Whoever gets at the file has the whole database: every user, every message.
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
)
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.view import count


def run(facts: Facts) -> Sequence[Verdict]:
    """Are there recipients to encrypt to?"""
    return [_look(target) for target in facts.targets]


def _look(target: TargetFacts) -> Verdict:
    if target.settings.backups is None:
        return not_applicable(target.subject, "there is no place for backups")
    if target.recipients:
        return passed(target.subject, f"to {count(len(target.recipients), 'age recipient')}")
    remedy = (
        "age-keygen -o key.txt, kept off this machine; then write its public key below "
        f"targets.{target.name}.backups.recipients in skc.yaml"
    )
    return failed(target.subject, "no age recipient: backups are in the clear", remedy=remedy)


CHECK = Check(
    id="backups-in-clear",
    title="backups encrypted",
    severity=Severity.LOW,
    references=("CWE-311",),
    run=run,
)
