"""Steps on the users of a key-value server: a new credential comes, the old one goes.

The order is that of a MongoDB user: escrow, server, saved to the server's own file, proven, and
only then an env file. Three things differ. What is not saved is gone after a restart, so every
change is followed by a save, and nothing begins where that cannot be done. The server makes a user
by the command that changes one, so a name is claimed before it is looked for. And one user may have
two passwords, which is how the user `default` is renewed: in place, yet without a gap.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import datetime
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.draining import drained, waiting_line
from skillconnect_ops.commands.rotate.errors import NoAdmin, NotVerified, SlotTaken
from skillconnect_ops.commands.rotate.model import value_of
from skillconnect_ops.commands.rotate.user_steps import PASSWORD_BYTES, said
from skillconnect_ops.commands.rotate.values import keep_both, kept, must_be_published
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.acl import (
    DEFAULT_USER,
    Acl,
    AclAnswer,
    AclError,
    AclLoginRefused,
    AclRefused,
    AclUser,
    AclUserExists,
    AclUserGone,
    RightsDiffer,
)
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target

CLAIM_S = 60
"""How long a claimed name stays ours, should we die before we give it back."""
_ALIVE = frozenset({AclAnswer.ACCEPTED, AclAnswer.NOT_PERMITTED})
"""The password is right; that the user may not even PING is another matter."""


class AclCreate(Step, frozen=True, kw_only=True, tag="acl.create"):
    """Make the successor of a user, with the same rights and a new password."""

    user: str
    like: str
    """The user whose rights it gets."""
    secret: str
    env: str
    """The variable that holds the present URI."""
    reason: str
    admin_uri: str
    """The variable that may hold an administrator's URI."""

    @property
    def old_user(self) -> str:
        """Whose credential is the old one."""
        return self.like

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
    admin_uri: str
    """The variable that may hold an administrator's URI."""

    @property
    def old_user(self) -> str:
        """Whose credential is the old one."""
        return self.user

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
    admin_uri: str
    """The variable that may hold an administrator's URI."""

    @property
    def old_user(self) -> str:
        """Whose credential is the old one."""
        return self.user

    def says(self) -> str:
        """One line for the plan."""
        return "replace the server's password (requirepass), save it, and prove it"


AclMade = AclCreate | AclAdmit | AclReplace


class AclDrain(Step, frozen=True, kw_only=True, tag="acl.drain"):
    """Wait until nobody is logged in with the old credential any more."""

    user: str
    successor: str | None
    """Who has to have the same rights by now."""
    opened_before: datetime | None
    """Where old and new are of one user: connections that are older than this are of the old."""
    secret: str
    env: str
    admin_uri: str
    patience_s: int
    cut_off: bool

    def says(self) -> str:
        """One line for the plan."""
        line = waiting_line(self.user, patience_s=self.patience_s, cut_off=self.cut_off)
        return line if self.successor else f"{line} (connections older than the rotation)"


class AclDisable(Step, frozen=True, kw_only=True, tag="acl.disable"):
    """Switch a user off."""

    user: str
    secret: str
    admin_uri: str

    def says(self) -> str:
        """One line for the plan."""
        return f"switch the user {self.user} off"


class AclDrop(Step, frozen=True, kw_only=True, tag="acl.drop"):
    """Remove a user, and see its old credential refused."""

    user: str
    secret: str
    admin_uri: str

    def says(self) -> str:
        """One line for the plan."""
        return f"remove the user {self.user}, save it, and see its password refused"


class AclExpel(Step, frozen=True, kw_only=True, tag="acl.expel"):
    """Take the old password from a user that has a new one, and see it refused."""

    user: str
    secret: str
    admin_uri: str
    cut_off: bool
    """Whether all connections of the user are ended: the old password leaked."""
    gone: bool
    """Whether it was replaced at once, and there is nothing left to take away."""

    def says(self) -> str:
        """One line for the plan."""
        if self.gone:
            return f"see the old password of {self.user} refused"
        return f"take the old password from {self.user}, save it, and see it refused"


_AnyStep = AclMade | AclDrain | AclDisable | AclDrop | AclExpel


@contextmanager
def managed(house: House, variable: str, *, user: str, own: Sequence[Secret] = ()) -> Iterator[Acl]:
    """Log in as an administrator: the one of the variable, else the app's own user.

    Args:
        house: the house.
        variable: that may hold an administrator's URI.
        user: whose credential is renewed. An administrator that is this user changes its own
            password, so that the variable's may be dead by now.
        own: URIs of the app's own user, where it may manage itself; the first that is let in is
            taken.

    Raises:
        NoAdmin: there is nobody to log in as.
        AclError: no answer, or nobody is let in.
    """
    given = house.environment.get(variable)
    ways = list(own)
    if given:
        admin = Secret(given)
        ways = [*own, admin] if own and house.acl.link(admin).user == user else [admin]
    if not ways:
        raise NoAdmin(variable, like="redis://ADMIN:PASSWORD@HOST:6379")
    with ExitStack() as opened:
        yield _first(house, ways, opened)


