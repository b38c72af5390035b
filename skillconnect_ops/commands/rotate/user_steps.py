"""Steps on the users of a MongoDB deployment: the successor comes, the predecessor goes.

The order that keeps everybody in: the new password lies in the escrow before the server knows it,
the server knows it on every node before an env file names it, and the old user goes last, once
nobody is logged in as it. An open connection outlives a changed password, and dies with its user.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.draining import LOOK_AGAIN_S, drained, waiting_line
from skillconnect_ops.commands.rotate.errors import NotVerified, SlotTaken
from skillconnect_ops.commands.rotate.model import value_of
from skillconnect_ops.commands.rotate.values import keep_both, kept
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.plan import Image, Proof, Step, Subject, Walk
from skillconnect_ops.core.ports.accounts import (
    Account,
    AccountExists,
    AccountGone,
    AccountSession,
    LoginAnswer,
    Role,
)
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target

PASSWORD_BYTES = 32
"""256 bits, as 43 letters, digits, `-` and `_`: nothing of it needs an escape anywhere."""
SETTLE_S = 60.0
"""How long a new user may take to be known on every node; Atlas says 10 to 20 s."""


class UserCreate(Step, frozen=True, kw_only=True, tag="user.create"):
    """Make the successor of a user, with the same rights and a new password."""

    user: str
    database: str
    like: str
    """The user whose rights it gets."""
    secret: str
    env: str
    """The variable that holds the present connection string."""
    reason: str

    def says(self) -> str:
        """One line for the plan."""
        return (
            f"create the user {self.user} with the rights of {self.like}, a new password, "
            "and prove it on every node"
        )


class UserDrain(Step, frozen=True, kw_only=True, tag="user.drain"):
    """Wait until nobody is logged in as a user any more."""

    user: str
    database: str
    patience_s: int
    cut_off: bool
    """Whether who is left when patience ends is cut off: the secret leaked."""

    def says(self) -> str:
        """One line for the plan."""
        return waiting_line(self.user, patience_s=self.patience_s, cut_off=self.cut_off)


class UserDisarm(Step, frozen=True, kw_only=True, tag="user.disarm"):
    """Take a user's roles away."""

    user: str
    database: str

    def says(self) -> str:
        """One line for the plan."""
        return f"take all roles from {self.user}"


class UserDrop(Step, frozen=True, kw_only=True, tag="user.drop"):
    """Remove a user, and see its old credential refused."""

    user: str
    database: str
    secret: str

    def says(self) -> str:
        """One line for the plan."""
        return f"drop the user {self.user}, and see its password refused on every node"


class _OfTarget:
    """What all of these handlers need."""

    def __init__(self, house: House, target: Target) -> None:
        self._house = house
        self._target = target
        self._logins = house.logins(target)

    def _find(self, user: str, database: str) -> Account | None:
        with self._house.accounts(self._target) as accounts:
            return accounts.find(user, database)

    def _takes(self, uri: Secret) -> bool:
        """Whether the deployment takes the login; one node that knows it is enough.

        Raises:
            NotVerified: no node says either.
        """
        logins = self._logins.try_everywhere(uri)
        answers = {one.answer for one in logins}
        if LoginAnswer.ACCEPTED in answers:
            return True
        if LoginAnswer.REFUSED in answers:
            return False
        raise NotVerified(
            "no node says whether it takes the new password",
            why="; ".join(f"{one.node}: {one.reason}" for one in logins),
        )


class CreateUser(_OfTarget):
    """Carries out `user.create`."""

    def before(self, step: UserCreate, walk: Walk) -> Image:
        """Both values go to the escrow; a taken name ends it here, with nothing touched."""
        if self._find(step.user, step.database) is not None:
            raise _taken(step)
        old = self._house.env_values(self._target)[step.env]
        new = self._logins.with_login(old, step.user, Secret(secrets.token_urlsafe(PASSWORD_BYTES)))
        keep_both(walk, step.secret, old=old, new=new)
        return {"there": False}

    def apply(self, step: UserCreate, walk: Walk) -> Mapping[str, Any]:
        """Create it; one that is there and takes our password is ours, from before a crash."""
        new = kept(walk, step.secret, age="new")
        with self._house.accounts(self._target) as accounts:
            like = accounts.find(step.like, step.database)
            if like is None:
                raise AccountGone(
                    f"the user '{step.like}' is gone",
                    why="it was there when the plan was made",
                    fix=walk.person.again(),
                )
            try:
                accounts.create(like.named(step.user), _password(new))
            except AccountExists as error:
                if not self._takes(new):
                    raise _taken(step) from error
        return {
            "user": step.user,
            "roles": sorted(f"{one.name}@{one.database}" for one in like.roles),
        }

    def verify(self, step: UserCreate, walk: Walk) -> Sequence[Proof]:
        """The same rights; a login on every node; something read, and written where it may."""
        new = kept(walk, step.secret, age="new")
        subject = {"user": step.user, "database": step.database}
        like, made = (self._find(name, step.database) for name in (step.like, step.user))
        same = like is not None and made == like.named(step.user)
        nodes = self._accepted_everywhere(new, walk)
        named = self._logins.address(new).named or step.database
        canary = self._logins.canary(new, named)
        read, written = said(canary.read), said(canary.written)
        return [
            Proof(claim="user.same_rights", subject=subject, holds=same),
            Proof(
                claim="credential.accepted",
                subject={**subject, "secret": step.secret},
                holds=bool(nodes),
                facts={"nodes": nodes, "read": read, "written": written},
            ),
        ]

    def undo(self, step: UserCreate, image: Image, walk: Walk) -> None:
        """Remove it, if it is the one that this run made."""
        value = walk.escrow.get(value_of(step.secret, age="new"))
        if value is None or self._find(step.user, step.database) is None:
            return
        if not self._takes(Secret(value.decode())):
            return  # another run has taken the name; it is not ours to drop
        with self._house.accounts(self._target) as accounts:
            accounts.drop(step.user, step.database)

    def _accepted_everywhere(self, uri: Secret, walk: Walk) -> list[str]:
        """The nodes, once all of them have taken the login twice in a row."""
        until, in_a_row = walk.clock.monotonic() + SETTLE_S, 0
        while True:
            logins = self._logins.try_everywhere(uri)
            good = bool(logins) and all(one.answer is LoginAnswer.ACCEPTED for one in logins)
            in_a_row = in_a_row + 1 if good else 0
            if in_a_row == 2:
                return [one.node for one in logins]
            if not good and walk.clock.monotonic() > until:
                bad = [one for one in logins if one.answer is not LoginAnswer.ACCEPTED]
                raise NotVerified(
                    "the new user is not accepted on every node",
                    why="; ".join(f"{one.node}: {one.answer.value} {one.reason}" for one in bad),
                )
            walk.clock.sleep(LOOK_AGAIN_S)


