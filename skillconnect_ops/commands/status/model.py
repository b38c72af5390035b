"""What `status` knows, from one source each."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from msgspec import Struct

from skillconnect_ops.core.view import Cell


class Urgency(IntEnum):
    """How much a next command matters; the highest wins."""

    NOTHING = 0
    CAN_WAIT = 1
    SOON = 2
    NOW = 3


class Known(Struct, frozen=True, kw_only=True):
    """What one source knows: facts for machines, lines for people, and what to type next."""

    facts: Mapping[str, Any]
    """Becomes a part of `facts.status`."""
    lines: tuple[tuple[str, Cell], ...]
    next: str | None = None
    urgency: Urgency = Urgency.NOTHING
    trouble: str | None = None
    """Why a part of it could not be read."""
