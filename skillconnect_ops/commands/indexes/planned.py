"""An index as it was when a plan was made, so that no step takes another one for it."""

import json
from typing import Any

from msgspec import Struct, structs

from skillconnect_ops.core.ports.indexes import Build, FoundIndex

_PASSING = frozenset({"hidden", "prepareUnique"})
"""What steps switch on and off, and what makes no other index of it."""


class Planned(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which index is meant, to the letter."""

    exact: str
    changes: tuple[str, ...] = ()
    """Options that the plan itself changes."""

    def is_still(self, found: FoundIndex) -> bool:
        """Whether an index of that name is the one that was planned for."""
        return self._told(self.exact) == self._told(found.exact)

    def _told(self, exact: str) -> dict[str, Any]:
        told = json.loads(exact)
        kept = {name: told[name] for name in told if name not in {*_PASSING, *self.changes}}
        return {**kept, "key": list(told["key"].items())}


def is_one(exact: str, found: FoundIndex) -> bool:
    """Whether it is the index that these words tell of, seen or hidden."""
    return bool(exact) and Planned(exact=exact).is_still(found)


def plainly(build: Build) -> Build:
    """The same index, and no document expires by it."""
    index = structs.replace(build.index, expire_after_s=None)
    if build.exact is None:
        return Build(index=index)
    told = json.loads(build.exact)
    told.pop("expireAfterSeconds", None)
    return Build(index=index, exact=json.dumps(told))
