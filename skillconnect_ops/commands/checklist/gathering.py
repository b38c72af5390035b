"""Gathering evidence: look at all that a machine can look at, and sign what was seen."""

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct

from skillconnect_ops import __version__
from skillconnect_ops.commands.checklist.looking import Looker, Seen
from skillconnect_ops.commands.checklist.model import AnyMeans, ByHttp, Scope
from skillconnect_ops.commands.checklist.scene import Scene
from skillconnect_ops.commands.checklist.standing import PROOF, Outcome
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.plan import Proof
from skillconnect_ops.core.report import Unknown

_LONGEST = 300
"""Of a sentence in a record; files and servers have their say in it."""


class Gathered(Struct, frozen=True, kw_only=True):
    """What came of it."""

    proofs: tuple[Proof, ...]
    unknown: tuple[Unknown, ...]
    """What could not be looked at, or not be recorded."""
    recorded: bool


def gather(house: House, scene: Scene, names: Collection[str]) -> Gathered:
    """Look at what proves these items, and record it.

    Raises:
        Stop: a signal came; nothing is recorded.
    """
    asked = {one.digest: one for name in names for one in scene.lists.item(name).proof}
    looker = Looker(house, scene.project, scene.target)
    proofs: list[Proof] = []
    unknown: list[Unknown] = []
    wanted = [one for one in asked.values() if one.machine and not one.acts]
    with house.person.progress("looking", total=len(wanted), unit="proofs") as ticker:
        for means in wanted:
            ticker.describe(means.says())
            if means.subject is Scope.TARGET and not scene.place.clusters:
                unknown.append(Unknown(means.says(), scene.place.lacks))
            else:
                proofs.append(_proof(means, _look(looker, means), scene, looker))
            ticker.advance(1)
    try:
        house.ledger().record(proofs, command="checklist verify")
    except SkcError as error:  # a checkout that cannot be written shows what it sees all the same
        unknown.append(Unknown("the evidence", f"{error.what}: {error.why}"))
        return Gathered(proofs=tuple(proofs), unknown=tuple(unknown), recorded=False)
    return Gathered(proofs=tuple(proofs), unknown=tuple(unknown), recorded=True)


def _look(looker: Looker, means: AnyMeans) -> Seen:
    try:
        return looker.look(means)
    except SkcError as error:
        return Seen(outcome=Outcome.UNKNOWN, says=f"{error.what}: {error.why}")


def _proof(means: AnyMeans, seen: Seen, scene: Scene, looker: Looker) -> Proof:
    subject: dict[str, Any] = {"proof": means.digest, "kind": means.kind}
    if means.subject is Scope.TARGET:
        subject["target"] = scene.place.target
        if scene.cluster is not None:
            subject["cluster"] = scene.cluster
    if isinstance(means, ByHttp):
        subject["urls"] = list(looker.urls)
    says = seen.says if len(seen.says) <= _LONGEST else f"{seen.says[:_LONGEST]}…"
    return Proof(
        claim=PROOF,
        subject=subject,
        holds=seen.outcome is Outcome.PASS,
        facts={
            "what": means.says(),
            "outcome": seen.outcome.value,
            "says": says,
            "counts": dict(seen.counts),
            "answer_sha256": seen.digest,
            "commit": scene.revision.commit,
            "dirty": scene.revision.dirty,
            "content": scene.revision.content,
            "version": __version__,
        },
    )


def outcomes(proofs: Sequence[Proof]) -> dict[str, int]:
    """How many looks had which outcome."""
    found = [str(one.facts["outcome"]) for one in proofs]
    return {each.value: found.count(each.value) for each in Outcome if each.value in found}
