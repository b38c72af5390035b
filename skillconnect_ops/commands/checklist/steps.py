"""The step of `attest` and `waive`: a record of what somebody answers for, signed by this machine.

Nothing else is touched: the record is written when the run is sealed, as those of all runs are, and
what a chain holds is taken back by another record, never by cutting.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.journal.kinds import KindOf


class WordRecord(Step, frozen=True, kw_only=True, tag="word.record"):
    """Record somebody's word about an item."""

    claim: str
    subject: dict[str, Any]
    facts: dict[str, Any]
    told: str
    """What it comes to, in a sentence."""

    def says(self) -> str:
        """One line for the plan."""
        return self.told


class RecordWord:
    """Carries out `word.record`."""

    def before(self, step: WordRecord, walk: Walk) -> Image:
        """Nothing is replaced."""
        return {}

    def apply(self, step: WordRecord, walk: Walk) -> Mapping[str, Any]:
        """Nothing but the record, which is written at the end."""
        return {"item": step.subject.get("item")}

    def verify(self, step: WordRecord, walk: Walk) -> Sequence[Proof]:
        """What is to be recorded."""
        return [Proof(claim=step.claim, subject=step.subject, holds=True, facts=step.facts)]

    def undo(self, step: WordRecord, image: Image, walk: Walk) -> None:
        """Nothing: without an end of the run nothing is recorded."""


KINDS: tuple[KindOf[House], ...] = (KindOf(WordRecord, lambda _house, _subject: RecordWord()),)
"""The kinds of step that this domain brings."""
