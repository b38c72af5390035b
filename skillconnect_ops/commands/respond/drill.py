"""`skc respond drill`: plays a leak on servers of its own, by the clock, and says how it went.

Nothing outside its folder is touched. What it proves is recorded of the target `demo` and of no
other one: that a drill went well says nothing of production.
"""

from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.drill_api import staged_api
from skillconnect_ops.commands.respond.drill_checks import (
    AWAITED,
    CONTAINS,
    STEP,
    Line,
    app,
    asked,
    judged,
    loaded,
)
from skillconnect_ops.commands.respond.drill_playing import CODE, Drilled, drilled, ended, play
from skillconnect_ops.commands.respond.drill_stage import STRANGER, Staged, staged
from skillconnect_ops.commands.scratch import made, place_for
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.view import duration


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
    return ended(house, found, runbook="credentials-leaked")


def _play(house: House, stage: Staged, *, folder: str | None) -> Drilled:
    """The lines in their order, and what is seen then."""
    before = loaded(house, stage)
    lines = script(stage)
    typed = play(house, stage.commands(house), lines, code=stage.code, until=CONTAINS)
    checks = (
        *judged(typed.played, lines, contained_s=typed.until_s, whole_s=typed.whole_s),
        *asked(house, stage, typed.told),
        *app(before, loaded(house, stage)),
    )
    return drilled(typed, checks, until=CONTAINS, folder=folder)
