"""`skc audit`: choose files, gather facts when a check asks for them, let the checks judge."""

import inspect
import sys
from collections.abc import Iterable, Sequence

from skillconnect_ops.commands.audit.acceptance import accepted
from skillconnect_ops.commands.audit.checks import CHECKS
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.grading import fail_on, laxer
from skillconnect_ops.commands.audit.model import Check, Hit, Wish
from skillconnect_ops.commands.audit.report import Ask, Judged, report
from skillconnect_ops.commands.audit.selection import Selection, contradiction, select
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import UsageError
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import Lines, Table, Text, Tone

_BY_ID = {check.id: check for check in CHECKS}


class NoSuchCheck(UsageError):
    """An id that no check has."""


def audit(house: House, wish: Wish) -> Report:
    """Look, and report; nothing is changed.

    Raises:
        SkcError: options contradict each other; a path, a check or a revision is not there.
    """
    wrong = contradiction(wish)
    if wrong is not None:
        raise wrong
    checks = _chosen(wish)
    selection = select(house, wish)
    acceptance = accepted(house, wish, selection)
    with house.person.progress("reading code", total=None, unit="files") as ticker:
        facts = Facts(selection, house, tick=ticker.advance)
        judged = tuple((check, check.run(facts)) for check in checks)
        before = _before(judged, facts)
    ask = Ask(
        fail_on=fail_on(house, wish),
        strict=wish.strict,
        show_ignored=wish.show_ignored,
        accepted=acceptance,
        remarks=laxer(house, wish, selection, acceptance),
        today=house.clock.now().date(),
    )
    return report(judged, facts, ask, before=before)


def _before(judged: Judged, facts: Facts) -> Judged:
    """What the checks of apps said before a change, where it may be that they say more now.

    What kept a fault off may be gone without a new line: that is told by no line of the change.
    """
    selection = facts.selection
    if selection.lines is None:
        return ()
    asked = [
        check
        for check, verdict in judged
        if not check.of_lines and (verdict.unknown or not _are_new(verdict.hits, selection))
    ]
    if not asked:
        return ()
    old = facts.before()
    return tuple((check, check.run(old)) for check in asked)


def _are_new(hits: Sequence[Hit], selection: Selection) -> bool:
    return all(selection.counts(hit.path, hit.line, hit.end_line) for hit in hits)


def listing() -> Report:
    """Every check with its id, its severity and what it is about."""
    rows = tuple(
        (check.id, Text(check.severity.value, _TONES[check.severity]), check.title)
        for check in CHECKS
    )
    return Report(
        command="audit list",
        facts={
            "checks": [
                {
                    "id": check.id,
                    "severity": check.severity,
                    "title": check.title,
                    "references": check.references,
                }
                for check in CHECKS
            ]
        },
        view=(Table(("id", "severity", "what is wrong"), rows),),
        next=(f"skc audit explain {CHECKS[0].id}",),
    )


def explain(identity: str) -> Report:
    """The page of one check.

    Raises:
        NoSuchCheck: there is none of that id.
    """
    check = _known(identity)
    page = inspect.cleandoc(sys.modules[check.run.__module__].__doc__ or "")
    references = ", ".join(check.references)
    head = (Text(f"{check.id} ({check.severity.value}): {check.title}", Tone.STRONG), "")
    foot = ("", f"See also: {references}") if references else ()
    return Report(
        command="audit explain",
        subject={"check": identity},
        facts={
            "id": check.id,
            "severity": check.severity,
            "title": check.title,
            "references": check.references,
            "remedy": check.remedy,
            "page": page,
        },
        view=(Lines((*head, *page.split("\n"), *foot)),),
        next=(f"skc audit --select {check.id}",),
    )


def _chosen(wish: Wish) -> tuple[Check, ...]:
    wanted = [_known(one).id for one in _split(wish.select)]
    without = {_known(one).id for one in _split(wish.ignore)}
    chosen = tuple(
        check for check in CHECKS if (not wanted or check.id in wanted) and check.id not in without
    )
    if not chosen:
        raise UsageError(
            "no check is left",
            why="--ignore names every check that --select does",
            fix="skc audit list",
        )
    return chosen


def _split(given: Iterable[str]) -> list[str]:
    return [word.strip() for one in given for word in one.split(",") if word.strip()]


def _known(identity: str) -> Check:
    if identity not in _BY_ID:
        from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

        near = get_close_matches(identity, _BY_ID, n=1)
        raise NoSuchCheck(
            f"there is no check {identity}",
            why=f"the nearest one is {near[0]}" if near else "no check has an id like that",
            fix="skc audit list",
        )
    return _BY_ID[identity]


_TONES = {
    Severity.LOW: Tone.DIM,
    Severity.MEDIUM: Tone.WARN,
    Severity.HIGH: Tone.BAD,
    Severity.CRITICAL: Tone.BAD,
}
