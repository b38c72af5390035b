"""The admin user's URI leads to another server than the app's own.

It is exported in a shell, and stays there: what was meant for one server then decides where every
command of this target goes, also one that replaces a database. Hosts are compared as they are
reached from here (`connect_map`); one host in common is enough.
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
    """Do both lead to one place?"""
    return [_look(target) for target in facts.targets]


def _look(target: TargetFacts) -> Verdict:
    if isinstance(target.admin, Missing):
        return unknown(target.subject, target.admin.reason)
    way = target.admin.value
    if way is None:
        return not_applicable(target.subject, "no admin user's URI is set")
    if way.same is None:
        return unknown(target.subject, f"{way.says()}: an SRV name cannot be compared")
    if way.same:
        return passed(target.subject, f"{way.variable} leads to the app's own server")
    remedy = f"unset {way.variable}   # or export the URI of a user of {way.own}"
    return failed(target.subject, way.says(), remedy=remedy)


CHECK = Check(
    id="admin-elsewhere",
    title="admin user's server",
    severity=Severity.HIGH,
    run=run,
)
