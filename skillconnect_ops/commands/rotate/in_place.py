"""A user keeps its name and gets another password: the declared fallback, with its window.

Whoever logs in between the server's change and its own reload is refused, and an open connection
outlives the change: all looks well until a pool grows. So it is done only where `in_place: true`
says so, and the window is measured. The new value lies in the escrow first, then the server has
it, then the env files, then those who read them. Whatever fails puts the old password back before
anybody is reloaded with it.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

from skillconnect_ops.commands.rotate.errors import NotVerified
from skillconnect_ops.commands.rotate.model import value_of
from skillconnect_ops.commands.rotate.spreading import is_managed, taken_over
from skillconnect_ops.commands.rotate.user_steps import PASSWORD_BYTES, OfTarget
from skillconnect_ops.commands.rotate.users import has_admin
from skillconnect_ops.commands.rotate.values import kept, must_be_unpublished
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.accounts import Accounts, LoginAnswer
from skillconnect_ops.core.ports.database import WrongPassword
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import listed


class PasswordChange(Step, frozen=True, kw_only=True, tag="password.change"):
    """Give a user another password in place."""

    user: str
    database: str
    secret: str
    env: str
    reason: str

    def says(self) -> str:
        """One line for the plan."""
        return (
            f"change the password of {self.user} in place: the window begins, in which the app is "
            "refused where it logs in anew"
        )


class WindowClose(Step, frozen=True, kw_only=True, tag="window.close"):
    """Say how long logins were refused, and see the old password refused."""

    user: str
    database: str
    secret: str
    by_hand: tuple[str, ...] = ()
    """Who is not reloaded by us, so that the window stays open for them."""

    def says(self) -> str:
        """One line for the plan."""
        return f"measure the window, and see the old password of {self.user} refused on every node"


class ChangePassword(OfTarget):
    """Carries out `password.change`."""

    def before(self, step: PasswordChange, walk: Walk) -> Image:
        """Both values go to the escrow."""
        old = self._house.env_values(self._target)[step.env]
        new = self._logins.with_password(old, Secret(secrets.token_urlsafe(PASSWORD_BYTES)))
        walk.escrow.put(value_of(step.secret, age="old"), old.reveal().encode())
        walk.escrow.put(value_of(step.secret, age="new"), new.reveal().encode())
        return {}

    def apply(self, step: PasswordChange, walk: Walk) -> Mapping[str, Any]:
        """Change it; the window begins before the server is told, in whichever run that was."""
        walk.escrow.put(_began(step.secret), walk.clock.now().isoformat().encode())
        self._set(step, kept(walk, step.secret, age="new"), walk)
        return {"user": step.user}

    def verify(self, step: PasswordChange, walk: Walk) -> Sequence[Proof]:
        """A login on every node; that the old one is refused is looked at after the window."""
        new = kept(walk, step.secret, age="new")
        logins = self._everywhere(new, LoginAnswer.ACCEPTED, walk, in_a_row=self._looks())
        nodes = [one.node for one in logins if one.answer is LoginAnswer.ACCEPTED]
        subject = {"user": step.user, "database": step.database, "secret": step.secret}
        holds = bool(nodes) and len(nodes) == len(logins)
        facts = {"nodes": nodes}
        return [Proof(claim="credential.accepted", subject=subject, holds=holds, facts=facts)]

    def undo(self, step: PasswordChange, image: Image, walk: Walk) -> None:
        """Give the old password back, if the user has the one that this run made."""
        if walk.escrow.get(value_of(step.secret, age="new")) is None:
            return
        old, new = (kept(walk, step.secret, age=age) for age in ("old", "new"))
        must_be_unpublished(self._house, self._target, secret=step.secret, env=step.env, walk=walk)
        if not is_managed(self._target):
            if self._takes(old, walk):
                return
            if not self._takes(new, walk):
                raise NotVerified(
                    f"the user {step.user} has neither the old password nor the new one",
                    why="somebody else has changed it meanwhile",
                    fix=f"put the password that {step.user} has now into {step.env}",
                )
        self._set(step, old, walk)
        logins = self._everywhere(old, LoginAnswer.ACCEPTED, walk, in_a_row=self._looks())
        if not all(one.answer is LoginAnswer.ACCEPTED for one in logins):
            raise NotVerified(
                f"the old password of {step.user} was put back, and is not accepted on every node",
                why="; ".join(f"{one.node}: {one.answer.value} {one.reason}" for one in logins),
            )

    def lasts(self, step: PasswordChange, walk: Walk) -> bool:
        """Whether it is the password still."""
        return self._takes(kept(walk, step.secret, age="new"), walk)

    def _looks(self) -> int:
        """Every look lengthens the window; one is enough where a change is in force at once."""
        return self._pace.in_a_row if is_managed(self._target) else 1

    def _set(self, step: PasswordChange, uri: Secret, walk: Walk) -> None:
        with self._manager(step, walk) as accounts:
            accounts.set_password(step.user, step.database, self._logins.password_of(uri))
            taken_over(accounts, walk)

    @contextmanager
    def _manager(self, step: PasswordChange, walk: Walk) -> Iterator[Accounts]:
        """The administrator, else the user itself, with whichever password it has now.

        An administrator whose own password is changed is refused with the one in its variable.
        """
        own: list[Secret | None] = [kept(walk, step.secret, age=age) for age in ("old", "new")]
        admin = is_managed(self._target) or has_admin(self._house, self._target)
        ways = [None, *own] if admin else own
        for way in ways:
            with ExitStack() as opened:
                try:
                    accounts = opened.enter_context(self._house.accounts(self._target, uri=way))
                except WrongPassword:
                    if way is ways[-1]:
                        raise
                    continue
                yield accounts
                return


class CloseWindow(OfTarget):
    """Carries out `window.close`."""

    def before(self, step: WindowClose, walk: Walk) -> Image:
        """Nothing to restore."""
        return {}

    def apply(self, step: WindowClose, walk: Walk) -> Mapping[str, Any]:
        """From before the server was told to after the last reload."""
        began = walk.escrow.get(_began(step.secret))
        if began is None:
            raise NotVerified("the window has no beginning", why="its escrow does not hold it")
        window_s = (walk.clock.now() - datetime.fromisoformat(began.decode())).total_seconds()
        return {"window_s": round(window_s, 3), "open_for": list(step.by_hand)}

    def verify(self, step: WindowClose, walk: Walk) -> Sequence[Proof]:
        """The old password is refused, by every node that there is."""
        logins = self._everywhere(kept(walk, step.secret, age="old"), LoginAnswer.REFUSED, walk)
        nodes = [one.node for one in logins if one.answer is LoginAnswer.REFUSED]
        subject = {"user": step.user, "database": step.database, "secret": step.secret}
        holds = bool(nodes) and len(nodes) == len(logins)
        facts = {"nodes": nodes}
        return [Proof(claim="credential.refused", subject=subject, holds=holds, facts=facts)]

    def undo(self, step: WindowClose, image: Image, walk: Walk) -> None:
        """Nothing."""


def notes(user: str, readers: Sequence[str], by_hand: Sequence[str], *, leaked: bool) -> list[str]:
    """What a person should know before agreeing."""
    until = f"{listed(readers)} reloaded" if readers else "the app is restarted by hand"
    window = (
        f"{user} is renewed in place: there is a window in which the app is refused wherever it "
        f"logs in anew, until {until}; it is measured and reported"
    )
    said = [window]
    if readers and by_hand:
        said.append(f"the window stays open for {listed(by_hand)} until restarted by hand")
    if leaked:
        said.append(
            f"whoever is connected as {user} with the leaked password stays connected: a changed "
            "password ends no connection; --lockdown does"
        )
    return said


def windows(facts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """How long logins were refused, by the steps that measured it; a line each."""
    lines = []
    for key, seen in facts.items():
        if "window_s" in seen:
            user, window_s = key.removeprefix("measure:"), seen["window_s"]
            still = listed(seen["open_for"])
            more = f", and still is for {still} until restarted by hand" if still else ""
            lines.append(f"{user} was renewed in place: the window was {window_s:.1f} s{more}")
    return lines


def _began(secret: str) -> str:
    return f"window of {secret}"
