"""Steps that make a new credential at a key-value server, and their way back.

The order is that of a MongoDB user: escrow, server, saved to the server's own file, proven, and
only then an env file. Three things differ. What is not saved is gone after a restart, so every
change is followed by a save, and nothing begins where that cannot be done. The server makes a user
by the command that changes one, so a name is claimed before it is looked for. And one user may have
two passwords, which is how the user `default` is renewed: in place, yet without a gap.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, ClassVar

from skillconnect_ops.commands.rotate.acl_server import (
    OfServer,
    number_of,
    password_of,
    removing,
    servers_of,
)
from skillconnect_ops.commands.rotate.errors import SlotTaken
from skillconnect_ops.commands.rotate.model import value_of
from skillconnect_ops.commands.rotate.user_steps import PASSWORD_BYTES, said
from skillconnect_ops.commands.rotate.values import (
    keep_both,
    kept,
    must_be_unpublished,
    must_open,
)
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.acl import Acl, AclError, AclUser, AclUserExists, AclUserGone
from skillconnect_ops.core.secret import Secret

CLAIM_S = 60
"""How long a claimed name stays ours, should we die before we give it back."""


class AclCreate(Step, frozen=True, kw_only=True, tag="acl.create"):
    """Make the successor of a user, with the same rights and a new password."""

    user: str
    like: str
    """The user whose rights it gets."""
    secret: str
    env: str
    """The variable that holds the present URI."""
    reason: str
    again: bool = False
    """Whether somebody has removed it since it was published: so the way back leaves it there."""

    @property
    def old_user(self) -> str:
        """Whose credential is the old one."""
        return self.like

    manages_itself: ClassVar[bool] = False
    """Whether the user may be its own administrator."""

    def says(self) -> str:
        """One line for the plan."""
        return (
            f"create the user {self.user} with the rights of {self.like}, a new password, save it, "
            "and prove it"
        )


class AclAdmit(Step, frozen=True, kw_only=True, tag="acl.admit"):
    """Let a user log in with one more password."""

    user: str
    secret: str
    env: str
    """The variable that holds the present URI."""
    reason: str

    @property
    def old_user(self) -> str:
        """Whose credential is the old one."""
        return self.user

    manages_itself: ClassVar[bool] = True
    """Whether the user may be its own administrator."""

    def says(self) -> str:
        """One line for the plan."""
        return f"give the user {self.user} a second password, save it, and prove both"


class AclReplace(Step, frozen=True, kw_only=True, tag="acl.replace"):
    """Replace the one password of a server that has no users."""

    user: str
    secret: str
    env: str
    """The variable that holds the present URI."""
    reason: str

    @property
    def old_user(self) -> str:
        """Whose credential is the old one."""
        return self.user

    manages_itself: ClassVar[bool] = True
    """Whether the user may be its own administrator."""

    def says(self) -> str:
        """One line for the plan."""
        return "replace the server's password (requirepass), save it, and prove it"


AclMade = AclCreate | AclAdmit | AclReplace


class _Renew(OfServer):
    """What the handlers have in common that make a new credential."""

    def _opened(self, step: AclMade, walk: Walk) -> AbstractContextManager[Acl]:
        """An administrator's connection, also before anything is in the escrow."""
        own = self._house.env_values(self._target).get(step.env)
        return self._managed(step, walk, otherwise=(own,) if own is not None else ())

    def _keep_both(self, step: AclMade, walk: Walk, *, user: str | None) -> None:
        """Both URIs go to the escrow; the server is known to keep what it is told."""
        with self._opened(step, walk) as acl:
            acl.can_persist()
        if walk.escrow.get(value_of(step.secret, age="new")) is not None:
            return  # it was made before, and somebody has removed it since
        old = self._house.env_values(self._target)[step.env]
        password = Secret(secrets.token_urlsafe(PASSWORD_BYTES))
        keep_both(
            walk,
            step.secret,
            old=old,
            new=self._house.acl.with_login(old, user=user, password=password),
        )

    def lasts(self, step: AclMade, walk: Walk) -> bool:
        """Whether the server knows the new password still."""
        return self._is_alive(kept(walk, step.secret, age="new"), step.secret)

    def _must_be_unpublished(self, step: AclMade, walk: Walk) -> None:
        must_be_unpublished(self._house, self._target, secret=step.secret, env=step.env, walk=walk)

    def _accepted(self, step: AclMade, walk: Walk, rights: AclUser | None) -> Proof:
        """The new login works twice, and may do what the old one may."""
        old, new = (kept(walk, step.secret, age=age) for age in ("old", "new"))
        alive = self._is_alive(new, step.secret) and self._is_alive(new, step.secret)
        facts: dict[str, Any] = {}
        if rights is not None and alive:
            servers = servers_of(self._house, self._settings(step.secret))
            was, now = (servers.canary(uri, rights.rights) for uri in (old, new))
            alive = _reaches(now.read, was.read) and _reaches(now.written, was.written)
            facts = {"read": said(now.read), "written": said(now.written)}
        return Proof(
            claim="credential.accepted",
            subject=self._subject(step.user, step.secret, walk),
            holds=alive,
            facts=facts,
        )

    @contextmanager
    def _claimed(self, acl: Acl, step: AclMade, walk: Walk) -> Iterator[None]:
        """Nobody on another machine makes the same user meanwhile."""
        taken = acl.claim(step.old_user, walk.id, lasts_s=CLAIM_S)
        if taken == Known(value=False):
            raise SlotTaken(step.user, current=step.old_user, remove=removing(step.user))
        if isinstance(taken, Missing):
            walk.person.note(
                f"no lock between machines, since {taken.reason}; let no other one rotate "
                f"{step.old_user} now"
            )
        try:
            yield
        finally:
            self._give_back(acl, step, walk)

    def _give_back(self, acl: Acl, step: AclMade, walk: Walk) -> None:
        """The name is free for the next run, also where ours died, or lost its connection."""
        with suppress(AclError):  # it ends by itself
            acl.release(step.old_user, walk.id)


