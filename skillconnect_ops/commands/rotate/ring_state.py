"""Where a ring stands, and where it goes next: its two variables alone tell it; pure.

A staged key and an old one both verify only. They differ in their ends: an old key's is near, and
a staged key has none, which is written as the moment of its staging and a thousand years. So the
env file says by itself what was staged, and when, on whichever machine it is looked at.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from msgspec import Struct

from skillconnect_ops.commands.rotate.errors import MalformedRing, NotStaged
from skillconnect_ops.commands.rotate.ring import Entry, Ring, fallbacks_of, overlap_for
from skillconnect_ops.core.secret import Secret

WAITS = timedelta(days=365_000)
_FAR = timedelta(days=180_000)


class Phase(StrEnum):
    """How far a rotation has come."""

    LIVE = "live"
    STAGED = "staged"
    """A new key verifies, and waits to sign."""
    RETIRING = "retiring"
    """An old key verifies still."""
    OVER = "over"
    """The time of every old key is over, and they are in the ring still."""


class Move(StrEnum):
    """What is done to a ring."""

    STAGE = "stage"
    SWAP = "swap"
    REPLACE = "replace"
    """A new key signs, and nothing else verifies: one deploy."""
    CLOSE = "close"
    """Old keys go."""


class RingState(Struct, frozen=True, kw_only=True):
    """A ring as it stands at a moment."""

    ring: Ring
    phase: Phase
    staged: Entry | None
    old: tuple[Entry, ...]
    """Keys that signed before."""

    @property
    def staged_at(self) -> datetime | None:
        """When the key that waits was staged, up to the next whole second."""
        return None if self.staged is None else self.staged.not_after - WAITS

    @property
    def until(self) -> datetime | None:
        """When the last old key stops to verify."""
        return max((entry.not_after for entry in self.old), default=None)

    def ends(self, now: datetime) -> bool:
        """Whether there are old keys, and the time of all of them is over."""
        return self.until is not None and self.until <= now

    def identity(self) -> str:
        """What a plan is made from; it changes with every move, and shows no key."""
        ends = ",".join(str(int(one.not_after.timestamp())) for one in self.ring.fallbacks)
        return f"{self.phase.value} {ends}"


def state_of(name: str, ring: Ring, *, now: datetime) -> RingState:
    """Where it stands.

    Raises:
        MalformedRing: two keys wait to sign.
    """
    waiting = [entry for entry in ring.fallbacks if entry.not_after - now > _FAR]
    if len(waiting) > 1:
        why = "two of its keys wait to sign, and it does not say which one is next"
        raise MalformedRing(fallbacks_of(name), why=why)
    old = tuple(entry for entry in ring.fallbacks if entry not in waiting)
    if waiting:
        phase = Phase.STAGED
    elif not old:
        phase = Phase.LIVE
    else:
        phase = Phase.RETIRING if any(now < one.not_after for one in old) else Phase.OVER
    return RingState(ring=ring, phase=phase, staged=waiting[0] if waiting else None, old=old)


def turned(
    state: RingState,
    move: Move,
    *,
    now: datetime,
    longest_token: timedelta,
    fresh: Secret,
    early: bool = False,
) -> Ring:
    """The ring after a move.

    Args:
        state: where it stands.
        move: what is done to it.
        now: the time.
        longest_token: how long a token lives that an old key signed last.
        fresh: a key that nobody has seen, for a move that needs one.
        early: whether old keys go whose time is not over.

    Raises:
        NotStaged: no key waits to sign.
        Refused: as the moves of `Ring` say.
    """
    ring = state.ring
    match move:
        case Move.STAGE:
            return ring.staged(fresh, not_after=now + WAITS)
        case Move.SWAP:
            if state.staged is None or state.staged_at is None:
                raise NotStaged
            # a clock that was set back meanwhile would end the overlap before it begins
            begins = max(now, state.staged_at)
            return ring.swapped(state.staged.key, now=begins, overlap=overlap_for(longest_token))
        case Move.REPLACE:
            return ring.leaked(fresh)
        case Move.CLOSE:
            gone = {one.key for one in state.old} if early else set()
            return ring.retired(now, early=gone)
        case never:
            assert_never(never)
