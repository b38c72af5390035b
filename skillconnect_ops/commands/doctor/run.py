"""`skc doctor`: gather the facts once, let every check judge them, report."""

from skillconnect_ops.commands.doctor.checks import CHECKS
from skillconnect_ops.commands.doctor.gather import gather
from skillconnect_ops.commands.doctor.model import Check, Facts, Mark, Verdict
from skillconnect_ops.commands.doctor.show import facts_of, view
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.finding import Finding, Rank, Severity, fingerprint
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.report import Report, Unknown

Judged = tuple[tuple[Check, tuple[Verdict, ...]], ...]


def doctor(house: House, target: str | None, *, strict: bool, verbose: bool) -> Report:
    """Say what works here; nothing is changed.

    Args:
        house: the house.
        target: the target to look at; all of them where none is named.
        strict: whether what could not be looked at counts as a failure.
        verbose: whether everything that is well is shown, too.

    Raises:
        Precondition: there is no such target.
    """
    facts = gather(house, target)
    judged = tuple((check, tuple(check.run(facts))) for check in CHECKS)
    return Report(
        command="doctor",
        subject={"target": target} if target else {},
        status=_status(judged, strict=strict),
        findings=_findings(judged),
        unknown=_unknown(judged),
        facts={"doctor": facts_of(facts, judged)},
        view=view(judged, verbose=verbose),
        next=_next(facts, judged),
    )


def _status(judged: Judged, *, strict: bool) -> Status:
    marks = [[verdict.mark for verdict in verdicts] for _, verdicts in judged]
    if any(Mark.FAIL in own for own in marks):
        return Status.FINDINGS
    if any(own and set(own) == {Mark.UNKNOWN} for own in marks):
        return Status.INCOMPLETE  # a whole check could not run
    if strict and any(Mark.UNKNOWN in own for own in marks):
        return Status.INCOMPLETE
    return Status.OK


def _findings(judged: Judged) -> tuple[Finding, ...]:
    found = [
        Finding(
            id=check.id,
            severity=verdict.severity or check.severity,
            subject=None if verdict.path else verdict.subject,
            path=verdict.path,
            message=verdict.says,
            remedy=verdict.remedy,
            fingerprint=fingerprint(check.id, verdict.path or verdict.subject, ""),
        )
        for check, verdicts in judged
        for verdict in verdicts
        if verdict.mark is Mark.FAIL
    ]
    return tuple(sorted(found, key=lambda one: Rank[one.severity.name], reverse=True))


def _unknown(judged: Judged) -> tuple[Unknown, ...]:
    """What could not be looked at; checks of one subject with one reason in one line."""
    merged: dict[tuple[str, str], list[str]] = {}
    for check, verdicts in judged:
        for verdict in verdicts:
            if verdict.mark is Mark.UNKNOWN:
                merged.setdefault((verdict.subject, verdict.says), []).append(check.title)
    return tuple(
        Unknown(f"{subject}: {', '.join(titles)}", reason)
        for (subject, reason), titles in merged.items()
    )


def _next(facts: Facts, judged: Judged) -> tuple[str, ...]:
    if isinstance(facts.project, Missing):
        return ("skc init",)
    failing = [check for check, verdicts in judged if any(v.mark is Mark.FAIL for v in verdicts)]
    if any(check.severity.at_least(Severity.HIGH) for check in failing):
        return ()  # the findings say what to type; to look again is no step on the way
    names = [target.name for target in facts.targets if isinstance(target.connection, Known)]
    if not names:
        return ()
    return (f"skc backup --target {names[0]}",) if len(facts.targets) > 1 else ("skc backup",)
