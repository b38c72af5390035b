"""`skc respond drill`: plays a leak on servers of its own, by the clock, and says how it went.

Nothing outside its folder is touched. What it proves is recorded of the target `demo` and of no
other one: that a drill went well says nothing of production.
"""

from pathlib import Path

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.drill_api import staged_api
from skillconnect_ops.commands.respond.drill_checks import (
    AWAITED,
    CONTAINS,
    STEP,
    Checked,
    Line,
    Played,
    app,
    asked,
    judged,
    loaded,
)
from skillconnect_ops.commands.respond.drill_stage import STRANGER, TARGET, Staged, staged
from skillconnect_ops.commands.scratch import made, place_for
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.plan import Proof
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.view import Block, Pairs, Table, Text, Tone, duration

CLAIM = "respond.drilled"
CODE = "{code}"


def script(stage: Staged) -> tuple[Line, ...]:
    """What a person types; the three lines up to `disarm` are those that contain it."""
    runs = stage.health is not None
    return (
        ("respond", "start", "credentials-leaked", "--yes"),
        (*STEP, "strangers", "--choose", "disarm"),
        (*STEP, "disarm", "--only", f"{STRANGER}@{stage.database}", "--yes"),
        (*STEP, "rotate", "--yes"),
        (*STEP, "restarted", "--choose", "by-skc" if runs else "by-hand"),
        (*STEP, "end" if runs else "end-restarted", "--yes"),
        (*STEP, "prove-dead"),
        (*STEP, "who-was-read"),
        (*STEP, "breach", "--choose", "likely"),
        (*STEP, "backup"),
        (*STEP, "find"),
        (*STEP, "untrack", "--yes"),
        (*STEP, "scrub", "--confirm", stage.name),
        (*STEP, "prove-gone"),
        (*STEP, "tell-affected", "--evidence", "a drill: nobody is told"),
        (*STEP, "indexes", *(("--skip", "the app makes its own") if runs else ())),
        (*STEP, "audit"),
        AWAITED,
        (*STEP, "watch", "--evidence", CODE),
        (*STEP, "well"),
        (*STEP, "learn", "--evidence", "a drill: see its score"),
        ("respond", "close"),
    )


class Drilled(Struct, frozen=True, kw_only=True):
    """How it went; `facts.drill` of its report."""

    score: int
    """Percent of what it is judged by."""
    contained_s: float
    whole_s: float
    keystrokes: int
    """Lines that were typed until it was contained."""
    checks: tuple[Checked, ...]
    played: tuple[Played, ...]
    lines: int
    """Of the incident's log."""
    folder: str | None

    @property
    def passed(self) -> bool:
        """Whether all of it holds."""
        return all(one.holds for one in self.checks)


def drill(house: House, *, folder: Path | None, keep: bool, api: bool) -> Report:
    """Play it, judge it, record it.

    Args:
        house: the house.
        folder: where it plays; by default a new folder among the temporary ones.
        keep: whether project, evidence and journals stay.
        api: whether the reference API runs on the stage.

    Raises:
        PlaceIsTaken: the folder holds something.
        Precondition: a server program or git is missing.
    """
    place = place_for(house, "respond-drill", folder)
    began = house.clock.monotonic()
    setting = staged_api if api else staged
    with made(house, place, keep=keep), setting(house, place) as stage:
        house.person.note(
            f"a project with {len(stage.before)} leaked secrets, and a stranger in its database "
            f"(set up in {duration(house.clock.monotonic() - began)})"
        )
        found = _play(house, stage, folder=str(place) if keep else None)
    recorded = _record(house, found)
    return Report(
        command="respond drill",
        subject={"target": TARGET, "cluster": "embedded"},
        status=Status.OK if found.passed else Status.FINDINGS,
        exit_code=Exit.OK if found.passed else Exit.CRITICAL,
        facts={"drill": found, "recorded": recorded},
        view=_view(found, recorded=recorded),
        next=("skc respond print credentials-leaked --format markdown --out leak.md",),
    )


def _play(house: House, stage: Staged, *, folder: str | None) -> Drilled:
    """The lines in their order; one that fails does not keep the others from being tried."""
    clock, commands = house.clock, stage.commands(house)
    before = loaded(house, stage)
    began, contained_s = clock.monotonic(), 0.0
    played: list[Played] = []
    lines = script(stage)
    for number, words in enumerate(lines, 1):
        line = tuple(stage.code() if word == CODE else word for word in words)
        house.person.note(f"$ skc {' '.join(words)}")
        report = commands.run(*line)
        played.append(
            Played(
                command=" ".join(("skc", *words)),
                exit=int(report.exit),
                seconds=round(report.seconds, 3),
                what=report.error.what if report.error is not None else None,
            )
        )
        if number == CONTAINS:
            contained_s = clock.monotonic() - began
    whole_s = clock.monotonic() - began
    page = commands.run("respond", "export")
    told = page.facts
    checks = (
        *judged(played, lines, contained_s=contained_s, whole_s=whole_s),
        *asked(house, stage, told),
        *app(before, loaded(house, stage)),
    )
    return Drilled(
        score=round(100 * sum(one.holds for one in checks) / len(checks)),
        contained_s=round(contained_s, 3),
        whole_s=round(whole_s, 3),
        keystrokes=CONTAINS,
        checks=checks,
        played=tuple(played),
        lines=len(told.get("timeline", ())),
        folder=folder,
    )


def _record(house: House, found: Drilled) -> bool:
    """Of the demo target, in the ledger of the project that stands around; whether there is one."""
    try:
        ledger = house.ledger()
    except (SettingsNotFound, SkcError):
        return False
    facts = {
        "score": found.score,
        "contained_s": found.contained_s,
        "whole_s": found.whole_s,
        "lines": found.lines,
        "failed": [one.what for one in found.checks if not one.holds],
    }
    proof = Proof(
        claim=CLAIM,
        subject={"target": TARGET, "cluster": "embedded", "runbook": "credentials-leaked"},
        holds=found.passed,
        facts=facts,
    )
    ledger.record([proof], command="respond drill")
    return True


def _view(found: Drilled, *, recorded: bool) -> tuple[Block, ...]:
    tone = Tone.GOOD if found.passed else Tone.BAD
    rows = tuple(
        (
            Text("✔" if one.holds else "✘", Tone.GOOD if one.holds else Tone.BAD),
            one.what,
            one.seen,
        )
        for one in found.checks
    )
    slow = sorted(found.played, key=lambda one: -one.seconds)[:5]
    return (
        Pairs(
            (
                ("score", Text(f"{found.score} %", tone)),
                (
                    "contained",
                    f"after {duration(found.contained_s)}, {found.keystrokes} lines typed",
                ),
                ("over", f"after {duration(found.whole_s)}"),
                ("log", f"{found.lines} lines, none lost"),
                ("recorded", f"of the target {TARGET}" if recorded else "nowhere: no project here"),
            ),
            title="A leak, played on servers of its own",
        ),
        Table(("", "what", "seen"), rows),
        Table(
            ("what took longest", "seconds"),
            tuple((one.command, f"{one.seconds:.1f}") for one in slow),
            right=(1,),
        ),
    )
