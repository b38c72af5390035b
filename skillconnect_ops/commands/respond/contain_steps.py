"""The effects that an incident has on the world by itself: each with its way back, but for one."""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Image, Proof, Step, Subject, Walk
from skillconnect_ops.core.ports.accounts import AccountGone, Role
from skillconnect_ops.core.ports.atlas import AccessEntry
from skillconnect_ops.core.settings.model import Target


class StillOpen(Precondition):
    """Atlas took the change, and the entry is there."""


class AccessClose(Step, frozen=True, kw_only=True, tag="access.close"):
    """Take an entry off the list of who may reach the clusters."""

    value: str

    def says(self) -> str:
        """One line for the plan."""
        return f"take {self.value} off the access list: the internet is let in no more"


class StrangerDisarm(Step, frozen=True, kw_only=True, tag="stranger.disarm"):
    """Take all roles from a user that nobody knows."""

    user: str
    database: str

    def says(self) -> str:
        """One line for the plan."""
        return f"take all roles from {self.user}@{self.database}, over open connections, too"


class StrangerDisconnect(Step, frozen=True, kw_only=True, tag="stranger.disconnect"):
    """End what a user that nobody knows has running."""

    user: str
    database: str

    def says(self) -> str:
        """One line for the plan."""
        return f"end the sessions and operations of {self.user}@{self.database}"


class OnTarget:
    """What the handlers have in common: the target of the plan."""

    def __init__(self, house: House, subject: Subject) -> None:
        self._house = house
        self._subject = subject

    @property
    def _target(self) -> Target:
        return self._house.target(self._subject.target)

    def _roles(self, user: str, database: str, *, why: str, fix: str) -> Image:
        """What a user may do, to be given back.

        Raises:
            AccountGone: there is no such user any more; says why that may be, and what to do.
        """
        with self._house.accounts(self._target) as accounts:
            found = accounts.find(user, database)
        if found is None:
            raise AccountGone(f"there is no user {user}@{database} any more", why=why, fix=fix)
        roles = sorted(found.roles)
        return {"roles": [[role.name, role.database, role.collection] for role in roles]}


class CloseAccess(OnTarget):
    """Carries out `access.close`."""

    def before(self, step: AccessClose, walk: Walk) -> Image:
        """The entry as it is, to be put back."""
        found = self._find(step.value)
        if found is None:
            return {}
        return {
            "value": found.value,
            "comment": found.comment,
            "expires_at": found.expires_at,
        }

    def apply(self, step: AccessClose, walk: Walk) -> Mapping[str, Any]:
        """Take it off."""
        with self._house.atlas(self._target) as project:
            project.close_access(step.value)
        return {}

    def verify(self, step: AccessClose, walk: Walk) -> Sequence[Proof]:
        """Read the list again.

        Raises:
            StillOpen: it is on it.
        """
        if self._find(step.value) is not None:
            raise StillOpen(
                f"{step.value} is still on the access list",
                why="Atlas took the change, and lists it nevertheless",
                fix="take it off in Atlas: Network Access",
            )
        subject = {**self._subject.facts(), "entry": step.value}
        return [Proof(claim="access.closed", subject=subject, holds=True)]

    def undo(self, step: AccessClose, image: Image, walk: Walk) -> None:
        """Put it on again, as it was."""
        if not image:
            return
        with self._house.atlas(self._target) as project:
            if all(one.value != step.value for one in project.access_list()):
                project.open_access(
                    AccessEntry(
                        value=image["value"],
                        comment=image["comment"],
                        expires_at=image["expires_at"],
                    )
                )

    def _find(self, value: str) -> AccessEntry | None:
        with self._house.atlas(self._target) as project:
            return next((one for one in project.access_list() if one.value == value), None)


class DisarmStranger(OnTarget):
    """Carries out `stranger.disarm`."""

    def before(self, step: StrangerDisarm, walk: Walk) -> Image:
        """The roles that it has, to be given back.

        Raises:
            AccountGone: there is no such user any more.
        """
        return self._roles(
            step.user,
            step.database,
            why="somebody removed it since it was named",
            fix="skc respond step contain --again",
        )

    def apply(self, step: StrangerDisarm, walk: Walk) -> Mapping[str, Any]:
        """Take all of them."""
        with self._house.accounts(self._target) as accounts:
            accounts.set_roles(step.user, step.database, frozenset())
        return {}

    def verify(self, step: StrangerDisarm, walk: Walk) -> Sequence[Proof]:
        """Ask what it may do now; what Atlas writes for no roles at all counts as none."""
        with self._house.accounts(self._target) as accounts:
            found = accounts.find(step.user, step.database)
        left = sorted(role.name for role in found.roles) if found is not None else []
        subject = {**self._subject.facts(), "user": step.user}
        return [
            Proof(claim="stranger.disarmed", subject=subject, holds=not left, facts={"roles": left})
        ]

    def undo(self, step: StrangerDisarm, image: Image, walk: Walk) -> None:
        """Give back what it had."""
        roles = frozenset(Role(*role) for role in image["roles"])
        with self._house.accounts(self._target) as accounts:
            if accounts.find(step.user, step.database) is not None:
                accounts.set_roles(step.user, step.database, roles)


class DisconnectStranger(OnTarget):
    """Carries out `stranger.disconnect`; a final step, since what was ended stays so."""

    def before(self, step: StrangerDisconnect, walk: Walk) -> Image:
        """There is nothing to keep."""
        return {}

    def apply(self, step: StrangerDisconnect, walk: Walk) -> Mapping[str, Any]:
        """End its sessions on this node, and with them its operations; it may not begin others."""
        with self._house.database(self._target) as connected:
            connected.database.command(
                "admin", {"killAllSessions": [{"user": step.user, "db": step.database}]}
            )
        return {}

    def verify(self, step: StrangerDisconnect, walk: Walk) -> Sequence[Proof]:
        """What it may do is nothing; whether a connection stands open says no more."""
        return []

    def undo(self, step: StrangerDisconnect, image: Image, walk: Walk) -> None:
        """Nothing: a final step is never undone."""
