"""The way back from what an incident did itself, once its run is sealed.

What is given back is what the log holds of it, not the opposite of what was done.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.respond.contain_steps import OnTarget
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.ports.accounts import Role
from skillconnect_ops.core.ports.atlas import AccessEntry


class AccessOpen(Step, frozen=True, kw_only=True, tag="access.open"):
    """Put an entry on the access list again, as it was."""

    value: str
    comment: str = ""
    expires_at: str | None = None

    def says(self) -> str:
        """One line for the plan."""
        return f"put {self.value} on the access list again"


class StrangerRearm(Step, frozen=True, kw_only=True, tag="stranger.rearm"):
    """Give a user the roles again that it had."""

    user: str
    database: str
    roles: tuple[tuple[str, str, str | None], ...]
    """Name, database, and on Atlas perhaps one collection."""

    def says(self) -> str:
        """One line for the plan."""
        roles = ", ".join(f"{name}@{database}" for name, database, _ in self.roles)
        return f"give {self.user}@{self.database} its roles again: {roles or 'none'}"


class OpenAccess(OnTarget):
    """Carries out `access.open`."""

    def before(self, step: AccessOpen, walk: Walk) -> Image:
        """Whether somebody has put it there since."""
        return {"there": self._is_there(step.value)}

    def apply(self, step: AccessOpen, walk: Walk) -> Mapping[str, Any]:
        """Put it on."""
        if not self._is_there(step.value):
            with self._house.atlas(self._target) as project:
                project.open_access(
                    AccessEntry(value=step.value, comment=step.comment, expires_at=step.expires_at)
                )
        return {}

    def verify(self, step: AccessOpen, walk: Walk) -> Sequence[Proof]:
        """Read the list again."""
        subject = {**self._subject.facts(), "entry": step.value}
        there = self._is_there(step.value)
        return [Proof(claim="access.reopened", subject=subject, holds=there)]

    def undo(self, step: AccessOpen, image: Image, walk: Walk) -> None:
        """Take it off, if this run put it there."""
        if not image["there"]:
            with self._house.atlas(self._target) as project:
                project.close_access(step.value)

    def _is_there(self, value: str) -> bool:
        with self._house.atlas(self._target) as project:
            return any(one.value == value for one in project.access_list())


class RearmStranger(OnTarget):
    """Carries out `stranger.rearm`."""

    def before(self, step: StrangerRearm, walk: Walk) -> Image:
        """What it may do now.

        Raises:
            AccountGone: there is no such user any more.
        """
        return self._roles(
            step.user,
            step.database,
            why="somebody removed it; its roles alone bring nobody back",
            fix="make it anew, if it is to be there",
        )

    def apply(self, step: StrangerRearm, walk: Walk) -> Mapping[str, Any]:
        """Give them."""
        self._set(step, [Role(*role) for role in step.roles])
        return {}

    def verify(self, step: StrangerRearm, walk: Walk) -> Sequence[Proof]:
        """Ask what it may do."""
        with self._house.accounts(self._target) as accounts:
            found = accounts.find(step.user, step.database)
        given = found is not None and found.roles == frozenset(Role(*one) for one in step.roles)
        subject = {**self._subject.facts(), "user": step.user}
        return [Proof(claim="stranger.rearmed", subject=subject, holds=given)]

    def undo(self, step: StrangerRearm, image: Image, walk: Walk) -> None:
        """Give back what it had before this run."""
        self._set(step, [Role(*role) for role in image["roles"]])

    def _set(self, step: StrangerRearm, roles: Sequence[Role]) -> None:
        with self._house.accounts(self._target) as accounts:
            if accounts.find(step.user, step.database) is not None:
                accounts.set_roles(step.user, step.database, frozenset(roles))
