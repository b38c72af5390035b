"""Waits until nobody is logged in with an old credential; never takes "cannot see" for "nobody"."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.rotate.errors import StillInUse
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.plan import Walk
from skillconnect_ops.core.view import listed

LOOK_AGAIN_S = 0.25


def drained(
    who: Callable[[], Fact[Sequence[str]]],
    *,
    user: str,
    patience_s: int,
    cut_off: bool,
    walk: Walk,
) -> Mapping[str, Any]:
    """Look until nobody is left; where that cannot be seen, wait the time out and say so.

    Args:
        who: looks who is connected, a text each.
        user: as whom.
        patience_s: how long to wait.
        cut_off: whether who is left then is cut off, since the secret leaked.
        walk: of the step that waits.

    Returns:
        What was seen, for the journal.

    Raises:
        StillInUse: somebody is left, and is not to be cut off.
    """
    until = walk.clock.monotonic() + patience_s
    with walk.person.progress(f"connections as {user}", total=None, unit="looks") as ticker:
        while True:
            seen = who()
            if isinstance(seen, Known) and not seen.value:
                return {"observed": True, "left": []}
            if walk.clock.monotonic() > until:
                break
            ticker.advance(1)
            walk.clock.sleep(LOOK_AGAIN_S)
    if isinstance(seen, Missing):
        walk.person.note(f"not observable who uses {user}: {seen.reason}")
        return {"observed": False, "reason": seen.reason}
    left = sorted(set(seen.value))
    if not cut_off:
        raise StillInUse(user, who=left, seconds=patience_s)
    walk.person.note(f"cut off: {listed(left)}")
    return {"observed": True, "left": left}


def waiting_line(user: str, *, patience_s: int, cut_off: bool) -> str:
    """What a plan says of it."""
    then = "then cut off who is left" if cut_off else "or stop and change nothing"
    return f"wait until nobody is connected as {user}: {patience_s} s, {then}"
