"""Looks at the rings of a target: in its env files, in its code, in the journals of reloads."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.code.discovery import discover
from skillconnect_ops.code.environment import look
from skillconnect_ops.code.model import Found
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.choice import configured, one_of
from skillconnect_ops.commands.rotate.errors import NotReloaded, ValuesDiffer
from skillconnect_ops.commands.rotate.loaded import ask, runs_with
from skillconnect_ops.commands.rotate.model import Kind, Named
from skillconnect_ops.commands.rotate.publish_steps import ConsumerReload
from skillconnect_ops.commands.rotate.reading import reads_ring
from skillconnect_ops.commands.rotate.ring import assert_apart, fallbacks_of, read, variables
from skillconnect_ops.commands.rotate.ring_state import Move, RingState, state_of
from skillconnect_ops.commands.rotate.ring_steps import RingTurn
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.settings.model import ConsumerSettings, Target
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.envfile import DuplicateKey, EnvFile, parse
from skillconnect_ops.journal.model import JournalState, Standing

_ROUNDED = timedelta(seconds=1)


class Held(Struct, frozen=True, kw_only=True):
    """A ring, and whose it is."""

    named: Named
    state: RingState


class Code:
    """What the project's code shows; read once, when it is asked for."""

    def __init__(self, house: House) -> None:
        self._house = house

    def reads_ring(self, env: str) -> Fact[bool]:
        """Whether the app reads the ring of a key."""
        return reads_ring(self._found, env)

    @cached_property
    def _found(self) -> Found:
        root = self._house.project().root
        with self._house.person.progress("reading the code", total=None, unit="file"):
            return look(root, discover(root, git=self._house.git).files)


def held(house: House, named: Named) -> Held:
    """A ring as its env files hold it.

    Raises:
        MalformedRing: it cannot be read.
        NoSigningKey: its key is empty.
        DuplicateKey: a variable of it stands in a file more than once.
        ValuesDiffer: two env files hold two rings.
    """
    root, env = house.project().root, named.settings.env
    files = {path: _parsed(root, path) for path in named.files}
    for found in files.values():
        for name in (env, fallbacks_of(env)):
            entries = found.all_of(name)
            if len(entries) > 1:
                raise DuplicateKey(name, tuple(entry.line for entry in entries))
    if len({found.get(fallbacks_of(env)) or "" for found in files.values()}) > 1:
        raise ValuesDiffer(fallbacks_of(env), files=named.files)
    ring = read(env, files[named.files[0]].get)
    return Held(named=named, state=state_of(env, ring, now=house.clock.now()))


def all_held(house: House, target: Target) -> dict[str, Held | SkcError]:
    """Every ring of a target by the name of its secret, or why it cannot be read."""
    found: dict[str, Held | SkcError] = {}
    for name, settings in sorted(configured(target).items()):
        if settings.kind == Kind.JWT:
            try:
                found[name] = held(house, one_of(house, target, name))
            except SkcError as error:
                found[name] = error
    return found


def must_be_apart(one: Held, others: Iterable[Held]) -> None:
    """No other ring holds a key of this one.

    Raises:
        SharedKey: one does.
    """
    for other in others:
        assert_apart(
            {one.named.settings.env: one.state.ring, other.named.settings.env: other.state.ring}
        )


def sharing(one: Held, others: Iterable[Held]) -> tuple[str, ...]:
    """The variables of the rings that hold a key of this one, too."""
    keys = one.state.ring.keys
    return tuple(other.named.settings.env for other in others if keys & other.state.ring.keys)


def must_be_reloaded(house: House, target: Target, one: Held) -> None:
    """Every consumer knows the key that waits.

    What its health answer says counts; where that says nothing, whether we reloaded it when the
    key was staged.

    Raises:
        NotReloaded: some were not, or nobody knows.
    """
    done = _reloaded(house, target, one)
    names = [name for name, _ in one.named.consumers]
    left = [] if names else ["the app"]
    for name, consumer in one.named.consumers:
        seen = _knows_staged(house, one, consumer)
        if seen == Known(value=False) or (isinstance(seen, Missing) and name not in done):
            left.append(name)
    if left:
        raise NotReloaded(one.named.name, one.named.settings.env, who=left)


def _knows_staged(house: House, one: Held, consumer: ConsumerSettings) -> Fact[bool]:
    """Whether a consumer says by its health answer that it knows the key that waits."""
    env, ring = one.named.settings.env, one.state.ring
    health = ask(house, consumer)
    if isinstance(health, Missing):
        return health
    before = replace(ring, fallbacks=tuple(e for e in ring.fallbacks if e != one.state.staged))
    old, new = (
        {name: value.reveal() for name, value in variables(env, each).items() if value is not None}
        for each in (before, ring)
    )
    return runs_with(health.value, env, old=old, new=new, now=house.clock.now())


def _reloaded(house: House, target: Target, one: Held) -> set[str]:
    """Whom the run that staged the key reloaded: the one in whose time the staging falls."""
    office = house.office()
    for journal in office.journals():
        if _staged_in(journal, target, one):
            steps = office.plan(journal.id).steps
            if any(_stages(step, one) for step in steps):
                asked = {step.consumer for step in steps if isinstance(step, ConsumerReload)}
                return asked - set(journal.waived)
    return set()


def _staged_in(journal: JournalState, target: Target, one: Held) -> bool:
    at = one.state.staged_at
    return (
        at is not None
        and journal.command == "rotate"
        and journal.standing is Standing.SEALED
        and journal.subject.target == target.name
        and journal.begun_at is not None
        and journal.ended_at is not None
        and journal.begun_at <= at <= journal.ended_at + _ROUNDED
    )


def _stages(step: object, one: Held) -> bool:
    return (
        isinstance(step, RingTurn)
        and step.move is Move.STAGE
        and step.secret == one.named.name
        and step.env == one.named.settings.env
    )


def readable(found: Iterable[Held | SkcError]) -> Sequence[Held]:
    """Those that could be read."""
    return [one for one in found if isinstance(one, Held)]


def _parsed(root: Path, path: str) -> EnvFile:
    with explained(f"read {path}"):
        return parse((root / path).read_bytes())
