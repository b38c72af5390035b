"""What comes of an act."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.respond.events import KeptFile


class Done(Struct, frozen=True, kw_only=True):
    """What an act saw or did."""

    text: str
    """For the log, which others read: no path of this machine in it."""
    shown: tuple[str, ...] = ()
    """For whoever sits here, besides."""
    files: tuple[KeptFile, ...] = ()
    journal: str | None = None
    data: Mapping[str, Any] = {}
    """For machines; no secret."""
    awaits: str | None = None
    """What a person has to see to before the step is done; skc did what it could."""
    well: bool = True
    """Whether what was seen is as it should be; a step that only looks is done even so."""
