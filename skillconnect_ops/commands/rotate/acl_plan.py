"""A user of a key-value server as it was found -> the steps, and what to say; pure."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from msgspec import Struct

from skillconnect_ops.commands.rotate.acl_ending import AclDisable, AclDrain, AclDrop, AclExpel
from skillconnect_ops.commands.rotate.acl_making import AclAdmit, AclCreate, AclMade, AclReplace
from skillconnect_ops.commands.rotate.model import Named, slots
from skillconnect_ops.core.plan import Step
from skillconnect_ops.evidence.matching import Reason


class Way(StrEnum):
    """How a password is renewed."""

    SUCCESSOR = "successor"
    """A second user comes, and the first one goes."""
    BESIDE = "beside"
    """The user gets a second password, and loses the first one."""
    INSTEAD = "instead"
    """A server without users: the new password takes the place of the old one at once."""


class AclStanding(Struct, frozen=True, kw_only=True):
    """A user of a key-value server, and how its password is renewed."""

    where: str
    user: str
    way: Way
    rights: str = ""
    """A digest of the user's rights."""
    enabled: bool = True
    passwords: int = 1

    def identity(self) -> str:
        """What a plan is made from."""
        return f"{self.where} {self.user} {self.way.value} {self.enabled} {self.rights}"


def made(named: Named, one: AclStanding, *, reason: Reason) -> AclMade:
    """The step that makes the new credential."""
    common: dict[str, Any] = {
        "secret": named.name,
        "env": named.settings.env,
        "reason": reason.value,
    }
    match one.way:
        case Way.SUCCESSOR:
            name = slots(one.user).next
            return AclCreate(key=f"create:{named.name}/{name}", user=name, like=one.user, **common)
        case Way.BESIDE:
            return AclAdmit(key=f"admit:{named.name}/{one.user}", user=one.user, **common)
        case Way.INSTEAD:
            return AclReplace(key=f"replace:{named.name}/{one.user}", user=one.user, **common)
        case never:
            assert_never(never)


def drained(
    one: AclMade, *, patience_s: int, cut_off: bool, since: datetime | None
) -> tuple[Step, ...]:
    """The steps that see the old credential fall out of use; they can be taken back."""
    successor = one.user if isinstance(one, AclCreate) else None
    drain = AclDrain(
        key=f"drain:{one.secret}/{one.old_user}",
        user=one.old_user,
        successor=successor,
        opened_before=None if successor else since,
        secret=one.secret,
        env=one.env,
        patience_s=patience_s,
        cut_off=cut_off,
    )
    if successor is None:
        return (drain,)
    disable = AclDisable(
        key=f"disable:{one.secret}/{one.old_user}",
        user=one.old_user,
        secret=one.secret,
    )
    return (drain, disable)


def dropped(one: AclMade, *, cut_off: bool) -> Step:
    """The final step that ends the old credential, and sees it refused."""
    if isinstance(one, AclCreate):
        return AclDrop(key=f"drop:{one.secret}/{one.like}", user=one.like, secret=one.secret)
    return AclExpel(
        key=f"expel:{one.secret}/{one.user}",
        user=one.user,
        secret=one.secret,
        cut_off=cut_off,
        gone=isinstance(one, AclReplace),
    )


def notes(found: Sequence[AclStanding]) -> tuple[str, ...]:
    """What a person should know before anything begins."""
    return tuple(line for one in found for line in _notes(one))


def _notes(one: AclStanding) -> list[str]:
    said = []
    match one.way:
        case Way.SUCCESSOR:
            said.append(
                f"sessions end: none; '{one.user}' on {one.where} works until `skc rotate finish`"
            )
        case Way.BESIDE:
            said.append(
                f"in place, without a window: '{one.user}' on {one.where} has both passwords until "
                "`skc rotate finish`; which one a client used cannot be seen"
            )
            if one.passwords > 1:
                said.append(
                    f"'{one.user}' has {one.passwords} passwords already; the others stay: another "
                    "rotation may be under way, or other programs use them"
                )
        case Way.INSTEAD:
            said.append(
                f"in place, with a window: {one.where} has no users, so that from the change until "
                "each consumer is reloaded its new connections are refused; open ones stay"
            )
        case never:
            assert_never(never)
    if not one.enabled:
        said.append(f"'{one.user}' on {one.where} is switched off; its successor will be on")
    return said


def end_notes(ending: Sequence[AclMade], *, cut_off: bool) -> tuple[str, ...]:
    """What a person should know before the old ones end."""
    inside = [one for one in ending if isinstance(one, AclAdmit)]
    said = [
        f"who still has the old password of {one.user} is refused at the next connection"
        + (", and all its connections are ended now" if cut_off else "")
        for one in inside
    ]
    return tuple(said)


def said(one: AclMade) -> str:
    """What has come true once the old one is gone."""
    if isinstance(one, AclCreate):
        return f"the user {one.like} is gone; its password is refused"
    return f"the old password of {one.user} is refused"
