"""How a change of users comes to be in force everywhere: at once, or cluster by cluster.

A server that keeps its own users has taken a change over when the command returns. Atlas says
"done" first, and each cluster follows some seconds later; one that says so may still refuse the
next login. So every cluster is asked until it has nothing pending, and then logins decide, several
of them.
"""

from msgspec import Struct

from skillconnect_ops.commands.rotate.errors import NotVerified
from skillconnect_ops.core.plan import Walk
from skillconnect_ops.core.ports.accounts import Accounts
from skillconnect_ops.core.settings.model import Target
from skillconnect_ops.core.view import duration, listed

APPLIED_S = 900.0
"""How long clusters may take; one that is being rebuilt takes users over when that is done."""
FIRST_LOOK_S, LONGEST_WAIT_S = 0.5, 10.0
"""Atlas takes about a hundred requests a minute, and every look is several."""


class Pace(Struct, frozen=True, kw_only=True):
    """How patiently logins are tried after a change."""

    settle_s: float
    """How long until all nodes must give one answer."""
    look_again_s: float
    in_a_row: int
    """How many looks at every node have to agree."""
    refusal_lasts_s: float
    """How long a login must be refused until the refusal counts."""


AT_ONCE = Pace(settle_s=60.0, look_again_s=0.25, in_a_row=2, refusal_lasts_s=0.0)
LITTLE_BY_LITTLE = Pace(settle_s=180.0, look_again_s=1.0, in_a_row=4, refusal_lasts_s=30.0)


def is_managed(target: Target) -> bool:
    """Whether the users of a target belong to an Atlas project."""
    database = target.settings.database
    return database is not None and database.atlas is not None


def pace_of(target: Target) -> Pace:
    """How changes of this target's users spread."""
    return LITTLE_BY_LITTLE if is_managed(target) else AT_ONCE


def taken_over(accounts: Accounts, walk: Walk) -> None:
    """Wait until no cluster has anything pending; returns at once where changes are at once.

    Raises:
        NotVerified: some have, for longer than we wait.
    """
    pending = accounts.pending()
    if not pending:
        return
    until, wait_s = walk.clock.monotonic() + APPLIED_S, FIRST_LOOK_S
    label = "clusters that take the change over"
    with walk.person.progress(label, total=None, unit="looks") as ticker:
        while pending:
            if walk.clock.monotonic() > until:
                raise NotVerified(
                    f"{listed(pending)} did not take the change over",
                    why=f"Atlas says PENDING for {duration(APPLIED_S)}",
                    fix="see in Atlas what is done to it, then try again",
                )
            walk.clock.sleep(wait_s)
            wait_s = min(wait_s * 1.5, LONGEST_WAIT_S)
            ticker.advance(1)
            pending = accounts.pending()
