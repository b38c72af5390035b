"""What was seen as findings: one for each secret at each place, however many versions hold it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.baseline import Baseline
from skillconnect_ops.commands.secrets.scan_model import (
    Scan,
    Seen,
    Surroundings,
    Wish,
    is_ignored_file,
)
from skillconnect_ops.commands.secrets.scan_next import following
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.finding import Confidence, Finding, Marks, Rank, Severity
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import Block, Lines, Table, Text, Tone, count, listed, size
from skillconnect_ops.detection.context import NO_REASON
from skillconnect_ops.detection.page import Kind, kind_by_name
from skillconnect_ops.history.model import NO_SECRET, Where
from skillconnect_ops.history.places import NAMING, Origin, Sighting, freshness, spot
from skillconnect_ops.history.tree import Standing

if TYPE_CHECKING:
    from skillconnect_ops.evidence.matching import Retired

_MASK = "***"
_NOT_YET = (
    "not committed yet: take it out and `git add` the file again; "
    "where it is no secret, end its line with a comment `skc: allow REASON`"
)
_ACCEPTED = ("allowed", "in the baseline")
_SURE = {Confidence.LOW: 1, Confidence.MEDIUM: 2, Confidence.HIGH: 3}
_PROVEN = "proven"
_PAST = frozenset({Where.BLOB, Where.COMMIT, Where.TAG, Where.LFS, Where.NAME, Where.REF})


class Group(Struct, frozen=True, kw_only=True):
    """One secret at one place."""

    path: str | None
    subject: str | None
    seen: tuple[Seen, ...]
    """Everything that it was seen in there, the one to show first."""
    origin: Origin | None = None
    """The first commit that brought the secret there, in whatever it stood."""

    @property
    def first(self) -> Seen:
        """The one whose line is shown."""
        return self.seen[0]


def report(
    scan: Scan,
    wish: Wish,
    accepted: Baseline,
    around: Surroundings,
    *,
    root: Path,
    in_git: bool,
) -> Report:
    """The report of a scan."""
    scan = _unnamed(scan)
    groups = _grouped(scan.seen)
    around = _without_leaked(around, scan.retired)
    findings = _findings(groups, wish, accepted, around, root=root)
    pairs = sorted(zip(findings, groups, strict=True), key=lambda pair: _order(pair[0]))
    retired = [replace(one, suppressed=_accepted(one, accepted)) for one in scan.retired]
    ordered = tuple(sorted((*retired, *(finding for finding, _ in pairs)), key=_order))
    open_ones = [one for one in ordered if one.suppressed is None]
    given_up = {finding.fingerprint for finding, group in pairs if _retired(group, around)}
    fresh = [one for one in open_ones if one.fingerprint not in given_up]
    bad = any(one.severity.at_least(wish.fail_on) for one in open_ones)
    if bad:
        status = Status.FINDINGS
    else:
        incomplete = scan.broken or (wish.strict and bool(scan.unknown))
        status = Status.INCOMPLETE if incomplete else Status.OK
    return Report(
        command="",
        subject={"root": str(root)},
        status=status,
        findings=ordered,
        unknown=tuple(dict.fromkeys(scan.unknown)),
        facts={
            "objects": scan.objects,
            "files": scan.files,
            "size_bytes": scan.size_bytes,
            "passed_over": scan.passed_over,
            "places": [_place(finding, group) for finding, group in pairs],
        },
        view=_view(scan, ordered, pairs, wish),
        next=(
            *scan.mends,
            *following(wish, around, fresh, tracked=_tracked(pairs), in_git=in_git),
        ),
    )


def _unnamed(scan: Scan) -> Scan:
    """The same, with secrets that stand in names masked wherever these names are shown."""
    in_names = {
        secret
        for one in scan.seen
        if one.sighting.where in NAMING
        for secret in (one.sighting.trace.whole, one.sighting.trace.secret)
        if secret != NO_SECRET
    }
    if not in_names:
        return scan
    longest_first = sorted((secret.reveal() for secret in in_names), key=len, reverse=True)

    def clean(text: str | None) -> str | None:
        for value in longest_first:
            text = text.replace(value, _MASK) if text else text
        return text

    return replace(
        scan,
        seen=tuple(
            replace(
                one,
                sighting=_cleaned(one.sighting, clean),
                before=_cleaned_origin(one.before, clean),
            )
            for one in scan.seen
        ),
        unknown=tuple(
            Unknown(clean(it.subject) or "", clean(it.reason) or "") for it in scan.unknown
        ),
    )


def _cleaned(sighting: Sighting, clean: Callable[[str | None], str | None]) -> Sighting:
    origin = _cleaned_origin(sighting.origin, clean)
    path, held_by = clean(sighting.path), clean(sighting.held_by)
    return replace(sighting, origin=origin, path=path, held_by=held_by)


def _cleaned_origin(
    origin: Origin | None, clean: Callable[[str | None], str | None]
) -> Origin | None:
    if origin is None:
        return None
    author, reached_by = clean(origin.author) or "", clean(origin.reached_by)
    return replace(origin, author=author, reached_by=reached_by)


def _grouped(seen: Iterable[Seen]) -> list[Group]:
    """The same secret at the same place once; the work tree and history share their paths."""
    by_place: dict[tuple[str, Secret, str, str | None, str | None], list[Seen]] = {}
    first: dict[tuple[Secret, str | None, str | None], Origin] = {}
    for one in seen:
        trace, (path, subject) = one.sighting.trace, _where(one)
        # what only counts secrets holds none: its context tells what it counts
        counted = trace.context if trace.whole == NO_SECRET else ""
        by_place.setdefault((trace.detector, trace.whole, counted, path, subject), []).append(one)
        origin, key = one.before or one.sighting.origin, (trace.secret, path, subject)
        if origin is not None and (key not in first or _is_older(origin, first[key], one)):
            first[key] = origin
    return [
        Group(
            path=path,
            subject=subject,
            seen=tuple(sorted(ones, key=lambda one: freshness(one.sighting))),
            origin=first.get((ones[0].sighting.trace.secret, path, subject)),
        )
        for (*_, path, subject), ones in by_place.items()
    ]


def _is_older(origin: Origin, known: Origin, one: Seen) -> bool:
    """What was there before the revision is older than all that came after it."""
    return one.before is not None or origin.rank < known.rank


def _where(one: Seen) -> tuple[str | None, str | None]:
    """Path and subject of a finding; only one of them tells two places apart."""
    path, said = spot(one.sighting)
    if path is not None:
        return one.inner.path(path), None
    return None, f"{one.inner}: {said}" if one.inner else said


def _findings(
    groups: Sequence[Group],
    wish: Wish,
    accepted: Baseline,
    around: Surroundings,
    *,
    root: Path,
) -> list[Finding]:
    marks = Marks()
    findings = []
    for group in groups:
        trace = group.first.sighting.trace
        mark = marks.next(trace.detector, group.path or group.subject, trace.context)
        finding = Finding(
            id=trace.detector,
            severity=trace.severity,
            confidence=max((one.sighting.trace.confidence for one in group.seen), key=_SURE.get),  # type: ignore[arg-type]
            subject=group.subject,
            path=group.path,
            line=trace.line if group.path is not None else None,
            column=trace.column if group.path is not None else None,
            end_line=trace.end_line if group.path is not None else None,
            message=_message(group),
            remedy=trace.remedy,
            fingerprint=mark,
        )
        finding = _given_up(_placed(finding, group, around), group, around)
        suppressed = _suppressed(finding, group, wish, accepted, root)
        suppressed = suppressed or _at_home(group, wish, around)
        findings.append(replace(finding, suppressed=suppressed))
    return findings


def _placed(finding: Finding, group: Group, around: Surroundings) -> Finding:
    """Of a target's own env file: secrets belong there, so what is wrong is how it lies there."""
    fault = around.away.get(group.path or "")
    if fault is None or group.first.sighting.where is not Where.WORK_TREE:
        return finding
    why, mend = fault
    return replace(finding, message=f"{finding.message}; {why}", remedy=mend)


