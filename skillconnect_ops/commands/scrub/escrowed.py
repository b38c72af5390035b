"""What a scrub keeps in the escrow between its steps: it may hold values."""

import msgspec

from skillconnect_ops.commands.scrub.errors import NeverKept
from skillconnect_ops.commands.scrub.references import Turn
from skillconnect_ops.core.plan import Walk

VALUES = "values"
TURN = "turn"


def values_of(walk: Walk) -> tuple[bytes, ...]:
    """What is to go.

    Raises:
        NeverKept: the run died before it put them there.
    """
    kept = walk.escrow.get(VALUES)
    if kept is None:
        raise NeverKept
    return tuple(msgspec.msgpack.decode(kept, type=list[bytes]))


def turn_of(walk: Walk) -> Turn:
    """What becomes of each ref."""
    kept = walk.escrow.get(TURN)
    if kept is None:
        raise AssertionError("the step before the move put it there")
    return msgspec.msgpack.decode(kept, type=Turn)