def removing(user: str) -> str:
    """What to type to remove a user by hand."""
    return f"ACL DELUSER {user}"


def _first(house: House, ways: Sequence[Secret], opened: ExitStack) -> Acl:
    for place, uri in enumerate(ways, start=1):
        try:
            return opened.enter_context(house.acl.manage(uri))
        except AclLoginRefused:
            if place == len(ways):
                raise
    raise AssertionError("the caller gives one at least")


class _OfServer:
    """What all of these handlers need."""

    def __init__(self, house: House, target: Target) -> None:
        self._house = house
        self._target = target

    def _managed(self, step: _AnyStep, walk: Walk) -> AbstractContextManager[Acl]:
        """An administrator's connection, whichever of the two passwords is in force."""
        own: list[Secret] = []
        if not _of_another(step):
            values = [walk.escrow.get(value_of(step.secret, age=age)) for age in ("new", "old")]
            own = [Secret(value.decode()) for value in values if value is not None]
        if isinstance(step, AclAdmit | AclReplace) and not own:
            own = [self._house.env_values(self._target)[step.env]]
        return managed(self._house, step.admin_uri, user=step.user, own=own)

    def _is_alive(self, uri: Secret) -> bool:
        """Whether the server takes the login.

        Raises:
            NotVerified: it does not say.
        """
        login = self._house.acl.try_login(uri)
        if login.answer in _ALIVE:
            return True
        if login.answer.refused:
            return False
        raise NotVerified(
            f"{login.where} does not say whether it takes the password", why=login.reason
        )

    def _is_refused(self, walk: Walk, secret: str) -> bool:
        """The old credential is refused, and again on another connection."""
        old = kept(walk, secret, age="old")
        return not self._is_alive(old) and not self._is_alive(old)

    def _subject(self, user: str, secret: str, walk: Walk) -> dict[str, str]:
        where = self._house.acl.link(kept(walk, secret, age="new")).where
        return {"user": user, "server": where, "secret": secret}

    def _refusal(self, user: str, secret: str, walk: Walk) -> Proof:
        return Proof(
            claim="credential.refused",
            subject=self._subject(user, secret, walk),
            holds=self._is_refused(walk, secret),
            facts={"attempts": 2},
        )


class _Renew(_OfServer):
    """What the handlers have in common that make a new credential."""

    def _keep_both(self, step: AclMade, walk: Walk, *, user: str | None) -> None:
        """Both URIs go to the escrow; the server is known to keep what it is told."""
        with self._managed(step, walk) as acl:
            acl.can_persist()
        old = self._house.env_values(self._target)[step.env]
        password = Secret(secrets.token_urlsafe(PASSWORD_BYTES))
        keep_both(
            walk,
            step.secret,
            old=old,
            new=self._house.acl.with_login(old, user=user, password=password),
        )

    def _accepted(self, step: AclMade, walk: Walk, rights: AclUser | None) -> Proof:
        """The new login works twice, and may do what the old one may."""
        old, new = (kept(walk, step.secret, age=age) for age in ("old", "new"))
        alive = self._is_alive(new) and self._is_alive(new)
        facts: dict[str, Any] = {}
        if rights is not None and alive:
            was, now = (self._house.acl.canary(uri, rights.rights) for uri in (old, new))
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
            with suppress(AclError):  # it ends by itself
                acl.release(step.old_user, walk.id)


class CreateAcl(_Renew):
    """Carries out `acl.create`."""

    def before(self, step: AclCreate, walk: Walk) -> Image:
        """Both values go to the escrow; a taken name ends it here, with nothing touched."""
        with self._managed(step, walk) as acl:
            if acl.find(step.user) is not None:
                raise _taken(step)
        self._keep_both(step, walk, user=step.user)
        return {"there": False}

    def apply(self, step: AclCreate, walk: Walk) -> Mapping[str, Any]:
        """Create it, and save it; one that takes our password is ours, from before a crash."""
        new = kept(walk, step.secret, age="new")
        with self._managed(step, walk) as acl, self._claimed(acl, step, walk):
            like = acl.find(step.like)
            if like is None:
                raise AclUserGone(
                    f"the user '{step.like}' is gone",
                    why="it was there when the plan was made",
                    fix=walk.person.again(),
                )
            try:
                acl.create(step.user, like=like, password=password_of(self._house, new))
            except AclUserExists as error:
                if not self._is_alive(new):
                    raise _taken(step) from error
            return {"user": step.user, "saved": acl.persist().value}

    def verify(self, step: AclCreate, walk: Walk) -> Sequence[Proof]:
        """The same rights; a login, twice; something read, and written where it may."""
        with self._managed(step, walk) as acl:
            like, made = acl.find(step.like), acl.find(step.user)
        same = like is not None and made is not None and like.rights == made.rights
        return [
            Proof(
                claim="user.same_rights",
                subject=self._subject(step.user, step.secret, walk),
                holds=same,
            ),
            self._accepted(step, walk, made),
        ]

    def undo(self, step: AclCreate, image: Image, walk: Walk) -> None:
        """Remove it, if it is the one that this run made."""
        if walk.escrow.get(value_of(step.secret, age="new")) is None:
            return
        with self._managed(step, walk) as acl:
            if acl.find(step.user) is None:
                return
            if not self._is_alive(kept(walk, step.secret, age="new")):
                return  # another run has taken the name; it is not ours to remove
            acl.drop(step.user)
            acl.persist()


