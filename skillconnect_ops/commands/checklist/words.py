"""`skc checklist attest` and `waive`: what a person answers for, where no machine can know."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from skillconnect_ops.commands.checklist import facts
from skillconnect_ops.commands.checklist.model import MOST_DAYS, ByPerson, Scope
from skillconnect_ops.commands.checklist.naming import one as named
from skillconnect_ops.commands.checklist.scene import Scene, scene
from skillconnect_ops.commands.checklist.standing import (
    ATTESTED,
    UNWAIVED,
    WAIVED,
    WITHDRAWN,
    Status,
)
from skillconnect_ops.commands.checklist.steps import WordRecord
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Precondition, Refused, UsageError
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.rules import period_s
from skillconnect_ops.core.view import Cell, Lines, Text, Tone
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.disk.plain import plain_bytes
from skillconnect_ops.journal.model import Ask, Choices, Outcome
from skillconnect_ops.journal.resources import Resource

_DAY_S = 86_400


class Word(Struct, frozen=True, kw_only=True):
    """What `attest` was given."""

    reason: str | None = None
    link: str | None = None
    file: Path | None = None
    days: int | None = None
    withdraw: bool = False


class Leave(Struct, frozen=True, kw_only=True):
    """What `waive` was given."""

    owner: str | None = None
    reason: str | None = None
    until: str | None = None
    withdraw: bool = False


class NotForAWord(Refused):
    """A machine can look at the item, so nobody's word counts."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(
            f"{name} is not a matter of anybody's word",
            why=f"it is proven by {what}, which a machine can look at",
            fix=f"skc checklist verify {name}",
        )


