"""The evidence ledger as its writers and readers see it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from skillconnect_ops.core.plan import Proof


class Evidence(Struct, frozen=True, kw_only=True):
    """One observed record, as read back.

    `signer` is the name the key is listed under, or None where the key is not listed or nothing is
    signed: then the record is a claim, not a proof.
    """

    at: datetime
    claim: str
    subject: Mapping[str, Any]
    holds: bool
    command: str
    facts: Mapping[str, Any]
    writer: str
    signer: str | None
    journal: str | None = None
    seq: int = 0
    """Which record of its file it is, from 1."""
    ours: bool = True
    """Whether it was written for this project."""

    @property
    def proven(self) -> bool:
        """Whether a listed signer stands behind it."""
        return self.signer is not None


class Signer(Struct, frozen=True, kw_only=True):
    """The key that this machine signs with, for this project."""

    key: str | None
    """The public key as `.skc/allowed_signers` has it; None where none was made yet."""
    name: str | None
    """The name that it is listed under; None where it is not listed."""


class Account(Struct, frozen=True, kw_only=True):
    """All that is recorded, seen to be whole as far as this machine can tell."""

    records: tuple[Evidence, ...]
    """Oldest first."""
    gaps: tuple[str, ...] = ()
    """Where the work tree has fewer of them than this machine knows, in words."""
    latest: datetime | None = None
    """The latest time that this machine's clock showed before, as far as it is remembered."""


class EvidenceLedger(Protocol):
    """Appends what a run observed; reads what all writers wrote."""

    def record(self, proofs: Sequence[Proof], *, command: str, journal: str | None = None) -> None:
        """Append records, signed, on disk before this returns.

        Raises:
            SkcError: the ledger cannot be written, or this writer's chain is broken.
        """

    def read(self) -> Sequence[Evidence]:
        """All records of all writers, oldest first.

        Raises:
            SkcError: a chain is broken: which file, which record.
        """

    def signer(self) -> Signer:
        """This machine's key, and whether it is listed; makes none.

        Raises:
            SkcError: the key or the list cannot be read.
        """


class WholeLedger(EvidenceLedger, Protocol):
    """A ledger that can tell whether something of it is gone."""

    def account(self, committed: Mapping[str, bytes], *, branch: str | None = None) -> Account:
        """As `read`, for whoever draws conclusions from what is not there.

        Args:
            committed: the files of the ledger as the last commit holds them, by their names.
            branch: the branch that is checked out.

        Raises:
            SkcError: a chain is broken, or records are gone that are committed or that this machine
                saw on this branch: which file, which record.
        """
