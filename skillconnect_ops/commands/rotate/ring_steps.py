"""Steps on a ring of signing keys: its next state is made once, and written to every env file.

The keys lie in the escrow before a file names one. The two variables of a file are one step, since
half of a ring (a key that signs and that others do not verify) would log people out.
"""

import secrets as random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.errors import NotVerified
from skillconnect_ops.commands.rotate.ring import Ring, fallbacks_of, overlap_for, read, variables
from skillconnect_ops.commands.rotate.ring_state import Move, state_of, turned
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import duration
from skillconnect_ops.disk import shared
from skillconnect_ops.envfile import EnvFile, NotPortable, parse, put_back
from skillconnect_ops.evidence.matching import Reason, Refusal, Retirement
from skillconnect_ops.evidence.retirements import evidence_of

KEY_BYTES = 32


class RingTurn(Step, frozen=True, kw_only=True, tag="ring.turn"):
    """Make the next state of a ring."""

    secret: str
    env: str
    """The variable of the key that signs."""
    path: str
    """An env file that holds the ring; the others hold the same."""
    move: Move
    longest_token_s: int
    """How long a token lives."""
    early: bool = False
    reason: str = Reason.SCHEDULED.value
    by_hand: tuple[str, ...] = ()
    """Who accepts the keys that went, until a person has restarted it."""

    def says(self) -> str:
        """One line for the plan."""
        match self.move:
            case Move.STAGE:
                return f"make a new key for {self.env}: it verifies, and does not sign yet"
            case Move.SWAP:
                overlap = overlap_for(timedelta(seconds=self.longest_token_s))
                return (
                    f"let the staged key of {self.env} sign; the old one verifies for "
                    f"{duration(overlap.total_seconds())} more"
                )
            case Move.REPLACE:
                until = f", once {', '.join(self.by_hand)} is restarted" if self.by_hand else ""
                return f"make a new key for {self.env}: it signs, and alone verifies{until}"
            case Move.CLOSE:
                when = "now, before their time" if self.early else "whose time is over"
                return f"take the old keys out of {fallbacks_of(self.env)}: {when}"


class RingPublish(Step, frozen=True, kw_only=True, tag="ring.publish"):
    """Write a ring into an env file."""

    here = True

    secret: str
    env: str
    path: str

    def says(self) -> str:
        """One line for the plan."""
        return f"publish {self.env} and {fallbacks_of(self.env)} in {self.path}"


class RingRetire(Step, frozen=True, kw_only=True, tag="ring.retire"):
    """Record the keys that went: their fingerprints, never the keys."""

    here = True

    secret: str
    env: str
    reason: str
    command: str
    begun: str | None = None
    """The run that made them go, where it is another one of this chain."""

    def says(self) -> str:
        """One line for the plan."""
        return f"record the old key of {self.env} as retired: {self.reason}"


class Turned(Struct, frozen=True, kw_only=True):
    """A ring before and after, as the escrow keeps it: variables and their values."""

    old: dict[str, str]
    new: dict[str, str]

    @property
    def changed(self) -> dict[str, str]:
        """The variables that get another value."""
        return {name: value for name, value in self.new.items() if value != self.old[name]}

    def went(self, env: str) -> tuple[Secret, ...]:
        """The keys that are in the ring no more, the one that signed first."""
        old, new = read(env, self.old.get), read(env, self.new.get)
        keys = dict.fromkeys((old.signing, *(entry.key for entry in old.fallbacks)))
        return tuple(key for key in keys if key not in new.keys)


class TurnRing:
    """Carries out `ring.turn`; what it makes lies in the escrow alone."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def before(self, step: RingTurn, walk: Walk) -> Image:
        """Both states go to the escrow, as one value: never the one without the other."""
        now = walk.clock.now()
        old = read(step.env, parse((self._root / step.path).read_bytes()).get)
        new = turned(
            state_of(step.env, old, now=now),
            step.move,
            now=now,
            longest_token=timedelta(seconds=step.longest_token_s),
            fresh=Secret(random.token_urlsafe(KEY_BYTES)),
            early=step.early,
        )
        both = Turned(old=_plain(step.env, old), new=_plain(step.env, new))
        walk.escrow.put(_name(step.secret, walk.id), msgspec.json.encode(both))
        return {}

    def apply(self, step: RingTurn, walk: Walk) -> Mapping[str, Any]:
        """It is made already."""
        until = [entry.not_after for entry in _new(step, walk).fallbacks]
        last = max(until).isoformat() if until and step.move is Move.SWAP else None
        return {"move": step.move.value, "until": last}

    def verify(self, step: RingTurn, walk: Walk) -> Sequence[Proof]:
        """Something changes by it."""
        if not kept_ring(step.secret, walk).changed:
            raise NotVerified(
                f"{step.env} was changed meanwhile",
                why="the ring is already as it would become",
                fix="skc rotate status",
            )
        return ()

    def undo(self, step: RingTurn, image: Image, walk: Walk) -> None:
        """Nothing: nobody has seen it."""


class PublishRing:
    """Carries out `ring.publish`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def before(self, step: RingPublish, walk: Walk) -> Image:
        """The whole file goes to the escrow; it has to hold the old ring still.

        Or the new one already, where another machine published it in a file that both share.
        """
        data = (self._root / step.path).read_bytes()
        both = kept_ring(step.secret, walk)
        _must_hold(parse(data), step, walk, both.old, both.new)
        walk.escrow.put(_file(step, walk), data)
        return {}

    def apply(self, step: RingPublish, walk: Walk) -> Mapping[str, Any]:
        """Write both variables, whole or not at all; what others wrote since is kept."""
        both = kept_ring(step.secret, walk)

        def written(data: bytes | None) -> bytes:
            found = parse(data or b"")
            _must_hold(found, step, walk, both.old, both.new)
            return _written(found, step, both)

        changed = shared.change(
            self._root / step.path, written, check=lambda data: _holds(parse(data), both.new)
        )
        for notice in changed.notices:
            walk.person.note(notice)
        return {"path": step.path, "names": sorted(both.changed)}

    def verify(self, step: RingPublish, walk: Walk) -> Sequence[Proof]:
        """Read it back, as every reader does that comes through the file."""
        both = kept_ring(step.secret, walk)
        file = parse((self._root / step.path).read_bytes())
        holds = all(
            file.readings[reader].values.get(name) == value
            for reader in file.hearing()
            for name, value in both.changed.items()
        )
        subject = {"path": step.path, "name": step.env, "secret": step.secret}
        return [Proof(claim="sink.published", subject=subject, holds=holds)]

    def undo(self, step: RingPublish, image: Image, walk: Walk) -> None:
        """Give back both variables, or neither; what somebody else wrote in between survives."""
        old = walk.escrow.get(_file(step, walk))
        if old is None:
            return
        both, path = kept_ring(step.secret, walk), self._root / step.path
        try:
            wrote = _written(parse(old), step, both)
        except NotPortable:  # it could not be written then, so it was not
            return

        def back(now: bytes | None) -> bytes | None:
            if now == wrote:
                return old
            for name, value in both.changed.items():
                now = put_back(now, path=path, name=name, value=value, old=old, wrote=wrote)
            return now

        shared.change(path, back)

    def lasts(self, step: RingPublish, walk: Walk) -> bool:
        """Whether the old ring is not back."""
        path, both = self._root / step.path, kept_ring(step.secret, walk)
        return not path.exists() or not _holds(parse(path.read_bytes()), both.old)


