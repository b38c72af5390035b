"""Bundles that scrubs have kept: what is known of them without opening one."""

from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from skillconnect_ops.commands.house import House

ABOUT = "scrub.json"
HOME = "scrub"
"""In the private state: one folder each."""


class About(Struct, frozen=True, kw_only=True):
    """What is known of a bundle without opening it."""

    repository: str
    made: date
    delete_by: date
    values: int
    sealed: bool
    done: bool = False
    """Whether the scrub came to its end."""
    undone: bool = False


def kept(house: House, state: Path) -> tuple[tuple[Path, About], ...]:
    """Those below a private state that can be read, the oldest first."""
    found = []
    for name in house.disk.names(state / HOME):
        folder = state / HOME / name
        try:
            about = msgspec.json.decode(house.disk.read(folder / ABOUT), type=About)
        except (OSError, msgspec.DecodeError):
            continue
        found.append((folder, about))
    return tuple(found)
