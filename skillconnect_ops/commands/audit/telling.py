"""How a check tells what it found: places, what is wrong there, what is not told.

One finding a place: a route that is mounted twice, or answers several paths, is told once. What the
route table does not tell goes to `unknown`, and is never taken for fine.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from skillconnect_ops.code.express_model import Application
from skillconnect_ops.code.model import Unparsed
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Hit, Outcome, Verdict, missing
from skillconnect_ops.commands.audit.placing import placed
from skillconnect_ops.core.finding import Confidence, Rank, Severity
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.view import listed

if TYPE_CHECKING:
    from skillconnect_ops.code.server import Server

_MOST_NAMES = 3


class Said(Struct, frozen=True, kw_only=True):
    """What is wrong at one place."""

    path: str
    line: int
    context: str
    """What tells it from other places of the file, whatever line it stands in."""
    says: str
    severity: Severity
    confidence: Confidence = Confidence.HIGH
    subject: str = ""
    """The route, where several may stand at one place."""
    column: int = 1
    end_line: int | None = None


class Open(Struct, frozen=True, kw_only=True):
    """What is not told of one place."""

    path: str
    line: int
    why: str
    what: str = ""
    """Of a route: what of it is not told. Routes of a file of which the same is not told, for the
    same reason, are told together."""
    subject: str = ""


def over_app(
    facts: Facts, judge: Callable[[Application], Iterable[Said | Open]], *, lost: bool = True
) -> Verdict:
    """The verdict of a check over a project's apps.

    Args:
        facts: what was gathered.
        judge: says what is wrong, and what is not told.
        lost: whether a route or mount that could not be followed bears on the check.
    """
    if isinstance(facts.apps, Missing):
        return missing(facts.apps.reason)
    found = facts.apps.value
    if not found.apps and not found.unresolved:
        return Verdict(outcome=Outcome.NOT_APPLICABLE, says="no app of Express or FastAPI here")
    told = list(judge(found))
    gone = [Open(path=one.path, line=one.line, why=one.reason) for one in found.unresolved if lost]
    unread = _unread(found.unparsed, facts)
    return verdict(facts, told, gone, unread, says=f"{len(found.routes):,} routes")


def over_server(
    facts: Facts,
    judge: "Callable[[Server], Iterable[Said | Open]]",
    *,
    applies: "Callable[[Server], int]",
    what: str,
) -> Verdict:
    """The verdict of a check over the rest of a server's code.

    Args:
        facts: what was gathered.
        judge: says what is wrong, and what is not told.
        applies: how many places there are that the check looks at.
        what: what these are.
    """
    if isinstance(facts.server, Missing):
        return missing(facts.server.reason)
    found = facts.server.value
    many = applies(found)
    unread = _unread(found.unparsed, facts)
    if not many and not unread:
        return Verdict(outcome=Outcome.NOT_APPLICABLE, says=f"no {what} here")
    return verdict(facts, list(judge(found)), unread=unread, says=f"{many:,} {what}")


def _unread(unparsed: Iterable[Unparsed], facts: Facts) -> list[Unknown]:
    concerns = facts.selection.concerns
    return [Unknown(one.path, one.reason) for one in unparsed if concerns(one.path)]


class Placed(Protocol):
    """Something of the code that has a place."""

    @property
    def path(self) -> str:
        """From the root on."""
        ...

    @property
    def line(self) -> int:
        """From 1."""
        ...

    @property
    def column(self) -> int:
        """From 1."""
        ...

    @property
    def end_line(self) -> int:
        """The last line of it."""
        ...

    @property
    def text(self) -> str:
        """As it is written, on one line, cut."""
        ...


def at(
    one: Placed,
    says: str,
    severity: Severity,
    confidence: Confidence = Confidence.HIGH,
) -> Said:
    """What is wrong at a place of the code."""
    return Said(
        path=one.path,
        line=one.line,
        column=one.column,
        end_line=one.end_line,
        context=one.text,
        says=says,
        severity=severity,
        confidence=confidence,
    )


def untold(one: Placed, why: str) -> Open:
    """What is not told at a place of the code."""
    return Open(path=one.path, line=one.line, why=why)


def verdict(
    facts: Facts,
    told: Sequence[Said | Open],
    gone: Sequence[Open] = (),
    unread: Sequence[Unknown] = (),
    *,
    says: str,
) -> Verdict:
    """What was said as findings, each place once, and what is not told."""
    concerns = facts.selection.concerns
    hits = _hits([one for one in told if isinstance(one, Said) and concerns(one.path)])
    opens = [*(each for each in told if isinstance(each, Open)), *gone]
    unknown = (*_unknown(one for one in opens if concerns(one.path)), *unread)
    if hits:
        outcome, words = Outcome.FAIL, f"in {len({hit.path for hit in hits}):,} files, of {says}"
    elif unknown:
        outcome, words = Outcome.UNKNOWN, f"not told in {len(unknown):,} places, of {says}"
    else:
        outcome, words = Outcome.PASS, f"in none of {says}"
    return Verdict(
        outcome=outcome,
        says=words,
        hits=hits,
        unknown=tuple(dict.fromkeys(unknown)),
        partly=outcome is Outcome.UNKNOWN,
    )


def _unknown(opens: Iterable[Open]) -> Iterator[Unknown]:
    together: dict[tuple[str, str, str, int], list[Open]] = {}
    for one in opens:
        line = 0 if one.what else one.line
        together.setdefault((one.path, one.what, one.why, line), []).append(one)
    for each in together.values():
        first = each[0]
        names = listed(list(dict.fromkeys(one.subject for one in each)), most=_MOST_NAMES)
        said = f"{first.what} of {names} is not told{first.why}" if first.what else first.why
        yield Unknown(first.path, f"line {first.line}: {said}")


def _hits(told: Iterable[Said]) -> tuple[Hit, ...]:
    by_place: dict[tuple[str, int, int, str], list[Said]] = {}
    for one in told:
        by_place.setdefault((one.path, one.line, one.column, one.says), []).append(one)
    return tuple(_hit(together) for together in by_place.values())


def _hit(together: Sequence[Said]) -> Hit:
    """The worst of what is said of one place; the routes that it is said of are named."""
    first = max(together, key=lambda one: Rank[one.severity.name])
    names = list(dict.fromkeys(one.subject for one in together if one.subject))
    says = f"{listed(names, most=_MOST_NAMES)}: {first.says}" if names else first.says
    place = placed(first.path)
    return Hit(
        path=first.path,
        line=first.line,
        column=first.column,
        end_line=first.end_line or first.line,
        says=f"{says}; {place}" if place else says,
        context=first.context,
        severity=Severity.LOW if place else first.severity,
        confidence=first.confidence,
    )