class AdmitAcl(_Renew):
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
        with self._managed(step, walk) as acl, self._claimed(acl, step, walk):
            acl.add_password(step.user, password_of(self._house, new))
            return {"user": step.user, "saved": acl.persist().value}

    def verify(self, step: AclAdmit, walk: Walk) -> Sequence[Proof]:
        """Both let in."""
        with self._managed(step, walk) as acl:
            user = acl.find(step.user)
        both = Proof(
            claim="credential.overlaps",
            subject=self._subject(step.user, step.secret, walk),
            holds=self._is_alive(kept(walk, step.secret, age="old")),
        )
        return [both, self._accepted(step, walk, user)]

    def undo(self, step: AclAdmit, image: Image, walk: Walk) -> None:
        """Take it away again."""
        if walk.escrow.get(value_of(step.secret, age="new")) is None:
            return
        new = kept(walk, step.secret, age="new")
        with self._managed(step, walk) as acl:
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
            self._set(step, walk, age="old")

    def _set(self, step: AclReplace, walk: Walk, *, age: str) -> Mapping[str, Any]:
        value = kept(walk, step.secret, age=age)
        with self._managed(step, walk) as acl:
            acl.set_default_password(password_of(self._house, value))
            return {"saved": acl.persist().value}


class DrainAcl(_OfServer):
    """Carries out `acl.drain`; it changes nothing, so there is nothing to undo."""

    def before(self, step: AclDrain, walk: Walk) -> Image:
        """Nobody is led out of a door before the other one is seen open."""
        must_be_published(self._house, self._target, secret=step.secret, env=step.env, walk=walk)
        if not self._is_alive(kept(walk, step.secret, age="new")):
            raise AclLoginRefused(
                f"the new password of {step.env} is refused",
                why="the user was changed or removed since the rotation, or the server forgot it",
                fix="see ACL LIST; the old one still stands",
            )
        if step.successor is not None:
            with self._managed(step, walk) as acl:
                _must_match(acl, step.user, step.successor)
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
            )

    def verify(self, step: AclDrain, walk: Walk) -> Sequence[Proof]:
        """What was seen stands in the facts; nothing is proven by it."""
        return ()

    def undo(self, step: AclDrain, image: Image, walk: Walk) -> None:
        """Nothing."""


class DisableAcl(_OfServer):
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


class DropAcl(_OfServer):
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


class ExpelAcl(_OfServer):
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
            holds=self._is_alive(kept(walk, step.secret, age="new")),
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


def password_of(house: House, uri: Secret) -> Secret:
    """The password of a URI, decoded.

    Raises:
        NotVerified: it has none.
    """
    found = house.acl.password(uri)
    if found is None:
        raise NotVerified("the URI has no password", why="it had one when the rotation began")
    return found


def _of_another(step: _AnyStep) -> bool:
    """Whether somebody else than the user itself is needed."""
    two = isinstance(step, AclDrain) and step.successor is not None
    return two or isinstance(step, AclCreate | AclDisable | AclDrop)


def _taken(step: AclCreate) -> SlotTaken:
    return SlotTaken(step.user, current=step.like, remove=removing(step.user))


def _must_match(acl: Acl, old: str, new: str) -> None:
    """What somebody granted to the old user since is not lost with it."""
    was, now = acl.find(old), acl.find(new)
    if was is not None and now is not None and was.rights != now.rights:
        raise RightsDiffer(
            f"'{old}' and '{new}' have not the same rights any more",
            why="one of them was changed since the rotation; the other one would be missed",
            fix=f"compare ACL GETUSER {old} and {new}, make them equal (ACL SETUSER), then: "
            "skc rotate finish",
        )


def _who(acl: Acl, step: AclDrain, walk: Walk) -> Fact[Sequence[str]]:
    seen = acl.sessions(step.user)
    if isinstance(seen, Missing):
        return seen
    since = step.opened_before
    age_s = 0.0 if since is None else (walk.clock.now() - since).total_seconds()
    return Known(
        [
            f"{one.name or 'unnamed'} from {one.client}"
            for one in seen.value
            if since is None or one.age_s > age_s
        ]
    )


def _reaches(now: Fact[str], was: Fact[str]) -> bool:
    return isinstance(now, Known) or isinstance(was, Missing)


def _image(step: AclDisable, walk: Walk) -> str:
    """With the run's id: a chain has one escrow, and a later run of it looks anew."""
    return f"{walk.id} {step.key} image"


def _bytes(image: Secret) -> bytes:
    """A pattern of keys is bytes, and need not be UTF-8."""
    return image.reveal().encode(errors="surrogateescape")


def _secret(image: bytes) -> Secret:
    return Secret(image.decode(errors="surrogateescape"))
