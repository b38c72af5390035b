"""What a later process could not tell from the world; on disk before the world changes."""

from typing import Any

import msgspec
from msgspec import Struct

from skillconnect_ops.core.plan import Escrow


class Marks(Struct, frozen=True):
    """The marks of one step, in the escrow."""

    escrow: Escrow
    key: str

    def put(self, mark: str, value: object = 1) -> None:
        """Set it; the first value of a mark stays."""
        self.escrow.put(f"{self.key} {mark}", msgspec.json.encode(value))

    def get(self, mark: str) -> Any:
        """Its value, or None where it is not set."""
        value = self.escrow.get(f"{self.key} {mark}")
        return None if value is None else msgspec.json.decode(value)

    def has(self, mark: str) -> bool:
        """Whether it is set."""
        return self.get(mark) is not None


MADE = "made"
"""From now on a view of these options, or an empty time series, under the name is ours."""
TAKEN = "taken"
"""From now on it was us if the old view is gone."""


def placed(uuid: str | None) -> str:
    """The collection or time series of that UUID is ours, whatever its name."""
    return f"placed {uuid}"


def whole(uuid: str | None) -> str:
    """All of the backup is in the time series of that UUID: what is more, an application wrote."""
    return f"whole {uuid}"


def returning(uuid: str | None) -> str:
    """The time series of that UUID is the old one, made anew and being loaded."""
    return f"returning {uuid}"


def brought_back(uuid: str | None) -> str:
    """The time series of that UUID is the old one, made anew and whole."""
    return f"back {uuid}"
