"""`health`, `proven-release` and `roll-back`: what skc can know of releases, which is little.

A release is what the team's own command names (`releases.now` of the target). It was proven when a
listed signer's run saw every health answer while it ran; that record also says which generation of
each secret was loaded, so that what was retired since can be told.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.done import Done
from skillconnect_ops.commands.respond.keeping import keep
from skillconnect_ops.commands.respond.release_steps import ReleaseRollBack, running
from skillconnect_ops.commands.respond.scene import How, Scene
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.plan import Plan, Proof
from skillconnect_ops.core.ports.evidence import Evidence
from skillconnect_ops.core.ports.health import Health
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import listed
from skillconnect_ops.journal.model import Choices, TypeName
from skillconnect_ops.journal.resources import Resource

PROVEN = "release.proven"
_PATIENCE_S = 5.0


class Unwell(Precondition):
    """A part of the app does not say that it is well."""


class NoRelease(Precondition):
    """No release was ever proven, or only the one that runs."""


class Seen(Struct, frozen=True, kw_only=True):
    """A release that was proven."""

    release: str
    at: datetime
    loaded: Mapping[str, Any]
    retired_since: tuple[str, ...]


def asked(house: House, target: Target) -> dict[str, Fact[Health]]:
    """What each consumer answers.

    Raises:
        Unwell: none has an address to ask.
    """
    found = {
        name: house.health.ask(one.health, patience_s=_PATIENCE_S)
        for name, one in target.settings.consumers.items()
        if one.health
    }
    if not found:
        raise Unwell(
            "nobody can be asked how the app is",
            why=f"no consumer of target {target.name} has a health address",
            fix=f"add `health: http://…` below targets.{target.name}.consumers in skc.yaml",
        )
    return found


def health(scene: Scene, how: How) -> Done:
    """Ask every part; all of them have to be well, unless the step only looks."""
    del how
    answers = asked(scene.house, scene.target)
    files = (keep(scene, "health", {name: _plain(one) for name, one in answers.items()}),)
    ill = {name: one.reason for name, one in answers.items() if isinstance(one, Missing)}
    lines = [
        f"{name}: {'well' if isinstance(one, Known) else one.reason}"
        for name, one in answers.items()
    ]
    return Done(text="\n".join(lines), files=files, data={"ill": ill}, well=not ill)


def prove(house: House, target: Target) -> Proof:
    """See every health answer while a release runs, and say so.

    Raises:
        ReleaseUnknown: nothing names it.
        Unwell: a part is not well.
    """
    release = running(house, target)
    answers = asked(house, target)
    ill = [f"{name}: {one.reason}" for name, one in answers.items() if isinstance(one, Missing)]
    if ill:
        raise Unwell(
            f"the release {release} is not well",
            why="; ".join(ill),
            fix="skc respond start deployment-failed",
        )
    loaded = {
        name: msgspec.to_builtins(one.value.loaded)
        for name, one in answers.items()
        if isinstance(one, Known)
    }
    return Proof(
        claim=PROVEN,
        subject={"target": target.name, "release": release},
        holds=True,
        facts={"loaded": loaded},
    )


def proven_release(scene: Scene, how: How) -> Done:
    """The release to go back to, and what was changed since it was proven.

    Raises:
        NoRelease: there is none.
    """
    del how
    now = running(scene.house, scene.target)
    found = last_proven(scene.house.ledger().read(), target=scene.target.name, but=now)
    runs = [
        one.command
        for one in scene.house.office().journals()
        if one.command in {"indexes", "indexes undo"}
        and one.begun_at is not None
        and one.begun_at > found.at
        and one.subject.target in {None, scene.target.name}
    ]
    lines = [
        f"running now: {now}",
        f"last proven: {found.release}, at {found.at:%F %TZ}",
        f"retired since: {listed(found.retired_since) or 'no secret'}",
        f"index runs since, on this machine: {len(runs) or 'none'}",
    ]
    return Done(
        text="\n".join(lines),
        data={
            "release": found.release,
            "running": now,
            "retired_since": list(found.retired_since),
            "index_runs": len(runs),
        },
    )


def last_proven(records: Sequence[Evidence], *, target: str, but: str) -> Seen:
    """The last release, other than the one that runs, that a listed signer saw well; pure.

    Raises:
        NoRelease: there is none.
    """
    proven = [
        one
        for one in records
        if one.claim == PROVEN
        and one.holds
        and one.proven
        and one.subject.get("target") == target
        and one.subject.get("release") != but
    ]
    if not proven:
        raise NoRelease(
            "no other release was ever proven here",
            why="after a deployment `skc respond release` sees whether it is well, and records it",
            fix="choose the release by hand, and close the step with --evidence",
        )
    last = proven[-1]
    since = [one for one in records if one.claim == "secret.retired" and one.at > last.at]
    return Seen(
        release=str(last.subject["release"]),
        at=last.at,
        loaded=last.facts.get("loaded", {}),
        retired_since=tuple(sorted({str(one.subject.get("name")) for one in since})),
    )


def roll_back(scene: Scene, how: How) -> Done:
    """Have the team's own command deploy the release that was proven last.

    Raises:
        NotAgreed: the target's name was not typed.
        SkcError: it failed; the journal says how to go on.
    """
    now = running(scene.house, scene.target)
    found = last_proven(scene.house.ledger().read(), target=scene.target.name, but=now)
    made = Plan(
        command="respond roll-back",
        subject=scene.subject,
        state=sha256(f"{now}\0{found.release}".encode()).hexdigest(),
        final=(
            ReleaseRollBack(key=f"roll-back:{found.release}", release=found.release, running=now),
        ),
        notes=(f"secrets retired since it was proven: {listed(found.retired_since) or 'none'}",),
    )
    name = scene.target.name
    outcome = scene.house.office().carry_out(
        lambda: made,
        person=scene.house.person,
        resources=(Resource("release", name),),
        consent=TypeName(name, does=f"puts {found.release} in the place of {now} on"),
        choices=Choices(confirm=how.confirm),
    )
    return Done(
        text=f"{found.release} runs in the place of {now}",
        journal=outcome.journal,
        data={"release": found.release, "was": now},
    )


def _plain(fact: Fact[Health]) -> Mapping[str, Any]:
    if isinstance(fact, Missing):
        return {"missing": fact.reason}
    return {"loaded": fact.value.loaded}
