"""What a drill is judged by: its lines, its log, and the world, asked anew."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.respond.drill_stage import STRANGER, Staged
from skillconnect_ops.commands.scratch import refusal
from skillconnect_ops.core.exits import Exit
from skillconnect_ops.core.outcome import Fact, Missing
from skillconnect_ops.core.ports.health import Health
from skillconnect_ops.core.view import duration

CONTAINED_S = 60.0
WHOLE_S = 300.0
CONTAINS = 3
"""So many lines are typed until it is contained."""
STEP = ("respond", "step")
Line = tuple[str, ...]
AWAITED: Line = (*STEP, "watch")
"""It ends with "needs a person" when its alert is on its way."""


class Played(Struct, frozen=True, kw_only=True):
    """A line, and how it went."""

    command: str
    exit: int
    seconds: float
    what: str | None = None


class Checked(Struct, frozen=True, kw_only=True):
    """One thing that the drill is judged by."""

    what: str
    holds: bool
    seen: str


def judged(
    played: Sequence[Played], lines: Sequence[Line], *, contained_s: float, whole_s: float
) -> tuple[Checked, ...]:
    """What the lines themselves show; pure."""
    odd = [
        one
        for one, words in zip(played, lines, strict=True)
        if one.exit != (Exit.NEEDS_PERSON if words == AWAITED else Exit.OK)
    ]
    failed = "; ".join(f"{one.command}: {one.exit} {one.what or ''}".strip() for one in odd)
    return (
        Checked(
            what=f"contained within {duration(CONTAINED_S)}",
            holds=contained_s <= CONTAINED_S,
            seen=f"{duration(contained_s)}, {CONTAINS} lines typed",
        ),
        Checked(
            what=f"over within {duration(WHOLE_S)}",
            holds=whole_s <= WHOLE_S,
            seen=duration(whole_s),
        ),
        Checked(
            what="every step ended as it should",
            holds=not odd,
            seen=failed or f"{len(played)} lines",
        ),
    )


def asked(house: House, stage: Staged, told: Any) -> tuple[Checked, ...]:
    """What the world shows, asked anew: no word of the commands is taken for it."""
    after = stage.values()
    same = [name for name in after if after[name].reveal() == stage.before[name].reveal()]
    of_old, of_new = (refusal(house, one["MONGO_URI"]) for one in (stage.before, after))
    with house.connect(stage.root) as server:
        who = server.command(stage.database, {"usersInfo": STRANGER})["users"]
    roles = [role["role"] for user in who for role in user["roles"]]
    cache = house.acl.try_login(stage.before["REDIS_URL"]).answer
    log = told.get("timeline", ())
    gaps = [
        gap for gap in told.get("gaps", ()) if gap.kind in {"never-done", "interrupted", "claimed"}
    ]
    return (
        Checked(
            what=f"{len(after)} secrets are new",
            holds=not same,
            seen=", ".join(same) or "none is the old one",
        ),
        Checked(
            what="the old database login is refused",
            holds=of_old is not None,
            seen=of_old or "it is let in",
        ),
        Checked(
            what="the new one works",
            holds=of_new is None,
            seen=of_new or "it is let in",
        ),
        Checked(what="the old Redis login is refused", holds=cache.refused, seen=cache.value),
        Checked(
            what="the stranger may do nothing",
            holds=bool(who) and not roles,
            seen=", ".join(roles) or "no roles",
        ),
        Checked(
            what="nothing of it is in the history",
            holds=_is_clean(stage),
            seen="every object looked at",
        ),
        Checked(
            what="the log has every step, signed",
            holds=bool(log) and not gaps,
            seen="; ".join(f"{gap.kind} {gap.about}" for gap in gaps) or f"{len(log)} lines",
        ),
    )


def loaded(house: House, stage: Staged) -> Fact[Health] | None:
    """What the app has loaded; None where none runs."""
    return None if stage.health is None else house.health.ask(stage.health, patience_s=5.0)


def app(before: Fact[Health] | None, after: Fact[Health] | None) -> tuple[Checked, ...]:
    """Whether the app is well, with other values than before; pure."""
    if before is None or after is None:
        return ()
    what = "the app is well, and has loaded the new values"
    if isinstance(before, Missing) or isinstance(after, Missing):
        reason = before.reason if isinstance(before, Missing) else getattr(after, "reason", "?")
        return (Checked(what=what, holds=False, seen=reason),)
    was, now = before.value.loaded, after.value.loaded
    old = [name for name in was if now.get(name) == was[name]]
    seen = ", ".join(old) or f"{len(now)} generations, none as before"
    return (Checked(what=what, holds=bool(now) and not old, seen=seen),)


def _is_clean(stage: Staged) -> bool:
    """Whether no byte of a leaked value is in any file of the repository, packed or not."""
    from zlib import decompress  # noqa: PLC0415 - for the loose objects alone

    values = [value.reveal().encode() for value in stage.before.values()]
    for path in (stage.project / ".git").rglob("*"):
        if not path.is_file():
            continue
        data = path.read_bytes()
        if "objects" in path.parts and len(path.name) == 38:
            data = decompress(data)
        if any(value in data for value in values):
            return False
    return True