class CannotBeWaived(Refused):
    """The item is a `must`."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} cannot be waived",
            why="it is a `must`: without it the rest is of no use",
            fix=f"skc checklist {name}   # what is lacking",
        )


def attest(house: House, word: str, said: Word, *, target: str | None, choices: Choices) -> Report:
    """Record that somebody answers for an item, or no longer does.

    Raises:
        NotForAWord: a machine can look at it.
        UsageError: no reason, too long a time, or an attachment that is none.
        SkcError: see the gait.
    """
    here = _here(house, target)
    name = named(here.lists, word)
    asked = here.lists.own(name).same_as or name
    item = here.lists.item(name)
    means = [one for one in item.proof if isinstance(one, ByPerson)]
    if not means:
        raise NotForAWord(name, ", ".join(one.says() for one in item.proof))
    days = _days(said.days, longest=min(period_s(one.within) or 0 for one in means) // _DAY_S)
    about: dict[str, Any] = {}
    if not said.withdraw:
        about = {"reason": _needed(said.reason, "--reason"), "days": days}
        about |= _attached(house, here, said)
    steps = [
        WordRecord(
            key=f"record:{asked}#{number}",
            claim=WITHDRAWN if said.withdraw else ATTESTED,
            subject={"item": asked, "proof": one.digest, **_place(here, one.subject)},
            facts=about,
            told=f"take back what was said of {name}: {item.text}"
            if said.withdraw
            else f"attest {name} for {days} days: {one.person}",
        )
        for number, one in enumerate(means)
    ]
    return _recorded(house, "checklist attest", name, here, steps, choices=choices, target=target)


def waive(house: House, word: str, said: Leave, *, target: str | None, choices: Choices) -> Report:
    """Record that somebody answers for leaving an item for a while, or no longer does.

    Raises:
        CannotBeWaived: the item is a `must`.
        UsageError: owner, reason or day are missing or wrong.
        SkcError: see the gait.
    """
    here = _here(house, target)
    name = named(here.lists, word)
    asked = here.lists.own(name).same_as or name
    item = here.lists.item(name)
    if item.must:
        raise CannotBeWaived(name)
    about: dict[str, Any] = {}
    told = f"take the waiver of {name} back"
    if not said.withdraw:
        until = _until(_needed(said.until, "--until"), here.now)
        owner, reason = _needed(said.owner, "--owner"), _needed(said.reason, "--reason")
        about = {"owner": owner, "reason": reason, "until": until.isoformat()}
        told = f"waive {name} until {until}: {owner} answers for it ({reason})"
    step = WordRecord(
        key=f"record:{asked}",
        claim=UNWAIVED if said.withdraw else WAIVED,
        subject={"item": asked, **_place(here, item.scope)},
        facts=about,
        told=told,
    )
    return _recorded(house, "checklist waive", name, here, [step], choices=choices, target=target)


class ClockIsWrong(Precondition):
    """What is recorded now would bear a time that it is not."""

    def __init__(self, why: str) -> None:
        super().__init__("the clock here, or a writer's, is wrong", why=why, fix="set it right")


def _here(house: House, target: str | None) -> Scene:
    """The scene; where the evidence is damaged, or the clock wrong, nothing is added to it.

    Raises:
        SkcError: it is.
    """
    found = scene(house, target)
    if found.broken is not None:
        raise found.broken
    if found.look.doubt is not None:
        raise ClockIsWrong(found.look.doubt)
    return found


def _recorded(
    house: House,
    command: str,
    name: str,
    here: Scene,
    steps: list[WordRecord],
    *,
    choices: Choices,
    target: str | None,
) -> Report:
    root = here.project.root
    of_target = "target" in steps[0].subject
    subject = Subject(
        target=here.place.target if of_target else None,
        cluster=here.cluster if of_target else None,
        repository=str(root),
    )
    signer = house.ledger().signer().name
    notes = _notes(signer)
    state = f"{name}\0{steps[0].subject.get('proof', '')}\0{len(here.account.records)}"

    def plan() -> Plan:
        return Plan(
            command=command,
            subject=subject,
            state=hashlib.sha256(state.encode()).hexdigest(),
            steps=tuple(steps),
            notes=notes,
        )

    outcome = house.office().carry_out(
        plan,
        person=house.person,
        resources=(Resource("checklist", f"{root}/{name}"),),
        consent=Ask(),
        choices=choices,
    )
    return _report(house, command, name, outcome, target=target, signer=signer)


def _report(
    house: House,
    command: str,
    name: str,
    outcome: Outcome,
    *,
    target: str | None,
    signer: str | None,
) -> Report:
    after = scene(house, target)
    (one,) = (each for each in after.states if each.name == name)
    lines: list[Cell] = [f"{one.status.value}  {name}: {one.says}"]
    if outcome.walked and signer is None:
        lines.append(Text(_CLAIM, Tone.WARN))
    if one.status is Status.ATTESTED and one.expires_at is not None:
        lines.append(f"it counts until {one.expires_at:%Y-%m-%d}, apart from what is proven")
    data: dict[str, Any] = {
        "items": [facts.item(one, after.lists)],
        "recorded": outcome.walked,
        "signer": signer,
    }
    if not outcome.walked:
        data["plan"] = outcome.plan.facts()
        again = house.person.again("--yes").replace(" --dry-run", "")
    return Report(
        command=command,
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts=data,
        view=(Lines(tuple(lines), prose=True),),
        next=("skc checklist",) if outcome.walked else (again,),
    )


_CLAIM = (
    "this machine's key is not listed, so it is a claim, and counts for nothing: "
    "skc doctor shows the line for .skc/allowed_signers, which a review lets in"
)


def _notes(signer: str | None) -> tuple[str, ...]:
    if signer is None:
        return (_CLAIM,)
    return (f"signed as {signer}; commit .skc so that others see it",)


def _place(here: Scene, scope: Scope) -> dict[str, Any]:
    """What the record says of where it counts.

    Raises:
        Precondition: it is a target's, and which one that is cannot be told.
    """
    if scope is Scope.PROJECT:
        return {}
    if not here.place.clusters:
        raise Precondition(
            "it cannot be said what this would count for",
            why=here.place.lacks,
            fix="skc doctor",
        )
    known = {"target": here.place.target, "cluster": here.cluster}
    return {key: value for key, value in known.items() if value is not None}


def _needed(value: str | None, option: str) -> str:
    text = " ".join((value or "").split())
    if not text:
        raise UsageError(
            f"{option} is missing",
            why="a record says who answers for what, and why",
            fix=f"add {option} TEXT",
        )
    return text


def _days(days: int | None, *, longest: int) -> int:
    if days is None:
        return longest
    if not 1 <= days <= longest:
        raise UsageError(
            f"--days {days} is not between 1 and {longest}",
            why="nobody knows for longer that it is still so",
            fix=f"write --days {longest}, and say it again before then",
        )
    return days


def _until(text: str, now: datetime) -> date:
    """A day to come, and not too far off."""
    last = (now + timedelta(days=MOST_DAYS - 1)).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not now < datetime(day.year, day.month, day.day, tzinfo=UTC) or day > last:
        raise UsageError(
            f"--until {text} is no day between tomorrow and {last}",
            why=f"a waiver is for {MOST_DAYS} days at most; it ends where that day begins",
            fix=f"write --until {last}",
        )
    return day


def _attached(house: House, here: Scene, said: Word) -> dict[str, Any]:
    """What goes with it: a link, or the hash of a file."""
    found: dict[str, Any] = {}
    if said.link is not None:
        parts = urlsplit(said.link)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise UsageError(
                "--link is no address of a page",
                why="it begins with https:// and holds no password",
                fix="write --link https://…",
            )
        found["link"] = said.link
    if said.file is not None:
        path = house.environment.folder / said.file
        try:
            data = plain_bytes(path)
        except OSError as error:
            raise explain(error, f"read {said.file}") from error
        if data is None:
            raise UsageError(f"there is no file {said.file}", why="its hash is recorded", fix="ls")
        root = here.project.root.resolve()
        inside = path.resolve().is_relative_to(root)
        shown = path.resolve().relative_to(root).as_posix() if inside else path.name
        found |= {"file": shown, "file_sha256": hashlib.sha256(data).hexdigest()}
    return found
