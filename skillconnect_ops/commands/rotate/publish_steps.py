"""Steps that bring a new value to those who use it, and away from them again."""

import secrets as random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.errors import NotVerified
from skillconnect_ops.commands.rotate.loaded import ask
from skillconnect_ops.commands.rotate.reloading import Reload
from skillconnect_ops.commands.rotate.values import (
    Told,
    keep_both,
    kept,
    of_one_credential,
    told_refusal,
)
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.disk import shared
from skillconnect_ops.envfile import NotPortable, parse, put_back
from skillconnect_ops.evidence.matching import Reason, Refusal, Retirement
from skillconnect_ops.evidence.retired import RetiredLedger
from skillconnect_ops.evidence.retirements import evidence_of

_AGES = ("old", "new")


class ValueMake(Step, frozen=True, kw_only=True, tag="value.make"):
    """Make a new opaque value."""

    secret: str
    env: str
    reason: str
    size_bytes: int = 32
    by_hand: tuple[str, ...] = ()
    """Who accepts the old value until a person has restarted it."""

    def says(self) -> str:
        """One line for the plan."""
        return f"make a new value for {self.env}: {8 * self.size_bytes} bits; it is not shown"


class ConsumerKeep(Step, frozen=True, kw_only=True, tag="consumer.keep"):
    """Stands before the publishing: its way back is a reload with the old value."""

    here = True

    consumer: str

    def says(self) -> str:
        """One line for the plan."""
        return f"if anything fails from here on: reload {self.consumer} with the old value"

    @property
    def waivable(self) -> str:
        """A consumer that can be reloaded no more."""
        return self.consumer


class EnvPublish(Step, frozen=True, kw_only=True, tag="env.publish"):
    """Write a new value into an env file."""

    here = True

    secret: str
    path: str
    env: str
    again: bool = False
    """Whether a person wants it in place of whatever was written there since."""

    def says(self) -> str:
        """One line for the plan."""
        more = ", again, in place of what stands there" if self.again else ""
        return f"publish {self.env} in {self.path}{more}"


class ConsumerReload(Step, frozen=True, kw_only=True, tag="consumer.reload"):
    """Make a consumer read its env file anew."""

    here = True

    consumer: str

    def says(self) -> str:
        """One line for the plan."""
        return f"reload {self.consumer}"

    @property
    def waivable(self) -> str:
        """A consumer that can be reloaded no more."""
        return self.consumer


class ValueRetire(Step, frozen=True, kw_only=True, tag="value.retire"):
    """Record that the old value is retired: its fingerprints, never the value."""

    here = True

    secret: str
    env: str
    sort: str
    reason: str
    refused: bool
    """Whether a step before has seen it refused."""

    def says(self) -> str:
        """One line for the plan."""
        return f"record the old {self.env} as retired: {self.reason}"


class MakeValue:
    """Carries out `value.make`; what it makes lies in the escrow alone."""

    def __init__(self, house: House, target: Target) -> None:
        self._house = house
        self._target = target

    def before(self, step: ValueMake, walk: Walk) -> Image:
        """Both values go to the escrow."""
        old = self._house.env_values(self._target)[step.env]
        keep_both(walk, step.secret, old=old, new=Secret(random.token_urlsafe(step.size_bytes)))
        return {}

    def apply(self, step: ValueMake, walk: Walk) -> Mapping[str, Any]:
        """It is made already."""
        return {"bits": 8 * step.size_bytes}

    def verify(self, step: ValueMake, walk: Walk) -> Sequence[Proof]:
        """It is there to be published, and another one."""
        if kept(walk, step.secret, age="new") == kept(walk, step.secret, age="old"):
            raise NotVerified("the new value is the old one", why="the two are equal")
        return ()

    def undo(self, step: ValueMake, image: Image, walk: Walk) -> None:
        """Nothing: nobody has seen it."""


