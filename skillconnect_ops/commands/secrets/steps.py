"""The one effect of `secrets ledger add`: a retirement is recorded, for good."""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.evidence.matching import Retirement
from skillconnect_ops.evidence.retired import RetiredLedger
from skillconnect_ops.evidence.retirements import evidence_of
from skillconnect_ops.journal.kinds import KindOf


class SecretRetire(Step, frozen=True, kw_only=True, tag="secret.retire"):
    """Record that a secret is retired.

    It is a final step: a chain is only ever added to, so there is no way back. It holds keyed
    fingerprints, so a run that died needs no secret to be resumed.
    """

    retirement: Retirement

    def says(self) -> str:
        """One line for the plan."""
        what = self.retirement
        return f"record {what.name} ({what.kind}) as retired: {what.reason}"


class RetireSecret:
    """Carries out `secret.retire`."""

    def __init__(self, ledger: RetiredLedger) -> None:
        self._ledger = ledger

    def before(self, step: SecretRetire, walk: Walk) -> Image:
        """Whether it is recorded already."""
        return {"there": self._ledger.find(step.retirement) is not None}

    def apply(self, step: SecretRetire, walk: Walk) -> Mapping[str, Any]:
        """Record it; once, however often this runs."""
        anchor = self._ledger.add(step.retirement, command="secrets ledger add", journal=walk.id)
        return {"writer": anchor.writer, "seq": anchor.seq, "private": step.retirement.private}

    def verify(self, step: SecretRetire, walk: Walk) -> Sequence[Proof]:
        """Read the ledger again; the evidence names the record, so that its loss is noticed."""
        return [evidence_of(step.retirement, self._ledger.find(step.retirement))]

    def undo(self, step: SecretRetire, image: Image, walk: Walk) -> None:
        """Nothing: a final step is never undone."""


KINDS: tuple[KindOf[House], ...] = (
    KindOf(SecretRetire, lambda house, _subject: RetireSecret(house.retired())),
)
"""The kinds of step that this domain brings."""
