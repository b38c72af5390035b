"""Pages of Markdown: the post-mortem of an incident, a runbook to print; pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from skillconnect_ops.commands.respond.events import Event
from skillconnect_ops.commands.respond.gaps import Gap
from skillconnect_ops.commands.respond.model import Phase, Runbook, RunbookStep
from skillconnect_ops.commands.respond.reading import filled
from skillconnect_ops.commands.respond.standing import Incident, PhaseState, StepState
from skillconnect_ops.commands.respond.telling import hashes, says
from skillconnect_ops.core.view import count, duration, size

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~@])")

_FOOT = (
    "Times are UTC, by the clock of the machine that wrote each line. A line is a signed record of "
    "the evidence ledger: that it was not changed is proven, that its clock was right is not."
)


def post_mortem(incident: Incident, gaps: Sequence[Gap], *, now: datetime) -> str:
    """The whole page: what the log shows, its gaps, and what people have to add."""
    parts = [
        f"# Post-mortem: {text(incident.runbook.title)}",
        _head(incident, now),
        "## Summary\n\n_What happened, who was affected, how it ended: to be written by a person._",
        _phases(incident),
        _timeline(incident.events),
        _steps(incident),
        _files(incident.events),
        _gaps(gaps),
        "## Why it could happen\n\n_To be written by a person._",
        "## What is changed, so that it does not come again\n\n"
        + table(("what", "who", "until"), [("", "", "")]),
        f"---\n\n{_FOOT}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def printed(runbook: Runbook, given: Mapping[str, str]) -> str:
    """A runbook to be worked through on paper, when no machine is at hand."""
    parts = [
        f"# {text(runbook.title)}",
        text(runbook.about),
        "Began at (UTC): ______________   By: ______________   Incident: ______________",
    ]
    number = 0
    for phase in runbook.phases:
        parts.append(f"## {text(phase.title)}: within {phase.within}")
        for step in phase.steps:
            number += 1
            parts.append(_printed(number, step, given))
    return "\n\n".join(parts) + "\n"


def _printed(number: int, step: RunbookStep, given: Mapping[str, str]) -> str:
    lines = [f"### {number}. ☐ {text(step.title)}", "", text(step.why), ""]
    if step.station is not None:
        lines += [f"Order: {step.station}. ", ""]
    if step.after:
        lines += [f"After: {', '.join(step.after)}. ", ""]
    if step.decision is not None:
        lines.append(f"**{text(filled(step.decision.question, given))}**")
        lines.append("")
        for option in step.decision.options:
            spares = f" (then leave out: {', '.join(option.skips)})" if option.skips else ""
            lines.append(f"- ☐ {text(filled(option.title, given))}{spares}")
    if step.auto:
        lines += ["With skc:", "", "```console"]
        lines += [
            f"$ {filled(line, given)}"
            if line.startswith("skc ")
            else f"$ skc respond step {step.id}"
            for line in step.auto
        ]
        lines += ["```", ""]
    if step.manual:
        lines += ["By hand:" if step.auto else "Do this:", ""]
        lines += [f"- ☐ {code(filled(one, given))}" for one in step.manual]
    lines += ["", f"Closed by: {text(step.closes)}.", "", "Done at: ________  by: ________"]
    return "\n".join(lines)


def _head(incident: Incident, now: datetime) -> str:
    end = incident.closed.at if incident.closed is not None else None
    contained = incident.phases[0].ended_at
    pairs = [
        ("incident", f"`{incident.id}`"),
        ("target", text(incident.target)),
        ("began", f"{_at(incident.started.at)} by {text(incident.started.person)}"),
        ("ended", _at(end) if end is not None else f"not yet ({_at(now)})"),
        ("lasted", duration(max(((end or now) - incident.started.at).total_seconds(), 0))),
        (
            f"{incident.phases[0].phase.title.lower()}: all closed",
            "never" if contained is None else f"after {_since(incident, contained)}",
        ),
        ("people", text(", ".join(incident.people))),
        ("lines in the log", str(len(incident.events))),
    ]
    return table(("", ""), pairs)


def _phases(incident: Incident) -> str:
    rows = [_phase(incident, one) for one in incident.phases]
    return "## By the clock\n\n" + table(("phase", "within", "closed", "all closed after"), rows)


def _phase(incident: Incident, state: PhaseState) -> tuple[str, ...]:
    phase: Phase = state.phase
    ended = state.ended_at
    late = ""
    if ended is not None and ended > state.due:
        late = f", **{duration((ended - state.due).total_seconds())} late**"
    return (
        text(phase.title),
        phase.within,
        f"{state.closed} of {len(state.steps)}",
        "never" if ended is None else f"{_since(incident, ended)}{late}",
    )


def _timeline(events: Sequence[Event]) -> str:
    rows = [
        (_at(one.at), text(one.person), text(says(one)), _journal(one), _by(one)) for one in events
    ]
    head = ("time (UTC)", "who", "what", "journal", "signed by")
    return "## Timeline\n\n" + table(head, rows)


def _steps(incident: Incident) -> str:
    rows = [
        (
            f"`{one.step.id}`",
            text(one.step.title),
            one.standing.value.replace("_", " "),
            "" if one.event is None else text(one.event.person),
            "" if one.event is None else _at(one.event.at),
            text(_evidence(one)),
        )
        for one in incident.steps
    ]
    head = ("step", "what", "stands", "who", "when", "by what")
    return "## Steps\n\n" + table(head, rows)


def _evidence(state: StepState) -> str:
    event = state.event
    if event is None:
        return ""
    commands = [
        f"{one.command} (exit {one.exit})"
        for one in event.facts.children
        if one.command.startswith("skc ")
    ]
    parts = commands or [(event.facts.text or event.facts.reason or "").replace("\n", "; ")]
    if event.journal:
        parts.append(f"journal {event.journal}")
    if event.facts.files:
        parts.append(hashes(event))
    return "; ".join(part for part in parts if part)


def _files(events: Sequence[Event]) -> str:
    files = {one.sha256: one for event in events for one in event.facts.files}
    if not files:
        return ""
    rows = [(f"`{one.name}`", size(one.size_bytes), f"`{one.sha256}`") for one in files.values()]
    return "## Evidence that was kept\n\n" + table(("file", "size", "SHA-256"), rows)


def _gaps(gaps: Sequence[Gap]) -> str:
    if not gaps:
        return "## Gaps\n\nNone: every step was closed in time, and every line was signed."
    rows = [(one.kind, text(one.about), text(one.says)) for one in gaps]
    return f"## Gaps: {count(len(gaps), 'gap')}\n\n" + table(("what", "where", "how"), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines)


def text(words: str) -> str:
    """A text whose signs mean nothing to Markdown, on one line."""
    return _MARKS.sub(r"\\\1", " ".join(words.split()))


def code(words: str) -> str:
    """A line with what stands between backticks left as code."""
    parts = words.split("`")
    return "".join(f"`{part}`" if at % 2 else _inner(part) for at, part in enumerate(parts))


def _inner(words: str) -> str:
    """A piece of a text: its outer spaces stay."""
    return _MARKS.sub(r"\\\1", words)


def _at(at: datetime | None) -> str:
    return "" if at is None else f"{at:%F %T}Z"


def _since(incident: Incident, at: datetime) -> str:
    return duration(max((at - incident.started.at).total_seconds(), 0))


def _journal(event: Event) -> str:
    return f"`{event.journal}`" if event.journal else ""


def _by(event: Event) -> str:
    return text(event.signer) if event.signer is not None else "_not listed_"