class PublishEnv:
    """Carries out `env.publish`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def before(self, step: EnvPublish, walk: Walk) -> Image:
        """The whole file goes to the escrow; it has to hold the old value still.

        Or the new one already, where another machine published it in a file that both share.
        """
        path = self._root / step.path
        data = path.read_bytes() if path.exists() or not step.again else b""
        if not step.again:
            self._must_hold(data, step, walk)
        walk.escrow.put(_file(step, walk), data)
        return {}

    def apply(self, step: EnvPublish, walk: Walk) -> Mapping[str, Any]:
        """Write it, whole or not at all; what others wrote since is kept, into the variable too."""
        value = kept(walk, step.secret, age="new").reveal()

        def written(data: bytes | None) -> bytes:
            self._must_hold(data or b"", step, walk)
            if _is_ours(data, step, value):
                return data or b""
            return _written(data, step, value)

        changed = shared.change(
            self._root / step.path, written, check=lambda data: _is_ours(data, step, value)
        )
        for notice in changed.notices:
            walk.person.note(notice)
        return {"path": step.path, "name": step.env}

    def verify(self, step: EnvPublish, walk: Walk) -> Sequence[Proof]:
        """Read it back, as every reader does that comes through the file."""
        value = kept(walk, step.secret, age="new").reveal()
        file = parse((self._root / step.path).read_bytes())
        read = {file.readings[reader].values.get(step.env) or "" for reader in file.hearing()}
        holds = len(read) == 1 and all(of_one_credential(one, value) for one in read)
        subject = {"path": step.path, "name": step.env, "secret": step.secret}
        return [Proof(claim="sink.published", subject=subject, holds=holds)]

    def lasts(self, step: EnvPublish, walk: Walk) -> bool:
        """Whether the old value is not back; who reads it is reloaded again then."""
        path, old = self._root / step.path, kept(walk, step.secret, age="old").reveal()
        lasts = not path.exists() or parse(path.read_bytes()).get(step.env) != old
        if not lasts:
            walk.escrow.put(_again(walk), b"published")
        return lasts

    def _must_hold(self, data: bytes, step: EnvPublish, walk: Walk) -> None:
        """The old value, or the new one in whatever form: nothing of another hand is lost.

        Raises:
            NotVerified: it holds another one.
        """
        found = parse(data).get(step.env)
        known: list[str | None] = [kept(walk, step.secret, age=age).reveal() for age in _AGES]
        if found is not None and of_one_credential(found, str(known[-1])):
            known.append(found)
        before = walk.escrow.get(_file(step, walk)) if step.again else None
        if before is not None:
            known.append(parse(before).get(step.env))
        if parse(data).get(step.env) not in known:
            raise NotVerified(
                f"{step.env} in {step.path} was changed meanwhile",
                why="it is not the value that this rotation began with",
                fix=walk.person.again(),
            )

    def undo(self, step: EnvPublish, image: Image, walk: Walk) -> None:
        """Give back the old value; what somebody else wrote in between survives."""
        old = walk.escrow.get(_file(step, walk))
        if old is None:
            return
        value, path = kept(walk, step.secret, age="new").reveal(), self._root / step.path
        if path.exists() and _was_edited(parse(path.read_bytes()).get(step.env), step, walk):
            return  # it was never written: an edit of the old value came first, and stays
        try:
            wrote = _written(old, step, value)
        except NotPortable:  # it could not be written then, so it was not
            return
        shared.change(
            path,
            lambda now: put_back(now, path=path, name=step.env, value=value, old=old, wrote=wrote),
        )


class KeepConsumer:
    """Carries out `consumer.keep`."""

    def __init__(self, house: House, target: Target, root: Path) -> None:
        self._house = house
        self._target = target
        self._reload = Reload(house, target, root)

    def before(self, step: ConsumerKeep, walk: Walk) -> Image:
        """Whether it is well: one that was not before is no reason to go back afterwards."""
        consumer = self._target.settings.consumers.get(step.consumer)
        if consumer is not None and isinstance(ask(self._house, consumer), Known):
            walk.escrow.put(was_well(step.consumer, walk), b"yes")
        return {}

    def apply(self, step: ConsumerKeep, walk: Walk) -> Mapping[str, Any]:
        """Nothing: the env files are as they were."""
        consumer = self._target.settings.consumers.get(step.consumer)
        if consumer is None or consumer.health is None:
            return {}
        return {"well_before": walk.escrow.get(was_well(step.consumer, walk)) is not None}

    def verify(self, step: ConsumerKeep, walk: Walk) -> Sequence[Proof]:
        """Nothing."""
        return ()

    def undo(self, step: ConsumerKeep, image: Image, walk: Walk) -> None:
        """The files hold the old value again; who has read the new one reads them anew."""
        if walk.escrow.get(_reloaded(step.consumer)) is None:
            return
        if walk.waived(step.consumer):
            walk.person.note(
                f"not reloaded: {step.consumer}; it may run with the value that is taken back: "
                "restart it by hand"
            )
            return
        walk.person.note(f"reloading {step.consumer} with the old value")
        self._reload(step.consumer, walk)


class ReloadConsumer:
    """Carries out `consumer.reload`."""

    def __init__(self, house: House, target: Target, root: Path) -> None:
        self._reload = Reload(house, target, root)

    def before(self, step: ConsumerReload, walk: Walk) -> Image:
        """Remember that it may have been reloaded, for the way back."""
        walk.escrow.put(_reloaded(step.consumer), b"perhaps")
        return {}

    def apply(self, step: ConsumerReload, walk: Walk) -> Mapping[str, Any]:
        """Run its command, unless a person has said to go on without."""
        if walk.waived(step.consumer):
            walk.person.note(
                f"not reloaded: {step.consumer}; it has the old value until you restart it by hand"
            )
            return {"consumer": step.consumer, "waived": True}
        walk.person.note(f"reloading {step.consumer}; this may take a while")
        self._reload(step.consumer, walk)
        return {"consumer": step.consumer}

    def verify(self, step: ConsumerReload, walk: Walk) -> Sequence[Proof]:
        """That it works with the new value shows when nobody uses the old one."""
        return ()

    def undo(self, step: ConsumerReload, image: Image, walk: Walk) -> None:
        """Not now: the files still hold the new value. `consumer.keep` does it."""

    def lasts(self, step: ConsumerReload, walk: Walk) -> bool:
        """Whether no file had to be written again since."""
        return walk.escrow.get(_again(walk)) is None


class RetireValue:
    """Carries out `value.retire`, a final step."""

    def __init__(self, house: House) -> None:
        self._house = house

    def before(self, step: ValueRetire, walk: Walk) -> Image:
        """A final step is never undone."""
        self._house.retired().ensure_key()
        return {}

    def apply(self, step: ValueRetire, walk: Walk) -> Mapping[str, Any]:
        """Record it; once, however often this runs."""
        ledger, retirement = self._retirement(step, walk)
        ledger.add(retirement, command="rotate finish", journal=walk.id)
        return {"private": retirement.private}

    def verify(self, step: ValueRetire, walk: Walk) -> Sequence[Proof]:
        """Read the ledger again."""
        ledger, retirement = self._retirement(step, walk)
        return [evidence_of(retirement, ledger.find(retirement))]

    def undo(self, step: ValueRetire, image: Image, walk: Walk) -> None:
        """Nothing: a final step is never undone."""

    def _retirement(self, step: ValueRetire, walk: Walk) -> tuple[RetiredLedger, Retirement]:
        """The ledger, and what it is to hold."""
        ledger = self._house.retired()
        seen = Told(Refusal.PROVEN if step.refused else Refusal.UNPROVEN)
        told = told_refusal(walk, step.secret) or seen
        return ledger, ledger.retirement(
            kept(walk, step.secret, age="old"),
            name=step.env,
            kind=step.sort,
            reason=Reason(step.reason),
            refusal=told.refusal,
            by=told.by,
        )


def _is_ours(data: bytes | None, step: EnvPublish, value: str) -> bool:
    found = parse(data or b"").get(step.env)
    return found is not None and of_one_credential(found, value)


def _was_edited(found: str | None, step: EnvPublish, walk: Walk) -> bool:
    """Whether it is the old credential in another form."""
    old = kept(walk, step.secret, age="old").reveal()
    return found is not None and found != old and of_one_credential(found, old)


def _file(step: EnvPublish, walk: Walk) -> str:
    """With the run's id: a chain has one escrow, and a later run of it may publish again."""
    return f"{walk.id} {step.key} file"


def _again(walk: Walk) -> str:
    return f"{walk.id} published again"


def _written(data: bytes | None, step: EnvPublish, value: str) -> bytes:
    return parse(data or b"").renewed(step.env, value).bytes()


def was_well(consumer: str, walk: Walk) -> str:
    """The name in the escrow of what is kept of a consumer that answered before."""
    return f"{walk.id} well {consumer}"


def _reloaded(consumer: str) -> str:
    return f"reloaded {consumer}"
