"""A retirement as a record of its chain, and as what the evidence says of it; pure."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from skillconnect_ops.core.plan import Proof
from skillconnect_ops.evidence.chain import Chain
from skillconnect_ops.evidence.errors import ChainIsBroken
from skillconnect_ops.evidence.matching import Reason, Refusal, Retirement
from skillconnect_ops.evidence.record import Record
from skillconnect_ops.evidence.retired_keys import ALGORITHM

CLAIM = "secret.retired"


class Anchor(Struct, frozen=True, kw_only=True):
    """Where a retirement stands; what the evidence names it by."""

    writer: str
    seq: int
    digest: str


def evidence_of(retirement: Retirement, anchor: Anchor | None) -> Proof:
    """What goes to the evidence of a retirement; without an anchor it does not hold.

    Of a private one the evidence says that there is one, and nothing to find it by.
    """
    place: dict[str, Any] = {"private": True} if retirement.private else {"private": False}
    if anchor is not None and not retirement.private:
        place |= {"writer": anchor.writer, "seq": anchor.seq, "digest": anchor.digest}
    return Proof(
        claim=CLAIM,
        subject={"name": retirement.name, "kind": retirement.kind},
        holds=anchor is not None,
        facts={
            "reason": retirement.reason.value,
            "refusal": retirement.refusal.value,
            "by": retirement.by,
            **place,
        },
    )


def written(retirement: Retirement) -> Proof:
    """A retirement as the record of its chain."""
    return Proof(
        claim=CLAIM,
        subject={"name": retirement.name, "kind": retirement.kind},
        holds=True,
        facts={
            "reason": retirement.reason.value,
            "refusal": retirement.refusal.value,
            "by": retirement.by,
            "algorithm": ALGORITHM,
            "key": retirement.key,
            "fingerprints": list(retirement.fingerprints),
        },
    )


class _Facts(Struct, frozen=True, kw_only=True):
    reason: Reason
    refusal: Refusal
    by: str | None
    algorithm: str
    key: str
    fingerprints: tuple[str, ...]


def read(one: Chain, entry: Record, *, private: bool) -> Retirement:
    """A record of a chain as the retirement that it is.

    Raises:
        ChainIsBroken: it is none, though it was signed; another version may know it.
    """
    path = Path(".skc/retired") / f"{one.writer}.jsonl"
    try:
        facts = msgspec.convert(entry.facts, _Facts)
        subject = msgspec.convert(entry.subject, dict[str, str])
        name, kind = subject["name"], subject["kind"]
    except (msgspec.ValidationError, KeyError) as error:
        raise ChainIsBroken(path, entry.seq, why="the record is no retirement") from error
    if entry.claim != CLAIM:
        raise ChainIsBroken(path, entry.seq, why="the record is no retirement")
    return Retirement(
        name=name,
        kind=kind,
        reason=facts.reason,
        refusal=facts.refusal,
        by=facts.by,
        key=facts.key if facts.algorithm == ALGORITHM else f"{facts.algorithm}:{facts.key}",
        fingerprints=facts.fingerprints,
        private=private,
    )
