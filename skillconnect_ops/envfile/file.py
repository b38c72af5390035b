"""An env file: what is in it, for whom, and what it would be with one variable changed."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property

from skillconnect_ops.envfile import writing
from skillconnect_ops.envfile.errors import NotPortable
from skillconnect_ops.envfile.judging import Dispute, Judged, judge
from skillconnect_ops.envfile.readers import EVERY_READER, Reader, Reading, readings
from skillconnect_ops.envfile.tree import Entry, Piece, dissect, joined


class EnvFile:
    """An env file, immutable. Its repr shows no value."""

    def __init__(
        self, pieces: tuple[Piece, ...], *, readings: Mapping[Reader, Reading] | None = None
    ) -> None:
        self.pieces = pieces
        self._readings = readings
        self._judged: Judged | None = None

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The assignments that the app's reader finds, in order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Entry))

    @property
    def readings(self) -> Mapping[Reader, Reading]:
        """What every reader makes of the whole file."""
        if self._readings is None:
            self._readings = readings(self.bytes())
        return self._readings

    def get(self, key: str) -> str | None:
        """The value of a name as the app reads it: of several the last one."""
        return next((entry.value for entry in reversed(self.entries) if entry.key == key), None)

    def all_of(self, key: str) -> tuple[Entry, ...]:
        """Every assignment to a name."""
        return tuple(entry for entry in self.entries if entry.key == key)

    def judge(self) -> Judged:
        """In what its readers disagree, and what some of them cannot read."""
        if self._judged is None:
            self._judged = judge(self.pieces, self.readings)
        return self._judged

    def disputes(self) -> tuple[Dispute, ...]:
        """The variables that not all readers read alike."""
        return self.judge().disputes

    def with_value(
        self,
        key: str,
        value: str,
        *,
        after: str | None = None,
        every: bool = False,
        readers: AbstractSet[Reader] = EVERY_READER,
    ) -> "EnvFile":
        """The file with one variable set; every byte that the value does not own is kept.

        Args:
            key: the name.
            value: what every reader shall read.
            after: the name whose line a new one follows; by default it is the file's last.
            every: write to each of several lines with this name.
            readers: who has to read it alike.

        Raises:
            BadName: the name is none.
            DuplicateKey: the name is there more than once.
            NoSuchKey: the name to follow is not there.
            NotPortable: the readers would not read it alike, or another variable would change.
        """
        written = writing.set_value(
            self.pieces,
            key,
            value,
            before=self.readings,
            after=after,
            every=every,
            readers=readers,
        )
        return EnvFile(dissect(written.data), readings=written.readings)

    def renewed(self, key: str, value: str, *, after: str | None = None) -> "EnvFile":
        """As `with_value`, where another line is no reason to leave a variable at its old value.

        A reader that does not come through the file as it is gets no worse by a new value: it is
        not asked, unless that value mends the file for it.

        Raises:
            SkcError: as `with_value` says, of the readers that come through.
        """
        try:
            return self.with_value(key, value, after=after)
        except NotPortable:
            hearing = self.hearing()
            if hearing == EVERY_READER or not writing.portable(value):
                raise
            return self.with_value(key, value, after=after, readers=hearing)

    def hearing(self) -> AbstractSet[Reader]:
        """The readers that come to the end of the file; the app's own always does."""
        return EVERY_READER - self.deaf().keys()

    def deaf(self) -> Mapping[Reader, int | None]:
        """The readers that do not, each with the line at which it stops."""
        return {
            reader: found.line
            for reader, found in self.readings.items()
            if found.trouble is not None
        }

    def without(self, key: str, *, every: bool = False) -> "EnvFile":
        """The file without the line of a variable; the same where there is none.

        Raises:
            DuplicateKey: the name is there more than once.
        """
        return parse(writing.remove(self.pieces, key, every=every))

    def restored(self, key: str, old: "EnvFile") -> "EnvFile | None":
        """The file with the values of one name as they were written in another state of it.

        Args:
            key: the name.
            old: the other state.

        Returns:
            None where the name's lines are not the same ones any more.
        """
        before, now = old.all_of(key), self.all_of(key)
        if not before:
            return self.without(key, every=True)
        if [entry.head for entry in before] != [entry.head for entry in now]:
            return None
        old_lines = dict(zip(map(id, now), before, strict=True))
        return EnvFile(tuple(old_lines.get(id(piece), piece) for piece in self.pieces))

    def bytes(self) -> bytes:
        """The file."""
        return joined(self.pieces)

    def __repr__(self) -> str:
        return f"EnvFile({len(self.entries)} entries)"


def parse(data: bytes) -> EnvFile:
    """Take a file apart; never raises, and `parse(data).bytes() == data` whatever is in it."""
    return EnvFile(dissect(data))
