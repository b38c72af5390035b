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

from skillconnect_ops.commands.backup.compare import content_of
from skillconnect_ops.commands.backup.marks import (
    MADE,
    TAKEN,
    Marks,
    brought_back,
    placed,
    returning,
    whole,
)
from skillconnect_ops.commands.backup.mongodump_format import (
    BUCKETS,
)
from skillconnect_ops.commands.backup.quiet import quiet
from skillconnect_ops.commands.backup.restore_model import Piece
from skillconnect_ops.commands.backup.restore_steps import RestoreFailed, by_name
from skillconnect_ops.commands.backup.series import copy, holds_the_same
from skillconnect_ops.commands.backup.staging import kept_name
from skillconnect_ops.commands.backup.whose import Old, Whose, from_text
from skillconnect_ops.core.plan import Walk
from skillconnect_ops.core.ports.database import (
    Collection,
    CollectionKind,
    CommandFailed,
    Database,
    NotAuthorized,
)

NAMESPACE_EXISTS = 48
_TRIES = 20
_COPIES = 3
_EMPTY = b"\x05\0\0\0\0"


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
        self._whose = Whose(database, piece, marks=self._marks, found=self._found)

    def forward(self, make: Callable[[], None], *, options: Mapping[str, Any]) -> None:
        """Old aside, new in place; each half is done only where the world still lacks it.

        Args:
            make: makes a view or time series under its own name; calls `made` before it loads.
            options: those that it is made with.

        Raises:
            RestoreFailed: the name belongs to something that nobody planned for.
        """
        piece, here = self._piece, self._found.get(self._piece.name)
        if piece.staged is None:
            self._make_way(here, ours=self._whose.made(here) or self._whose.is_half_back(here))
            self._marks.put(MADE, options)
            self._take(make, over=piece.replaces is not None)
            if piece.kind is CollectionKind.TIMESERIES:
                self._marks.put(whole(self._uuid()))
            return
        staged = self._found.get(piece.staged)
        if staged is None:
            if here is None or not self._marks.has(placed(here.uuid)):
                raise RestoreFailed(
                    f"{piece.staged} is gone from {piece.database}",
                    why=f"it held the restored {piece.name}, and somebody dropped it",
                    fix="skc restore   # again",
                )
            return
        # a resumed run has loaded everything anew, while the first load of this one is in place
        self._make_way(here, ours=here is not None and self._marks.has(placed(here.uuid)))
        self._marks.put(placed(staged.uuid))
        self._take(lambda: self._rename(piece.staged, piece.name), over=piece.replaces is not None)

    def made(self) -> None:
        """Remember the time series that was made just now, while it holds nothing yet."""
        self._marks.put(placed(self._uuid()))

    def back(self, old: Old | None) -> None:
        """Give the name back to what had it.

        Raises:
            RestoreFailed: something has the name that is neither ours nor can be renamed.
        """
        piece, here = self._piece, self._found.get(self._piece.name)
        if _is_series(old):
            self._drop(self._half)
        if here is not None and self._whose.is_old(here, old):
            if _is_series(old) and piece.aside in self._found:
                self._drop(str(piece.aside))  # a copy that was not needed, or no longer is
            return
        if old is not None and not self._whose.took(old):
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
        if planned is None or here.kind is not planned.kind or not self._whose.is_planned(here):
            raise _foreign(piece, here)
        match here.kind:
            case CollectionKind.VIEW:
                self._marks.put(TAKEN)
                self._drop(piece.name)
            case CollectionKind.COLLECTION:
                self._rename(piece.name, piece.aside)
            case CollectionKind.TIMESERIES:
                self._copy_aside()
                self._drop(piece.name)

    def _uuid(self) -> str | None:
        """Of what has the name now."""
        name = self._piece.name
        return by_name(self._database, self._piece.database, {name})[name].uuid

    def _freed(self, here: Collection, old: Old | None) -> bool:
        """Take away what has the name; whether the old one is to be brought back now."""
        piece = self._piece
        if piece.staged is not None and self._marks.has(placed(here.uuid)):
            self._take_out()
        elif (piece.staged is None and self._whose.made(here)) or self._whose.is_half_back(here):
            self._keep_if_written_to(here)
            self._drop(piece.name)
        elif old is None:
            return False  # somebody else's, on a name that was free
        else:
            self._set_apart(over=True)
        return True

    def _take_out(self) -> None:
        """Take what was put in place out again; where it was written to since, it stays beside.

        Renamed first, compared then: nobody writes to it any more.
        """
        piece, database = self._piece, self._database
        kept = kept_name(secrets.token_hex(4))
        self._rename(piece.name, kept)
        held = content_of(database, piece.database, kept, CollectionKind.COLLECTION)
        if held.digest != piece.content:
            self._tell_kept(kept)
        elif piece.staged in self._found:
            self._drop(kept)
        else:
            self._rename(kept, piece.staged)

    def _keep_if_written_to(self, here: Collection) -> None:
        """Copy a restored time series that an application wrote to, before it is dropped."""
        piece, database = self._piece, self._database
        if not self._marks.has(whole(here.uuid)):
            return
        kept = kept_name(secrets.token_hex(4))
        try:
            held = content_of(database, piece.database, piece.name, CollectionKind.TIMESERIES)
            if held.digest == piece.content:
                return
            database.create(piece.database, kept, _EMPTY)
            copy(database, piece.database, BUCKETS + piece.name, to=kept)
        except NotAuthorized:  # who may load time series may not be allowed to read them
            self._walk.person.note(f"{piece.name} could not be looked through before it is dropped")
            return
        database.settle()
        self._tell_kept(kept)

    def _tell_kept(self, kept: str) -> None:
        piece = self._piece
        series = ", as its buckets" if piece.kind is CollectionKind.TIMESERIES else ""
        self._walk.person.note(
            f"{piece.database}.{piece.name} was written to meanwhile: that is in {kept} now{series}"
        )

    def _bring_back(self, old: Old) -> None:
        piece = self._piece
        if CollectionKind(old["kind"]) is CollectionKind.COLLECTION:
            self._take(lambda: self._rename(piece.aside, piece.name), over=True)
            return
        options = from_text(old["options"])
        self._take(lambda: self._database.create(piece.database, piece.name, options), over=True)
        if _is_series(old):
            self._marks.put(returning(self._uuid()))
            self._refill(old)

    def _refill(self, old: Old) -> None:
        """Load a time series from its safety copy, and drop the copy once all of it is back."""
        piece, database = self._piece, self._database
        self._walk.person.note(f"loading {piece.name} back from its safety copy")
        copy(database, piece.database, str(piece.aside), to=BUCKETS + piece.name)
        indexes = [from_text(index) for index in old["indexes"]]
        if indexes:
            database.index(piece.database, piece.name, indexes)
        database.settle()
        with suppress(OSError):  # then a later look loads it once more
            self._marks.put(brought_back(self._uuid()))
        if holds_the_same(database, piece.database, piece.name, copied=str(piece.aside)):
            self._drop(str(piece.aside))
            return
        kept = kept_name(secrets.token_hex(4))
        self._rename(piece.aside, kept)
        self._walk.person.note(
            f"{piece.name} was written to while it was loaded back: its safety copy is {kept} now"
        )

    def _copy_aside(self) -> None:
        """Make a safety copy; one that is there is older than what the application wrote since.

        Raises:
            RestoreFailed: an application writes faster than it is copied.
        """
        piece, database = self._piece, self._database
        if piece.aside in self._found:
            self._drop(str(piece.aside))
        for _ in range(_COPIES):
            self._drop(self._half)
            database.create(piece.database, self._half, _EMPTY)
            copy(database, piece.database, BUCKETS + piece.name, to=self._half)
            database.settle()
            if holds_the_same(database, piece.database, piece.name, copied=self._half):
                self._rename(self._half, piece.aside)
                return
        self._drop(self._half)
        raise RestoreFailed(
            f"{piece.database}.{piece.name} changes while it is copied aside",
            why=f"an application keeps writing to it; so it was {_COPIES} times",
            fix="stop the application first",
        )

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
        self._tell_kept(kept)

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
