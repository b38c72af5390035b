"""Steps that end an old credential at a key-value server, once it is out of use."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, ClassVar

from skillconnect_ops.commands.rotate.acl_server import OfServer, number_of, password_of
from skillconnect_ops.commands.rotate.draining import drained, waiting_line
from skillconnect_ops.commands.rotate.loaded import unseen
from skillconnect_ops.commands.rotate.values import kept
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.acl import (
    DEFAULT_USER,
    Acl,
    AclRefused,
    AclSession,
    AclUserGone,
)
from skillconnect_ops.core.secret import Secret


class AclDrain(Step, frozen=True, kw_only=True, tag="acl.drain"):
    """Wait until nobody is logged in with the old credential any more."""

    passing = ("patience_s",)

    user: str
    successor: str | None
    """Who has to have the same rights by now."""
    opened_before: datetime | None
    """Where old and new are of one user: connections that are older are of the old one."""
    secret: str
    env: str
    patience_s: int
    cut_off: bool

    @property
    def manages_itself(self) -> bool:
        """Whether the user may be its own administrator."""
        return self.successor is None

    def says(self) -> str:
        """One line for the plan."""
        line = waiting_line(self.user, patience_s=self.patience_s, cut_off=self.cut_off)
        return line if self.successor else f"{line} (connections older than the rotation)"


class AclDisable(Step, frozen=True, kw_only=True, tag="acl.disable"):
    """Switch a user off."""

    user: str
    secret: str

    manages_itself: ClassVar[bool] = False
    """Whether the user may be its own administrator."""

    def says(self) -> str:
        """One line for the plan."""
        return f"switch the user {self.user} off"


class AclDrop(Step, frozen=True, kw_only=True, tag="acl.drop"):
    """Remove a user, and see its old credential refused."""

    user: str
    secret: str

    manages_itself: ClassVar[bool] = False
    """Whether the user may be its own administrator."""

    def says(self) -> str:
        """One line for the plan."""
        return f"remove the user {self.user}, save it, and see its password refused"


class AclExpel(Step, frozen=True, kw_only=True, tag="acl.expel"):
    """Take the old password from a user that has a new one, and see it refused."""

    user: str
    secret: str
    cut_off: bool
    """Whether all connections of the user are ended: the old password leaked."""
    gone: bool
    """Whether it was replaced at once, and there is nothing left to take away."""

    manages_itself: ClassVar[bool] = True
    """Whether the user may be its own administrator."""

    def says(self) -> str:
        """One line for the plan."""
        if self.gone:
            return f"see the old password of {self.user} refused"
        return f"take the old password from {self.user}, save it, and see it refused"


class DrainAcl(OfServer):
    """Carries out `acl.drain`; it changes nothing, so there is nothing to undo."""

    def before(self, step: AclDrain, walk: Walk) -> Image:
        """Nothing that would have to be restored; `value.see` has looked before."""
        return {}

    def apply(self, step: AclDrain, walk: Walk) -> Mapping[str, Any]:
        """Look until nobody is left."""
        with self._managed(step, walk) as acl:
            return drained(
                lambda: _who(acl, step, walk),
                user=step.user,
                patience_s=step.patience_s,
                cut_off=step.cut_off,
                walk=walk,
                unseen=unseen(self._house, self._target, step.secret, step.env, walk),
            )

    def verify(self, step: AclDrain, walk: Walk) -> Sequence[Proof]:
        """What was seen stands in the facts; nothing is proven by it."""
        return ()

    def undo(self, step: AclDrain, image: Image, walk: Walk) -> None:
        """Nothing."""


class DisableAcl(OfServer):
    """Carries out `acl.disable`."""

    def before(self, step: AclDisable, walk: Walk) -> Image:
        """All of the user goes to the escrow, since hashes of passwords are in it."""
        with self._managed(step, walk) as acl:
            found = acl.find(step.user)
        if found is not None:
            walk.escrow.put(_image(step, walk), _bytes(found.image))
        return {"there": found is not None}

    def apply(self, step: AclDisable, walk: Walk) -> Mapping[str, Any]:
        """From now on it may not log in; that can be taken back."""
        with self._managed(step, walk) as acl, suppress(AclUserGone):
            acl.disable(step.user)
        return {}

    def verify(self, step: AclDisable, walk: Walk) -> Sequence[Proof]:
        """Ask for it."""
        with self._managed(step, walk) as acl:
            found = acl.find(step.user)
        subject = self._subject(step.user, step.secret, walk)
        holds = found is None or not found.enabled
        return [Proof(claim="user.disarmed", subject=subject, holds=holds)]

    def undo(self, step: AclDisable, image: Image, walk: Walk) -> None:
        """Make it what it was; one that somebody has removed meanwhile stays so."""
        kept_image = walk.escrow.get(_image(step, walk))
        if kept_image is None:
            return
        with self._managed(step, walk) as acl:
            if acl.find(step.user) is not None:
                acl.restore(step.user, _secret(kept_image))
                acl.persist()


class DropAcl(OfServer):
    """Carries out `acl.drop`, a final step."""

    def before(self, step: AclDrop, walk: Walk) -> Image:
        """A final step is never undone."""
        return {}

    def apply(self, step: AclDrop, walk: Walk) -> Mapping[str, Any]:
        """Remove it, and save that; one that is gone is fine."""
        with self._managed(step, walk) as acl:
            acl.drop(step.user)
            return {"user": step.user, "saved": acl.persist().value}

    def verify(self, step: AclDrop, walk: Walk) -> Sequence[Proof]:
        """The old credential is refused."""
        return [self._refusal(step.user, step.secret, walk)]

    def undo(self, step: AclDrop, image: Image, walk: Walk) -> None:
        """Nothing: a final step is never undone."""


class ExpelAcl(OfServer):
    """Carries out `acl.expel`, a final step."""

    def before(self, step: AclExpel, walk: Walk) -> Image:
        """A final step is never undone."""
        return {}

    def apply(self, step: AclExpel, walk: Walk) -> Mapping[str, Any]:
        """Take it away, and save that; one that is gone is fine."""
        with self._managed(step, walk) as acl:
            if not step.gone:
                self._take_away(acl, step, walk)
            facts = {"user": step.user, "saved": acl.persist().value}
            if step.cut_off:
                facts["ended"] = _ended(acl, step.user)
            return facts

    def verify(self, step: AclExpel, walk: Walk) -> Sequence[Proof]:
        """The old credential is refused, the new one is not."""
        alive = Proof(
            claim="credential.accepted",
            subject=self._subject(step.user, step.secret, walk),
            holds=self._is_alive(kept(walk, step.secret, age="new"), step.secret),
        )
        return [self._refusal(step.user, step.secret, walk), alive]

    def undo(self, step: AclExpel, image: Image, walk: Walk) -> None:
        """Nothing: a final step is never undone."""

    def _take_away(self, acl: Acl, step: AclExpel, walk: Walk) -> None:
        """From the user, and for `default` from the configuration as well."""
        old, new = (
            password_of(self._house, kept(walk, step.secret, age=age)) for age in ("old", "new")
        )
        acl.remove_password(step.user, old)
        if step.user != DEFAULT_USER or acl.default_password() != old:
            return
        found = acl.find(step.user)
        if found is not None and found.passwords == 1:
            acl.set_default_password(new)
        else:  # setting it would take the others' passwords away
            walk.person.note(
                "requirepass in the server's configuration is the old password still; it opens "
                "nothing any more, and stands there in the clear: replace that line by hand"
            )


def _ended(acl: Acl, user: str) -> str:
    """How many connections were ended, as far as the server can."""
    try:
        return str(acl.disconnect(user))
    except AclRefused as error:  # before version 6
        return f"none: {error.why}"


def _who(acl: Acl, step: AclDrain, walk: Walk) -> Fact[Sequence[str]]:
    seen = acl.sessions(step.user)
    if isinstance(seen, Missing):
        return seen
    return Known(
        [
            f"{one.name or 'unnamed'} from {one.client}"
            for one in seen.value
            if step.opened_before is None or _is_older(one, step.opened_before, step, walk)
        ]
    )


def _is_older(one: AclSession, moment: datetime, step: AclDrain, walk: Walk) -> bool:
    """Whether a connection may have been there before the new password was.

    Numbers tell it to the point, and begin anew with the server; ages tell it to the second.
    """
    number = walk.escrow.get(number_of(step.secret))
    before = number is None or one.number < int(number)
    return before and one.age_s + 1 > (walk.clock.now() - moment).total_seconds()


def _image(step: AclDisable, walk: Walk) -> str:
    """With the run's id: a chain has one escrow, and a later run of it looks anew."""
    return f"{walk.id} {step.key} image"


def _bytes(image: Secret) -> bytes:
    """A pattern of keys is bytes, and need not be UTF-8."""
    return image.reveal().encode(errors="surrogateescape")


def _secret(image: bytes) -> Secret:
    return Secret(image.decode(errors="surrogateescape"))