def _given_up(finding: Finding, group: Group, around: Surroundings) -> Finding:
    """Of a value in the ledger: nobody is told to renew again what was renewed.

    Only what a listed signer saw refused is less grave for it, and only in the past: what is said
    to be refused by anybody, or lies in a file still, is as bad as before.
    """
    entry = _retired(group, around)
    if entry is None:
        return finding
    what, day = entry.retirement, f"{entry.at:%Y-%m-%d}"
    if what.refusal != _PROVEN:
        said = f"revoked elsewhere, says {what.by}" if what.by else "not seen refused"
        remedy = "it was renewed: see that the old value is refused"
        message = f"{finding.message}; retired on {day}, {said}"
        return replace(finding, message=message, remedy=remedy)
    dead = entry.signer is not None and all(one.sighting.where in _PAST for one in group.seen)
    return replace(
        finding,
        severity=Severity.LOW if dead else finding.severity,
        message=f"{finding.message}; retired, refused since {day}",
        remedy="nothing is left to renew: it opens nothing any more",
    )


def _retired(group: Group, around: Surroundings) -> "Retired | None":
    trace = group.first.sighting.trace
    return around.retired.get(trace.whole) or around.retired.get(trace.secret)


def _suppressed(
    finding: Finding, group: Group, wish: Wish, accepted: Baseline, root: Path
) -> str | None:
    trace = group.first.sighting.trace
    if trace.allowed is not None:
        return f"allowed: {trace.allowed}"
    if accepted.accepts(
        fingerprint=finding.fingerprint,
        path=finding.path,
        secret=trace.secret,
        whole=trace.whole,
    ):
        return f"in the baseline {accepted.name}"
    if (record := _of_records(finding, group, accepted, root)) is not None:
        return record
    if group.origin is not None and all(one.before is not None for one in group.seen):
        return f"older than {wish.since}: {_since(group.origin)}"
    if finding.confidence is Confidence.LOW and not wish.thorough:
        return "; ".join(("low confidence", *trace.reasons))
    return None


