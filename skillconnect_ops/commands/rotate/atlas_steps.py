"""What a rotation does on Atlas and nowhere else: a new user is temporary until it works.

Atlas can be told to delete a user by itself. The successor begins so: whatever becomes of this
machine before an env file names it, no user with a password in nobody's hands stays behind. Before
it is published the expiry is taken away, and looked at again.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.rotate.spreading import taken_over
from skillconnect_ops.core.plan import Image, Proof, Step, Walk
from skillconnect_ops.core.settings.model import Target

LIVES_S = 86_400
"""How long a successor lives that was never published; long enough to resume a run by."""


class UserSettle(Step, frozen=True, kw_only=True, tag="user.settle"):
    """Make a temporary user stay."""

    user: str
    database: str

    def says(self) -> str:
        """One line for the plan."""
        return f"take the expiry of {self.user} away, and look whether it is gone"


class SettleUser:
    """Carries out `user.settle`."""

    def __init__(self, house: House, target: Target) -> None:
        self._house = house
        self._target = target

    def before(self, step: UserSettle, walk: Walk) -> Image:
        """Nothing to restore: the way back of `user.create` removes the user."""
        return {}

    def apply(self, step: UserSettle, walk: Walk) -> Mapping[str, Any]:
        """Take the expiry away."""
        with self._house.atlas(self._target) as project:
            project.make_permanent(step.user, step.database)
        return {"user": step.user}

    def verify(self, step: UserSettle, walk: Walk) -> Sequence[Proof]:
        """Ask when it deletes itself: never."""
        with self._house.atlas(self._target) as project:
            ends = project.expires_at(step.user, step.database)
            taken_over(project, walk)
        subject = {"user": step.user, "database": step.database}
        return [Proof(claim="user.permanent", subject=subject, holds=ends is None)]

    def undo(self, step: UserSettle, image: Image, walk: Walk) -> None:
        """Nothing."""

    def lasts(self, step: UserSettle, walk: Walk) -> bool:
        """Whether it is not temporary: one that had to be made again is."""
        with self._house.atlas(self._target) as project:
            return project.expires_at(step.user, step.database) is None
