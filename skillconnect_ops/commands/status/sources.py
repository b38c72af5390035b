"""Where `status` learns from. A new command adds its function here, by hand.

Each source is fast, asks no server, and says what it could not read instead of failing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.status.model import Known, Urgency
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.settings.model import Project
from skillconnect_ops.core.view import Cell, Text, Tone, count, duration, listed, size
from skillconnect_ops.evidence.matching import Reason, Refusal
from skillconnect_ops.journal.model import JournalState, Standing


class Asked(Struct, frozen=True):
    """What a source is given."""

    house: House
    project: Project


Source = Callable[[Asked], Known]

_OLD_S = 26 * 3600.0
"""A nightly backup that is older than this has been missed."""


def project(asked: Asked) -> Known:
    """Which project, and its targets."""
    found = asked.project
    names = list(found.settings.targets)
    lines: tuple[tuple[str, Cell], ...] = (
        ("project", f"{found.settings.project.name}, described in {found.file}"),
        ("targets", ", ".join(names) or Text("none", Tone.WARN)),
    )
    return Known(
        facts={"project": found.settings.project, "root": found.root, "targets": names},
        lines=lines,
    )


def journals(asked: Asked) -> Known:
    """Runs that did not come to their end."""
    try:
        every = asked.house.office().journals()
    except SkcError as error:
        return _unread("journals", error)
    open_ones = [state for state in every if not state.standing.over]
    dead = [state for state in open_ones if state.standing is not Standing.RUNNING]
    lines = tuple(("unfinished", _journal(state)) for state in open_ones)
    return Known(
        facts={
            "journals": {
                "count": len(every),
                "unfinished": [
                    {"id": state.id, "command": state.command, "standing": state.standing}
                    for state in open_ones
                ],
            }
        },
        lines=lines or (("journals", f"{count(len(every), 'run')}, all finished"),),
        next=_mend(dead[0]) if dead else None,
        urgency=Urgency.NOW if dead else Urgency.NOTHING,
    )


def backups(asked: Asked) -> Known:
    """The newest backup of each target, and what is proven of it."""
    targets = asked.project.settings.targets
    parts = [
        _backups(asked.house, name, option=f" --target {name}" if len(targets) > 1 else "")
        for name, target in targets.items()
        if target.backups is not None and target.database is not None
    ]
    first = max(parts, key=lambda part: part.urgency, default=None)
    troubles = [part.trouble for part in parts if part.trouble]
    return Known(
        facts={"backups": {name: fact for part in parts for name, fact in part.facts.items()}},
        lines=tuple(line for part in parts for line in part.lines),
        next=first.next if first else None,
        urgency=first.urgency if first else Urgency.NOTHING,
        trouble="; ".join(troubles) or None,
    )


def evidence(asked: Asked) -> Known:
    """How much has been observed and signed."""
    try:
        records = asked.house.ledger().read()
    except SkcError as error:
        return _unread("evidence", error)
    proven = sum(record.proven for record in records)
    says = f"{count(len(records), 'record')}, {proven:,} proven by a listed signer"
    if records and not proven:
        says = (
            f"{count(len(records), 'record')}, claims as yet: .skc/allowed_signers lists no key "
            "that signed them; skc doctor shows the line to add"
        )
    return Known(
        facts={"evidence": {"count": len(records), "proven": proven}},
        lines=(("evidence", says if records else "none yet"),),
    )


def retired(asked: Asked) -> Known:
    """What the ledger of retired secrets keeps out; nothing is scanned for it."""
    try:
        entries = asked.house.retired().read().entries
    except SkcError as error:
        return _unread("retired", error)
    every = [entry.retirement for entry in entries]
    leaked = sum(one.reason is Reason.LEAKED for one in every)
    unproven = sum(one.refusal is Refusal.UNPROVEN for one in every)
    says = f"{len(every):,} retired, {leaked:,} of them leaked"
    if unproven:
        says += f"; of {unproven:,} nobody has shown that the old value is refused"
    return Known(
        facts={"retired": {"count": len(every), "leaked": leaked, "unproven": unproven}},
        lines=(("secrets", says if every else "none is retired yet"),),
        next="skc secrets ledger list" if unproven else None,
        urgency=Urgency.CAN_WAIT if unproven else Urgency.NOTHING,
    )


SOURCES: tuple[Source, ...] = (project, journals, backups, evidence, retired)
"""In the order in which they are shown."""


def _unread(name: str, error: SkcError) -> Known:
    trouble = f"{error.what}: {error.why}"
    return Known(
        facts={name: None},
        lines=((name, Text(f"could not be read: {error.what}", Tone.BAD)),),
        next=error.fix if error.fix.startswith("skc ") else "skc doctor",
        urgency=Urgency.NOW,
        trouble=trouble,
    )


def _journal(state: JournalState) -> Cell:
    """Where it stands; of one whose process died also what brings it to an end."""
    match state.standing:
        case Standing.RUNNING:
            return f"{state.command} is running ({state.id})"
        case Standing.INTERRUPTED:
            how = "rollback puts the world as it was before it, resume goes on"
        case Standing.FORWARD_ONLY:
            how = "it can only be resumed"
        case _:
            how = "its journal is damaged"
    return Text(f"{state.command} stands half-way ({state.id}): {how}", Tone.BAD)


def _mend(state: JournalState) -> str:
    verb = "rollback" if state.standing is Standing.INTERRUPTED else "resume"
    verb = "show" if state.standing is Standing.BROKEN else verb
    return f"skc journal {verb} {state.id}"


def _backups(house: House, name: str, *, option: str) -> Known:
    report = house.commands.run("backup", "list", "--target", name)
    if report.error is not None:
        trouble = f"{report.error.what}: {report.error.why}"
        line = (f"backup {name}", Text(f"could not be read: {report.error.what}", Tone.BAD))
        return Known(
            facts={name: None}, lines=(line,), trouble=trouble, urgency=Urgency.SOON, next=None
        )
    rows: Sequence[Mapping[str, Any]] = report.facts.get("backups", ())
    own = [row for row in rows if row["target"] == name and not (row["safety"] or row["only"])]
    newest = max(own, key=lambda row: str(row["id"]), default=None)
    if newest is None:
        part = any(row["target"] == name for row in rows)
        says = "none yet but of a part, or taken by a restore" if part else "none yet"
        line = (f"backup {name}", Text(says, Tone.WARN))
        return Known(
            facts={name: {"count": 0, "newest": None}},
            lines=(line,),
            next=f"skc backup{option}",
            urgency=Urgency.SOON,
        )
    return _newest(house, name, newest, number=len(own), option=option)


def _newest(
    house: House, name: str, newest: Mapping[str, Any], *, number: int, option: str
) -> Known:
    age_s = (house.clock.now() - _time(newest["created_at"])).total_seconds()
    drill = newest["drill"]
    verdict = drill and getattr(drill["verdict"], "value", drill["verdict"])
    says = f"{duration(max(age_s, 0))} ago, {size(newest['size_bytes'])}"
    if newest["without"]:
        says += f" without {listed(newest['without'])}"
    command, urgency, tone = None, Urgency.NOTHING, Tone.GOOD
    if drill is None:
        says += ", not drilled"
        command, urgency = f"skc backup verify {newest['id']} --drill{option}", Urgency.CAN_WAIT
        tone = Tone.WARN
    elif verdict != "passed":
        says += f", drill {verdict}"
        command, urgency, tone = f"skc backup{option}", Urgency.NOW, Tone.BAD
    else:
        says += ", drill passed"
    if age_s > _OLD_S and urgency < Urgency.SOON:
        command, urgency, tone = f"skc backup{option}", Urgency.SOON, Tone.WARN
    return Known(
        facts={name: {"count": number, "newest": dict(newest)}},
        lines=((f"backup {name}", Text(f"{says} ({newest['id']})", tone)),),
        next=command,
        urgency=urgency,
    )


def _time(value: object) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.fromisoformat(str(value))
