"""An event in a sentence, for a timeline; pure."""

from collections.abc import Callable

from skillconnect_ops.commands.respond.events import Ending, Event, Happened
from skillconnect_ops.core.view import count, listed


def says(event: Event) -> str:
    """What happened."""
    return _SENTENCES[event.happened](event)


def hashes(event: Event) -> str:
    """The files that were kept, each with the beginning of its hash."""
    return ", ".join(f"{one.name} {one.sha256[:12]}" for one in event.facts.files)


def _started(event: Event) -> str:
    runbook = event.runbook
    return f"declared the incident, by the runbook {runbook.id if runbook is not None else '?'}"


def _begun(event: Event) -> str:
    before = event.facts.out_of_order
    out = f", before {', '.join(before)}" if before else ""
    return f"began {event.facts.step}{out}{_why(event)}"


def _ran(event: Event) -> str:
    children = event.facts.children
    if not children:
        return f"{event.facts.step}: ran something"
    child = children[0]
    if not child.command.startswith("skc "):
        files = f" [{hashes(event)}]" if event.facts.files else ""
        return f"{event.facts.step}{_told(event)}{files}"
    failed = f": {child.what}" if child.what else ""
    found = f", {count(child.found, 'finding')}" if child.found else ""
    return f"{event.facts.step}: {child.command}, exit {child.exit}{found}{failed}"


def _ended(event: Event) -> str:
    """What the lines before have said already is not said again."""
    facts = event.facts
    how = facts.ending.value if facts.ending is not None else "ended"
    if facts.children and facts.ending is Ending.DONE:
        return f"{facts.step} {how}"
    hand = " by hand" if facts.by_hand else ""
    files = f" [{hashes(event)}]" if facts.files else ""
    return f"{facts.step} {how}{hand}{_told(event)}{_why(event)}{files}"


def _noted(event: Event) -> str:
    lacks = event.facts.lacking
    return f"{event.facts.text or 'noted'}{f' (lacking: {listed(lacks)})' if lacks else ''}"


def _closed(event: Event) -> str:
    left = event.facts.out_of_order
    still = f", open: {', '.join(left)}" if left else ""
    return f"closed the incident{still}{_why(event)}"


def _told(event: Event) -> str:
    return f": {event.facts.text.replace(chr(10), '; ')}" if event.facts.text else ""


def _why(event: Event) -> str:
    return f" ({event.facts.reason})" if event.facts.reason else ""


_SENTENCES: dict[Happened, Callable[[Event], str]] = {
    Happened.STARTED: _started,
    Happened.JOINED: lambda event: f"joined, on {event.facts.machine}",
    Happened.BEGUN: _begun,
    Happened.RAN: _ran,
    Happened.ENDED: _ended,
    Happened.DECIDED: lambda event: (
        f"decided {event.facts.step}: {event.facts.option}{_told(event)}"
    ),
    Happened.NOTED: _noted,
    Happened.HANDED_OVER: lambda event: f"handed over{_told(event)}",
    Happened.TAKEN: lambda event: f"took over, on {event.facts.machine}{_told(event)}",
    Happened.CLOSED: _closed,
    Happened.OTHER: lambda event: (
        f"{event.claim}: cannot be read ({event.trouble or 'another version wrote it'})"
    ),
}
"""All of them; a test holds that none is missing."""
