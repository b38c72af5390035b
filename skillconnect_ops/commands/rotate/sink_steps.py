"""Steps that bring a new value to what is no env file: a file of its own, or a command."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.errors import NotVerified
from skillconnect_ops.commands.rotate.ring_steps import kept_ring
from skillconnect_ops.commands.rotate.sink_errors import (
    SinkFailed,
    SinkFileEdited,
    SinkHoldsAnother,
    SinkNotRestored,
)
from skillconnect_ops.commands.rotate.sink_hooks import Held, SinkHook
from skillconnect_ops.commands.rotate.values import kept
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.disk import shared
from skillconnect_ops.disk.errors import explained

LOOK_AGAIN_S = 0.5
NOT_READABLE = "not readable back; undone by publishing the old value"


class SinkFile(Step, frozen=True, kw_only=True, tag="sink.file"):
    """Write a new value into a file that holds nothing else."""

    here = True

    sink: str
    secret: str
    env: str
    path: str
    ring: bool
    """Whether the secret is a ring of keys, whose variables are kept together."""

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that it gets."""
        return (self.env,)

    def says(self) -> str:
        """One line for the plan."""
        return f"publish {self.env} in the file {self.path} (sink {self.sink})"


class SinkCall(Step, frozen=True, kw_only=True, tag="sink.call"):
    """Give a new value to a command."""

    sink: str
    secret: str
    names: tuple[str, ...]
    """The variables that it gets."""
    program: str
    """For people; what is run stands in the settings."""
    readable: bool
    ring: bool

    def says(self) -> str:
        """One line for the plan."""
        back = "and read it back" if self.readable else NOT_READABLE
        names = " and ".join(self.names)
        return f"publish {names} in the sink {self.sink} ({self.program}); {back}"


