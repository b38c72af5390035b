"""Every piece of a text that may be a secret, for `ledger check --path`; pure.

A value may stand quoted, after a `=` or a `:`, within a URI, or over several lines. So the text is
cut in several ways, and each piece is a candidate; that costs time, and misses nothing that stands
there as it is, or percent-encoded. Other encodings are undone before (`history.everywhere`).

The time grows with the text and no faster, whatever the text is: no expression here looks at a
character more than a few times, and no piece is longer than `LONGEST`.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Container, Iterator

from msgspec import Struct

from skillconnect_ops.core.secret import Secret

SHORTEST = 4
"""Characters; shorter pieces stand everywhere."""
LONGEST = 1 << 16
"""Characters; a longer piece is no value, but a file on one line."""
_WINDOW = 1 << 20
_MOST_SIGNS = 16
_TAIL = 500
_SCHEME = 32
_SPACE = r"\t\n\x0b\f\r\x1c-\x1f \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
r"""What `\s` is, letter by letter: a set with a category in it takes three times as long."""
_CUTS = (
    re.compile(rf"([^{_SPACE}\"'`]++)"),
    re.compile(rf"([^{_SPACE}\"'`=,;(){{}}\[\]<>]++)"),
    re.compile(rf"([^{_SPACE}\"'`=,;(){{}}\[\]<>:@/&?#]++)"),
    re.compile(r"\"([^\"\n]++)(?=\")"),
    re.compile(r"'([^'\n]++)(?=')"),
    re.compile(r"`([^`\n]++)(?=`)"),
    re.compile(r"[=:]([^\n]++)"),
    re.compile(r"([^\n]++)"),
)
_WORDS = tuple(
    re.compile(cut.pattern[1:-3] + f"{{{SHORTEST},}}+")
    for cut in _CUTS
    if cut.pattern.startswith(f"([^{_SPACE}")
)
"""Of the cuts those that come first and hold no white space, without what is too short."""
_PEM = "-----BEGIN"
_AUTHORITY = re.compile(rf"://[^{_SPACE}\"'`<>]++")
_SCHEME_BEFORE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_SIGN = re.compile(r"[=:]")
_PEM_EDGE = re.compile(r"-----(BEGIN|END) [A-Z ]{1,64}-----")
_LINE_END = re.compile(r"\n")
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}

Cut = tuple[int, str]
"""Where a piece begins, and the piece."""


class Token(Struct, frozen=True, kw_only=True):
    """A piece of a text, and where it begins; line and column count from 1."""

    value: Secret
    line: int
    column: int


def tokens(data: bytes, *, wanted: Container[str] | None = None) -> Iterator[Token]:
    """All pieces, or those wanted; those that begin at the same place in several ways, too."""
    text = _text(data)
    ends = [-1, *(match.start() for match in _LINE_END.finditer(text))]
    seen: set[Cut] = set()
    for begin, piece in _pieces(text):
        for value in _spelled(piece):
            if (wanted is None or value in wanted) and (begin, value) not in seen:
                seen.add((begin, value))
                line = bisect_left(ends, begin)
                yield Token(value=Secret(value), line=line, column=begin - ends[line - 1])


def candidates(data: bytes) -> Iterator[set[str]]:
    """The same pieces without their places, some at a time and each once in these: quickly."""
    text = _text(data)
    for begin in range(0, max(1, len(text) - LONGEST), _WINDOW):
        window = text[begin : begin + _WINDOW + LONGEST]
        found: set[str] = set()
        for word in _WORDS:
            found.update(word.findall(window))
        for cut in _CUTS[len(_WORDS) :]:
            found.update(map(str.strip, cut.findall(window)))
        found.update(piece.strip() for special in _SPECIAL for _, piece in special(window))
        pieces = {piece for piece in found if SHORTEST <= len(piece) <= LONGEST}
        keys = [piece for piece in pieces if piece.startswith(_PEM)]
        pieces.update(value for piece in keys for value in _spelled(piece))
        yield pieces


def _pieces(text: str) -> Iterator[Cut]:
    for cut in _CUTS:
        for match in cut.finditer(text):
            yield from _stripped(match.start(1), match[1])
    for special in _SPECIAL:
        for begin, piece in special(text):
            yield from _stripped(begin, piece)


def _stripped(begin: int, found: str) -> Iterator[Cut]:
    piece = found.strip()
    if SHORTEST <= len(piece) <= LONGEST:
        yield begin + len(found) - len(found.lstrip()), piece


def _uris(text: str) -> Iterator[Cut]:
    """From the scheme on; it is looked for backwards, as letters alone begin none."""
    for match in _AUTHORITY.finditer(text):
        scheme = _SCHEME_BEFORE.search(text, max(0, match.start() - _SCHEME), match.start())
        if scheme is not None:
            yield scheme.start(), f"{scheme[0]}{match[0]}"


def _to_line_ends(text: str) -> Iterator[Cut]:
    """What stands between one of the last signs of a line and its end: `at 12:01: two words`."""
    begin = 0
    while begin <= len(text):
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        signs = [match.end() for match in _SIGN.finditer(text, max(begin, end - _TAIL), end)]
        yield from ((at, text[at:end]) for at in signs[-_MOST_SIGNS:])
        begin = end + 1


def _pems(text: str) -> Iterator[Cut]:
    """From each BEGIN to the END that follows it, where no other BEGIN does before."""
    begin: int | None = None
    for match in _PEM_EDGE.finditer(text):
        if match[1] == "BEGIN":
            begin = match.start()
        elif begin is not None:
            yield begin, text[begin : match.end()]
            begin = None


_SPECIAL: tuple[Callable[[str], Iterator[Cut]], ...] = (_uris, _to_line_ends, _pems)


def _spelled(piece: str) -> tuple[str, ...]:
    r"""The piece, and what it means where line ends are written as `\n`."""
    if not piece.startswith(_PEM):
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