class DrainUser(_OfTarget):
    """Carries out `user.drain`; it changes nothing, so there is nothing to undo."""

    def before(self, step: UserDrain, walk: Walk) -> Image:
        """Nothing that would have to be restored."""
        return {}

    def apply(self, step: UserDrain, walk: Walk) -> Mapping[str, Any]:
        """Look until nobody is left; where that cannot be seen, wait the time out and say so."""
        with self._house.accounts(self._target) as accounts:
            return drained(
                lambda: _who(accounts.sessions(step.user, step.database)),
                user=step.user,
                patience_s=step.patience_s,
                cut_off=step.cut_off,
                walk=walk,
            )

    def verify(self, step: UserDrain, walk: Walk) -> Sequence[Proof]:
        """What was seen stands in the facts; nothing is proven by it."""
        return ()

    def undo(self, step: UserDrain, image: Image, walk: Walk) -> None:
        """Nothing."""


class DisarmUser(_OfTarget):
    """Carries out `user.disarm`."""

    def before(self, step: UserDisarm, walk: Walk) -> Image:
        """The roles that it has."""
        found = self._find(step.user, step.database)
        roles = sorted(found.roles) if found is not None else []
        return {"roles": [[role.name, role.database, role.collection] for role in roles]}

    def apply(self, step: UserDisarm, walk: Walk) -> Mapping[str, Any]:
        """From the next operation on it may do nothing; that can be taken back."""
        with self._house.accounts(self._target) as accounts:
            accounts.set_roles(step.user, step.database, frozenset())
        return {}

    def verify(self, step: UserDisarm, walk: Walk) -> Sequence[Proof]:
        """Ask for its roles."""
        found = self._find(step.user, step.database)
        subject = {"user": step.user, "database": step.database}
        holds = found is not None and not found.roles
        return [Proof(claim="user.disarmed", subject=subject, holds=holds)]

    def undo(self, step: UserDisarm, image: Image, walk: Walk) -> None:
        """Give them back."""
        roles = frozenset(Role(*role) for role in image["roles"])
        with self._house.accounts(self._target) as accounts:
            accounts.set_roles(step.user, step.database, roles)


class DropUser(_OfTarget):
    """Carries out `user.drop`, a final step."""

    def before(self, step: UserDrop, walk: Walk) -> Image:
        """A final step is never undone."""
        return {}

    def apply(self, step: UserDrop, walk: Walk) -> Mapping[str, Any]:
        """Remove it; one that is gone is fine."""
        with self._house.accounts(self._target) as accounts:
            accounts.drop(step.user, step.database)
        return {"user": step.user}

    def verify(self, step: UserDrop, walk: Walk) -> Sequence[Proof]:
        """The old credential is refused, by every node that there is."""
        old = kept(walk, step.secret, age="old")
        until = walk.clock.monotonic() + SETTLE_S
        while True:
            logins = self._logins.try_everywhere(old)
            refused = [one.node for one in logins if one.answer is LoginAnswer.REFUSED]
            holds = bool(logins) and len(refused) == len(logins)
            if holds or walk.clock.monotonic() > until:
                break
            walk.clock.sleep(LOOK_AGAIN_S)
        subject = {"user": step.user, "database": step.database, "secret": step.secret}
        return [
            Proof(
                claim="credential.refused", subject=subject, holds=holds, facts={"nodes": refused}
            )
        ]

    def undo(self, step: UserDrop, image: Image, walk: Walk) -> None:
        """Nothing: a final step is never undone."""


def target_of(house: House, subject: Subject) -> Target:
    """The target that a plan was made for."""
    return house.target(subject.target)


def _taken(step: UserCreate) -> SlotTaken:
    return SlotTaken(step.user, current=step.like, remove=dropping(step.user, step.database))


def dropping(user: str, database: str) -> str:
    """What to type to drop a user by hand."""
    return f"db.getSiblingDB('{database}').dropUser('{user}')"


def _password(uri: Secret) -> Secret:
    """The password of a connection string that we made: it needed no escape."""
    return Secret(uri.reveal().split("@", 1)[0].rsplit(":", 1)[1])


def _who(seen: Known[tuple[AccountSession, ...]] | Missing) -> Fact[Sequence[str]]:
    if isinstance(seen, Missing):
        return seen
    return Known([f"{one.app_name or 'unnamed'} from {one.client}" for one in seen.value])


def said(fact: Fact[str]) -> str:
    """What a canary did, or why not."""
    return fact.value if isinstance(fact, Known) else f"not tried: {fact.reason}"
