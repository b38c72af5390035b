"""`skc backup prune`: looks, decides what may go, and removes it."""

from collections.abc import Sequence

from msgspec import Struct

from skillconnect_ops.commands.backup.catalogue import lock, looked, of_target
from skillconnect_ops.commands.backup.model import Leftover, Stored
from skillconnect_ops.commands.backup.prune import BackupPrune
from skillconnect_ops.commands.backup.repository import Repository
from skillconnect_ops.commands.backup.retention import Decision, decide_all
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.plan import Plan, Subject
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.settings.model import Keep, Target
from skillconnect_ops.core.view import Cell, Lines, Table, Text, Tone, count, size
from skillconnect_ops.journal.model import Ask, Choices
from skillconnect_ops.journal.resources import Resource

_OLD_S = 86_400.0
"""A run elsewhere, which no lock of this machine knows, writes to its folder more often."""


class _Look(Struct, frozen=True, kw_only=True):
    """What a location holds, and what is to become of it."""

    stored: list[Stored]
    decisions: dict[str, Decision]
    dead: list[Leftover]

    @property
    def going(self) -> list[Stored]:
        """The backups that go."""
        return [one for one in self.stored if not self.decisions[one.manifest.id].stays]


def prune(house: House, *, target: str | None, choices: Choices) -> Report:
    """Remove what the retention policy lets go, and what dead runs left.

    Raises:
        SkcError: see the gait.
    """
    chosen = house.target(target)
    repository = of_target(house, chosen)
    settings = chosen.settings.backups
    keep = settings.keep if settings else Keep()
    first = _look(house, repository, chosen, keep)
    outcome = house.office().carry_out(
        lambda: _plan(chosen, repository, _look(house, repository, chosen, keep), keep),
        person=house.person,
        resources=[
            Resource("backups", f"{repository.location}#{chosen.name}"),
            *(lock(repository, one.manifest.id) for one in first.going),
            *(lock(repository, one.id) for one in first.dead),
        ],
        consent=Ask(),
        choices=choices,
    )
    steps = [step for step in outcome.plan.final if isinstance(step, BackupPrune)]
    removed = [step.id for step in steps] if outcome.walked else []
    freed = sum(step.stored_bytes or 0 for step in steps) if outcome.walked else 0
    kept = [one for one in first.decisions.values() if one.stays]
    done = Lines((f"removed {count(len(removed), 'backup')}, freed {size(freed)}",))
    return Report(
        command="backup prune",
        subject=outcome.plan.subject.facts(),
        journal=outcome.journal,
        steps=outcome.steps,
        facts={
            "plan": outcome.plan,
            "removed": removed,
            "kept": [{"id": one.id, "reasons": one.reasons} for one in kept],
            "freed_bytes": freed,
        },
        view=(_decision_table(first), *((done,) if outcome.walked else ())),
        next=("skc backup list",),
    )


def _look(house: House, repository: Repository, target: Target, keep: Keep) -> _Look:
    stored, leftovers = looked(house, repository)
    return _Look(
        stored=stored,
        decisions=decide_all(stored, keep, target=target.name),
        dead=[one for one in leftovers if _is_dead(house, repository, one)],
    )


def _plan(target: Target, repository: Repository, look: _Look, keep: Keep) -> Plan:
    location = str(repository.location)
    kept = (
        f"the policy keeps {keep.daily} daily, {keep.weekly} weekly, {keep.monthly} monthly, "
        "the newest, and the newest that passed a drill"
    )
    going: Sequence[tuple[str, int | None]] = [
        *((one.manifest.id, one.manifest.stored_bytes) for one in look.going),
        *((one.id, None) for one in look.dead),
    ]
    steps = tuple(
        BackupPrune(key=f"prune:{name}", location=location, id=name, stored_bytes=stored_bytes)
        for name, stored_bytes in going
    )
    return Plan(
        command="backup prune",
        subject=Subject(target=target.name, files=(location,)),
        state=" ".join(step.id for step in steps),
        final=steps,
        notes=(kept,),
    )


def _decision_table(look: _Look) -> Table:
    def row(one: Stored) -> tuple[Cell, ...]:
        decision = look.decisions[one.manifest.id]
        why = ", ".join(decision.reasons)
        return (
            one.manifest.id,
            size(one.manifest.stored_bytes),
            Text(f"kept: {why}", Tone.GOOD) if decision.stays else Text("goes", Tone.WARN),
        )

    return Table(
        headers=("backup", "stored", "decision"),
        right=(1,),
        rows=(
            *(row(one) for one in look.stored),
            *((one.id, "", Text("unfinished, goes", Tone.WARN)) for one in look.dead),
        ),
        title=count(len(look.stored), "backup"),
        empty="no backup yet",
    )


def _is_dead(house: House, repository: Repository, leftover: Leftover) -> bool:
    """Whether nobody is writing it: no process here, and none elsewhere for a day."""
    if leftover.damaged or leftover.running:
        return False
    folder = repository.folder(leftover.id)
    try:
        newest_s = max(path.lstat().st_mtime for path in (folder, *folder.rglob("*")))
    except OSError:  # it changes while we look
        return False
    return house.clock.now().timestamp() - newest_s > _OLD_S