class _Overlap(_Renew):
    """Of those whose old credential works on beside the new one, and is to work on the way back."""

    def may_go_back(self, step: AclCreate | AclAdmit, walk: Walk) -> None:
        """Not where the old one has died since, whoever ended it."""
        must_open(
            lambda uri: self._is_alive(uri, step.secret),
            secret=step.secret,
            user=step.user,
            walk=walk,
        )


class CreateAcl(_Overlap):
    """Carries out `acl.create`."""

    def before(self, step: AclCreate, walk: Walk) -> Image:
        """Both values go to the escrow; a taken name ends it here, with nothing touched."""
        with self._opened(step, walk) as acl:
            if acl.find(step.user) is not None:
                raise _taken(step)
        self._keep_both(step, walk, user=step.user)
        return {"there": False}

    def apply(self, step: AclCreate, walk: Walk) -> Mapping[str, Any]:
        """Create it, and save it; one that takes our password is ours, from before a crash."""
        new = kept(walk, step.secret, age="new")
        with self._opened(step, walk) as acl, self._claimed(acl, step, walk):
            like = acl.find(step.like)
            if like is None and acl.find(step.user) and self._is_alive(new, step.secret):
                return {"user": step.user, "saved": acl.persist().value}
            if like is None:
                raise AclUserGone(
                    f"the user '{step.like}' is gone",
                    why="it was there when the plan was made",
                    fix=walk.person.again(),
                )
            try:
                acl.create(step.user, like=like, password=password_of(self._house, new))
            except AclUserExists as error:
                if not self._is_alive(new, step.secret):
                    raise _taken(step) from error
            return {"user": step.user, "saved": acl.persist().value}

    def verify(self, step: AclCreate, walk: Walk) -> Sequence[Proof]:
        """The same rights; a login, twice; something read, and written where it may."""
        with self._opened(step, walk) as acl:
            like, made = acl.find(step.like), acl.find(step.user)
        accepted = self._accepted(step, walk, made if like is not None else None)
        if like is None:  # it went while this stood half-way, and there is nothing to compare with
            return [accepted]
        subject = self._subject(step.user, step.secret, walk)
        same = made is not None and like.rights == made.rights
        return [Proof(claim="user.same_rights", subject=subject, holds=same), accepted]

    def undo(self, step: AclCreate, image: Image, walk: Walk) -> None:
        """Remove it, if it is the one that this run made."""
        if step.again or walk.escrow.get(value_of(step.secret, age="new")) is None:
            return
        with self._opened(step, walk) as acl:
            self._give_back(acl, step, walk)
            there = acl.find(step.user) is not None
            if there and not self._is_alive(kept(walk, step.secret, age="new"), step.secret):
                return  # another run has taken the name; it is not ours to remove
            if there:
                self._must_be_unpublished(step, walk)
                acl.drop(step.user)
            acl.persist()  # also where one that died has dropped it, and not saved that


