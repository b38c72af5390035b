"""`skc rotate status`: what is live, what still works besides, and what to type."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.accepting import finish_command
from skillconnect_ops.commands.rotate.choice import configured
from skillconnect_ops.commands.rotate.half_way import HalfWay, half_way
from skillconnect_ops.commands.rotate.in_place import PasswordChange
from skillconnect_ops.commands.rotate.ring_state import Move, Phase
from skillconnect_ops.commands.rotate.ring_steps import RingTurn
from skillconnect_ops.commands.rotate.rings import Held, all_held
from skillconnect_ops.commands.rotate.user_steps import UserCreate
from skillconnect_ops.commands.rotate.waiting import Waiting, waiting
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.model import SecretSettings, Target
from skillconnect_ops.core.settings.rules import period_s
from skillconnect_ops.core.view import Cell, Lines, Table, Text, Tone, duration
from skillconnect_ops.journal.model import Standing

_DUE = "due"


def status(house: House, *, target: str | None) -> Report:
    """One row for each secret of the target."""
    aim = house.target(target)
    open_ones = {name: one for one in waiting(house, aim) for name in one.all_secrets}
    at_of, rings, runs = renewed(house, aim.name), all_held(house, aim), half_way(house, aim)
    now = house.clock.now()
    facts: list[dict[str, Any]] = []
    rows: list[tuple[Cell, ...]] = []
    for name, settings in sorted(configured(aim).items()):
        at, open_one = at_of.get(name), open_ones.get(name)
        ring = rings.get(name)
        run = next((one for one in runs if one.holds(name)), None)
        standing = (
            _unfinished(run)
            or _both(_accepted(open_one, name), _in_ring(ring, now))
            or _standing(open_one, settings, at, now)
        )
        facts.append(
            {
                "name": name,
                "kind": settings.kind,
                "env": settings.env,
                "standing": standing.text,
                "rotated_at": at,
                "phase": ring.state.phase.value if isinstance(ring, Held) else None,
                "until": ring.state.until if isinstance(ring, Held) else None,
                "journal": run.id if run else open_one.id if open_one else None,
            }
        )
        ago = f"{duration((now - at).total_seconds())} ago" if at else "never by skc"
        rows.append((name, settings.kind, settings.env, ago, standing))
    headers = ("secret", "kind", "variable", "rotated", "standing")
    return Report(
        command="rotate status",
        subject={"target": aim.name},
        facts={"secrets": facts, "runs": [_plain(one) for one in runs]},
        view=(Table(headers=headers, rows=tuple(rows)), *_told(runs)),
        next=(
            _next(
                aim,
                runs,
                open_ones,
                rings,
                now,
                due=[str(one["name"]) for one in facts if str(one["standing"]).startswith(_DUE)],
                rotated={str(one["name"]): one["rotated_at"] for one in facts},
            ),
        ),
    )


def _told(runs: Sequence[HalfWay]) -> tuple[Lines, ...]:
    """Each with what to type, also where no secret of the settings is its own any more."""
    lines = [Text(one.line(), Tone.WARN if one.runs else Tone.BAD) for one in runs]
    return (Lines(tuple(lines)),) if lines else ()


def _plain(run: HalfWay) -> dict[str, Any]:
    return {
        "id": run.id,
        "command": run.command,
        "standing": run.standing,
        "secrets": run.secrets,
        "outage": run.outage,
        "commands": run.commands(),
    }


def _next(
    target: Target,
    runs: Sequence[HalfWay],
    open_ones: Mapping[str, Waiting],
    rings: Mapping[str, Held | SkcError],
    now: datetime,
    *,
    due: Sequence[str],
    rotated: Mapping[str, datetime | None],
) -> str:
    for run in runs:
        if run.commands():
            return run.commands()[0]
    for one in open_ones.values():
        if one.accepted:
            return finish_command(one.plan, target)
    states = {name: one.state for name, one in rings.items() if isinstance(one, Held)}
    for name, state in states.items():
        if state.phase is Phase.STAGED:
            return f"skc rotate --only {name}"
    over = any(state.ends(now) for state in states.values())
    if open_ones or over:
        return "skc rotate finish"
    until = [state.until for state in states.values() if state.until is not None]
    if not until or due:
        return _renew(due, known=len(rotated), never=None in rotated.values())
    return f"skc rotate finish   # from {min(until):%Y-%m-%d %H:%M} UTC on"


def _renew(due: Sequence[str], *, known: int, never: bool) -> str:
    """What is due is renewed; what is fresh is left alone."""
    if len(due) == known:
        return "skc rotate"
    if due:
        return " ".join(["skc rotate", *(f"--only {name}" for name in due)])
    return "skc rotate --dry-run" if never else "skc status"


def _unfinished(run: HalfWay | None) -> Text | None:
    """What a run says that is not at its end; nothing else is known of what it holds."""
    if run is None:
        return None
    return Text(run.says(), Tone.WARN if run.runs else Tone.BAD)


def _accepted(open_one: Waiting | None, name: str) -> Text | None:
    """What is over once somebody was restarted; None where it is not of that sort."""
    until = open_one.until(name) if open_one is not None else None
    if open_one is None or until is None:
        return None
    what = "key verifies" if name not in open_one.secrets else "one is accepted"
    said = f"the old {what} until {until} is restarted"
    return Text(f"{said}, and it leaked" if open_one.leaked else said, Tone.BAD)


def _both(one: Text | None, other: Text | None) -> Text | None:
    if one is None or other is None:
        return one or other
    return Text(f"{one.text}; {other.text}", one.tone)


def _in_ring(ring: Held | SkcError | None, now: datetime) -> Text | None:
    """What the ring itself says; None where it is as if there were none."""
    if isinstance(ring, SkcError):
        return Text(f"unreadable: {ring.what}", Tone.BAD)
    if ring is None or ring.state.phase is Phase.LIVE:
        return None
    state = ring.state
    until = f"{state.until:%Y-%m-%d %H:%M} UTC" if state.until is not None else ""
    if state.staged_at is not None:
        ago = duration(max(0.0, (now - state.staged_at).total_seconds()))
        text = f"staged {ago} ago: it verifies, and does not sign yet"
        return Text(f"{text}; an old key is there until {until}" if until else text, Tone.WARN)
    if state.phase is Phase.OVER:
        return Text(f"over since {until}: the old key is in the ring still", Tone.WARN)
    return Text(f"retiring until {until}: the old key verifies", Tone.WARN)


def _standing(
    open_one: Waiting | None, settings: SecretSettings, at: datetime | None, now: datetime
) -> Text:
    if open_one is not None:
        leaked = open_one.leaked
        said = "retiring: the old one still works" + (", and it leaked" if leaked else "")
        return Text(said, Tone.BAD if leaked else Tone.WARN)
    every = period_s(settings.every) if settings.every else None
    if every is None:
        return Text("live")
    if at is None or (now - at).total_seconds() > every:
        return Text(f"{_DUE}: every {settings.every}", Tone.BAD)
    return Text("live", Tone.GOOD)


def renewed(house: House, target: str) -> dict[str, datetime]:
    """When each secret was last renewed here, by its journals."""
    office, found = house.office(), dict[str, datetime]()
    for one in reversed(office.journals()):
        sealed = one.command == "rotate" and one.standing is Standing.SEALED
        if sealed and one.subject.target == target and one.ended_at is not None:
            plan = office.plan(one.id)
            turned = [step for step in plan.steps if isinstance(step, RingTurn)]
            swapped = [step.secret for step in turned if step.move is not Move.STAGE]
            users = [
                step.secret
                for step in (*plan.steps, *plan.final)
                if isinstance(step, UserCreate | PasswordChange)
            ]
            for name in (*Waiting(id=one.id, plan=plan, since=None).secrets, *swapped, *users):
                found[name] = one.ended_at
    return found
