"""A ring as it was found, and why it is turned -> the move, the steps, and what to say; pure."""

from collections.abc import Sequence
from typing import assert_never

from msgspec import Struct

from skillconnect_ops.commands.rotate import sink_plan
from skillconnect_ops.commands.rotate.errors import OldKeyVerifies
from skillconnect_ops.commands.rotate.model import Named
from skillconnect_ops.commands.rotate.ring import fallbacks_of, too_short
from skillconnect_ops.commands.rotate.ring_state import Move, Phase, RingState
from skillconnect_ops.commands.rotate.ring_steps import RingPublish, RingRetire, RingTurn
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.plan import Step
from skillconnect_ops.core.resources import place_of
from skillconnect_ops.core.settings.rules import period_s
from skillconnect_ops.core.shell import word
from skillconnect_ops.evidence.matching import Reason

READER = "express/jwt-ring.cjs"
"""The template that reads a ring."""


class Turn(Struct, frozen=True, kw_only=True):
    """What is done to one ring, and what has to be known before."""

    named: Named
    state: RingState
    move: Move
    reads: Fact[bool]
    """Whether the app reads the ring."""
    early: bool = False
    shared_with: tuple[str, ...] = ()
    """Rings that hold one of its keys, too, and are not turned with it."""

    @property
    def env(self) -> str:
        """The variable of the key that signs."""
        return self.named.settings.env

    @property
    def retires(self) -> bool:
        """Whether keys go for good by it."""
        return self.move is Move.CLOSE or (self.move is Move.REPLACE and not self.by_hand)

    @property
    def by_hand(self) -> tuple[str, ...]:
        """Who accepts the keys that went until a person has restarted it.

        Of a key whose time was over nobody does, and an old one that goes early has its end.
        """
        return self.named.by_hand if self.move is Move.REPLACE else ()

    def identity(self) -> str:
        """What a plan is made from."""
        return f"{self.env} {self.move.value} {self.early} {self.state.identity()}"


def move_of(named: Named, state: RingState, reads: Fact[bool], *, reason: Reason) -> Move:
    """The next move of a rotation.

    An app that does not read the ring is told nothing by a staged key, and its users are logged
    out by the swap: three deploys would do no more for them than one.

    Raises:
        OldKeyVerifies: the rotation before has not come to its end.
    """
    if reason is Reason.LEAKED:
        return Move.REPLACE
    match state.phase:
        case Phase.STAGED:
            return Move.SWAP
        case Phase.LIVE:
            return Move.REPLACE if reads == Known(value=False) else Move.STAGE
        case Phase.RETIRING | Phase.OVER:
            until = max(one.not_after for one in state.old)
            raise OldKeyVerifies(named.settings.env, until=until, over=state.phase is Phase.OVER)
        case never:
            assert_never(never)


def turn_step(turn: Turn, *, reason: Reason) -> Step:
    """The step that makes the next state."""
    return RingTurn(
        key=f"{turn.move.value}:{turn.env}",
        secret=turn.named.name,
        env=turn.env,
        path=turn.named.files[0],
        move=turn.move,
        longest_token_s=period_s(turn.named.settings.token_ttl) or 0,
        early=turn.early,
        reason=reason.value,
        by_hand=turn.by_hand,
    )


def publish_steps(turn: Turn) -> tuple[Step, ...]:
    """The steps that write it, one a file and one a sink."""
    return tuple(
        RingPublish(
            key=f"publish:{turn.env}@{path}", secret=turn.named.name, env=turn.env, path=path
        )
        for path in turn.named.files
    ) + sink_plan.publish_steps(turn.named)


def settled_step(turn: RingTurn, *, reason: Reason, command: str, begun: str) -> Step:
    """The final step that remembers keys which another run of the chain made go."""
    return RingRetire(
        key=f"retire:{turn.env}@{begun}",
        secret=turn.secret,
        env=turn.env,
        reason=reason.value,
        command=command,
        begun=begun,
    )


