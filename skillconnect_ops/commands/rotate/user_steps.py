"""Steps on the users of a MongoDB deployment: the successor comes, the predecessor goes.

The order that keeps everybody in: the new password lies in the escrow before the server knows it,
the server knows it on every node before an env file names it, and the old user goes last, once
nobody is logged in as it. An open connection outlives a changed password, and dies with its user.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.draining import drained, waiting_line
from skillconnect_ops.commands.rotate.errors import NotVerified, SlotTaken
from skillconnect_ops.commands.rotate.loaded import unseen
from skillconnect_ops.commands.rotate.model import value_of
from skillconnect_ops.commands.rotate.sharing import connected
from skillconnect_ops.commands.rotate.sharing import said as connection
from skillconnect_ops.commands.rotate.spreading import is_managed, pace_of, taken_over
from skillconnect_ops.commands.rotate.values import (
    keep_both,
    kept,
    must_be_unpublished,
    must_open,
)
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.plan import Image, Proof, Step, Subject, Walk
from skillconnect_ops.core.ports.accounts import (
    Account,
    AccountExists,
    AccountGone,
    Accounts,
    AccountSession,
    Login,
    LoginAnswer,
    Role,
)
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import duration

PASSWORD_BYTES = 32
"""256 bits, as 43 letters, digits, `-` and `_`: nothing of it needs an escape anywhere."""


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
    lives_s: int = 0
    """Atlas: when it deletes itself, unless `user.settle` makes it stay; 0 where it stays."""
    again: bool = False
    """Whether somebody has dropped it since it was published: so the way back leaves it there."""

    def says(self) -> str:
        """One line for the plan."""
        net = f"; it deletes itself after {duration(self.lives_s)} if this stops half-way"
        return (
            f"create the user {self.user} with the rights of {self.like}, a new password, "
            f"and prove it on every node{net if self.lives_s else ''}"
        )


class UserDrain(Step, frozen=True, kw_only=True, tag="user.drain"):
    """Wait until nobody is logged in as a user any more."""

    passing = ("patience_s",)

    user: str
    database: str
    patience_s: int
    cut_off: bool
    """Whether who is left when patience ends is cut off: the secret leaked."""
    secret: str
    env: str

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


class UserRevoke(Step, frozen=True, kw_only=True, tag="user.revoke"):
    """Take a user's roles away before there is another one."""

    user: str
    database: str

    def says(self) -> str:
        """One line for the plan."""
        return f"CUT OFF {self.user}: take all its roles, before there is another user"


class UserDrop(Step, frozen=True, kw_only=True, tag="user.drop"):
    """Remove a user, and see its old credential refused."""

    user: str
    database: str
    secret: str

    def says(self) -> str:
        """One line for the plan."""
        return f"drop the user {self.user}, and see its password refused on every node"


class OfTarget:
    """What all handlers of users need."""

    def __init__(self, house: House, target: Target) -> None:
        self._house = house
        self._target = target
        self._logins = house.logins(target)
        self._pace = pace_of(target)

    def _find(self, user: str, database: str) -> Account | None:
        with self._house.accounts(self._target) as accounts:
            return accounts.find(user, database)

    def _takes(self, uri: Secret, walk: Walk) -> bool:
        """Whether the deployment takes the login; one node that knows it is enough.

        Where changes spread little by little, a refusal counts once it has lasted.

        Raises:
            NotVerified: no node says either.
        """
        if is_managed(self._target):
            with self._house.accounts(self._target) as accounts:
                taken_over(accounts, walk)
        until = walk.clock.monotonic() + self._pace.refusal_lasts_s
        while True:
            logins = self._logins.try_everywhere(uri)
            answers = {one.answer for one in logins}
            if LoginAnswer.ACCEPTED in answers:
                return True
            if walk.clock.monotonic() >= until:
                break
            walk.clock.sleep(self._pace.look_again_s)
        if LoginAnswer.REFUSED in answers:
            return False
        raise NotVerified(
            "no node says whether it takes the new password",
            why="; ".join(f"{one.node}: {one.reason}" for one in logins),
        )

    def _everywhere(
        self, uri: Secret, answer: LoginAnswer, walk: Walk, *, in_a_row: int | None = None
    ) -> Sequence[Login]:
        """Try a login on every node until all give one answer, several times in a row.

        Returns:
            What all of them said in the end; not all of it `answer` where time was up.
        """
        wanted = self._pace.in_a_row if in_a_row is None else in_a_row
        until, count = walk.clock.monotonic() + self._pace.settle_s, 0
        while True:
            logins = self._logins.try_everywhere(uri)
            good = bool(logins) and all(one.answer is answer for one in logins)
            count = count + 1 if good else 0
            if count == wanted:
                return logins
            if not good and walk.clock.monotonic() > until:
                return logins
            walk.clock.sleep(self._pace.look_again_s)


