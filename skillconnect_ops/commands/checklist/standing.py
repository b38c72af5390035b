"""What state an item is in: the nouns, and the ranks among them.

Nowhere is it written down that an item is done. What could not be looked at, what nobody listed has
signed, and what a clock puts into doubt is never a pass.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from skillconnect_ops.commands.checklist.model import AnyMeans, Item
from skillconnect_ops.core.ports.evidence import Evidence

PROOF = "checklist.proof"
ATTESTED, WITHDRAWN = "checklist.attested", "checklist.withdrawn"
WAIVED, UNWAIVED = "checklist.waived", "checklist.unwaived"
SKEW = timedelta(minutes=5)
"""By so much may two honest clocks differ."""


class Outcome(StrEnum):
    """What a look at something gave; stands in the records of `verify`."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


class Status(StrEnum):
    """The state of an item, or of one of its proofs."""

    PASS = "PASS"  # noqa: S105 - no password
    ATTESTED = "ATTESTED"
    CLAIMED = "CLAIMED"
    STALE = "STALE"
    MISSING = "MISSING"
    UNKNOWN = "UNKNOWN"
    FAIL = "FAIL"
    REGRESSED = "REGRESSED"
    WAIVED = "WAIVED"
    NOT_APPLICABLE = "NOT_APPLICABLE"

    @property
    def is_red(self) -> bool:
        """Whether something was seen to be wrong."""
        return self in {Status.FAIL, Status.REGRESSED}


RANK: Mapping[Status, int] = {
    Status.PASS: 0,
    Status.ATTESTED: 1,
    Status.CLAIMED: 2,
    Status.STALE: 3,
    Status.MISSING: 4,
    Status.UNKNOWN: 5,
    Status.FAIL: 6,
    Status.REGRESSED: 7,
}
"""Of an item's proofs the worst one speaks; those that do not apply are left out."""


class Place(Struct, frozen=True, kw_only=True):
    """What the checklist is held against, here and now."""

    target: str | None = None
    clusters: frozenset[str | None] = frozenset()
    """What the target's deployment is called; empty where that cannot be told."""
    lacks: str = "no target is chosen"
    """Why it cannot."""
    content: str | None = None
    """A digest of the code that is looked at; None where that cannot be told."""
    urls: frozenset[str] = frozenset()
    """Where the target's programs answer, as the settings say today."""


class Look(Struct, frozen=True, kw_only=True):
    """When and how it is looked at."""

    place: Place
    now: datetime
    doubt: str | None = None
    """Why no clock can be trusted, if none can."""


class Standing(Struct, frozen=True, kw_only=True):
    """The state of one proof."""

    status: Status
    says: str
    means: AnyMeans | None = None
    record: Evidence | None = None
    """What it rests on."""
    expires_at: datetime | None = None
    since: datetime | None = None
    """REGRESSED: the first bad moment."""


class Waiver(Struct, frozen=True, kw_only=True):
    """Somebody answers for it that an item is left for a while."""

    owner: str
    reason: str
    until: datetime
    signer: str
    overdue: bool


class ItemStanding(Struct, frozen=True, kw_only=True):
    """The state of one item."""

    group: str
    name: str
    """`group/item`."""
    item: Item
    status: Status
    says: str
    proofs: tuple[Standing, ...] = ()
    expires_at: datetime | None = None
    since: datetime | None = None
    waiver: Waiver | None = None
    behind: Status | None = None
    """What a waiver hides."""

    @property
    def weight(self) -> int:
        """How much it counts; what does not apply counts nothing."""
        return 0 if self.status is Status.NOT_APPLICABLE else self.item.weight
