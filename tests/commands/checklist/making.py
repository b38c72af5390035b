"""Checklists and records, made as tests need them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from skillconnect_ops.commands.checklist.model import AnyMeans, Checklists, Group, Item
from skillconnect_ops.commands.checklist.standing import PROOF, Look, Outcome, Place
from skillconnect_ops.core.ports.evidence import Evidence

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
HERE = Place(
    target="production",
    clusters=frozenset({"db:27017"}),
    content="c1",
    urls=frozenset({"http://127.0.0.1:1/health"}),
)
LOOK = Look(place=HERE, now=NOW)
AT: Mapping[str, Any] = {"target": "production", "cluster": "db:27017"}


def one_item(*means: AnyMeans, **more: Any) -> Checklists:
    """A file with the one item `group/item`."""
    item = Item(text="Do it", proof=means, **more)
    return Checklists(version=1, groups={"group": Group(title="Group", items={"item": item})})


def record(
    claim: str,
    *,
    ago: timedelta = timedelta(hours=1),
    subject: Mapping[str, Any] | None = None,
    holds: bool = True,
    facts: Mapping[str, Any] | None = None,
    signer: str | None = "ana",
    ours: bool = True,
    writer: str = "k1-w1",
    seq: int = 1,
) -> Evidence:
    """One record as the ledger gives it."""
    return Evidence(
        at=NOW - ago,
        claim=claim,
        subject=subject or {},
        holds=holds,
        command="checklist verify",
        facts=facts or {},
        writer=writer,
        signer=signer if ours else None,
        seq=seq,
        ours=ours,
    )


def looked(
    means: AnyMeans,
    outcome: Outcome | str = Outcome.PASS,
    *,
    subject: Mapping[str, Any] | None = None,
    content: str | None = "c1",
    **more: Any,
) -> Evidence:
    """A record of `verify`."""
    place = dict(AT) if means.subject.value == "target" else {}
    return record(
        PROOF,
        subject={"proof": means.digest, "kind": means.kind, **place, **(subject or {})},
        holds=outcome == Outcome.PASS,
        facts={"outcome": str(outcome), "says": f"it says {outcome}", "content": content},
        **more,
    )