class CreateUser(OfTarget):
    """Carries out `user.create`."""

    def before(self, step: UserCreate, walk: Walk) -> Image:
        """Both values go to the escrow; a taken name ends it here, with nothing touched."""
        if self._find(step.user, step.database) is not None:
            raise _taken(step)
        if walk.escrow.get(value_of(step.secret, age="new")) is not None:
            return {"there": False}  # it was made before, and somebody has dropped it since
        old = self._house.env_values(self._target)[step.env]
        new = self._logins.with_login(old, step.user, Secret(secrets.token_urlsafe(PASSWORD_BYTES)))
        keep_both(walk, step.secret, old=old, new=new)
        return {"there": False}

    def apply(self, step: UserCreate, walk: Walk) -> Mapping[str, Any]:
        """Create it; one that is there and takes our password is ours, from before a crash."""
        new = kept(walk, step.secret, age="new")
        with self._house.accounts(self._target) as accounts:
            like = self._like(accounts, step, walk)
            if like is None and accounts.find(step.user, step.database) and self._takes(new, walk):
                return {"user": step.user}
            if like is None:
                raise AccountGone(
                    f"the user '{step.like}' is gone",
                    why="it was there when the plan was made",
                    fix=walk.person.again(),
                )
            try:
                password = self._logins.password_of(new)
                self._create(accounts, like.named(step.user), password, step, walk)
            except AccountExists as error:
                if not self._takes(new, walk):
                    raise _taken(step) from error
        return {
            "user": step.user,
            "roles": sorted(f"{one.name}@{one.database}" for one in like.roles),
        }

    def verify(self, step: UserCreate, walk: Walk) -> Sequence[Proof]:
        """The same rights; a login on every node; something read, and written where it may."""
        new = kept(walk, step.secret, age="new")
        subject = {"user": step.user, "database": step.database}
        with self._house.accounts(self._target) as accounts:
            like = self._like(accounts, step, walk)
            made = accounts.find(step.user, step.database)
            taken_over(accounts, walk)
        nodes = self._accepted_everywhere(new, walk)
        named = self._logins.address(new).named or step.database
        canary = self._logins.canary(new, named)
        read, written = said(canary.read), said(canary.written)
        accepted = Proof(
            claim="credential.accepted",
            subject={**subject, "secret": step.secret},
            holds=bool(nodes),
            facts={"nodes": nodes, "read": read, "written": written},
        )
        if like is None:  # it went while this stood half-way, and there is nothing to compare with
            return [accepted]
        same = made == like.named(step.user)
        return [Proof(claim="user.same_rights", subject=subject, holds=same), accepted]

    def undo(self, step: UserCreate, image: Image, walk: Walk) -> None:
        """Remove it, if it is the one that this run made."""
        value = walk.escrow.get(value_of(step.secret, age="new"))
        if step.again or value is None or self._find(step.user, step.database) is None:
            return
        if not self._takes(Secret(value.decode()), walk):
            return  # another run has taken the name; it is not ours to drop
        must_be_unpublished(self._house, self._target, secret=step.secret, env=step.env, walk=walk)
        with self._house.accounts(self._target) as accounts:
            accounts.drop(step.user, step.database)

    def may_go_back(self, step: UserCreate, walk: Walk) -> None:
        """Not where the old one has died since, whoever ended it."""
        must_open(lambda uri: self._takes(uri, walk), secret=step.secret, user=step.user, walk=walk)

    def lasts(self, step: UserCreate, walk: Walk) -> bool:
        """Whether it is there, and takes our password."""
        there = self._find(step.user, step.database) is not None
        return there and self._takes(kept(walk, step.secret, age="new"), walk)

    def _create(
        self, accounts: Accounts, account: Account, password: Secret, step: UserCreate, walk: Walk
    ) -> None:
        if not step.lives_s:
            accounts.create(account, password)
            return
        ends = walk.clock.now() + timedelta(seconds=step.lives_s)
        with self._house.atlas(self._target) as project:
            project.create(account, password, expires_at=ends)

    def _like(self, accounts: Accounts, step: UserCreate, walk: Walk) -> Account | None:
        """Whose rights it gets; the roles are those from before they were taken away."""
        found = accounts.find(step.like, step.database)
        before = walk.escrow.get(roles_of(step.like))
        if found is None or before is None:
            return found
        roles = frozenset(Role(*role) for role in msgspec.json.decode(before))
        return replace(found, roles=roles)

    def _accepted_everywhere(self, uri: Secret, walk: Walk) -> list[str]:
        """The nodes, once all of them have taken the login."""
        logins = self._everywhere(uri, LoginAnswer.ACCEPTED, walk)
        bad = [one for one in logins if one.answer is not LoginAnswer.ACCEPTED]
        if bad or not logins:
            raise NotVerified(
                "the new user is not accepted on every node",
                why="; ".join(f"{one.node}: {one.answer.value} {one.reason}" for one in bad),
            )
        return [one.node for one in logins]


