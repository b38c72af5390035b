"""`skc rotate status`: what is live, what still works besides, and what to type."""

from datetime import datetime
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.choice import configured
from skillconnect_ops.commands.rotate.waiting import Waiting, waiting
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.model import SecretSettings
from skillconnect_ops.core.settings.rules import period_s
from skillconnect_ops.core.view import Cell, Table, Text, Tone, duration
from skillconnect_ops.journal.model import Standing


def status(house: House, *, target: str | None) -> Report:
    """One row for each secret of the target."""
    aim = house.target(target)
    open_ones = {name: one for one in waiting(house, aim) for name in one.secrets}
    at_of = renewed(house, aim.name)
    now = house.clock.now()
    facts: list[dict[str, Any]] = []
    rows: list[tuple[Cell, ...]] = []
    for name, settings in sorted(configured(aim).items()):
        at, open_one = at_of.get(name), open_ones.get(name)
        standing = _standing(open_one, settings, at, now)
        facts.append(
            {
                "name": name,
                "kind": settings.kind,
                "env": settings.env,
                "standing": standing.text,
                "rotated_at": at,
                "journal": None if open_one is None else open_one.id,
            }
        )
        ago = f"{duration((now - at).total_seconds())} ago" if at else "never by skc"
        rows.append((name, settings.kind, settings.env, ago, standing))
    headers = ("secret", "kind", "variable", "rotated", "standing")
    return Report(
        command="rotate status",
        subject={"target": aim.name},
        facts={"secrets": facts},
        view=(Table(headers=headers, rows=tuple(rows)),),
        next=("skc rotate finish",) if open_ones else ("skc rotate",),
    )


def _standing(
    open_one: Waiting | None, settings: SecretSettings, at: datetime | None, now: datetime
) -> Text:
    if open_one is not None:
        return Text("retiring: the old one still works", Tone.WARN)
    every = period_s(settings.every) if settings.every else None
    if every is None:
        return Text("live")
    if at is None or (now - at).total_seconds() > every:
        return Text(f"due: every {settings.every}", Tone.BAD)
    return Text("live", Tone.GOOD)


def renewed(house: House, target: str) -> dict[str, datetime]:
    """When each secret was last renewed here, by its journals."""
    office, found = house.office(), dict[str, datetime]()
    for one in reversed(office.journals()):
        sealed = one.command == "rotate" and one.standing is Standing.SEALED
        if sealed and one.subject.target == target and one.ended_at is not None:
            for name in Waiting(id=one.id, plan=office.plan(one.id), since=None).secrets:
                found[name] = one.ended_at
    return found
