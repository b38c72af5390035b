"""The drill of a deployment that fails: a good release, a bad one, and the way back."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.drill_checks import STEP, Checked, Line
from skillconnect_ops.commands.respond.drill_playing import CODE, drilled, ended, play
from skillconnect_ops.commands.respond.drill_stage import TARGET, Staged, free_port, ready, tell
from skillconnect_ops.commands.scratch import made, place_for
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.exits import Exit
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.resources import filled, template
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import duration

GOOD, BAD = "release-1", "release-2"
BACK_S = 60.0
_PORTS = range(4200, 4300)
_READY_S = 30.0
_BY_HAND = ("read-logs", "environment", "indexes", "test", "staged")
SCRIPT: tuple[Line, ...] = (
    ("respond", "start", "deployment-failed", "--yes"),
    (*STEP, "fits", "--choose", "fits"),
    (*STEP, "roll-back", "--confirm", TARGET),
    (*STEP, "verify"),
    *((*STEP, name, "--evidence", "a drill") for name in _BY_HAND),
    (*STEP, "alert"),
    (*STEP, "alert", "--evidence", CODE),
    (*STEP, "write", "--evidence", "a drill: see its score"),
    ("respond", "close"),
)
BACK = 4
"""So many lines are typed until the good release runs, and is seen to be well."""


class StageNotSet(Precondition):
    """What stands for an app did not start."""


def drill_release(house: House, *, folder: Path | None, keep: bool) -> Report:
    """Play it, judge it, record it.

    Raises:
        PlaceIsTaken: the folder holds something.
        Precondition: git is missing, or no port is free.
    """
    place = place_for(house, "respond-drill", folder)
    with made(house, place, keep=keep), _staged(house, place) as stage:
        commands, running = stage.commands(house), stage.project / "running"
        proven = commands.run("respond", "release")
        running.write_text(BAD, encoding="utf-8")
        house.person.note(f"{GOOD} was proven; {BAD} was deployed, and is not well")
        typed = play(house, commands, SCRIPT, code=stage.code, until=BACK)
        now = running.read_text(encoding="utf-8")
        answer = house.health.ask(str(stage.health), patience_s=5.0)
    odd = [
        one.command
        for one, words in zip(typed.played, SCRIPT, strict=True)
        if one.exit != (Exit.NEEDS_PERSON if words == (*STEP, "alert") else Exit.OK)
    ]
    gaps = [
        one.about for one in typed.told.get("gaps", ()) if one.kind in {"never-done", "claimed"}
    ]
    checks = (
        Checked(
            what=f"back within {duration(BACK_S)}",
            holds=typed.until_s <= BACK_S,
            seen=duration(typed.until_s),
        ),
        Checked(
            what="the good release was proven before",
            holds=proven.exit is Exit.OK,
            seen=GOOD if proven.exit is Exit.OK else f"exit {proven.exit}",
        ),
        Checked(what="the good release runs", holds=now == GOOD, seen=now),
        Checked(
            what="it is well",
            holds=isinstance(answer, Known),
            seen="its health answer" if isinstance(answer, Known) else answer.reason,
        ),
        Checked(
            what="every step ended as it should",
            holds=not odd,
            seen="; ".join(odd) or f"{len(typed.played)} lines",
        ),
        Checked(
            what="the log has every step, signed",
            holds=not gaps,
            seen=", ".join(gaps) or "no gap",
        ),
    )
    found = drilled(typed, checks, until=BACK, folder=str(place) if keep else None)
    return ended(house, found, runbook="deployment-failed")


@contextmanager
def _staged(house: House, place: Path) -> Iterator[Staged]:
    """A project, and a program that is well while the good release stands in a file."""
    project, told = place / "drill-release", place / "told.jsonl"
    port = free_port(house, _PORTS)
    url = f"http://127.0.0.1:{port}/health"
    project.mkdir(parents=True)
    about = {
        "id": token_hex(6),
        "target": TARGET,
        "health": url,
        "now": ["cat", "running"],
        "roll_back": ["sh", "-c", 'printf %s "$SKC_RELEASE" > running'],
        "tell": tell(told),
    }
    text = filled(template("runbooks/drill/release.yaml.j2"), about, filters={"tojson": json.dumps})
    for name, content in (("skc.yaml", text), ("running", GOOD), (".env", "PORT=1\n")):
        house.disk.replace(project / name, content.encode(), mode=0o600)
    ready(house, place, project)
    script = place / "app.py"
    house.disk.replace(script, template("runbooks/drill/app.py.j2").encode(), mode=0o600)
    words = (sys.executable, str(script), str(port), str(project / "running"), GOOD)
    said: list[str] = []
    with house.services.start(*words, folder=place, variables={}, heard=said.append) as app:
        until = house.clock.monotonic() + _READY_S
        while not isinstance(house.health.ask(url, patience_s=2.0), Known):
            if app.wait(0.1) is not None or house.clock.monotonic() > until:
                raise StageNotSet(
                    "what stands for an app did not start",
                    why=said[-1] if said else f"{url} gives no answer",
                    fix="skc respond drill deployment-failed",
                )
        yield Staged(
            project=project,
            variables={
                "XDG_STATE_HOME": str(place / "state"),
                "XDG_DATA_HOME": str(place / "data"),
            },
            root=Secret(""),
            told=told,
            before={},
            in_place=False,
            health=url,
        )