def _of_records(finding: Finding, group: Group, accepted: Baseline, root: Path) -> str | None:
    """That it is a hash or a signature in a file that is made of them."""
    if all(one.own_record for one in group.seen):
        return "in skc's own ledgers: verified records"
    if finding.path is not None and accepted.is_itself(finding.path, root):
        return f"the baseline {accepted.name} itself"
    return None


def _at_home(group: Group, wish: Wish, around: Surroundings) -> str | None:
    """That it is where secrets belong; whoever wants to see everything sees it all the same."""
    why = around.at_home.get(group.path or "")
    if why is None or wish.thorough or not all(map(is_ignored_file, group.seen)):
        return None
    return f"where they belong: {why}"


def _without_leaked(around: Surroundings, retired: Sequence[Finding]) -> Surroundings:
    """A file with a value that leaked is no place where secrets belong."""
    leaked = {one.path for one in retired if one.severity is Severity.CRITICAL}
    kept = {path: why for path, why in around.at_home.items() if path not in leaked}
    return replace(around, at_home=kept)


def _accepted(finding: Finding, accepted: Baseline) -> str | None:
    known = finding.fingerprint in accepted.fingerprints
    return f"in the baseline {accepted.name}" if known else None


def _message(group: Group) -> str:
    """What it is, what it is wrapped in, and where from."""
    sighting = group.first.sighting
    wrapped = f", in {' in '.join(reversed(sighting.trace.form))}" if sighting.trace.form else ""
    return "; ".join((f"{sighting.trace.what}{wrapped}", *_history(group), *_doubts(group)))


def _doubts(group: Group) -> Iterator[str]:
    """Why it is not sure; and whether somebody meant to allow it, and did not say why."""
    trace = group.first.sighting.trace
    doubts = [reason for reason in trace.reasons if reason != NO_REASON]
    if doubts and trace.confidence is not Confidence.HIGH:
        yield f"{trace.confidence} confidence: {', '.join(doubts)}"
    if NO_REASON in trace.reasons:
        yield NO_REASON


def _history(group: Group) -> list[str]:
    """Where it is now, who brought it and when, and what keeps it."""
    words = _now(group)
    origins = [one.sighting.origin for one in group.seen if one.sighting.origin is not None]
    if group.origin is not None:
        words.append(_since(group.origin))
        if not any(one.sighting.in_head for one in group.seen):
            reached = next((one.reached_by for one in origins if one.reached_by), None)
            words.append(f"reached by {reached}" if reached else "reached by nothing any more")
    elif holder := next((s.sighting.held_by for s in group.seen if s.sighting.held_by), None):
        words.append(f"held by {holder}")
    elif group.first.sighting.where is Where.BLOB:
        words.append("reached by nothing any more")
    return words


def _since(origin: Origin) -> str:
    day = f", {origin.at:%Y-%m-%d}" if origin.at else ""
    return f"since commit {origin.commit[:12]} ({origin.author}{day})"


def _whose(group: Group) -> str:
    """Whose HEAD is meant, where it is not that of the repository that was scanned."""
    inner = next((one.inner for one in group.seen if one.inner), None)
    return f" of {inner}" if inner is not None else ""


