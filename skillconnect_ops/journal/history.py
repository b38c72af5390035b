"""What a journal's entries add up to: how far each step came, and which way the run may go."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from skillconnect_ops.core.plan import Plan, Proof, Step
from skillconnect_ops.core.report import StepOutcome, StepResult
from skillconnect_ops.disk.lock import Owner
from skillconnect_ops.journal.events import (
    Begin,
    Done,
    Entry,
    Failed,
    Final,
    Handed,
    Intent,
    Recorded,
    RolledBack,
    Sealed,
    Taken,
    Undo,
    Undone,
    Waived,
)
from skillconnect_ops.journal.model import Progress


class History:
    """A journal, folded line by line. The world's state is inferred from nothing else."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.begin: Begin | None = None
        self.begun_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.owner: Owner | None = None
        self.images: dict[str, Mapping[str, Any]] = {}
        self.facts: dict[str, Mapping[str, Any]] = {}
        self.seconds: dict[str, float] = {}
        self.errors: dict[str, str] = {}
        self.error: str | None = None
        self.turned = False
        """Whether only forward is possible: the turn was taken and nothing undone since."""
        self.sealed = False
        self.rolled_back = False
        self.recorded = False
        self.handed = False
        """Whether another machine has taken it over."""
        self.waived: dict[str, None] = {}
        """What a person told it to go on without, in that order."""
        self._progress: dict[str, Progress] = {}
        self._proofs: dict[str, tuple[Proof, ...]] = {}
        for entry in entries:
            self.add(entry)

    def progress(self, key: str) -> Progress:
        """How far a step came."""
        return self._progress.get(key, Progress.WAITING)

    def must_undo(self, key: str) -> bool:
        """Whether a step may have taken effect and was not put back since."""
        return self.progress(key) in {Progress.OPEN, Progress.DONE, Progress.UNDOING}

    @property
    def touched(self) -> bool:
        """Whether any step ever came as far as its intent."""
        return bool(self._progress)

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """What the steps that are done have proven."""
        return tuple(proof for proofs in self._proofs.values() for proof in proofs)

    def add(self, entry: Entry) -> None:
        """Fold one more line in."""
        match entry.event:
            case Begin(owner=owner) as begin:
                self.begin, self.begun_at, self.owner = begin, entry.at, owner
            case Taken() | Waived() as told:
                self._told(told)
            case Intent(key=key, image=image):
                self._progress[key] = Progress.OPEN
                self.images.setdefault(key, image)
            case Done() as done:
                self._done(done)
            case Failed(key=key, what=what, why=why):
                self.error = f"{what}: {why}"
                if key is not None:
                    self.errors[key] = self.error
            case Undo(key=key):
                self._progress[key] = Progress.UNDOING
                self._proofs.pop(key, None)
                self.facts.pop(key, None)
                self.turned = False
            case Undone(key=key, seconds=seconds):
                self._progress[key] = Progress.UNDONE
                self.seconds.setdefault(key, seconds)  # what it took to do tells more
            case Final():
                self.turned = True
            case Recorded():
                self.recorded = True
            case Sealed() | RolledBack() | Handed() as end:
                self.ended_at = entry.at
                self._end(end)

    def _told(self, event: Taken | Waived) -> None:
        if isinstance(event, Taken):
            self.owner = event.owner
        else:
            self.waived[event.name] = None

    def _end(self, end: Sealed | RolledBack | Handed) -> None:
        if isinstance(end, Handed):
            self.handed = True
            return
        self.sealed = isinstance(end, Sealed)
        self.rolled_back = not self.sealed
        self.error = None if self.sealed else self.error

    def _done(self, done: Done) -> None:
        self._progress[done.key] = Progress.DONE
        self.facts[done.key] = done.facts
        self.seconds[done.key] = done.seconds
        self.errors.pop(done.key, None)
        self._proofs[done.key] = done.proofs


def results(history: History, plan: Plan) -> tuple[StepResult, ...]:
    """What became of every step of a plan, as reports give it."""
    return tuple(
        StepResult(
            key=step.key,
            kind=step.kind,
            outcome=_outcome(history, step),
            seconds=history.seconds.get(step.key, 0.0),
        )
        for step in (*plan.steps, *plan.final)
    )


def _outcome(history: History, step: Step) -> StepOutcome:
    key = step.key
    if key in history.errors:
        return StepOutcome.FAILED
    if step.waivable in history.waived and history.facts.get(key, {}).get("waived"):
        return StepOutcome.SKIPPED
    match history.progress(key):
        case Progress.WAITING:
            return StepOutcome.SKIPPED
        case Progress.DONE:
            return StepOutcome.DONE
        case Progress.UNDONE:
            return StepOutcome.UNDONE
        case Progress.OPEN | Progress.UNDOING:
            return StepOutcome.FAILED
