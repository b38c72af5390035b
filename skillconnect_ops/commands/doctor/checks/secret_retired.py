"""An env file holds a value that was retired.

The ledger of retired secrets knows it: whoever had it when it was given up has it now.
`skc secrets ledger list` says when and why that was.
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
from skillconnect_ops.commands.retired import FINDING, InUse, says, severity
from skillconnect_ops.core.finding import Rank, Severity


def run(facts: Facts) -> Sequence[Verdict]:
    """Does the ledger know a value of an env file?"""
    if not facts.targets:
        return [not_applicable("retired secrets", "there is no target")]
    return [verdict for target in facts.targets for verdict in _of(facts, target)]


def _of(facts: Facts, target: TargetFacts) -> list[Verdict]:
    by_path: dict[str, list[InUse]] = {}
    for one in target.retired.found:
        by_path.setdefault(one.path, []).append(one)
    found = [_fault(facts, target, path, ones) for path, ones in by_path.items()]
    if target.retired.unread is not None:
        found.append(unknown(target.subject, target.retired.unread))
    return found or [passed(target.subject, "no value in its env files was retired")]


def _fault(facts: Facts, target: TargetFacts, path: str, ones: Sequence[InUse]) -> Verdict:
    option = f" --target {target.name}" if len(facts.targets) > 1 else ""
    return failed(
        path,
        "; ".join(f"{one.key} has a retired value: {says(one.retired)}" for one in ones),
        remedy=f"skc env check{option}   # it says what puts a new one in its place",
        path=path,
        severity=max((severity(one.retired) for one in ones), key=lambda it: Rank[it.name]),
    )


CHECK = Check(
    id=FINDING,
    title="retired values",
    severity=Severity.HIGH,
    references=("CWE-672",),
    run=run,
)