class RetireRing:
    """Carries out `ring.retire`, a final step."""

    def __init__(self, house: House) -> None:
        self._house = house

    def before(self, step: RingRetire, walk: Walk) -> Image:
        """A final step is never undone."""
        self._house.retired().ensure_key()
        return {}

    def apply(self, step: RingRetire, walk: Walk) -> Mapping[str, Any]:
        """Record each key; once, however often this runs."""
        ledger = self._house.retired()
        made = self._retirements(step, walk)
        for one in made:
            ledger.add(one, command=step.command, journal=walk.id)
        return {"keys": len(made)}

    def verify(self, step: RingRetire, walk: Walk) -> Sequence[Proof]:
        """Read the ledger again."""
        ledger = self._house.retired()
        return [evidence_of(one, ledger.find(one)) for one in self._retirements(step, walk)]

    def undo(self, step: RingRetire, image: Image, walk: Walk) -> None:
        """Nothing: a final step is never undone."""

    def _retirements(self, step: RingRetire, walk: Walk) -> tuple[Retirement, ...]:
        ledger = self._house.retired()
        return tuple(
            ledger.retirement(
                key,
                name=step.env,
                kind="signing key",
                reason=Reason(step.reason),
                refusal=Refusal.UNPROVEN,
            )
            for key in kept_ring(step.secret, walk, begun=step.begun).went(step.env)
        )


def kept_ring(secret: str, walk: Walk, *, begun: str | None = None) -> Turned:
    """The ring before and after, from the escrow.

    Args:
        secret: the name of the secret.
        walk: of this run.
        begun: the run that turned it, where it is another one of this chain.

    Raises:
        NotVerified: it is not there.
    """
    value = walk.escrow.get(_name(secret, begun or walk.id))
    if value is None:
        raise NotVerified(
            f"the keys of {secret} are not in the escrow",
            why="the run that would have kept them ended before it did",
            fix="skc rotate status",
        )
    return msgspec.json.decode(value, type=Turned)


def turned_in(secret: str, walk: Walk) -> tuple[dict[str, str], ...]:
    """The variables of a ring before and after, where this run turns it."""
    if walk.escrow.get(_name(secret, walk.id)) is None:
        return ()
    both = kept_ring(secret, walk)
    return both.old, both.new


def _name(secret: str, run: str) -> str:
    """With the run's id: a chain has one escrow, and a later run of it turns the ring anew."""
    return f"{run} ring {secret}"


def _file(step: RingPublish, walk: Walk) -> str:
    return f"{walk.id} {step.key} file"


def _new(step: RingTurn, walk: Walk) -> Ring:
    return read(step.env, kept_ring(step.secret, walk).new.get)


def _plain(env: str, ring: Ring) -> dict[str, str]:
    """The two variables that skc writes; an absent one is as good as an empty one."""
    held = variables(env, ring)
    return {name: _text(held[name]) for name in (env, fallbacks_of(env))}


def _text(value: Secret | None) -> str:
    return "" if value is None else value.reveal()


def _holds(found: EnvFile, ring: Mapping[str, str]) -> bool:
    return all((found.get(name) or "") == value for name, value in ring.items())


def _must_hold(found: EnvFile, step: RingPublish, walk: Walk, *rings: Mapping[str, str]) -> None:
    if not any(_holds(found, ring) for ring in rings):
        raise NotVerified(
            f"{step.env} or {fallbacks_of(step.env)} in {step.path} was changed meanwhile",
            why="it is not the ring that this rotation began with",
            fix=walk.person.again(),
        )


def _written(found: EnvFile, step: RingPublish, both: Turned) -> bytes:
    for name, value in both.changed.items():
        found = found.renewed(name, value, after=None if name == step.env else step.env)
    return found.bytes()
