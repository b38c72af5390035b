"""Every piece of a text that may be a secret, for `ledger check --path`; pure.

A value may stand quoted, after a `=` or a `:`, within a URI, or over several lines. So the text is
cut in several ways, and each piece is a candidate; that costs time, and misses nothing that stands
there as it is, or percent-encoded. Other encodings are the scanner's business.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from msgspec import Struct

from skillconnect_ops.core.secret import Secret

SHORTEST = 4
"""Characters; shorter pieces stand everywhere."""
_CUTS = (
    re.compile(r"[^\s\"'`]+"),
    re.compile(r"[^\s\"'`=,;(){}\[\]<>]+"),
    re.compile(r"[^\s\"'`=,;(){}\[\]<>:@/&?#]+"),
    re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'`<>]+"),
    re.compile(r"(?<=\")[^\"\n]+(?=\")|(?<=')[^'\n]+(?=')|(?<=`)[^`\n]+(?=`)"),
    re.compile(r"(?<=[=:])(?=([^\n]{1,500}$))", re.MULTILINE),
    re.compile(r"(?<=[=:])[^\n]+"),
    re.compile(r"[^\n]+"),
    re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL),
)
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


class Token(Struct, frozen=True, kw_only=True):
    """A piece of a text, and where it begins; line and column count from 1."""

    value: Secret
    line: int
    column: int


def tokens(data: bytes) -> Iterator[Token]:
    """All pieces; those that begin at the same place in several ways, too."""
    text = _text(data)
    starts = [0, *accumulate(len(line) for line in text.splitlines(keepends=True))]
    seen: set[tuple[int, str]] = set()
    for cut in _CUTS:
        for match in cut.finditer(text):
            found = match[match.lastindex or 0]
            piece = found.strip()
            begin = match.start(match.lastindex or 0) + len(found) - len(found.lstrip())
            if len(piece) < SHORTEST or (begin, piece) in seen:
                continue
            seen.add((begin, piece))
            line = bisect_right(starts, begin)
            for value in _spelled(piece):
                yield Token(value=Secret(value), line=line, column=begin - starts[line - 1] + 1)


def _spelled(piece: str) -> tuple[str, ...]:
    r"""The piece, and what it means where line ends are written as `\n`."""
    if not piece.startswith("-----BEGIN"):
        return (piece,)
    plain = piece.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\r\n", "\n")
    return (piece, plain)


def _text(data: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
