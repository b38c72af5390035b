"""Steps on a value that a person makes elsewhere: it is taken in, and the old one ends there.

What skc cannot revoke it does not claim to have revoked: the old value counts as refused where a
login was seen refused, else as revoked by whoever says so, by name.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.choice import configured
from skillconnect_ops.commands.rotate.errors import NotVerified
from skillconnect_ops.commands.rotate.manual import Mailbox, mailbox, tried
from skillconnect_ops.commands.rotate.manual_errors import (
    LoginUnsure,
    NotRevoked,
    NotTyped,
    OldStillWorks,
)
from skillconnect_ops.commands.rotate.model import value_of
from skillconnect_ops.commands.rotate.values import (
    keep_both,
    kept,
    tell_refusal,
    written_since,
)
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.mail import MailAnswer
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.evidence.matching import Refusal
from skillconnect_ops.journal.pending import PENDING


class ValueTake(Step, frozen=True, kw_only=True, tag="value.take"):
    """Take in a value that a person has made elsewhere."""

    secret: str
    env: str
    reason: str
    where: str
    token: str
    """For the value, which is in no plan."""
    login: str | None
    """Where it is tried, in words."""

    def says(self) -> str:
        """One line for the plan."""
        tried_at = f", and log in with it: {self.login}" if self.login else ""
        return f"take the new {self.env} as it is typed (make it there: {self.where}){tried_at}"


class ValueRevoked(Step, frozen=True, kw_only=True, tag="value.revoked"):
    """See that an old value was revoked where skc cannot do it."""

    secret: str
    env: str
    where: str
    login: str | None
    by: str | None
    """Who says to have revoked it."""

    def says(self) -> str:
        """One line for the plan."""
        if self.login is not None:
            return f"see the old {self.env} refused: {self.login}"
        if self.by is not None:
            return f"take the word of {self.by} that the old {self.env} is revoked"
        return (
            f"needs --revoked-by NAME: who has revoked the old {self.env} ({self.where}), which "
            "skc can neither do nor see"
        )


class _OfMail:
    """What both handlers need."""

    def __init__(self, house: House, target: Target) -> None:
        self._house = house
        self._target = target

    def _mailbox(self, secret: str) -> Mailbox | None:
        settings = configured(self._target).get(secret)
        return mailbox(self._house, self._target, settings) if settings is not None else None

    def _subject(self, step: ValueTake | ValueRevoked, box: Mailbox) -> dict[str, str]:
        return {"user": box.user, "server": box.server.where, "secret": step.secret}


class TakeValue(_OfMail):
    """Carries out `value.take`; what came in lies in the escrow alone."""

    def before(self, step: ValueTake, walk: Walk) -> Image:
        """Both values go to the escrow."""
        value = PENDING.take(step.token)
        if value is None and walk.escrow.get(value_of(step.secret, age="new")) is None:
            raise NotTyped(step.env, secret=step.secret)
        if value is not None:
            old = self._house.env_values(self._target)[step.env]
            keep_both(walk, step.secret, old=old, new=value)
        return {}

    def apply(self, step: ValueTake, walk: Walk) -> Mapping[str, Any]:
        """It is there already."""
        return {}

    def verify(self, step: ValueTake, walk: Walk) -> Sequence[Proof]:
        """Log in with it, where that is asked for."""
        box = self._mailbox(step.secret)
        if box is None:
            return ()
        login = tried(self._house, box, kept(walk, step.secret, age="new"))
        if login.answer not in {MailAnswer.ACCEPTED, MailAnswer.REFUSED}:
            raise NotVerified(f"{login.where} does not take a login now", why=login.reason)
        return [
            Proof(
                claim="credential.accepted",
                subject=self._subject(step, box),
                holds=login.answer is MailAnswer.ACCEPTED,
            )
        ]

    def undo(self, step: ValueTake, image: Image, walk: Walk) -> None:
        """Nothing: what was made elsewhere stays there."""


class RevokedValue(_OfMail):
    """Carries out `value.revoked`; it only looks, so there is nothing to undo."""

    def before(self, step: ValueRevoked, walk: Walk) -> Image:
        """An old value that still works, or is read again, ends it here, with nothing touched."""
        written_since(self._house, self._target, secret=step.secret, env=step.env, walk=walk)
        self._refusal(step, walk)
        return {}

    def apply(self, step: ValueRevoked, walk: Walk) -> Mapping[str, Any]:
        """Nothing is changed."""
        return {}

    def verify(self, step: ValueRevoked, walk: Walk) -> Sequence[Proof]:
        """Try it a second time, and remember what may be said of it."""
        refusal = self._refusal(step, walk)
        tell_refusal(walk, step.secret, refusal, by=step.by)
        box = self._mailbox(step.secret)
        if box is None or refusal is not Refusal.PROVEN:
            return ()
        return [
            Proof(
                claim="credential.refused",
                subject=self._subject(step, box),
                holds=True,
                facts={"attempts": 2},
            )
        ]

    def undo(self, step: ValueRevoked, image: Image, walk: Walk) -> None:
        """Nothing."""

    def _refusal(self, step: ValueRevoked, walk: Walk) -> Refusal:
        """What is known of the old value.

        Raises:
            OldStillWorks: it opens the mailbox.
            LoginUnsure: the server does not say, and nobody says to have revoked it.
            NotRevoked: nobody says so, and nothing can be tried.
        """
        box = self._mailbox(step.secret)
        if box is None:
            if step.by is None:
                raise NotRevoked(step.env, where=step.where)
            return Refusal.ELSEWHERE
        login = tried(self._house, box, kept(walk, step.secret, age="old"))
        match login.answer:
            case MailAnswer.REFUSED:
                return Refusal.PROVEN
            case MailAnswer.ACCEPTED:
                raise OldStillWorks(step.env, login=login, where=step.where)
            case MailAnswer.UNSURE | MailAnswer.UNREACHABLE:
                if step.by is None:
                    raise LoginUnsure(f"whether the old {step.env} is refused", login=login)
                return Refusal.ELSEWHERE
