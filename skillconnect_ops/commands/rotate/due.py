"""`skc rotate due`: what leaked, or is to be renewed or finished, for cron; it changes nothing."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.accepting import finish_command, readers_of
from skillconnect_ops.commands.rotate.choice import configured
from skillconnect_ops.commands.rotate.half_way import LONG_S, HalfWay, half_way
from skillconnect_ops.commands.rotate.leaks import Leaks, leaks
from skillconnect_ops.commands.rotate.rings import Held, all_held, readable
from skillconnect_ops.commands.rotate.status import renewed
from skillconnect_ops.commands.rotate.waiting import UNFINISHED_S, waiting
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.exits import Status
from skillconnect_ops.core.finding import Finding, Rank, Severity, fingerprint
from skillconnect_ops.core.report import Report, Unknown
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.settings.rules import period_s
from skillconnect_ops.core.view import FindingsHere, Lines, duration

GRACE = 0.25
"""By how much of its period a renewal may be late before it is overdue."""


def due(house: House, *, target: str | None) -> Report:
    """A finding for each secret that leaked (critical), is overdue (high) or due (medium)."""
    aim = house.target(target)
    now = house.clock.now()
    rings = all_held(house, aim)
    runs = half_way(house, aim)
    leaked = leaks(house, aim, {name: one.env for name, one in configured(aim).items()})
    found = (
        *_leaked(leaked),
        *_to_end(runs, aim, now),
        *_to_renew(house, aim, now),
        *_to_finish(house, aim, now),
        *_to_go_on(readable(rings.values()), now),
    )
    unknown = (
        *(Unknown(aim.name, why) for why in leaked.unknown),
        *(
            Unknown(name, f"{one.what}: {one.why}")
            for name, one in rings.items()
            if isinstance(one, SkcError)
        ),
    )
    return Report(
        command="rotate due",
        subject={"target": aim.name},
        status=_status(found, unknown),
        findings=found,
        unknown=unknown,
        facts={"due": [one.subject for one in found], "runs": [one.id for one in runs]},
        view=(FindingsHere(),) if found or unknown else (Lines(_quiet(runs)),),
        next=(_next(found),),
    )


def _next(found: Sequence[Finding]) -> str:
    """What mends the worst of them."""
    worst = max(found, key=lambda one: Rank[one.severity.name], default=None)
    return worst.remedy if worst is not None else "skc rotate status"


def _status(found: Sequence[Finding], unknown: Sequence[Unknown]) -> Status:
    """A ring that cannot be read is never "nothing is due"."""
    if found:
        return Status.FINDINGS
    return Status.INCOMPLETE if unknown else Status.OK


def _quiet(runs: Sequence[HalfWay]) -> tuple[str, ...]:
    """What there is to say where nothing is due; what is under way is not over yet."""
    return tuple(one.line() for one in runs) or ("nothing is due",)


def _leaked(known: Leaks) -> Iterator[Finding]:
    """Present values that others have: each day with them is one too many."""
    for name, why in known.why.items():
        yield _finding(
            "secret-leaked",
            name,
            Severity.CRITICAL,
            f"{name} leaked: {why}",
            f"skc rotate --only {name} --reason leaked",
        )


def _to_end(runs: Sequence[HalfWay], target: Target, now: datetime) -> Iterator[Finding]:
    """Runs that did not come to their end: what they hold is not known to be well."""
    for one in runs:
        typed = one.commands()
        age = (now - one.began).total_seconds() if one.began is not None else None
        if one.runs and age is not None and age < LONG_S:
            continue
        began = f"; it began {duration(age)} ago" if age is not None else ""
        yield _finding(
            "rotation-half-way",
            ", ".join(one.secrets) or target.name,
            Severity.HIGH,
            f"{one.command}: {one.says()}{began}",
            "   # or: ".join(typed) if typed else f"skc journal show {one.id}",
        )


def _to_go_on(rings: Sequence[Held], now: datetime) -> Iterator[Finding]:
    """Old keys whose time is over, and keys that were staged and wait."""
    for one in rings:
        name, env, state = one.named.name, one.named.settings.env, one.state
        if state.until is not None and state.ends(now):
            over = (now - state.until).total_seconds()
            yield _finding(
                "rotation-unfinished",
                name,
                Severity.HIGH if over >= UNFINISHED_S else Severity.MEDIUM,
                f"the old key of {env} is in the ring still, {duration(over)} after its end",
                "skc rotate finish",
            )
        waits = (now - state.staged_at).total_seconds() if state.staged_at is not None else 0
        if waits >= UNFINISHED_S:
            yield _finding(
                "rotation-unfinished",
                name,
                Severity.MEDIUM,
                f"a key of {env} was staged {duration(waits)} ago, and does not sign yet",
                f"skc rotate --only {name}",
            )


def _to_renew(house: House, target: Target, now: datetime) -> Iterator[Finding]:
    at = renewed(house, target.name)
    for name, settings in sorted(configured(target).items()):
        every = period_s(settings.every) if settings.every else None
        if every is None:
            continue
        age = (now - at[name]).total_seconds() if name in at else None
        if age is None or age >= every:
            late = age is not None and age >= every * (1 + GRACE)
            said = "was never renewed by skc" if age is None else f"is {duration(age)} old"
            yield _finding(
                "rotation-due",
                name,
                Severity.HIGH if late else Severity.MEDIUM,
                f"{name} {said}; it is to be renewed every {settings.every}",
                f"skc rotate --only {name}",
            )


def _to_finish(house: House, target: Target, now: datetime) -> Iterator[Finding]:
    for one in waiting(house, target):
        age = (now - one.since).total_seconds() if one.since is not None else UNFINISHED_S
        names, leaked = ", ".join(one.all_secrets), "; it leaked" if one.leaked else ""
        severity = Severity.HIGH if age >= one.patience_s else Severity.MEDIUM
        who, command = ", ".join(readers_of(one.accepted)), finish_command(one.plan, target)
        envs = ", ".join(step.env for step in one.accepted)
        said = [f"{who} accepts the old {envs} until it is restarted"] if who else []
        works = [name for name in one.secrets if one.until(name) is None]
        said += [f"the old {', '.join(works)} still works"] if works else []
        yield _finding(
            "rotation-unfinished",
            names,
            severity,
            f"{'; '.join(said)}, {duration(age)} after it was renewed{leaked}",
            f"{command}   # once {who} is restarted" if who else command,
        )


def _finding(check: str, name: str, severity: Severity, message: str, remedy: str) -> Finding:
    return Finding(
        id=check,
        severity=severity,
        subject=name,
        message=message,
        remedy=remedy,
        fingerprint=fingerprint(check, name, ""),
    )
