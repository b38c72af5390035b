"""Swaps one restored collection with what has its name, and back; as often as it takes.

The old one waits aside until everything is in place. A collection is renamed, which keeps its UUID
and is one instant. A time series cannot be renamed: it is copied, and the copy gets the aside name
only when it is whole, so that whoever finds that name knows that the old data is safe there.

A process may die anywhere here, also on the way back, and the next one asks the world how far it
came. What the world cannot tell (which view, which UUID is ours) is put in the escrow beforehand.
Between two renamings the name is free for a moment; what an application puts there then is kept
under another name, never dropped.
"""

import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from msgspec import Struct

from skillconnect_ops.commands.backup.empty_times import keep_empty_times
from skillconnect_ops.commands.backup.mongodump_format import (
    BUCKETS,
    from_extended_json,
    to_extended_json,
)
from skillconnect_ops.commands.backup.quiet import quiet
from skillconnect_ops.commands.backup.restore_steps import Piece, RestoreFailed, by_name
from skillconnect_ops.commands.backup.staging import kept_name
from skillconnect_ops.core.plan import Escrow, Walk
from skillconnect_ops.core.ports.database import (
    Collection,
    CollectionKind,
    CommandFailed,
    Database,
)

NAMESPACE_EXISTS = 48
_TRIES = 20
_EMPTY = b"\x05\0\0\0\0"

Old = Mapping[str, Any]
"""What had the name, as `remembered` gives it."""


def remembered(old: Collection | None) -> dict[str, Any] | None:
    """A collection as an image holds it; options and indexes let a time series be made again."""
    if old is None:
        return None
    return {
        "kind": old.kind.value,
        "uuid": old.uuid,
        "options": to_extended_json(old.options),
        "indexes": [to_extended_json(index) for index in old.indexes],
    }


class Marks(Struct, frozen=True):
    """What a later process could not tell from the world; on disk before the world changes."""

    escrow: Escrow
    key: str

    def put(self, mark: str) -> None:
        """Set it."""
        self.escrow.put(f"{self.key} {mark}", b"1")

    def has(self, mark: str) -> bool:
        """Whether it is set."""
        return self.escrow.get(f"{self.key} {mark}") is not None


_MADE = "made"
"""From now on a view or time series under the name, of the restored kind, is ours."""
_TAKEN = "taken"
"""From now on it was us if the old view is gone."""


def _placed(uuid: str | None) -> str:
    """The collection of that UUID is ours, whatever its name."""
    return f"placed {uuid}"


def _back(uuid: str | None) -> str:
    """The time series of that UUID is the old one, made anew and whole."""
    return f"back {uuid}"