def retire_step(turn: Turn, *, reason: Reason, command: str) -> Step:
    """The final step that remembers the keys that went."""
    return RingRetire(
        key=f"retire:{turn.env}",
        secret=turn.named.name,
        env=turn.env,
        reason=reason.value,
        command=command,
    )


def notes(turns: Sequence[Turn], *, reason: Reason) -> tuple[str, ...]:
    """Who is logged out by it comes first."""
    out = [_logs_out(one, reason) for one in turns if one.move is Move.REPLACE]
    out += [_accepts(one) for one in turns if one.by_hand]
    out += [_ends_early(one) for one in turns if one.move is Move.CLOSE and one.early]
    out += [line for one in turns for line in _quietly(one)]
    out += [_shared(one) for one in turns if one.shared_with]
    out += [line for one in turns for line in too_short(one.env, one.state.ring)]
    return tuple(out)


def _logs_out(turn: Turn, reason: Reason) -> str:
    if reason is Reason.LEAKED:
        return (
            f"everybody is logged out: {turn.env} leaked, so whoever has it can make any token, "
            "and none that it signed is accepted from the reload on"
        )
    return (
        f"disruptive: everybody is logged out at the reload, since the app reads {turn.env} and "
        f"not {fallbacks_of(turn.env)}; so it is one swap, not three deploys. {_reader()}"
    )


def confirms(turns: Sequence[Turn]) -> tuple[str, ...]:
    """What to type once staged keys are known to those that a person restarts."""
    return tuple(
        f"once {', '.join(one.named.by_hand)} is restarted, then: skc rotate --only "
        f"{one.named.name} --confirm-reloaded"
        for one in turns
        if one.move is Move.STAGE and one.named.by_hand
    )


def _accepts(turn: Turn) -> str:
    names = ", ".join(turn.by_hand)
    return (
        f"the old {turn.env} verifies until {names} is restarted by hand; do that at once, then: "
        f"skc rotate finish{'' if _is_seen(turn) else ' --confirm-reloaded'}"
    )


def _is_seen(turn: Turn) -> bool:
    """Whether a health answer tells of each that a person restarts."""
    known = dict(turn.named.consumers)
    return all(name in known and known[name].health for name in turn.by_hand)


def _ends_early(turn: Turn) -> str:
    until = max(one.not_after for one in turn.state.old)
    by_hand = [name for name, one in turn.named.consumers if not one.reload]
    where = f", as soon as {', '.join(by_hand)} was restarted by hand" if by_hand else ""
    return (
        f"logged out: whoever has a token that the old {turn.env} signed{where}; until "
        f"{until:%Y-%m-%d %H:%M} UTC they would have moved over by themselves"
    )


def _quietly(turn: Turn) -> list[str]:
    """What to say of a move that is meant to log nobody out."""
    env, others, reads = turn.env, fallbacks_of(turn.env), turn.reads
    match turn.move:
        case Move.STAGE:
            said = f"{env}: nobody is logged out; the first of three deploys (stage, swap, finish)"
        case Move.SWAP if reads == Known(value=False):
            said = (
                f"disruptive: everybody is logged out at the reload, since the app does not read "
                f"{others}. {_reader()}"
            )
        case Move.SWAP:
            said = f"{env}: nobody is logged out, if the last restart is done within the hour"
        case Move.REPLACE | Move.CLOSE:
            return []
        case never:
            assert_never(never)
    if not isinstance(reads, Missing):
        return [said]
    unsure = (
        f"not known whether the app reads {others}: {reads.reason}; if it does not, everybody is "
        "logged out when the new key signs"
    )
    return [said, unsure]


def _reader() -> str:
    """How an app comes to read a ring; after an installation the template lies deep."""
    return f"A reader of both, to copy: cp {word(place_of(READER))} ."


def _shared(turn: Turn) -> str:
    return (
        f"{', '.join(turn.shared_with)} holds a key of {turn.env}, and goes on with it: "
        "rotate it as well, for the same reason"
    )
