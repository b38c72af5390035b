"""The state of a checklist as data: `facts.items`, `facts.scores`, `facts.trend`."""

from collections.abc import Sequence
from typing import Any

from skillconnect_ops.commands.checklist.model import Checklists
from skillconnect_ops.commands.checklist.scores import Change, Moment, Score
from skillconnect_ops.commands.checklist.standing import ItemStanding, Standing, Waiver


def item(one: ItemStanding, lists: Checklists) -> dict[str, Any]:
    """One item."""
    whole = lists.item(one.name)
    return {
        "id": one.name,
        "title": one.item.text,
        "group": one.group,
        "status": one.status,
        "says": one.says,
        "must": whole.must,
        "weight": whole.weight,
        "why": whole.why,
        "references": list(whole.references),
        "same_as": one.item.same_as,
        "evidence": [proof(each) for each in one.proofs],
        "expires_at": one.expires_at,
        "since": one.since,
        "waiver": waiver(one.waiver),
        "behind": one.behind,
    }


def proof(one: Standing) -> dict[str, Any]:
    """One proof, and the record that it rests on."""
    record = one.record
    return {
        "kind": one.means.kind if one.means else None,
        "what": one.means.says() if one.means else None,
        "status": one.status,
        "says": one.says,
        "expires_at": one.expires_at,
        "since": one.since,
        "at": record.at if record else None,
        "signer": record.signer if record else None,
        "writer": record.writer if record else None,
        "record": record.seq if record else None,
        "claim": record.claim if record else None,
        "journal": record.journal if record else None,
        "commit": record.facts.get("commit") if record else None,
    }


def waiver(one: Waiver | None) -> dict[str, Any] | None:
    """A waiver, lapsed ones too."""
    if one is None:
        return None
    return {
        "owner": one.owner,
        "reason": one.reason,
        "until": one.until,
        "signer": one.signer,
        "overdue": one.overdue,
    }


def scores(found: dict[str, Score]) -> dict[str, Any]:
    """By group, `all` of them first."""
    return {name: one.facts() for name, one in found.items()}


def trend(moments: Sequence[Moment], lately: Change | None) -> dict[str, Any]:
    """Points in time, and what the last week changed."""
    return {
        "trend": [{"at": one.at, **one.score.facts()} for one in moments],
        "week": None
        if lately is None
        else {"since": lately.since, "gained": lately.gained, "lost": lately.lost},
    }
