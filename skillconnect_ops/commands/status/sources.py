"""Where `status` learns from. A new command adds its function here, by hand.

Each source is fast, asks no server, and says what it could not read instead of failing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.bundles import kept
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.retired import InUse, in_use, is_leaked
from skillconnect_ops.commands.status.model import Known, Urgency
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.plan import Plan
from skillconnect_ops.core.ports.evidence import Evidence
from skillconnect_ops.core.settings.model import Project
from skillconnect_ops.core.shell import word
from skillconnect_ops.core.view import Cell, Text, Tone, count, duration, listed, size
from skillconnect_ops.evidence.matching import Reason, Refusal, Retirement
from skillconnect_ops.journal.model import JournalState, Standing


class Asked(Struct, frozen=True):
    """What a source is given."""

    house: House
    project: Project


Source = Callable[[Asked], Known]

IN_PLACE = "indexes.in_place"
"""What `skc indexes` and its check prove."""
INCIDENT, INCIDENT_OVER = "incident.started", "incident.closed"
"""What `skc respond` writes when one begins, and when it is over."""
_RING_KEY = "signing key"
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
    """Runs that did not come to their end, and those whose old value works until another run."""
    try:
        office = asked.house.office()
        every = office.journals()
        waiting = [(one, _is_of_a_leak(office.plan(one.id))) for one in _going_on(every)]
    except SkcError as error:
        return _unread("journals", error)
    open_ones = [state for state in every if not state.standing.over]
    dead = [state for state in open_ones if state.standing is not Standing.RUNNING]
    lines = (
        *(("unfinished", _journal(state)) for state in open_ones),
        *(("unfinished", _waits(asked, one, leaked=leaked)) for one, leaked in waiting),
    )
    waiting.sort(key=lambda one: not one[1])
    command, urgency = None, Urgency.NOTHING
    if dead:
        command, urgency = _mend(dead[0]), Urgency.NOW
    elif waiting:
        first, leaked = waiting[0]
        command, urgency = _onward(asked, first), Urgency.NOW if leaked else Urgency.SOON
    return Known(
        facts={
            "journals": {
                "count": len(every),
                "unfinished": [
                    {"id": state.id, "command": state.command, "standing": state.standing}
                    for state in open_ones
                ],
                "waiting": [
                    {"id": one.id, "command": one.command, "then": one.then, "leaked": leaked}
                    for one, leaked in waiting
                ],
            }
        },
        lines=lines or (("journals", f"{count(len(every), 'run')}, all finished"),),
        next=command,
        urgency=urgency,
    )


def _going_on(every: Sequence[JournalState]) -> list[JournalState]:
    """The runs that are done, and that another command goes on from, oldest first."""
    ended = {
        (one.chain, one.command)
        for one in every
        if one.standing in {Standing.SEALED, Standing.FORWARD_ONLY} and one.chain != one.id
    }
    return [
        one
        for one in reversed(every)
        if one.standing is Standing.SEALED
        and one.then is not None
        and (one.id, one.then) not in ended
    ]


def _is_of_a_leak(plan: Plan) -> bool:
    steps = (*plan.steps, *plan.final)
    return any(getattr(step, "reason", None) == Reason.LEAKED.value for step in steps)


def _waits(asked: Asked, one: JournalState, *, leaked: bool) -> Cell:
    """What was renewed, and is not over."""
    names = [held.name.rpartition("/")[2] for held in one.resources if held.kind == "secret"]
    which = f"{'leaked, and ' if leaked else ''}the old value works until: {_onward(asked, one)}"
    return Text(f"{one.command} {', '.join(names)}: {which}", Tone.BAD if leaked else Tone.WARN)


def _onward(asked: Asked, one: JournalState) -> str:
    return f"skc {one.then}" + (_at(asked, one.subject.target) if one.subject.target else "")


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


def indexes(asked: Asked) -> Known:
    """When a database's indexes were last compared with their declaration, and how they stood."""
    declaring = {
        name
        for name, target in asked.project.settings.targets.items()
        if target.database is not None and (asked.project.root / target.indexes).is_file()
    }
    if not declaring:
        return Known(facts={"indexes": {}}, lines=())
    try:
        records = asked.house.ledger().read()
    except SkcError as error:
        return _unread("indexes", error)
    newest = {
        str(one.subject.get("target")): one
        for one in records  # the oldest first
        if one.claim == IN_PLACE
    }
    parts = [_indexes(asked, name, newest.get(name)) for name in sorted(declaring)]
    first = max(parts, key=lambda part: part.urgency)
    return Known(
        facts={"indexes": {name: fact for part in parts for name, fact in part.facts.items()}},
        lines=tuple(line for part in parts for line in part.lines),
        next=first.next,
        urgency=first.urgency,
    )


def _indexes(asked: Asked, name: str, record: Evidence | None) -> Known:
    option = f" --target {name}" if len(asked.project.settings.targets) > 1 else ""
    if record is None:
        says, tone, command = "never compared with the database", Tone.WARN, "check"
    else:
        age = duration(max((asked.house.clock.now() - record.at).total_seconds(), 0))
        held = "in place" if record.holds else "not all in place"
        says, command = f"{held}, looked at {age} ago", "--dry-run"
        tone = Tone.GOOD if record.holds else Tone.WARN
    return Known(
        facts={name: None if record is None else {"at": record.at, "in_place": record.holds}},
        lines=((f"indexes {name}", Text(says, tone)),),
        next=None if tone is Tone.GOOD else f"skc indexes {command}{option}",
        urgency=Urgency.NOTHING if tone is Tone.GOOD else Urgency.CAN_WAIT,
    )


