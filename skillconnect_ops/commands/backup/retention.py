"""Which backups `prune` keeps: the newest of each day, week and month, and never the last good one.

Pure: backups, policy and time in, a decision for each backup out.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from skillconnect_ops.commands.backup.latest import failed
from skillconnect_ops.commands.backup.model import Stored, Verdict
from skillconnect_ops.core.settings.model import Keep


class Decision(Struct, frozen=True, kw_only=True):
    """What becomes of one backup; `reasons` are empty for one that goes."""

    id: str
    reasons: tuple[str, ...]

    @property
    def stays(self) -> bool:
        """Whether it is kept."""
        return bool(self.reasons)


def decide_all(backups: Sequence[Stored], keep: Keep, *, target: str) -> dict[str, Decision]:
    """A decision for each backup of a location, by id.

    Other targets' backups stay. What holds only a part stands in a line of its own, as does each
    cluster, each set of databases, and what was taken before a restore; so that none of them
    stands in for another.
    """
    decisions = {
        one.manifest.id: Decision(id=one.manifest.id, reasons=("of another target",))
        for one in backups
    }
    lines: dict[tuple[object, ...], list[Stored]] = {}
    for one in backups:
        subject = one.manifest.subject
        if subject.target == target:
            part = (subject.databases, frozenset(subject.only), frozenset(subject.without))
            line = (subject.cluster, subject.safety, subject.complete, *part)
            lines.setdefault(line, []).append(one)
    for group in lines.values():
        decisions |= {decision.id: decision for decision in decide(group, keep)}
    return decisions


def decide(backups: Sequence[Stored], keep: Keep) -> tuple[Decision, ...]:
    """A decision for each of some backups of the same thing, newest first.

    A period's newest backup stands for it, but one whose drill failed only where there is no
    other; periods without a backup are not counted, so a gap in the history never eats the copies
    before it.
    """
    newest_first = sorted(backups, key=_taken, reverse=True)
    reasons: dict[str, list[str]] = {stored.manifest.id: [] for stored in newest_first}
    for name, number, period in (
        ("daily", keep.daily, _day),
        ("weekly", keep.weekly, _week),
        ("monthly", keep.monthly, _month),
    ):
        for identity in _newest_of_each(newest_first, period)[:number]:
            reasons[identity].append(name)
    if newest_first:
        reasons[newest_first[0].manifest.id].append("newest")
        sound = next((one for one in newest_first if not failed(one)), newest_first[0])
        if sound is not newest_first[0]:
            reasons[sound.manifest.id].append("newest that was not found damaged")
    drilled = _newest_drilled(newest_first)
    if drilled is not None:
        reasons[drilled].append("newest that passed a drill")
    return tuple(
        Decision(id=stored.manifest.id, reasons=tuple(reasons[stored.manifest.id]))
        for stored in newest_first
    )


def _newest_drilled(newest_first: Sequence[Stored]) -> str | None:
    for stored in newest_first:
        if stored.drill is not None and stored.drill.verdict is Verdict.PASSED:
            return stored.manifest.id
    return None


def _newest_of_each(
    newest_first: Sequence[Stored], period: Callable[[datetime], tuple[int, ...]]
) -> list[str]:
    seen: dict[tuple[int, ...], Stored] = {}
    for stored in newest_first:
        standing = seen.setdefault(period(_taken(stored)), stored)
        if failed(standing) and not failed(stored):
            seen[period(_taken(stored))] = stored
    return [stored.manifest.id for stored in seen.values()]


def _taken(stored: Stored) -> datetime:
    return stored.manifest.started_at


def _day(at: datetime) -> tuple[int, ...]:
    return (at.year, at.month, at.day)


def _week(at: datetime) -> tuple[int, ...]:
    return tuple(at.isocalendar()[:2])


def _month(at: datetime) -> tuple[int, ...]:
    return (at.year, at.month)
