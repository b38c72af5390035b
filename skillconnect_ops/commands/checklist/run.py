"""`skc checklist`: what is proven here, and `verify`, which gathers the evidence for it."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from skillconnect_ops.commands.checklist import facts, shown
from skillconnect_ops.commands.checklist.gathering import Gathered, gather, outcomes
from skillconnect_ops.commands.checklist.held import Held, held
from skillconnect_ops.commands.checklist.model import ByFile
from skillconnect_ops.commands.checklist.naming import chosen
from skillconnect_ops.commands.checklist.remedies import VERIFY, remedy
from skillconnect_ops.commands.checklist.scene import Scene, scene
from skillconnect_ops.commands.checklist.scores import (
    each_once,
    score,
)
from skillconnect_ops.commands.checklist.standing import PROOF, ItemStanding, Status
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.exits import Status as Ended
from skillconnect_ops.core.finding import Finding, Severity, fingerprint
from skillconnect_ops.core.report import ErrorFacts, Report, Unknown
from skillconnect_ops.core.view import count

COMMAND = "checklist"
BELOW = "checklist-below"
_ORDER = (
    Status.REGRESSED,
    Status.FAIL,
    Status.UNKNOWN,
    Status.STALE,
    Status.CLAIMED,
    Status.MISSING,
)


class Wish(Struct, frozen=True, kw_only=True):
    """What the command line asks for."""

    names: tuple[str, ...] = ()
    """Groups and items; none named means all."""
    target: str | None = None
    fail_under: int | None = None
    strict: bool = False
    listed: bool = False
    """Whether every item is shown."""


def show(house: House, wish: Wish) -> Report:
    """How it stands, from what is recorded; nothing is looked at.

    Raises:
        Precondition: there is no project or target, or the file of checklists is wrong.
    """
    found = scene(house, wish.target)
    names = chosen(found.lists, wish.names)
    return report(house, COMMAND, held(found), wish, names, gathered=None)


def verify(house: House, wish: Wish) -> Report:
    """Look at all that a machine can look at, record it, and show how it stands then.

    Raises:
        Precondition: there is no project or target, or the file of checklists is wrong.
    """
    found = scene(house, wish.target)
    names = chosen(found.lists, wish.names)
    gathered = None
    if found.look.doubt is None:  # what is added to a damaged ledger, or by a wrong clock, misleads
        gathered = gather(house, found, names)
        found = scene(house, wish.target)
    return report(house, f"{COMMAND} verify", held(found), wish, names, gathered=gathered)


def report(
    house: House,
    command: str,
    found: Held,
    wish: Wish,
    names: Sequence[str],
    *,
    gathered: Gathered | None,
) -> Report:
    """What a command of this group gives.

    Args:
        house: the house.
        command: its name.
        found: how it stands.
        wish: what was asked for.
        names: the items that are meant.
        gathered: what was looked at just now.
    """
    here = found.scene
    states = [one for one in found.states if one.name in names]
    findings = (*_findings(here, states), *_below(found, states, wish))
    unknown = (*_unknown(here, states), *(gathered.unknown if gathered else ()))
    error = None
    if here.broken is not None:
        error = ErrorFacts(here.broken.what, here.broken.why, here.broken.fix)
    everything = not wish.names
    of_groups = all(name in here.lists.groups for name in wish.names)
    shows = {one.group for one in states} if wish.listed or not everything else set()
    return Report(
        command=command,
        subject=here.subject,
        status=_ended(here, findings, unknown, wish),
        error=error,
        findings=findings,
        unknown=unknown,
        facts={
            "file": here.file,
            "revision": here.revision,
            "items": [facts.item(one, here.lists) for one in states],
            "scores": facts.scores(found.scores),
            **facts.trend(found.moments, found.lately),
            "gaps": here.account.gaps,
            **({"looks": outcomes(gathered.proofs)} if gathered else {}),
        },
        view=shown.view(
            found,
            states,
            heading=_heading(here, gathered),
            notes=_notes(house, here),
            shows=frozenset(shows),
            whole=not of_groups,
        ),
        next=_next(here, states),
    )


def _heading(here: Scene, gathered: Gathered | None) -> str:
    name = here.project.settings.project.name
    aim = f", target {here.target.name}" if here.target else ""
    place = f" at {here.cluster}" if here.cluster else ""
    looked = f"; {count(len(gathered.proofs), 'look')} just now" if gathered else ""
    return f"{name}{aim}{place}{looked}"


def _notes(house: House, here: Scene) -> tuple[str, ...]:
    """What a person should know before believing any of it."""
    notes = list(here.account.gaps)
    doubt = here.look.doubt
    if doubt is not None and here.broken is None:
        notes.append(f"no item can be told: {doubt}")
    if here.broken is None and house.ledger().signer().name is None:
        notes.append(
            "this machine's key is not listed: what it records is a claim, and proves nothing "
            "(skc init --enroll lists it; a review of .skc/allowed_signers lets it in)"
        )
    return tuple(notes)


def _ended(
    here: Scene, findings: Sequence[Finding], unknown: Sequence[Unknown], wish: Wish
) -> Ended:
    if here.broken is not None:
        return here.broken.status
    if findings:
        return Ended.FINDINGS
    if here.look.doubt is not None or unknown:
        return Ended.INCOMPLETE
    lapsed = wish.strict and here.account.gaps
    return Ended.INCOMPLETE if lapsed else Ended.OK


def _findings(here: Scene, states: Sequence[ItemStanding]) -> Iterator[Finding]:
    """What was seen to be wrong, the gravest first; each item once."""
    red = [one for one in each_once(states) if one.status.is_red]
    red.sort(key=lambda one: _weight(here, one))
    for one in red:
        worst = next(proof for proof in one.proofs if proof.status.is_red)
        is_file = isinstance(worst.means, ByFile) and "*" not in worst.means.file
        path = worst.means.file if isinstance(worst.means, ByFile) and is_file else None
        since = f" (it held; first seen bad {one.since:%Y-%m-%d %H:%M})" if one.since else ""
        must = here.lists.item(one.name).must
        yield Finding(
            id=one.name,
            severity=Severity.HIGH if must else Severity.MEDIUM,
            subject=None if path else here.place.target or here.project.settings.project.name,
            path=path,
            message=f"{one.item.text}: {one.says}{since}",
            remedy=remedy(one),
            fingerprint=fingerprint(one.name, here.place.target, one.item.text),
        )


def _weight(here: Scene, one: ItemStanding) -> tuple[bool, int]:
    """What sorts the gravest first."""
    item = here.lists.item(one.name)
    return not item.must, -item.weight


def _below(found: Held, states: Sequence[ItemStanding], wish: Wish) -> Iterator[Finding]:
    """Whether too little is proven, of all or of what was named."""
    whole = score(states, found.scene.lists) if wish.names else found.scores["all"]
    if wish.fail_under is None or not whole.is_below(wish.fail_under):
        return
    yield Finding(
        id=BELOW,
        severity=Severity.MEDIUM,
        subject=found.scene.place.target or found.scene.project.settings.project.name,
        message=f"{whole.percent(whole.proven):g} % of the weight is proven, and "
        f"{wish.fail_under} % is wanted (attested and claimed do not count)",
        remedy=VERIFY,
        fingerprint=fingerprint(BELOW, found.scene.place.target, ""),
    )


def _unknown(here: Scene, states: Sequence[ItemStanding]) -> tuple[Unknown, ...]:
    """What could not be looked at; where nothing could, it is said once."""
    if here.broken is not None:
        return (Unknown("the evidence", here.broken.what),)
    doubt = here.look.doubt
    if doubt is not None:
        return (Unknown(f"all {count(len(states), 'item')}", doubt),)
    return tuple(
        Unknown(one.name, one.says) for one in each_once(states) if one.status is Status.UNKNOWN
    )


def _next(here: Scene, states: Sequence[ItemStanding]) -> tuple[str, ...]:
    """One command: what mends the worst, of equals the weightiest."""
    if here.look.doubt is not None:
        return ()
    if not any(one.claim == PROOF for one in here.account.records):
        return (VERIFY,)
    weightiest = sorted(each_once(states), key=lambda one: _weight(here, one))
    for status in _ORDER:
        for one in weightiest:
            if one.status is status and (said := remedy(one)).startswith("skc "):
                return (said,)
    if any(one.status in _ORDER for one in weightiest):
        return (VERIFY,)
    return ("skc checklist export --format markdown",)