def incidents(asked: Asked) -> Known:
    """Incidents that were declared and not closed; `skc respond` says how each stands."""
    try:
        records = asked.house.ledger().read()
    except SkcError as error:
        return _unread("incidents", error)
    begun = {str(one.subject.get("incident")): one for one in records if one.claim == INCIDENT}
    over = {str(one.subject.get("incident")) for one in records if one.claim == INCIDENT_OVER}
    open_ones = {name: one for name, one in begun.items() if name not in over}
    now = asked.house.clock.now()
    lines = tuple(
        (
            "INCIDENT",
            Text(f"{name}, for {duration(max((now - one.at).total_seconds(), 0))}", Tone.BAD),
        )
        for name, one in open_ones.items()
    )
    option = f" --incident {next(iter(open_ones))}" if len(open_ones) > 1 else ""
    return Known(
        facts={"incidents": {"count": len(begun), "open": list(open_ones)}},
        lines=lines,
        next=f"skc respond{option}" if open_ones else None,
        urgency=Urgency.NOW if open_ones else Urgency.NOTHING,
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
    held = {name: in_use(asked.house, asked.house.target(name)) for name in _targets(asked)}
    now = [(name, one) for name, files in held.items() for one in files.found]
    now.sort(key=lambda one: not is_leaked(one[1].retired))
    unread = dict.fromkeys(files.unread for files in held.values() if files.unread)
    leaked = sum(one.reason is Reason.LEAKED for one in every)
    unproven = sum(one.refusal is Refusal.UNPROVEN for one in every)
    says = f"{len(every):,} retired, {leaked:,} of them leaked"
    if unproven:
        says += f"; of {unproven:,} nobody has shown that the old value is refused"
    command, urgency = _contained(asked, every, now)
    return Known(
        facts={"retired": {"count": len(every), "leaked": leaked, "unproven": unproven}},
        lines=(("secrets", says if every else "none is retired yet"), *map(_used, now)),
        trouble="; ".join(unread) or None,
        next=command,
        urgency=urgency,
    )


def _targets(asked: Asked) -> Sequence[str]:
    return tuple(asked.project.settings.targets)


def _used(one: tuple[str, InUse]) -> tuple[str, Cell]:
    target, it = one
    reason = it.retired.retirement.reason
    return "", Text(f"{it.key} of target {target} is in use, and retired: {reason}", Tone.BAD)


def _contained(
    asked: Asked, every: Sequence[Retirement], now: Sequence[tuple[str, InUse]]
) -> tuple[str | None, Urgency]:
    """What comes next, and how soon: what leaked is contained before anything is backed up."""
    if now:
        target, one = now[0]
        name, at = _rotated(asked, target).get(one.key), _at(asked, target)
        if name is None:
            return f"skc env check{at}", Urgency.NOW
        reason = " --reason leaked" if is_leaked(one.retired) else ""
        return f"skc rotate{at} --only {name}{reason} --dry-run", Urgency.NOW
    unproven = [one for one in every if one.refusal is Refusal.UNPROVEN]
    # of a ring's key nobody can prove more than that the app has another one
    leaked = {one.name for one in unproven if one.reason is Reason.LEAKED and one.kind != _RING_KEY}
    for target in _targets(asked):
        if leaked & _rotated(asked, target).keys():
            return f"skc rotate status{_at(asked, target)}", Urgency.SOON
    if unproven:
        return "skc secrets ledger list", Urgency.CAN_WAIT
    return None, Urgency.NOTHING


def _at(asked: Asked, target: str) -> str:
    return f" --target {target}" if len(_targets(asked)) > 1 else ""


def _rotated(asked: Asked, target: str) -> dict[str, str]:
    """The variables of a target that `skc rotate` renews, with the names of their secrets."""
    settings = asked.project.settings.targets[target]
    known = {one.env: name for name, one in settings.secrets.items()}
    if settings.database is not None:
        known.setdefault(settings.database.uri.removeprefix("env:"), "mongodb")
    return known


def bundles(asked: Asked) -> Known:
    """What scrubs have kept: each holds every secret, and is to be deleted one day."""
    today = asked.house.clock.now().date()
    every = kept(asked.house, asked.project.state)
    late = [(folder, about) for folder, about in every if about.delete_by <= today]
    lines = tuple(
        (
            "bundle",
            Text(
                f"{folder}: all that {about.repository} was, secrets too; delete it "
                f"{'now' if about.delete_by <= today else f'by {about.delete_by}'}",
                Tone.BAD if about.delete_by <= today else Tone.WARN,
            ),
        )
        for folder, about in every
    )
    return Known(
        facts={
            "bundles": [
                {"folder": str(folder), "delete_by": about.delete_by.isoformat()}
                for folder, about in every
            ]
        },
        lines=lines,
        next=f"rm -r {word(late[0][0])}" if late else None,
        urgency=Urgency.SOON if late else Urgency.NOTHING,
    )


SOURCES: tuple[Source, ...] = (
    project,
    incidents,
    journals,
    retired,
    backups,
    bundles,
    indexes,
    evidence,
)
"""In the order in which they are shown; of equally urgent ones, the first one's command is named.

What leaked comes before backing up.
"""


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