class FileSink:
    """Carries out `sink.file`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def before(self, step: SinkFile, walk: Walk) -> Image:
        """What is there goes to the escrow; it has to be the old value, nothing, or ours."""
        old, new = both_of(step, walk)
        data = must_hold(
            self._root / step.path, old[step.env], new[step.env], sink=step.sink, env=step.env
        )
        if data is not None:
            walk.escrow.put(_file(step, walk), data)
        return {"there": data is not None}

    def apply(self, step: SinkFile, walk: Walk) -> Mapping[str, Any]:
        """Write it, whole or not at all, for nobody else to read."""
        old, new = ({step.env: one[step.env]} for one in both_of(step, walk))

        def written(data: bytes | None) -> bytes:
            if data and _text(data) not in {old[step.env], new[step.env]}:
                raise SinkHoldsAnother(step.sink, step.env, held=Held.OTHER.value)
            end = b"\n" if data is not None and data.endswith(b"\n") else b""
            return new[step.env].encode() + end

        changed = shared.change(
            self._root / step.path, written, check=lambda data: _text(data) == new[step.env]
        )
        for notice in changed.notices:
            walk.person.note(notice)
        return {"sink": step.sink, "path": step.path, "name": step.env}

    def verify(self, step: SinkFile, walk: Walk) -> Sequence[Proof]:
        """Read it back."""
        _, new = both_of(step, walk)
        holds = _text((self._root / step.path).read_bytes()) == new[step.env]
        subject = {"sink": step.sink, "path": step.path, "name": step.env, "secret": step.secret}
        return [Proof(claim="sink.published", subject=subject, holds=holds)]

    def undo(self, step: SinkFile, image: Image, walk: Walk) -> None:
        """Give back what was there; what somebody else wrote in between survives."""
        path, was = self._root / step.path, walk.escrow.get(_file(step, walk))
        old, new = both_of(step, walk)

        def back(now: bytes | None) -> bytes | None:
            if now is None or now == was:
                return now
            if _text(now) == new[step.env]:
                return was
            if was is not None and _text(now) == old[step.env]:
                return now
            raise SinkFileEdited(path)

        shared.change(path, back)

    def lasts(self, step: SinkFile, walk: Walk) -> bool:
        """Whether the old value is not back."""
        path, (old, _) = self._root / step.path, both_of(step, walk)
        return not path.exists() or _text(path.read_bytes()) != old[step.env]


class CallSink:
    """Carries out `sink.call`."""

    def __init__(self, house: House, target: Target, root: Path) -> None:
        self._house = house
        self._target = target
        self._root = root

    def before(self, step: SinkCall, walk: Walk) -> Image:
        """Where it can be asked, it has to hold the old value, or nothing."""
        hook, (old, new) = self._hook(step), both_of(step, walk)
        if not hook.readable:
            return {"held": None}
        held = hook.holds(new=new, old=old)
        if held is Held.OTHER:
            raise SinkHoldsAnother(step.sink, step.names[0], held=held.value)
        return {"held": held.value}

    def apply(self, step: SinkCall, walk: Walk) -> Mapping[str, Any]:
        """Give it the values; a hook that refuses is remembered to have changed nothing."""
        hook, (old, new) = self._hook(step), both_of(step, walk)
        if walk.escrow.get(_mark(step, walk, "refused")) is not None:
            walk.escrow.put(_mark(step, walk, "given again"), b"perhaps")
        try:
            hook.give(new, action="write", hidden=(old, new))
        except SinkFailed as error:
            if error.refused:
                walk.escrow.put(_mark(step, walk, "refused"), b"nothing was changed")
            raise
        return {"sink": step.sink, "names": list(step.names), "read_back": hook.readable}

    def verify(self, step: SinkCall, walk: Walk) -> Sequence[Proof]:
        """Ask it until it says so; what cannot be asked proves nothing."""
        hook, (old, new) = self._hook(step), both_of(step, walk)
        if not hook.readable:
            return ()
        held = self._settled(hook, Held.NEW, new=new, old=old, walk=walk)
        if held is not Held.NEW:
            raise NotVerified(
                f'the sink "{step.sink}" does not hold what it was given',
                why=f"asked afterwards, it holds {held.value}",
                fix=f"see that both commands below sinks.{step.sink} in skc.yaml mean one place",
            )
        subject = {"sink": step.sink, "name": step.names[0], "secret": step.secret}
        return [Proof(claim="sink.published", subject=subject, holds=True)]

    def undo(self, step: SinkCall, image: Image, walk: Walk) -> None:
        """Give it the old values, unless it has refused the new ones."""
        refused, again = (
            walk.escrow.get(_mark(step, walk, what)) for what in ("refused", "given again")
        )
        if refused is not None and again is None:
            return
        if image["held"] == Held.NEW.value:
            return  # it was given it before this run
        hook, (old, new) = self._hook(step), both_of(step, walk)
        try:
            hook.give(old, action="put_back", hidden=(old, new))
        except SinkFailed as error:
            if hook.readable and hook.holds(new=new, old=old) is Held.OLD:
                return
            raise SinkNotRestored(step.sink, why=error.why) from error
        if hook.readable:
            held = self._settled(hook, Held.OLD, new=new, old=old, walk=walk)
            if held is not Held.OLD:
                why = f"it was given the old value, and says that it holds {held.value}"
                raise SinkNotRestored(step.sink, why=why)

    def _hook(self, step: SinkCall) -> SinkHook:
        return SinkHook(self._house, self._target, step.sink, self._root)

    def _settled(
        self,
        hook: SinkHook,
        wanted: Held,
        *,
        new: Mapping[str, str],
        old: Mapping[str, str],
        walk: Walk,
    ) -> Held:
        """What it holds, once that is what is wanted or its time is over."""
        until = walk.clock.monotonic() + hook.patience_s
        while True:
            held = hook.holds(new=new, old=old)
            same = new == old and held in {Held.NEW, Held.OLD}
            if held is wanted or same or walk.clock.monotonic() > until or walk.stopped():
                return wanted if same else held
            walk.clock.sleep(LOOK_AGAIN_S)


def must_hold(path: Path, *values: str, sink: str, env: str) -> bytes | None:
    """What a file holds that a value is about to be written to; None where it is not there.

    Raises:
        SinkHoldsAnother: it holds another value than the one in use.
        Refused: we do not write through such a file, or it is another user's.
        Precondition: it cannot be read, or its folder not be written.
    """
    shared.must_be_writable(path)
    with explained(f"read {path}"):
        data = path.read_bytes() if path.exists() else None
    if data and _text(data) not in values:
        raise SinkHoldsAnother(sink, env, held=Held.OTHER.value)
    return data


def both_of(step: SinkFile | SinkCall, walk: Walk) -> tuple[dict[str, str], dict[str, str]]:
    """The old values and the new ones by their variables, from the escrow.

    Raises:
        NotVerified: they are not there.
    """
    if step.ring:
        both = kept_ring(step.secret, walk)
        return (
            {name: both.old[name] for name in step.names},
            {name: both.new[name] for name in step.names},
        )
    (name,) = step.names
    return (
        {name: kept(walk, step.secret, age="old").reveal()},
        {name: kept(walk, step.secret, age="new").reveal()},
    )


def _text(data: bytes) -> str:
    """The value in a file, without a line end."""
    return data.decode("utf-8", errors="replace").removesuffix("\n").removesuffix("\r")


def _file(step: SinkFile, walk: Walk) -> str:
    return f"{walk.id} {step.key} file"


def _mark(step: SinkCall, walk: Walk, what: str) -> str:
    return f"{walk.id} {step.key} {what}"
