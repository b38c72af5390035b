"""In what the programs that read env files disagree over one, and which lines some cannot read.

A program that stops at a line says nothing of those behind it. So the line is taken out, and it is
asked again: all that is wrong is told at once, and not one line a run.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from skillconnect_ops.core.regex import regex
from skillconnect_ops.envfile.readers import AnyReader, OtherReader, Reader, Reading, reading
from skillconnect_ops.envfile.tree import Entry, Opaque, Piece, joined

_MOST_STOPS = 40
"""Of one reader; each costs a reading of the whole file."""
_LF = b"\n"
"""What lines are counted by, as editors and shells do."""
_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*")
_BOM = b"\xef\xbb\xbf"


class Dispute(Struct, frozen=True, kw_only=True):
    """A variable that some readers do not read as the app does."""

    key: str
    line: int | None
    """Where the app finds it; None where only others do."""
    readers: tuple[AnyReader, ...]
    by_line_end: bool = False
    """Whether it is only the CR of its line's end that they take for a part of the value."""


class Stop(Struct, frozen=True, kw_only=True):
    """A line at which a reader stops, or on which it acts as on a command."""

    reader: AnyReader
    line: int
    cause: str
    """What stands there: `a quote that is not closed`; no text of the file."""


class Judged(Struct, frozen=True, kw_only=True):
    """What is wrong with a file."""

    disputes: tuple[Dispute, ...]
    stops: tuple[Stop, ...]
    idle: tuple[int, ...]
    """The lines that are neither blank nor a comment, and that the app takes nothing from."""


def judge(pieces: Sequence[Piece], made: Mapping[Reader, Reading]) -> Judged:
    """Ask every reader about a file.

    Args:
        pieces: the file.
        made: what the readers that values are written for make of it.
    """
    stops: list[Stop] = []
    heard: dict[AnyReader, Mapping[str, str | None]] = {}
    deaf: dict[AnyReader, frozenset[str]] = {}
    app = made[Reader.NODE_DOTENV].values
    for reader in (*Reader, *OtherReader):
        found = made.get(reader) if isinstance(reader, Reader) else None
        asked = _Asked(pieces, reader, found)
        stops += asked.stops
        heard[reader], deaf[reader] = asked.values, asked.lost
    return Judged(
        disputes=tuple(_disputes(pieces, app, heard, deaf)),
        stops=tuple(stops),
        idle=tuple(_idle(pieces)),
    )


class _Asked:
    """One reader, asked until it comes to the end of the file."""

    def __init__(self, pieces: Sequence[Piece], reader: AnyReader, found: Reading | None) -> None:
        self.stops: list[Stop] = []
        self.lost: frozenset[str] = frozenset()
        """The names in the lines that were taken out."""
        rest = list(pieces)
        found = found or reading(joined(rest), reader)
        while found.cause is not None and found.line is not None:
            stop = Stop(reader=reader, line=found.line, cause=found.cause)
            known = any(each.line == stop.line for each in self.stops)
            if known or len(self.stops) == _MOST_STOPS:
                break
            self.stops.append(stop)
            gone = _blank(rest, found.line)
            self.lost |= {gone.key} if isinstance(gone, Entry) else set()
            found = reading(joined(rest), reader)
        self.values: Mapping[str, str | None] = found.values
        if found.trouble is not None:  # it has no say at all
            self.lost = frozenset(each.key for each in pieces if isinstance(each, Entry))


def _blank(pieces: list[Piece], line: int) -> Piece | None:
    """Put nothing in the place of what stands in a line; its line end stays. Gives what stood."""
    at = 1
    for place, piece in enumerate(pieces):
        lines = piece.raw.split(_LF)
        number = line - at
        if number < len(lines) and (isinstance(piece, Entry) or lines[number].strip()):
            kept = [b""] * len(lines) if isinstance(piece, Entry) else lines
            pieces[place] = Opaque(raw=_LF.join([*kept[:number], b"", *kept[number + 1 :]]))
            return piece
        at += len(lines) - 1
    return None


def _disputes(
    pieces: Sequence[Piece],
    app: Mapping[str, str | None],
    heard: Mapping[AnyReader, Mapping[str, str | None]],
    deaf: Mapping[AnyReader, frozenset[str]],
) -> Iterator[Dispute]:
    lines = {piece.key: piece.line for piece in pieces if isinstance(piece, Entry)}
    others = (name for values in heard.values() for name in values if _NAME.fullmatch(name))
    for key in dict.fromkeys((*lines, *others)):
        mine = app.get(key)
        dissent = {
            reader: values.get(key)
            for reader, values in heard.items()
            if key not in deaf[reader]
            and (values.get(key) != mine if key in app else key in values)
        }
        if dissent:
            yield Dispute(
                key=key,
                line=lines.get(key),
                readers=tuple(dissent),
                by_line_end=all(value == f"{mine}\r" for value in dissent.values()),
            )


def _idle(pieces: Sequence[Piece]) -> Iterator[int]:
    line = 1
    for piece in pieces:
        lines = piece.raw.split(_LF)
        for number, text in enumerate(lines if isinstance(piece, Opaque) else ()):
            parts = (part.strip() for part in text.removeprefix(_BOM).split(b"\r"))
            if any(part and not part.startswith(b"#") for part in parts):
                yield line + number
        line += len(lines) - 1
