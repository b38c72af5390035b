"""The file of a journal: lines that are on the disk before anything happens because of them."""

import errno
import os
from pathlib import Path

from skillconnect_ops.core.plan import Clock
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal import lines
from skillconnect_ops.journal.errors import BrokenJournal
from skillconnect_ops.journal.events import AnyEvent, Begin, Entry
from skillconnect_ops.journal.history import History

FILE = "log.jsonl"
_RESERVE = "reserve"
_RESERVE_BYTES = 32 * 1024
_DOING = "write the journal"
_FULL = {errno.ENOSPC, errno.EDQUOT}


class Log:
    """One journal, opened for appending by the process that holds its lock."""

    def __init__(self, folder: Path, *, disk: Disk, clock: Clock) -> None:
        """Open it; what a dying append left at its end is cut off before the next one.

        Raises:
            BrokenJournal: a line was altered.
            SkcError: it cannot be read or put in order.
        """
        self._folder = folder
        self._disk = disk
        self._clock = clock
        self._doubtful = False
        self._sum = b""
        self._n = 0
        self.history = History()
        with explained(_DOING):
            self._load(opening=True)

    @property
    def name(self) -> str:
        """The journal's id."""
        return self._folder.name

    @property
    def begin(self) -> Begin:
        """The first line; only asked for once it is there."""
        if self.history.begin is None:
            raise broken(self._folder, "its first line is gone")
        return self.history.begin

    @property
    def doubtful(self) -> bool:
        """Whether an append failed and the file was not asked since what it holds."""
        return self._doubtful

    def reserve(self) -> None:
        """Set some space aside, so that a full disk cannot keep the journal from being closed.

        Raises:
            SkcError: it could not be written.
        """
        # Not zeros: of those, a filesystem that compresses would set nothing aside.
        filler = os.urandom(_RESERVE_BYTES)
        with explained(_DOING):
            self._disk.replace(self._folder / _RESERVE, filler)

    def release(self) -> None:
        """Give the reserved space back.

        Raises:
            SkcError: it could not be removed.
        """
        with explained(_DOING):
            self._disk.remove(self._folder / _RESERVE)

    def append(self, event: AnyEvent, *, closing: bool = False) -> None:
        """Add one line; it is on the disk when this returns, and counts from then on.

        Args:
            event: what the line says.
            closing: the run is being undone or closed, so the reserved space may be used.

        Raises:
            SkcError: it could not be written. Whether it was is not known: `settle` finds out.
        """
        with explained(_DOING):
            try:
                self._append(event)
            except OSError as error:
                if not closing or error.errno not in _FULL:
                    raise
                self.release()
                self._append(event)

    def settle(self) -> None:
        """After an append that failed: learn what the file says, and make that certain.

        Raises:
            SkcError: it can be neither read nor put in order; it stays doubtful.
        """
        if self._doubtful:
            with explained(_DOING):
                self._load()

    def discard(self) -> None:
        """Remove the whole journal, of which nothing came.

        Raises:
            OSError: it could not be removed.
        """
        self._disk.remove_tree(self._folder)

    def _append(self, event: AnyEvent) -> None:
        if self._doubtful:
            self._load()
        entry = Entry(self._n + 1, self._clock.now(), event)
        line, digest = lines.write(entry, self._sum)
        self._doubtful = True
        self._disk.append(self._folder / FILE, line)
        self._doubtful = False
        self._n, self._sum = entry.n, digest
        self.history.add(lines.as_read(entry))

    def _load(self, *, opening: bool = False) -> None:
        data = self._read()
        text = lines.read(data)
        if text.trouble is not None:
            raise broken(self._folder, text.trouble)
        if text.torn or (not opening and len(text.entries) != self._n):
            self._disk.replace(self._folder / FILE, data[: text.whole_bytes])
        self._n, self._sum = len(text.entries), text.sum
        self.history = History(text.entries)
        self._doubtful = False

    def _read(self) -> bytes:
        try:
            return self._disk.read(self._folder / FILE)
        except FileNotFoundError:
            return b""


def broken(folder: Path, trouble: str) -> BrokenJournal:
    """The error for a journal whose text was altered."""
    return BrokenJournal(
        f"the journal {folder.name} is damaged",
        why=f"{trouble}; what its run did after that line is not known for certain",
        fix=f"look at it (`skc journal show {folder.name}`), put right by hand what it names, "
        f"then `rm -r {folder}`",
        journal=folder.name,
    )