class AdmitAcl(_Overlap):
    """Carries out `acl.admit`."""

    def before(self, step: AclAdmit, walk: Walk) -> Image:
        """Both values go to the escrow."""
        old = self._house.env_values(self._target)[step.env]
        named = self._house.acl.link(old).names_user
        self._keep_both(step, walk, user=step.user if named else None)
        return {}

    def apply(self, step: AclAdmit, walk: Walk) -> Mapping[str, Any]:
        """Add it, and save it."""
        new = kept(walk, step.secret, age="new")
        with self._opened(step, walk) as acl, self._claimed(acl, step, walk):
            _remember_number(acl, step, walk)
            acl.add_password(step.user, password_of(self._house, new))
            return {"user": step.user, "saved": acl.persist().value}

    def verify(self, step: AclAdmit, walk: Walk) -> Sequence[Proof]:
        """Both let in."""
        with self._opened(step, walk) as acl:
            user = acl.find(step.user)
        both = Proof(
            claim="credential.overlaps",
            subject=self._subject(step.user, step.secret, walk),
            holds=self._is_alive(kept(walk, step.secret, age="old"), step.secret),
        )
        return [both, self._accepted(step, walk, user)]

    def undo(self, step: AclAdmit, image: Image, walk: Walk) -> None:
        """Take it away again."""
        if walk.escrow.get(value_of(step.secret, age="new")) is None:
            return
        new = kept(walk, step.secret, age="new")
        self._must_be_unpublished(step, walk)
        with self._opened(step, walk) as acl:
            self._give_back(acl, step, walk)
            acl.remove_password(step.user, password_of(self._house, new))
            acl.persist()


class ReplaceAcl(_Renew):
    """Carries out `acl.replace`."""

    def before(self, step: AclReplace, walk: Walk) -> Image:
        """Both values go to the escrow."""
        self._keep_both(step, walk, user=None)
        return {}

    def apply(self, step: AclReplace, walk: Walk) -> Mapping[str, Any]:
        """Replace it, and save it."""
        return self._set(step, walk, age="new")

    def verify(self, step: AclReplace, walk: Walk) -> Sequence[Proof]:
        """It lets in."""
        return [self._accepted(step, walk, None)]

    def undo(self, step: AclReplace, image: Image, walk: Walk) -> None:
        """Give the old one back."""
        if walk.escrow.get(value_of(step.secret, age="new")) is not None:
            self._must_be_unpublished(step, walk)
            self._set(step, walk, age="old")

    def _set(self, step: AclReplace, walk: Walk, *, age: str) -> Mapping[str, Any]:
        value = kept(walk, step.secret, age=age)
        with self._opened(step, walk) as acl:
            _remember_number(acl, step, walk)
            acl.set_default_password(password_of(self._house, value))
            return {"saved": acl.persist().value}


def _remember_number(acl: Acl, step: AclMade, walk: Walk) -> None:
    """Connections that are there by now can only be of the old password."""
    number = acl.number()
    if number is not None:
        walk.escrow.put(number_of(step.secret), str(number).encode())


def _taken(step: AclCreate) -> SlotTaken:
    return SlotTaken(step.user, current=step.like, remove=removing(step.user))


def _reaches(now: Fact[str], was: Fact[str]) -> bool:
    return isinstance(now, Known) or isinstance(was, Missing)
