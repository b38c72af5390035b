"""The nouns of the gait: what a command asks for, what it gets back, what a journal shows."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from msgspec import Struct

from skillconnect_ops.core.plan import Plan, Proof, Subject
from skillconnect_ops.core.report import StepResult
from skillconnect_ops.disk.lock import Owner
from skillconnect_ops.journal.resources import Resource


class NotNeeded(Struct, frozen=True):
    """Nobody is asked: the command adds and destroys nothing (a backup)."""


class Ask(Struct, frozen=True):
    """A yes on the terminal, or `--yes`."""


class TypeName(Struct, frozen=True):
    """The name of what will be destroyed, typed, or given by `--confirm`; `--yes` is not enough."""

    name: str
    does: str = "destroys"
    """What the plan does to it, to stand before the name."""


Consent = NotNeeded | Ask | TypeName


class Choices(Struct, frozen=True, kw_only=True):
    """What the person chose on the command line for this run."""

    dry_run: bool = False
    """Stop after the plan was shown."""
    yes: bool = False
    confirm: str | None = None
    save_plan: Path | None = None
    """Write the plan there and stop."""

    @property
    def looks_only(self) -> bool:
        """Whether nothing is to be changed, so that dead runs are left as they are, too."""
        return self.dry_run or self.save_plan is not None


class Outcome(Struct, frozen=True, kw_only=True):
    """How a plan ended that did not fail."""

    plan: Plan
    journal: str | None = None
    """None when nothing was walked."""
    steps: tuple[StepResult, ...] = ()
    facts: Mapping[str, Mapping[str, Any]] = {}
    """What each step's `apply` gave, by the step's key."""
    proofs: tuple[Proof, ...] = ()
    walked: bool = False
    """False after a dry run, a saved plan, or when there was nothing to do."""
    warnings: tuple[str, ...] = ()
    """What did not undo the plan but a person should know; already said aloud."""


class Standing(Enum):
    """Where a journal stands."""

    RUNNING = "running"
    INTERRUPTED = "interrupted"
    """Its process ended within the reversible steps: it can be resumed or rolled back."""
    FORWARD_ONLY = "forward_only"
    """Its process ended after the turn: it can only be resumed."""
    SEALED = "sealed"
    ROLLED_BACK = "rolled_back"
    HANDED_OVER = "handed_over"
    """Another machine has taken it over, and brings it to its end."""
    BROKEN = "broken"
    """Its text was altered, and it does not end with a seal."""

    @property
    def over(self) -> bool:
        """Whether nothing is left to do here."""
        return self in {Standing.SEALED, Standing.ROLLED_BACK, Standing.HANDED_OVER}


class Progress(Enum):
    """How far one step came, as the journal tells."""

    WAITING = "waiting"
    OPEN = "open"
    """Its intent is written; whether it took effect is unknown."""
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class StepState(Struct, frozen=True, kw_only=True):
    """One step of a journal's plan."""

    key: str
    kind: str
    final: bool
    progress: Progress
    seconds: float = 0.0
    error: str | None = None


class JournalState(Struct, frozen=True, kw_only=True):
    """One journal as it can be read without knowing its kinds of step."""

    id: str
    folder: Path
    standing: Standing
    command: str
    subject: Subject
    resources: tuple[Resource, ...]
    """Empty in a broken journal: nobody knows what it holds."""
    owner: Owner | None
    """The process that walked last; None where that cannot be read."""
    begun_at: datetime | None
    ended_at: datetime | None
    """When it was sealed or rolled back."""
    steps: tuple[StepState, ...]
    error: str | None
    """What the run failed with, if it did."""
    then: str | None
    chain: str | None = None
    """Whose escrow it uses: its own id, or that of the run it goes on from."""
    fence: int | None = None
    """The number that this machine acts under, where another one can take the run over."""
    waived: tuple[str, ...] = ()
    """What a person told it to go on without."""
    trouble: str | None = None
    """What is wrong with the text of a broken journal."""
