"""`skc env check`: gather the facts once, let every check judge them, report."""

import posixpath
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from skillconnect_ops.commands.env.check_model import (
    Check,
    Facts,
    Fault,
    FileFacts,
    PlaceFacts,
)
from skillconnect_ops.commands.env.checks import CHECKS
from skillconnect_ops.commands.env.images import Images, images
from skillconnect_ops.commands.env.merge import Merge
from skillconnect_ops.commands.env.survey import Place, Survey
from skillconnect_ops.commands.held import Sighted, held, looked, sighted
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.retired import compared
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.finding import Finding, Rank, fingerprint
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.plan import Subject
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import Lines, Table, Text, Tone, count

COMMAND = "env check"
_NOTHING = (
    "there is nothing to check: no env file, no example of one, and no code that reads a variable"
)

Judged = tuple[tuple[Check, tuple[Fault | Unknown, ...]], ...]


def check(house: House, target: str | None, *, strict: bool) -> Report:
    """Say what is wrong with a target's env files; nothing is changed, and no value is shown.

    Args:
        house: the house.
        target: the target; the only one where none is named.
        strict: whether what could not be looked at counts as a failure.

    Raises:
        Precondition: `skc.yaml` cannot be read, or there is no such target.
    """
    survey = Survey(house, target)
    others = sighted(survey.root, house.git)
    built = images(survey.root, survey.listing.files)
    facts = _facts(house, survey, others, built)
    judged: Judged = tuple((each, tuple(each.run(facts))) for each in CHECKS)
    findings = _findings(judged)
    unread = _unread(survey, others)
    unknown = _unknown(survey, facts, judged, (*others.unknown, *unread))
    unseen = any(isinstance(file.file, Missing) for file in facts.files)
    incomplete = facts.is_nothing or unseen or facts.retired.unread is not None
    files = tuple(path for place in survey.places for path in place.env_files)
    return Report(
        command=COMMAND,
        subject=Subject(target=survey.target, repository=str(survey.root), files=files).facts(),
        status=_status(findings, incomplete=incomplete or (strict and bool(unknown))),
        findings=findings,
        unknown=unknown,
        facts={"env_check": _told(facts, judged)},
        view=_view(facts, judged),
        next=_next(findings),
    )


def _unread(survey: Survey, others: Sighted) -> Iterator[Unknown]:
    """The repositories within the project whose code was not read, for git ignores them."""
    listing = survey.listing
    left_out = [each.path for each in (*listing.skipped, *listing.closed)]
    known = {".", *listing.repositories}
    for folder in others.repositories if listing.by_git else ():
        told = any(f"{folder}/".startswith(f"{each}/") for each in left_out)
        if folder not in known and not told:
            yield Unknown(folder, "a repository that git ignores here: its code was not read")


def _facts(house: House, survey: Survey, others: Sighted, built: Images) -> Facts:
    own = {posixpath.normpath(path) for place in survey.places for path in place.env_files}
    places = tuple(_place(house, survey, place) for place in survey.places)
    values = (
        Secret(entry.value) for place in places for file in place.files for entry in file.entries
    )
    return Facts(
        places=places,
        retired=compared(house, values),
        images=built.images,
        unread_images=built.unknown,
        found=survey.found,
        registry=survey.registry,
        aim=survey.aim,
        shallow=looked(lambda: _shallow(house, survey.root, others.repositories)),
        in_git=_in_git(house, survey, others),
        others=tuple(each for each in others.files if each.path not in own),
    )


def _in_git(house: House, survey: Survey, others: Sighted) -> bool:
    """Whether any repository was asked; one that cannot be asked is no "there is none"."""
    folders = {survey.root / folder for folder in others.repositories}
    folders |= {(survey.root / path).parent for place in survey.places for path in place.env_files}
    states = [looked(partial(house.git.state, folder)) for folder in folders]
    return any(isinstance(state, Missing) or state.value is not None for state in states)


def _shallow(house: House, root: Path, folders: Sequence[str]) -> tuple[str, ...]:
    states = ((folder, house.git.state(root / folder)) for folder in folders)
    return tuple(folder for folder, state in states if state is not None and state.shallow)


