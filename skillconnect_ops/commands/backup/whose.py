"""Tells whose it is that has a name: the plan's, this restore's own, or an application's."""

import base64
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from skillconnect_ops.commands.backup.marks import (
    MADE,
    TAKEN,
    Marks,
    brought_back,
    placed,
    returning,
)
from skillconnect_ops.commands.backup.mongodump_format import to_extended_json
from skillconnect_ops.commands.backup.restore_model import Piece
from skillconnect_ops.core.ports.database import (
    Collection,
    CollectionKind,
    Database,
    NotAuthorized,
)

Old = Mapping[str, Any]
"""What had the name, as `remembered` gives it."""


def remembered(old: Collection | None) -> dict[str, Any] | None:
    """A collection as an image holds it; options and indexes let a time series be made again."""
    if old is None:
        return None
    return {
        "kind": old.kind.value,
        "uuid": old.uuid,
        "options": as_text(old.options),
        "indexes": [as_text(index) for index in old.indexes],
    }


def as_text(document: bytes) -> str:
    """A BSON document for an image, every byte of it."""
    return base64.b64encode(document).decode()


def from_text(text: str) -> bytes:
    """The BSON document that `as_text` was given."""
    return base64.b64decode(text)


def number(database: Database, name: str, collection: str) -> int:
    """How many documents a collection of a database holds."""
    return int(database.command(name, {"count": collection})["n"])


class Whose:
    """Asks about what was found under the names of one piece of a restore."""

    def __init__(
        self,
        database: Database,
        piece: Piece,
        *,
        marks: Marks,
        found: Mapping[str, Collection],
    ) -> None:
        self._database = database
        self._piece = piece
        self._marks = marks
        self._found = found

    def is_planned(self, here: Collection) -> bool:
        """Whether it is what the plan found, or that brought back."""
        planned = self._piece.replaces
        same = planned is not None and planned.is_it(here)
        return same or self._marks.has(brought_back(here.uuid))

    def made(self, here: Collection | None) -> bool:
        """Whether a view or time series is the one that the restore made in place."""
        options = self._marks.get(MADE)
        if here is None or here.kind is not self._piece.kind or options is None:
            return False
        if here.kind is CollectionKind.VIEW:
            return bool(to_extended_json(here.options) == options)
        return self._marks.has(placed(here.uuid)) or self._is_empty(here)

    def is_half_back(self, here: Collection | None) -> bool:
        """Whether it is the old time series, on its way back when a process died."""
        if here is None or here.kind is not CollectionKind.TIMESERIES:
            return False
        if self._piece.aside not in self._found or self._marks.has(brought_back(here.uuid)):
            return False
        return self._marks.has(returning(here.uuid)) or self._is_empty(here)

    def _is_empty(self, here: Collection) -> bool:
        """Whether it can go: a time series whose maker died before its UUID was known is so."""
        with suppress(NotAuthorized):
            return number(self._database, self._piece.database, here.name) == 0
        return False

    def is_old(self, here: Collection, old: Old | None) -> bool:
        """Whether it is what had the name before the restore."""
        if old is None or here.kind.value != old["kind"]:
            return False
        if here.kind is CollectionKind.VIEW:
            return bool(as_text(here.options) == old["options"])
        return bool(here.uuid == old["uuid"]) or self._marks.has(brought_back(here.uuid))

    def took(self, old: Old) -> bool:
        """Whether it was us who took the name from the old one."""
        if CollectionKind(old["kind"]) is CollectionKind.VIEW:
            return self._marks.has(TAKEN)
        return self._piece.aside in self._found
