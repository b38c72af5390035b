"""What the checks said, as a report: findings, what was silenced, what is unknown."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.code.discovery import Skipped
from skillconnect_ops.code.excerpts import masked
from skillconnect_ops.commands.audit.acceptance import Acceptance
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.framing import frames
from skillconnect_ops.commands.audit.model import Check, Hit, Outcome, Verdict
from skillconnect_ops.commands.audit.silence import Silence
from skillconnect_ops.commands.baseline import Baseline
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.finding import Finding, Marks, Rank, Severity, readable
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.view import (
    Block,
    Cell,
    FindingsByFile,
    Lines,
    Remark,
    Remarks,
    Table,
    Text,
    Tone,
    count,
    listed,
)

Judged = tuple[tuple[Check, Verdict], ...]
_MOST_SKIPPED = 5
_LINE = re.compile(r"\blines? [\d,]+")


class Ask(Struct, frozen=True, kw_only=True):
    """What of the wish the report itself heeds."""

    fail_on: Severity
    strict: bool
    show_ignored: bool
    accepted: Acceptance
    today: date
    remarks: tuple[Remark, ...] = ()
    """What else is to be seen of a change."""


def report(judged: Judged, facts: Facts, ask: Ask, *, before: Judged = ()) -> Report:
    """The report of an audit.

    Args:
        judged: what the checks say.
        facts: what they say it of.
        ask: what of the wish the report heeds.
        before: of a change, what checks said before it: what they say now for the first time
            counts, wherever it stands.
    """
    silence = Silence(facts, today=ask.today)
    known = Before.of(before)
    findings = tuple(sorted(_findings(judged, facts, ask, silence, known), key=_order))
    unknown = known.new(
        dict.fromkeys(one for _, verdict in judged for one in verdict.unknown)
    ) + tuple(Unknown(check.id, verdict.says) for check, verdict in judged if _is_lost(verdict))
    open_ones = [one for one in findings if one.suppressed is None]
    silenced = (*silence.remarks, *silence.elsewhere(findings), *ask.accepted.remarks(findings))
    remarks = (*silenced, *ask.remarks)
    return Report(
        command="audit",
        subject={"root": str(facts.selection.root)},
        status=_status(judged, open_ones, unknown, ask),
        findings=findings,
        unknown=unknown,
        facts={
            "files": len(facts.selection.files),
            "since": facts.selection.since,
            "checks": [_of_check(check, verdict, findings) for check, verdict in judged],
            "skipped": _skipped(facts),
            "baseline": ask.accepted.facts(),
            "notes": (*(one.text for one in remarks), *ask.accepted.notes),
        },
        view=_view(judged, findings, facts, ask, remarks),
        next=_next(open_ones),
    )


def _is_lost(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.UNKNOWN and not verdict.unknown


def _status(
    judged: Judged, found: Sequence[Finding], unknown: Sequence[Unknown], ask: Ask
) -> Status:
    if any(one.severity.at_least(ask.fail_on) for one in found):
        return Status.FINDINGS
    lost = any(verdict.outcome is Outcome.UNKNOWN and not verdict.partly for _, verdict in judged)
    return Status.INCOMPLETE if lost or (ask.strict and unknown) else Status.OK


class Before(Struct, frozen=True, kw_only=True):
    """What was told before a change."""

    marks: Mapping[str, Severity | None]
    """The fingerprints of its hits, and how bad they were."""
    checks: frozenset[str]
    """The checks that were asked."""
    unknown: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, before: Judged) -> "Before":
        """What some checks told."""
        marks = Marks()
        told = {
            hit.mark or marks.next(check.id, hit.path, masked(hit.context)): hit.severity
            or check.severity
            for check, verdict in before
            for hit in sorted(verdict.hits, key=lambda hit: (hit.path, hit.line, hit.column))
        }
        unknown = (one for _, verdict in before for one in verdict.unknown)
        return cls(
            marks=told,
            checks=frozenset(check.id for check, _ in before),
            unknown=frozenset((one.subject, _LINE.sub("line", one.reason)) for one in unknown),
        )

    def lacks(self, check: Check, hit: Hit, mark: str) -> bool:
        """Whether a hit of a check was not told before, or as less bad."""
        if check.id not in self.checks:
            return False
        old = self.marks.get(mark)
        return old is None or not old.at_least(hit.severity or check.severity)

    def new(self, unknown: Iterable[Unknown]) -> tuple[Unknown, ...]:
        """What was told then."""
        return tuple(
            one
            for one in unknown
            if (one.subject, _LINE.sub("line", one.reason)) not in self.unknown
        )


def _findings(
    judged: Judged, facts: Facts, ask: Ask, silence: Silence, known: Before
) -> list[Finding]:
    """The hits in the order of their places, so that equal ones are counted the same every time."""
    marks = Marks()
    found = []
    for check, verdict in judged:
        for hit in sorted(verdict.hits, key=lambda hit: (hit.path, hit.line, hit.column)):
            mark = hit.mark or marks.next(check.id, hit.path, masked(hit.context))
            silenced, but = silence.over(check, hit)
            if not _counts(hit, facts):
                if not known.lacks(check, hit, mark):
                    continue
                but = but or "not so, or not told, before this change"
            accepted = ask.accepted.baseline
            covered = accepted.covers(mark, hit.severity or check.severity)
            if silenced is None and (covered or _is_known(hit, accepted, facts)):
                silenced = f"in the baseline {accepted.name}"
            elif silenced is None and mark in accepted.fingerprints and but is None:
                but = f"worse than what the baseline {accepted.name} accepts"
            finding = _finding(check, hit, mark, but)
            found.append(replace(finding, suppressed=silenced))
    return found


def _counts(hit: Hit, facts: Facts) -> bool:
    """Whether it is about a line that counts; of a whole file any change of it does."""
    if hit.of_file:
        return facts.selection.lines is None or hit.path in facts.selection.lines
    return facts.selection.counts(hit.path, hit.line, hit.end_line)


def _is_known(hit: Hit, accepted: Baseline, facts: Facts) -> bool:
    """Whether the baseline knows a hash of what stands there, or is that file itself."""
    if not hit.secrets:
        return False
    secret, whole = hit.secrets[0], hit.secrets[-1]
    known = accepted.accepts(fingerprint="", path=hit.path, secret=secret, whole=whole)
    return known or accepted.is_itself(hit.path, facts.selection.root)


def _finding(check: Check, hit: Hit, mark: str, but: str | None) -> Finding:
    return Finding(
        id=check.id,
        severity=hit.severity or check.severity,
        confidence=hit.confidence,
        path=readable(hit.path),
        line=None if hit.of_file else hit.line,
        column=None if hit.of_file else hit.column,
        end_line=None if hit.of_file else hit.end_line,
        message=f"{hit.says}; {but}" if but else hit.says,
        remedy=hit.remedy or check.remedy,
        fingerprint=mark,
    )


def _of_check(check: Check, verdict: Verdict, findings: Sequence[Finding]) -> Mapping[str, Any]:
    own = [one for one in findings if one.id == check.id]
    return {
        "id": check.id,
        "outcome": verdict.outcome,
        "says": verdict.says,
        "findings": sum(one.suppressed is None for one in own),
        "suppressed": sum(one.suppressed is not None for one in own),
        "unknown": len(verdict.unknown),
    }


def _skipped(facts: Facts) -> tuple[Skipped, ...]:
    """What was left out on purpose: installed, built, vendored and minified code."""
    return tuple(
        dict.fromkeys(
            (*facts.selection.skipped, *(one for each in facts.looked() for one in each.skipped))
        )
    )


def _order(finding: Finding) -> tuple[str, int, int, int]:
    return (
        finding.path or finding.subject or "",
        finding.line or 0,
        finding.column or 0,
        -Rank[finding.severity.name],
    )


def _view(
    judged: Judged,
    findings: Sequence[Finding],
    facts: Facts,
    ask: Ask,
    remarks: Sequence[Remark],
) -> tuple[Block, ...]:
    open_ones = [one for one in findings if one.suppressed is None]
    hidden = Counter(
        (one.suppressed or "").partition(":")[0] for one in findings if one.suppressed is not None
    )
    lines: list[Cell] = [_looked(judged, facts)]
    lines += [
        Text(f"left out, {reason}: {listed(paths, most=_MOST_SKIPPED)}", Tone.DIM)
        for reason, paths in _by_reason(_skipped(facts)).items()
    ]
    lines += [Text(ask.accepted.says, Tone.DIM)] if ask.accepted.says else []
    lines += [Text(note, Tone.WARN) for note in ask.accepted.notes]
    lines += [
        Text(f"{count(many, 'finding')} not shown: {why}", Tone.DIM) for why, many in hidden.items()
    ]
    lines.append(Text(_summary(open_ones), Tone.STRONG) if open_ones else "no finding")
    # plain words need no drawing, and a hook is in a hurry
    blocks: list[Block] = []
    if open_ones:
        unshown = {check.id for check, _ in judged if not check.shows_code}
        blocks.append(FindingsByFile(frames(open_ones, facts.selection, unshown=unshown)))
    blocks += [Remarks(tuple(remarks))] if remarks else []
    if ask.show_ignored:
        blocks.append(_ignored(findings))
    return (*blocks, Lines(tuple(lines)))


def _looked(judged: Judged, facts: Facts) -> str:
    files = count(len(facts.selection.files), "file")
    checks = count(len(judged), "check")
    since = facts.selection.since
    if since is None:
        return f"{checks} over {files}"
    what = "what is staged" if since == "the index" else f"lines changed since {since[:12]}"
    return f"{checks} over {what}, in {files}"


def _summary(found: Sequence[Finding]) -> str:
    grades = Counter(one.severity for one in found)
    said = [
        f"{grades[grade]:,} {grade.value}"
        for grade in sorted(Severity, key=lambda one: -Rank[one.name])
        if grades[grade]
    ]
    return f"{count(len(found), 'finding')}: {', '.join(said)}"


def _by_reason(skipped: Sequence[Skipped]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in skipped:
        found.setdefault(one.reason.removeprefix("it is "), []).append(one.path)
    return found


def _ignored(findings: Sequence[Finding]) -> Table:
    rows = tuple(
        (_place(one), one.id, one.suppressed or "")
        for one in findings
        if one.suppressed is not None
    )
    return Table(
        ("where", "id", "silenced by"), rows, title="silenced", empty="nothing is silenced"
    )


def _place(finding: Finding) -> str:
    return f"{finding.path}:{finding.line}" if finding.line is not None else finding.path or ""


def _next(found: Sequence[Finding]) -> tuple[str, ...]:
    if not found:
        return ()
    worst = max(found, key=lambda one: Rank[one.severity.name])
    return (f"skc audit explain {worst.id}",)
