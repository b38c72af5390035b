"""Plays the lines of a drill as a person would type them, records how it went, and shows it."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.drill_checks import Checked, Line, Played
from skillconnect_ops.commands.respond.drill_stage import TARGET
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.plan import Proof
from skillconnect_ops.core.ports.commands import Commands
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.errors import SettingsNotFound
from skillconnect_ops.core.view import Block, Pairs, Table, Text, Tone, duration

CLAIM = "respond.drilled"
CODE = "{code}"
"""Stands in a line for the code of the last test alert."""


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


class Typed(Struct, frozen=True, kw_only=True):
    """What was typed, and what the log says then."""

    played: tuple[Played, ...]
    until_s: float
    whole_s: float
    told: Any
    """Facts of `skc respond export`."""


def play(
    house: House, commands: Commands, lines: Sequence[Line], *, code: Callable[[], str], until: int
) -> Typed:
    """Type the lines; one that fails does not keep the others from being tried.

    Args:
        house: the house.
        commands: the front door of the stage.
        lines: without `skc`.
        code: gives the code of the last test alert.
        until: so many lines are timed apart.
    """
    clock = house.clock
    began, until_s = clock.monotonic(), 0.0
    played: list[Played] = []
    for number, words in enumerate(lines, 1):
        line = tuple(code() if word == CODE else word for word in words)
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
        if number == until:
            until_s = clock.monotonic() - began
    whole_s = clock.monotonic() - began
    told = commands.run("respond", "export").facts
    return Typed(played=tuple(played), until_s=until_s, whole_s=whole_s, told=told)


def drilled(
    typed: Typed, checks: tuple[Checked, ...], *, until: int, folder: str | None
) -> Drilled:
    """How it went."""
    return Drilled(
        score=round(100 * sum(one.holds for one in checks) / len(checks)),
        contained_s=round(typed.until_s, 3),
        whole_s=round(typed.whole_s, 3),
        keystrokes=until,
        checks=checks,
        played=typed.played,
        lines=len(typed.told.get("timeline", ())),
        folder=folder,
    )


def ended(house: House, found: Drilled, *, runbook: str) -> Report:
    """Record it, and report it."""
    recorded = _record(house, found, runbook)
    return Report(
        command="respond drill",
        subject={"target": TARGET, "cluster": "embedded"},
        status=Status.OK if found.passed else Status.FINDINGS,
        exit_code=Exit.OK if found.passed else Exit.CRITICAL,
        facts={"drill": found, "recorded": recorded},
        view=_view(found, recorded=recorded),
        next=(f"skc respond print {runbook} --format markdown --out {runbook}.md",),
    )


def _record(house: House, found: Drilled, runbook: str) -> bool:
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
        subject={"target": TARGET, "cluster": "embedded", "runbook": runbook},
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
            title="Played in a place of its own",
        ),
        Table(("", "what", "seen"), rows),
        Table(
            ("what took longest", "seconds"),
            tuple((one.command, f"{one.seconds:.1f}") for one in slow),
            right=(1,),
        ),
    )
