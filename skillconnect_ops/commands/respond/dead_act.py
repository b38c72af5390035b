"""`prove-dead`: every secret was renewed since the incident began, and its old value is refused.

The ledger of retired secrets says so of each, and what no server can refuse (a key that signs
tokens, an opaque value) is named, so that a person tries it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from skillconnect_ops.commands.respond.done import Done
from skillconnect_ops.commands.respond.scene import How, Scene
from skillconnect_ops.commands.retired import in_use
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import listed
from skillconnect_ops.evidence.matching import Refusal, Retired

_ASKED = frozenset({"mongodb", "redis", "manual"})
"""Kinds whose old value somebody else refuses: a server, or whoever revoked it."""


class StillAlive(Precondition):
    """An old value is not known to be dead."""


class Judged(Struct, frozen=True, kw_only=True):
    """What is known of each variable."""

    dead: tuple[str, ...]
    to_try: tuple[str, ...]
    """Renewed; that the old one is refused, only the app can show."""
    alive: Mapping[str, str]
    """Variable -> why it is not known to be dead."""


def prove_dead(scene: Scene, how: How) -> Done:
    """Look the secrets of the target up.

    Raises:
        StillAlive: one was not renewed, or its old value was not seen refused, or is in use.
    """
    del how
    incident = scene.fresh()
    entries = scene.house.retired().read().entries
    found = judged(kinds(scene.target), entries, since=incident.started.at)
    used = {
        one.key: "its value is retired, and in use"
        for one in in_use(scene.house, scene.target).found
    }
    alive = {**found.alive, **used}
    if alive:
        raise StillAlive(
            f"not known to be dead: {listed(list(alive))}",
            why="; ".join(f"{name}: {why}" for name, why in alive.items()),
            fix=f"skc rotate status --target {scene.target.name}",
        )
    lines = [f"refused, or revoked: {listed(found.dead, most=20) or 'none'}"]
    if found.to_try:
        lines.append(f"renewed, try an old one by hand: {listed(found.to_try, most=20)}")
    return Done(text="\n".join(lines), data={"dead": found.dead, "to_try": found.to_try})


def kinds(target: Target) -> dict[str, str]:
    """The variables of a target that are secrets, each with its kind."""
    found = {one.env: one.kind for one in target.settings.secrets.values()}
    if target.settings.database is not None:
        found.setdefault(target.settings.database.uri.removeprefix("env:"), "mongodb")
    return found


def judged(wanted: Mapping[str, str], entries: Sequence[Retired], *, since: datetime) -> Judged:
    """What the ledger says of each variable; pure.

    Args:
        wanted: variable -> kind.
        entries: all retirements.
        since: when the incident began: what was renewed before does not count.
    """
    newest = {one.retirement.name: one for one in entries if one.at >= since}
    dead: list[str] = []
    to_try: list[str] = []
    alive: dict[str, str] = {}
    for name, kind in wanted.items():
        entry = newest.get(name)
        if entry is None:
            alive[name] = "not renewed since the incident began"
        elif entry.retirement.refusal is not Refusal.UNPROVEN:
            dead.append(name)
        elif kind in _ASKED:
            alive[name] = "renewed, and nobody saw the old value refused"
        else:
            to_try.append(name)
    return Judged(dead=tuple(dead), to_try=tuple(to_try), alive=alive)
