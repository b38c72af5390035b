"""A secret stands in a file of the project.

Why: whoever has the repository, a copy of an image or a backup has it, for as long as the history
is kept; nobody can say any more who used it, and it is the same on every machine.

How it looks: with the detectors of `skc secrets scan`, at every file that git tracks or would add,
also built and vendored ones, and into archives and encodings. Names and values of findings are the
same as there. What a detector is not sure of (placeholders, examples, fixtures) is counted, and
told by `skc secrets scan --thorough`; what git ignores, and history, by `skc secrets scan` and its
`--history`. A secret that stands in a file several times is told once. No value is shown.

Severity: what the secret opens: from low to critical; one less where the detector is not sure, so
that a plain word fails no run by itself. What could not be opened is unknown.

Silence: `skc: allow REASON` in a comment at the end of the line, or alone on the line before; or
`--baseline` with an earlier report, or with the `.secrets.baseline` of detect-secrets.

Before:
    const stripe = new Stripe('sk_live_...');
After:
    const stripe = new Stripe(process.env.STRIPE_SECRET_KEY);
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec.structs import replace

from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Hit, Verdict, judged, missing
from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.view import count

if TYPE_CHECKING:  # a hook is in a hurry
    from skillconnect_ops.commands.audit.sightings import Sighted
    from skillconnect_ops.history.model import Trace

_LESS = {
    Severity.CRITICAL: Severity.HIGH,
    Severity.HIGH: Severity.MEDIUM,
    Severity.MEDIUM: Severity.LOW,
    Severity.LOW: Severity.LOW,
}
_SURE = {Confidence.LOW: 1, Confidence.MEDIUM: 2, Confidence.HIGH: 3}


def run(facts: Facts) -> Verdict:
    """Where do detectors see one?"""
    if isinstance(facts.secrets, Missing):
        return missing(facts.secrets.reason)
    looked = facts.secrets.value
    sure = [one for one in looked.found if _confidence(one) is not Confidence.LOW]
    hits = [_hit(one, trace) for one in sure if (trace := _shown(one, facts)) is not None]
    verdict = judged(hits, files=looked.files, what="files", unknown=looked.unknown)
    unsure = len(looked.found) - len(sure)
    more = f"; {count(unsure, 'place')} of low confidence not told" if unsure else ""
    return replace(verdict, says=f"{verdict.says}{more}")


def _shown(one: "Sighted", facts: Facts) -> "Trace | None":
    """The first place of it that counts."""
    counts = facts.selection.counts
    return next(
        (at for at in one.traces if counts(one.path, at.line, at.end_line or at.line)), None
    )


def _hit(one: "Sighted", trace: "Trace") -> Hit:
    first, sure = one.traces[0], _confidence(one)
    wrapped = f", in {' in '.join(reversed(trace.form))}" if trace.form else ""
    return Hit(
        path=one.path,
        line=trace.line,
        column=trace.column or 1,
        end_line=trace.end_line or trace.line,
        says="; ".join((f"{trace.what}{wrapped}", *_doubts(one))),
        context=first.context,
        severity=first.severity if sure is Confidence.HIGH else _LESS[first.severity],
        confidence=sure,
        remedy=first.remedy,
        mark=one.mark,
        silenced=None if first.allowed is None else f"allowed: {first.allowed}",
        secrets=(first.secret, first.whole),
    )


def _doubts(one: "Sighted") -> Iterator[str]:
    """Why it is not sure; and whether somebody meant to allow it, and did not say why."""
    sure = _confidence(one)
    if one.doubts and sure is not Confidence.HIGH:
        yield f"{sure} confidence: {', '.join(one.doubts)}"
    if one.unreasoned is not None:
        yield one.unreasoned


def _confidence(one: "Sighted") -> Confidence:
    return max((trace.confidence for trace in one.traces), key=lambda each: _SURE[each])


CHECK = Check(
    id="secret-in-tree",
    title="secret in a file",
    severity=Severity.CRITICAL,
    references=("CWE-798", "CWE-312", "OWASP Secrets Management Cheat Sheet"),
    remedy="take it out, renew it (skc rotate), and see what history holds (skc secrets scan)",
    run=run,
    of_lines=True,
    shows_code=False,
)
