"""`skc rotate status`: what is live, what still works besides, and what to type."""

from datetime import datetime

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
    renewed = _renewed(house, aim.name)
    now = house.clock.now()
    facts, rows = [], []
    for name, settings in sorted(configured(aim).items()):
        at, standing = (
            renewed.get(name),
            _standing(open_ones.get(name), settings, renewed.get(name), now),
        )
        facts.append(
            {
                "name": name,
                "kind": settings.kind,
                "env": settings.env,
                "standing": standing.text,
                "rotated_at": at,
                "journal": open_ones[name].id if name in open_ones else None,
            }
        )
        ago = f"{duration((now - at).total_seconds())} ago" if at else "never by skc"
        rows.append((name, settings.kind, settings.env, ago, standing))
    table = Table(headers=("secret", "kind", "variable", "rotated", "standing"), rows=_cells(rows))
    return Report(
        command="rotate status",
        subject={"target": aim.name},
        facts={"secrets": facts},
        view=(table,),
        next=("skc rotate finish",) if open_ones else ("skc rotate",),
    )


def _cells(rows: list[tuple[str, str, str, str, Text]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(rows)


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


def _renewed(house: House, target: str) -> dict[str, datetime]:
    """When each secret was last renewed here, by its journals."""
    office, found = house.office(), dict[str, datetime]()
    for one in reversed(office.journals()):
        sealed = one.command == "rotate" and one.standing is Standing.SEALED
        if sealed and one.subject.target == target and one.ended_at is not None:
            for name in Waiting(id=one.id, plan=office.plan(one.id), since=None).secrets:
                found[name] = one.ended_at
    return found