def _now(group: Group) -> list[str]:
    words = []
    standing = next((one.standing for one in group.seen if one.standing is not None), None)
    if standing is not None:
        words.append("in the work tree" if standing is Standing.OUTSIDE else f"{standing} file")
    wheres = {one.sighting.where for one in group.seen}
    if Where.STAGED in wheres:
        words.append("staged")
    if Where.GIT_FILE in wheres:
        words.append("in the git folder")
    if Where.LFS in wheres:
        words.append("in an LFS object")
    if wheres & {Where.BLOB, Where.COMMIT}:
        in_head = any(one.sighting.in_head for one in group.seen)
        words.append(("in HEAD" if in_head else "not in HEAD") + _whose(group))
    if wheres == {Where.NAME} and any(one.sighting.in_head for one in group.seen):
        words.append(f"in HEAD{_whose(group)}")
    if Where.TAG in wheres:
        words.append("in a tag")
    return words or ["as a name"]


def _place(finding: Finding, group: Group) -> dict[str, Any]:
    """What machines may want to know besides the finding; no secret is in it."""
    origins = [one.sighting.origin for one in group.seen if one.sighting.origin is not None]
    oldest = group.origin
    sighting = group.first.sighting
    return {
        "fingerprint": finding.fingerprint,
        "reasons": sighting.trace.reasons,
        "where": sorted({one.sighting.where.value for one in group.seen}),
        "form": sighting.trace.form,
        "standing": next((one.standing.value for one in group.seen if one.standing), None),
        "object": sighting.oid,
        "versions": len({one.sighting.oid for one in group.seen if one.sighting.oid}),
        "in_head": any(one.sighting.in_head for one in group.seen),
        "commit": oldest.commit if oldest else None,
        "author": oldest.author if oldest else None,
        "at": oldest.at if oldest else None,
        "reached_by": next((one.reached_by for one in origins if one.reached_by), None),
        "held_by": sighting.held_by,
    }


def _order(finding: Finding) -> tuple[int, str, int, int]:
    return (
        -Rank[finding.severity.name],
        finding.path or finding.subject or "",
        finding.line or 0,
        -_SURE[finding.confidence],
    )


def _view(
    scan: Scan,
    findings: Sequence[Finding],
    pairs: Sequence[tuple[Finding, Group]],
    wish: Wish,
) -> tuple[Block, ...]:
    objects = f"{count(scan.objects, 'object')}, " if scan.objects else ""
    looked = f"looked at {objects}{count(scan.files, 'file')}, {size(scan.size_bytes)}"
    hidden = Counter(
        (finding.suppressed or "").partition(":")[0].partition(";")[0]
        for finding in findings
        if finding.suppressed is not None
    )
    lines: list[Text | str] = [looked]
    if scan.below:
        lines.append(
            f"only what lies in {listed(scan.below)}: commit messages, and all else that has no "
            "path there, are left out"
        )
    lines += [
        Text(f"{count(number, 'finding')} not shown: {why}", Tone.DIM)
        for why, number in hidden.items()
    ]
    if scan.passed_over:
        said = f"{count(scan.passed_over, 'expression')} passed over: code, and no value"
        lines.append(Text(said, Tone.DIM) if hidden else said)
    if not any(finding.suppressed is None for finding in findings):
        # plain words need no drawing, and a hook is in a hurry
        but = ", but not all could be looked at" if scan.broken else ""
        lines.append(f"no secret found{_besides(hidden)}{but}")
    elif wish.staged:
        lines.append(_NOT_YET)
    blocks: list[Block] = [Lines(tuple(lines))]
    if wish.reveal:
        rows = tuple(
            (
                _spot(finding),
                finding.id,
                group.first.sighting.trace.whole.reveal(),
            )
            for finding, group in pairs
            if finding.suppressed is None and group.first.sighting.trace.whole != NO_SECRET
        )
        blocks.append(Table(("where", "id", "value"), rows, title="in clear"))
    return tuple(blocks)


def _spot(finding: Finding) -> str:
    if finding.path is None:
        return finding.subject or ""
    return finding.path if finding.line is None else f"{finding.path}:{finding.line}"


def _tracked(pairs: Iterable[tuple[Finding, Group]]) -> bool:
    """Whether git tracks an env file with a secret in it."""
    return any(
        finding.suppressed is None
        and finding.path is not None
        and kind_by_name(finding.path) is Kind.ENV
        and any(one.standing is Standing.TRACKED for one in group.seen)
        for finding, group in pairs
    )


def _besides(hidden: Mapping[str, int]) -> str:
    """That somebody, and not the scan, says so of some."""
    number = sum(many for why, many in hidden.items() if why.startswith(_ACCEPTED))
    return f" but {number:,} that {'was' if number == 1 else 'were'} accepted" if number else ""