class Swap:
    """One piece of a restore, and what of it is where."""

    def __init__(self, database: Database, piece: Piece, *, key: str, walk: Walk) -> None:
        """Look, once nothing that an earlier process left is under way any more."""
        self._database = database
        self._piece = piece
        self._walk = walk
        self._marks = Marks(walk.escrow, key)
        self._half = f"{piece.aside}_half"
        """Where a safety copy grows until it is whole."""
        names = {piece.name, *filter(None, (piece.staged, piece.aside))}
        written = {*names, self._half, BUCKETS + piece.name}
        quiet(database, piece.database, written, clock=walk.clock)
        self._found = by_name(database, piece.database, names)

    def forward(self, make: Callable[[], None]) -> None:
        """Old aside, new in place; each half is done only where the world still lacks it.

        Args:
            make: makes a view or time series under its own name.

        Raises:
            RestoreFailed: the name belongs to something that nobody planned for.
        """
        piece, here = self._piece, self._found.get(self._piece.name)
        if piece.staged is None:
            self._make_way(here, ours=self._made(here))
            self._marks.put(_MADE)
            self._take(make, over=piece.replaces is not None)
            return
        staged = self._found.get(piece.staged)
        if staged is None:
            if here is None or not self._marks.has(_placed(here.uuid)):
                raise RestoreFailed(
                    f"{piece.staged} is gone from {piece.database}",
                    why=f"it held the restored {piece.name}, and somebody dropped it",
                    fix="skc restore   # again",
                )
            return
        # a resumed run has loaded everything anew, while the first load of this one is in place
        self._make_way(here, ours=here is not None and self._marks.has(_placed(here.uuid)))
        self._marks.put(_placed(staged.uuid))
        self._take(lambda: self._rename(piece.staged, piece.name), over=piece.replaces is not None)

    def back(self, old: Old | None) -> None:
        """Give the name back to what had it.

        Raises:
            RestoreFailed: something has the name that is neither ours nor can be renamed.
        """
        piece, here = self._piece, self._found.get(self._piece.name)
        if _is_series(old):
            self._drop(self._half)
        if here is not None and self._is_old(here, old):
            if _is_series(old) and piece.aside in self._found:
                self._drop(str(piece.aside))  # a copy that was not needed, or no longer is
            return
        if old is not None and not self._took(old):
            if here is None:
                self._walk.person.note(f"{piece.name} was dropped by someone else meanwhile")
            return
        if here is not None and not self._freed(here, old):
            return
        if old is not None:
            self._bring_back(old)

    def _make_way(self, here: Collection | None, *, ours: bool) -> None:
        """Free the name, the old data safe aside."""
        piece = self._piece
        if here is None:
            return
        if ours:
            self._drop(piece.name)  # what a process that died has made
            return
        planned = piece.replaces
        if planned is None or here.kind is not planned.kind or not self._is_planned(here):
            raise _foreign(piece, here)
        match here.kind:
            case CollectionKind.VIEW:
                self._marks.put(_TAKEN)
                self._drop(piece.name)
            case CollectionKind.COLLECTION:
                self._rename(piece.name, piece.aside)
            case CollectionKind.TIMESERIES:
                self._copy_aside()
                self._drop(piece.name)

    def _is_planned(self, here: Collection) -> bool:
        planned = self._piece.replaces
        same = planned is not None and here.uuid == planned.uuid
        return same or self._marks.has(_back(here.uuid))

    def _made(self, here: Collection | None) -> bool:
        """Whether a view or time series is the one that the restore made in place."""
        return here is not None and here.kind is self._piece.kind and self._marks.has(_MADE)

    def _is_old(self, here: Collection, old: Old | None) -> bool:
        if old is None or here.kind.value != old["kind"]:
            return False
        if here.kind is CollectionKind.VIEW:
            return bool(to_extended_json(here.options) == old["options"])
        return bool(here.uuid == old["uuid"]) or self._marks.has(_back(here.uuid))

    def _took(self, old: Old) -> bool:
        """Whether it was us who took the name from the old one."""
        if CollectionKind(old["kind"]) is CollectionKind.VIEW:
            return self._marks.has(_TAKEN)
        return self._piece.aside in self._found

    def _freed(self, here: Collection, old: Old | None) -> bool:
        """Take away what has the name; whether the old one is to be brought back now."""
        piece = self._piece
        if piece.staged is not None and self._marks.has(_placed(here.uuid)):
            if self._was_written_to():
                self._set_apart(over=True)
            elif piece.staged in self._found:
                self._drop(piece.name)
            else:
                self._rename(piece.name, piece.staged)
        elif piece.staged is None and self._made(here):
            self._drop(piece.name)
        elif _is_series(old) and here.kind is CollectionKind.TIMESERIES:
            self._drop(piece.name)  # brought back by half
        elif old is None:
            return False  # somebody else's, on a name that was free
        else:
            self._set_apart(over=True)
        return True

    def _was_written_to(self) -> bool:
        """Whether an application added to, or took from, what was put in place since."""
        piece = self._piece
        answer = self._database.command(piece.database, {"count": piece.name})
        return bool(answer["n"] != piece.documents)

    def _bring_back(self, old: Old) -> None:
        piece = self._piece
        if CollectionKind(old["kind"]) is CollectionKind.COLLECTION:
            self._take(lambda: self._rename(piece.aside, piece.name), over=True)
            return
        options = from_extended_json(old["options"])
        self._take(lambda: self._database.create(piece.database, piece.name, options), over=True)
        if _is_series(old):
            self._refill(old)

    def _refill(self, old: Old) -> None:
        """Load a time series from its safety copy, and drop the copy once all of it is back."""
        piece, database = self._piece, self._database
        self._walk.person.note(f"loading {piece.name} back from its safety copy")
        self._fill(str(piece.aside), BUCKETS + piece.name)
        indexes = [from_extended_json(index) for index in old["indexes"]]
        if indexes:
            database.index(piece.database, piece.name, indexes)
        database.settle()
        whole = by_name(database, piece.database, {piece.name})[piece.name]
        with suppress(OSError):  # then a later look loads it once more
            self._marks.put(_back(whole.uuid))
        self._drop(str(piece.aside))

    def _copy_aside(self) -> None:
        """Make a safety copy; one that is there is older than what the application wrote since."""
        piece, database = self._piece, self._database
        self._drop(self._half)
        if piece.aside in self._found:
            self._drop(str(piece.aside))
        database.create(piece.database, self._half, _EMPTY)
        self._fill(BUCKETS + piece.name, self._half)
        database.settle()
        self._rename(self._half, piece.aside)

    def _fill(self, source: str, to: str) -> None:
        """Copy all documents of one collection into another."""
        name = self._piece.database
        with self._database.batches(name, source, at=None) as batches:
            for batch in batches:
                documents = batch.documents
                self._database.insert(name, to, documents, count=len(batch.each))
                keep_empty_times(self._database, name, to, documents)

    def _take(self, take: Callable[[], None], *, over: bool) -> None:
        """Take the free name; what came there since the last look is set apart if `over`."""
        for _ in range(_TRIES):
            try:
                take()
            except CommandFailed as error:
                if error.code != NAMESPACE_EXISTS:
                    raise
                self._set_apart(over=over)
            else:
                return
        raise RestoreFailed(
            f"{self._piece.database}.{self._piece.name} comes back as often as it is moved away",
            why="an application keeps writing to it",
            fix="stop the application first",
        )

    def _set_apart(self, *, over: bool) -> None:
        """Keep what somebody else put under the name, under another one, if it was to be freed."""
        piece = self._piece
        here = by_name(self._database, piece.database, {piece.name}).get(piece.name)
        if here is None:
            return
        if not over or here.kind is not CollectionKind.COLLECTION:
            raise _foreign(piece, here)
        kept = kept_name(secrets.token_hex(4))
        self._rename(piece.name, kept)
        self._walk.person.note(
            f"{piece.database}.{piece.name} was written to meanwhile: that is in {kept} now"
        )

    def _rename(self, name: str | None, to: str | None) -> None:
        self._database.rename(self._piece.database, str(name), str(to))

    def _drop(self, name: str) -> None:
        self._database.drop(self._piece.database, name)


def _is_series(old: Old | None) -> bool:
    return old is not None and old["kind"] == CollectionKind.TIMESERIES.value


def _foreign(piece: Piece, here: Collection) -> RestoreFailed:
    return RestoreFailed(
        f"{piece.database}.{piece.name} was changed by someone else meanwhile",
        why=f"there is a {here.kind.value} that this restore neither found nor made",
        fix=f"move it away; the old data, if there was any, is in {piece.aside or 'no collection'}",
    )
