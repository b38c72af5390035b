"""Waits until nobody is logged in with an old credential; never takes "cannot see" for "nobody"."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.rotate.errors import StillInUse
from skillconnect_ops.commands.rotate.loaded import Unseen
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.plan import Walk
from skillconnect_ops.core.view import listed

LOOK_AGAIN_S = 0.25
SAY_S = 1.0
"""How long nobody is told whom this waits for: most are gone by then."""


def drained(
    who: Callable[[], Fact[Sequence[str]]],
    *,
    user: str,
    patience_s: int,
    cut_off: bool,
    walk: Walk,
    unseen: Unseen,
) -> Mapping[str, Any]:
    """Look until nobody is left; where that cannot be seen, wait the time out and say so.

    Args:
        who: looks who is connected, a text each.
        user: as whom.
        patience_s: how long to wait.
        cut_off: whether who is left then is cut off, since the secret leaked.
        walk: of the step that waits.
        unseen: what stands in where connections cannot be seen.

    Returns:
        What was seen, for the journal.

    Raises:
        StillInUse: somebody is left, and is not to be cut off.
    """
    began, told = walk.clock.monotonic(), False
    blind_s = patience_s if unseen.deadline_s is None else min(patience_s, unseen.deadline_s)
    with walk.person.progress(f"connections as {user}", total=None, unit="looks") as ticker:
        while True:
            seen = who()
            if isinstance(seen, Known) and not seen.value:
                return {"observed": True, "left": []}
            if isinstance(seen, Missing) and unseen.loaded() == Known(value=True):
                return {"observed": True, "by": "health", "reason": seen.reason}
            wait_s = blind_s if isinstance(seen, Missing) else patience_s
            waited_s = walk.clock.monotonic() - began
            if waited_s > wait_s:
                break
            if waited_s >= SAY_S and not told:
                walk.person.note(_waits(user, seen, wait_s=wait_s - waited_s, cut_off=cut_off))
                told = True
            ticker.describe(f"{wait_s - waited_s:.0f} s left")
            ticker.advance(1)
            walk.clock.sleep(LOOK_AGAIN_S)
    if isinstance(seen, Missing):
        walk.person.note(
            f"not observable who uses {user}: {seen.reason}; {wait_s:.0f} s were waited"
        )
        return {"observed": False, "reason": seen.reason, "waited_s": round(wait_s)}
    left = sorted(set(seen.value))
    if not cut_off:
        raise StillInUse(user, who=left, seconds=patience_s)
    walk.person.note(f"cut off: {listed(left)}")
    return {"observed": True, "left": left}


def waiting_line(user: str, *, patience_s: int, cut_off: bool) -> str:
    """What a plan says of it."""
    then = "then cut off who is left" if cut_off else "or stop and change nothing"
    return f"wait until nobody is connected as {user}: {patience_s} s, {then}"


def _waits(user: str, seen: Fact[Sequence[str]], *, wait_s: float, cut_off: bool) -> str:
    """For whom this waits, for how long, and how not to."""
    if isinstance(seen, Missing):
        whom, then = f"since nobody can see who uses {user}", "then it goes on"
    else:
        whom = f"for {listed(sorted(set(seen.value)))}, connected as {user}"
        then = "then they are cut off" if cut_off else "then it stops, and nothing is changed"
    return f"waiting {wait_s:.0f} s {whom}; {then}; at once: Ctrl-C, and again with --wait 0"
