"""An env file as the bytes that it is made of: the app's assignments, and all that lies between.

Nothing is interpreted away: the pieces, put together, are the file, whatever it holds.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from skillconnect_ops.envfile import node_dotenv

_LINE_ENDS = "\n\r\u2028\u2029"
_LINE_END = re.compile(f"[{_LINE_ENDS}]")


class Opaque(Struct, frozen=True, kw_only=True):
    """Comments, blank lines, line ends, and what no assignment is. Its repr shows no text."""

    raw: bytes

    def __repr__(self) -> str:
        return f"Opaque({len(self.raw)} bytes)"


class Entry(Struct, frozen=True, kw_only=True):
    """One assignment as Node's dotenv finds it, its line end left out. Its repr shows no value."""

    key: str
    value: str
    """As Node's dotenv reads it; of a name that stands twice, the last one counts."""
    head: bytes
    """The indentation, `export`, the name, `=`, and the blanks behind it."""
    written: bytes
    """The value as it stands there, with its quotes; empty where there is none."""
    tail: bytes
    """Blanks and the comment behind the value."""
    line: int
    """From 1; that of the name."""
    quote: str
    """`'`, `"`, a backtick, or nothing."""
    export: bool

    @property
    def raw(self) -> bytes:
        """All of it."""
        return self.head + self.written + self.tail

    @property
    def comment(self) -> str:
        """The comment behind the value, with its `#`; empty where there is none."""
        return self.tail.decode("utf-8", errors="replace").strip()

    def __repr__(self) -> str:
        return f"Entry(key={self.key!r}, line={self.line})"


Piece = Opaque | Entry


def dissect(data: bytes) -> tuple[Piece, ...]:
    """Take a file apart; whatever is in it, the pieces put together are the file."""
    return tuple(_pieces(data.decode("utf-8", errors="surrogateescape")))


def joined(pieces: Iterable[Piece]) -> bytes:
    """Put it together."""
    return b"".join(piece.raw for piece in pieces)


def _pieces(text: str) -> Iterator[Piece]:
    at, line = 0, 1
    for found in node_dotenv.assignments(text):
        start = _line_start(text, at, found.start)
        if start > at:
            yield Opaque(raw=_raw(text[at:start]))
        end = _line_end(text, found.value_end)
        line += _line_ends(text, at, found.start)
        yield _entry(text, found, start=start, end=end, line=line)
        line += _line_ends(text, found.start, end)
        at = end
    if at < len(text):
        yield Opaque(raw=_raw(text[at:]))


def _entry(text: str, found: node_dotenv.Assignment, *, start: int, end: int, line: int) -> Entry:
    written = text[found.value_start : found.value_end]
    quoted = len(written) > 1 and written[0] in node_dotenv.QUOTES and written[-1] == written[0]
    raw = _raw(written)
    return Entry(
        key=found.key,
        value=node_dotenv.meaning(raw.decode("utf-8", errors="replace")),
        head=_raw(text[start : found.value_start]),
        written=raw,
        tail=_raw(text[found.value_end : end]),
        line=line,
        quote=written[0] if quoted else "",
        export=found.export,
    )


def _line_start(text: str, at: int, start: int) -> int:
    """Where the line of an assignment begins, not before `at`."""
    return max(at, *(text.rfind(mark, at, start) + 1 for mark in _LINE_ENDS))


def _line_end(text: str, at: int) -> int:
    """Where the line ends that this offset is on; its LF, CR or both are not part of it."""
    found = _LINE_END.search(text, at)
    return len(text) if found is None else found.start()


def _line_ends(text: str, start: int, end: int) -> int:
    return text.count("\n", start, end)


def _raw(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogateescape")