def _place(house: House, survey: Survey, place: Place) -> PlaceFacts:
    def documented() -> frozenset[str] | None:
        there = survey.bytes_of(place.example)
        return None if there is None else Merge(there, (), survey.registry).documented

    return PlaceFacts(
        place=place,
        files=tuple(_file(house, survey, path) for path in place.env_files),
        usages=survey.usages(place.folder),
        documented=looked(documented),
    )


def _file(house: House, survey: Survey, path: str) -> FileFacts:
    told = held(survey.root, path, house.git)
    return FileFacts(
        path=path,
        file=looked(lambda: survey.env_file(path)),
        mode=told.mode,
        tracked=told.tracked,
        commits=told.commits,
        lets_in=told.lets_in,
        repository=told.repository,
    )


def _findings(judged: Judged) -> tuple[Finding, ...]:
    found = []
    seen: dict[tuple[str, str, str], int] = {}
    for check_of, outcomes in judged:
        for fault in outcomes:
            if isinstance(fault, Unknown):
                continue
            key = (check_of.id, fault.path, fault.context)
            seen[key] = seen.get(key, -1) + 1
            found.append(
                Finding(
                    id=check_of.id,
                    severity=fault.severity or check_of.severity,
                    confidence=fault.confidence,
                    path=fault.path,
                    line=fault.line,
                    message=fault.message,
                    remedy=fault.remedy or check_of.remedy,
                    fingerprint=fingerprint(*key, occurrence=seen[key]),
                )
            )
    # the gravest first, then as an editor goes through them
    return tuple(
        sorted(found, key=lambda one: (-Rank[one.severity.name], one.path or "", one.line or 0))
    )


def _unknown(
    survey: Survey, facts: Facts, judged: Judged, more: tuple[Unknown, ...]
) -> tuple[Unknown, ...]:
    told = [each for _, outcomes in judged for each in outcomes if isinstance(each, Unknown)]
    for file in facts.files:
        if isinstance(file.file, Missing):
            told.append(Unknown(file.path, file.file.reason))
        elif file.file.value is None:
            told.append(Unknown(file.path, "it is not there"))
    return tuple(dict.fromkeys((*told, *more, *survey.unknown())))


def _status(findings: Sequence[Finding], *, incomplete: bool) -> Status:
    if findings:
        return Status.FINDINGS
    return Status.INCOMPLETE if incomplete else Status.OK


def _told(facts: Facts, judged: Judged) -> dict[str, object]:
    return {
        "files": [
            {"path": file.path, "variables": sorted({entry.key for entry in file.entries})}
            for file in facts.files
        ],
        "others": [file.path for file in facts.others],
        "checks": [
            {
                "id": each.id,
                "title": each.title,
                "references": each.references,
                "faults": _count(o),
                "unknown": len(o) - _count(o),
            }
            for each, o in judged
        ],
    }


def _view(facts: Facts, judged: Judged) -> tuple[Table | Lines, ...]:
    if facts.is_nothing:
        return (Lines((Text(_NOTHING, Tone.WARN),)),)
    rows = []
    for each, outcomes in judged:
        faults = _count(outcomes)
        if faults:
            rows.append((Text("FAIL", Tone.BAD), each.title, count(faults, "finding")))
        elif outcomes:
            rows.append((Text("UNKNOWN", Tone.WARN), each.title, ""))
        elif why := _nothing_to_say(each, facts, judged):
            rows.append((Text("-", Tone.DIM), each.title, why))
        else:
            rows.append((Text("PASS", Tone.GOOD), each.title, ""))
    return (Table(("", "what", ""), tuple(rows)),)


def _nothing_to_say(check_of: Check, facts: Facts, judged: Judged) -> str | None:
    """Why a check that found no fault does not say that there is none."""
    if check_of.reads_files and facts.is_without_file:
        return "no env file to look at"
    if check_of.asks_git and not facts.in_git:
        return "no git repository to look at"
    told = next((it for it in judged if it[0].id == check_of.told_by and _count(it[1])), None)
    return f"but for what is found of: {told[0].title}" if told is not None else None


def _count(outcomes: Sequence[Fault | Unknown]) -> int:
    return sum(isinstance(each, Fault) for each in outcomes)


def _next(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The commands that remedies begin with, those of the gravest first."""
    commands = (each.remedy.partition(",")[0] for each in findings)
    return tuple(
        dict.fromkeys(each for each in commands if each.rpartition(" && ")[2].startswith("skc "))
    )[:2]
