"""Node's dotenv (npm, 16 to 18), the app's own reader: where its assignments lie, what they mean.

The grammar is that library's single regular expression over text whose line ends are all LF; its
classes are JavaScript's (ECMA-262: WhiteSpace and LineTerminator), which are not Python's.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from msgspec import Struct

_WS = "[\\t\\n\\x0b\\x0c\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]"
_BREAK = "[\\n\\r\\u2028\\u2029]"
_BLANKS = re.compile(f"{_WS}*")
_LINE_BREAK = re.compile(_BREAK)
_ASSIGNMENT = re.compile(
    rf"(export{_WS}+)?([A-Za-z0-9_.-]+)(?:{_WS}*(=){_WS}*?|(:){_WS}+?)"
    rf"({_WS}*'(?:\\'|[^'])*'|{_WS}*\"(?:\\\"|[^\"])*\"|{_WS}*`(?:\\`|[^`])*`|[^#\r\n]+)?"
    rf"{_WS}*(?:\#[^\n\r\u2028\u2029]*)?(?:(?={_BREAK})|\Z)"
)
_QUOTED = re.compile(rf"(?:\A|(?<={_BREAK}))(['\"`])([\s\S]*)\1(?:(?={_BREAK})|\Z)")
_TRIMMED = (
    "\t\n\x0b\x0c\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
QUOTES = "'\"`"


class Assignment(Struct, frozen=True, kw_only=True):
    """One assignment, as offsets into the text; the line's indentation is not part of it."""

    key: str
    start: int
    value_start: int
    """Where the value stands, quotes included; where it would, if there is none."""
    value_end: int
    export: bool


def assignments(text: str) -> Iterator[Assignment]:
    """The assignments of a text, in order; whatever lies between two of them, Node skips."""
    flat = _Flattened(text)
    at, fresh = 0, True
    while True:
        first = _skipped(flat.text, at)
        fresh = fresh or _LINE_BREAK.search(flat.text, at, first) is not None
        if first >= len(flat.text):
            return
        found = _ASSIGNMENT.match(flat.text, first) if fresh else None
        if found is not None:
            yield _assignment(found, flat)
            at = found.end()
        else:
            line_break = _LINE_BREAK.search(flat.text, first)
            at = line_break.start() if line_break is not None else len(flat.text)
        fresh = False


def meaning(written: str) -> str:
    """The value that Node makes of what stands there.

    Args:
        written: the value as written, quotes included, without blanks around it; any line ends.
    """
    value = flattened(written).strip(_TRIMMED)
    quote = value[:1]
    if any(mark in value for mark in QUOTES):
        value = _QUOTED.sub(lambda found: found[2], value)
    if quote == '"':
        value = value.replace("\\n", "\n").replace("\\r", "\r")
    return value


def read(text: str) -> dict[str, str]:
    """All variables; of a name that stands twice the last."""
    return {
        found.key: meaning(text[found.value_start : found.value_end]) for found in assignments(text)
    }


def flattened(text: str) -> str:
    """The text with LF for every line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


class _Flattened:
    """A text with all its line ends LF, and the way back to the offsets before."""

    def __init__(self, text: str) -> None:
        self.text = flattened(text)
        self._lost: list[int] = []
        """For each LF that was two characters, its offset now."""
        if len(self.text) != len(text):
            starts = (pair.start() for pair in re.finditer("\r\n", text))
            self._lost = [start - number for number, start in enumerate(starts)]

    def before(self, offset: int) -> int:
        """The offset that this one was; a pair of CR and LF begins at its CR."""
        return offset + bisect_right(self._lost, offset - 1)


def _skipped(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found is not None else at


def _assignment(found: re.Match[str], flat: _Flattened) -> Assignment:
    value = found[5] or ""
    kept = value.strip(_TRIMMED)
    if kept:
        start = found.start(5) + len(value) - len(value.lstrip(_TRIMMED))
    else:  # of blanks alone all stay behind the new value
        start = found.end(3) if found[3] else found.end(4) + 1
    # an `export` in a line of its own is taken as a prefix, but belongs to that line
    export = found[1] is not None and _LINE_BREAK.search(found[1]) is None
    return Assignment(
        key=found[2],
        start=flat.before(found.start(1) if export else found.start(2)),
        value_start=flat.before(start),
        value_end=flat.before(start + len(kept)),
        export=export,
    )