class DrainUser(OfTarget):
    """Carries out `user.drain`; it changes nothing, so there is nothing to undo."""

    def before(self, step: UserDrain, walk: Walk) -> Image:
        """Nothing that would have to be restored."""
        return {}

    def apply(self, step: UserDrain, walk: Walk) -> Mapping[str, Any]:
        """Look until nobody is left; where that cannot be seen, wait the time out and say so."""
        with self._house.accounts(self._target) as accounts:
            return drained(
                lambda: _who(
                    connected(
                        self._house,
                        self._target,
                        accounts,
                        uri=kept(walk, step.secret, age="old"),
                        user=step.user,
                        database=step.database,
                    )
                ),
                user=step.user,
                patience_s=step.patience_s,
                cut_off=step.cut_off,
                walk=walk,
                unseen=unseen(self._house, self._target, step.secret, step.env, walk),
            )

    def verify(self, step: UserDrain, walk: Walk) -> Sequence[Proof]:
        """What was seen stands in the facts; nothing is proven by it."""
        return ()

    def undo(self, step: UserDrain, image: Image, walk: Walk) -> None:
        """Nothing."""


class DisarmUser(OfTarget):
    """Carries out `user.disarm`."""

    def before(self, step: UserDisarm | UserRevoke, walk: Walk) -> Image:
        """The roles that it has."""
        found = self._find(step.user, step.database)
        roles = sorted(found.roles) if found is not None else []
        return {"roles": [[role.name, role.database, role.collection] for role in roles]}

    def apply(self, step: UserDisarm | UserRevoke, walk: Walk) -> Mapping[str, Any]:
        """From the next operation on it may do nothing; that can be taken back.

        One that somebody has dropped since may do nothing already.
        """
        with self._house.accounts(self._target) as accounts:
            if accounts.find(step.user, step.database) is None:
                return {"gone": True}
            accounts.set_roles(step.user, step.database, frozenset())
        return {}

    def verify(self, step: UserDisarm | UserRevoke, walk: Walk) -> Sequence[Proof]:
        """Ask for its roles."""
        with self._house.accounts(self._target) as accounts:
            found = accounts.find(step.user, step.database)
            taken_over(accounts, walk)
        subject = {"user": step.user, "database": step.database}
        holds = found is None or not found.roles
        return [Proof(claim="user.disarmed", subject=subject, holds=holds)]

    def undo(self, step: UserDisarm | UserRevoke, image: Image, walk: Walk) -> None:
        """Give them back."""
        roles = frozenset(Role(*role) for role in image["roles"])
        with self._house.accounts(self._target) as accounts:
            if accounts.find(step.user, step.database) is None:
                return
            accounts.set_roles(step.user, step.database, roles)
            taken_over(accounts, walk)


class RevokeUser(DisarmUser):
    """Carries out `user.revoke`."""

    def before(self, step: UserDisarm | UserRevoke, walk: Walk) -> Image:
        """The roles are kept for its successor as well."""
        image = super().before(step, walk)
        walk.escrow.put(roles_of(step.user), msgspec.json.encode(image["roles"]))
        return image


class DropUser(OfTarget):
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
        with self._house.accounts(self._target) as accounts:
            taken_over(accounts, walk)
        logins = self._everywhere(old, LoginAnswer.REFUSED, walk)
        refused = [one.node for one in logins if one.answer is LoginAnswer.REFUSED]
        holds = bool(logins) and len(refused) == len(logins)
        subject = {"user": step.user, "database": step.database, "secret": step.secret}
        return [
            Proof(
                claim="credential.refused", subject=subject, holds=holds, facts={"nodes": refused}
            )
        ]

    def undo(self, step: UserDrop, image: Image, walk: Walk) -> None:
        """Nothing: a final step is never undone."""


def roles_of(user: str) -> str:
    """The name in the escrow of the roles that a user had before they were taken away."""
    return f"roles of {user}"


def target_of(house: House, subject: Subject) -> Target:
    """The target that a plan was made for."""
    return house.target(subject.target)


def _taken(step: UserCreate) -> SlotTaken:
    return SlotTaken(step.user, current=step.like, remove=dropping(step.user, step.database))


def dropping(user: str, database: str) -> str:
    """What to type to drop a user by hand."""
    return f"db.getSiblingDB('{database}').dropUser('{user}')"


def _who(seen: Known[tuple[AccountSession, ...]] | Missing) -> Fact[Sequence[str]]:
    if isinstance(seen, Missing):
        return seen
    return Known([connection(one) for one in seen.value])


def said(fact: Fact[str]) -> str:
    """What a canary did, or why not."""
    return fact.value if isinstance(fact, Known) else f"not tried: {fact.reason}"
