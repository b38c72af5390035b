"""The server has no such database, or it holds nothing.

A name that is spelled otherwise than the app does gives an empty backup, and no error.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.each import on_servers
from skillconnect_ops.commands.doctor.model import (
    Check,
    Connection,
    Facts,
    TargetFacts,
    Verdict,
    failed,
    passed,
    unknown,
)
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.view import count, size


def run(facts: Facts) -> Sequence[Verdict]:
    """Which one, and what does it hold?"""
    return on_servers(facts, _look)


def _look(target: TargetFacts, found: Connection) -> Verdict:
    if isinstance(found.database, Missing):
        remedy = f"add `name: …` below targets.{target.name}.database in skc.yaml"
        return failed(target.subject, found.database.reason, remedy=remedy)
    name = found.database.value
    if isinstance(found.collections, Missing):
        return unknown(target.subject, found.collections.reason)
    number = len(found.collections.value)
    if not number:
        says = f"{name} at {found.cluster} is not there, or holds nothing"
        remedy = f"is {name} the name? `name:` below targets.{target.name}.database sets another"
        return failed(target.subject, says, remedy=remedy)
    held = isinstance(found.size_bytes, Known) and size(found.size_bytes.value)
    return passed(
        target.subject, f"{name}: {count(number, 'collection')}, {held or 'size unknown'}"
    )


CHECK = Check(
    id="database-empty",
    title="database",
    severity=Severity.MEDIUM,
    run=run,
)
