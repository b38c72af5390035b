"""Where a span stands: its line and column, its line with secrets masked, and `skc: allow`."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from skillconnect_ops.core.regex import regex
from skillconnect_ops.detection.masking import masked

WIDTH = 200
"""Characters of context shown."""
LONGEST_LINE = 2000
"""Bytes to either side of a secret that count as its line."""
_ALLOW = regex(rb"skc:[ \t]*allow[ \t]+([^\r\n]{1,300})")
_ALLOW_ALONE = regex(rb"skc:[ \t]*allow\b")
NO_REASON = "its `skc: allow` gives no reason, so it does not count"
_CLOSERS = regex(r"(?:\*/|-->|--%>|#\}|%\})?[\s\"',;]*$")
_ONLY_A_COMMENT = regex(rb"[ \t]*(?:#|//|/\*|\*|--|;|<!--|\{#|%|rem\b)[^\r\n]*")


class Place(Struct, frozen=True):
    """A span's place for people; line and column count from 1."""

    line: int
    column: int
    end_line: int
    context: str
    allowed: str | None
    unreasoned: bool = False
    """Whether it would be allowed, were a reason given."""


class Places:
    """The places of spans in rising order, each byte of the content being looked at once."""

    def __init__(self, content: bytes, spans: Sequence[tuple[int, int]]) -> None:
        self._content = content
        self._spans = spans

    def __iter__(self) -> Iterator[Place]:
        content = self._content
        line, seen, column, line_start = 1, 0, 1, 0
        for index, (start, end) in enumerate(self._spans):
            line += content.count(b"\n", seen, start)
            begin = content.rfind(b"\n", seen, start) + 1 or line_start
            column = (
                1 + _characters(content, begin, start)
                if begin > seen
                else (column + _characters(content, seen, start))
            )
            line_start, seen = begin, start
            allowed, unreasoned = self._allowed(start, begin)
            yield Place(
                line=line,
                column=column,
                end_line=line + content.count(b"\n", start, end),
                context=self._context(index, begin),
                allowed=allowed,
                unreasoned=unreasoned,
            )

    def _context(self, index: int, line_start: int) -> str:
        spans, content = self._spans, self._content
        start = spans[index][0]
        low, high = max(line_start, start - WIDTH // 2), self._line_end(start, WIDTH // 2)
        first = index
        while first > 0 and spans[first - 1][1] > low:
            first -= 1
        parts: list[str] = []
        at = low
        for number in range(first, len(spans)):
            begin, end = spans[number]
            if begin >= high:
                break
            parts += (_text(content[at:begin]), masked(_text(content[begin:end])))
            at = end
        parts.append(_text(content[at : max(high, at)]))
        text = "".join(parts).strip()
        return text.splitlines()[0][:WIDTH] if text else ""

    def _line_end(self, start: int, width: int) -> int:
        end = self._content.find(b"\n", start, start + width)
        return min(start + width, len(self._content)) if end < 0 else end

    def _allowed(self, start: int, line_start: int) -> tuple[str | None, bool]:
        """The reason for which a line is allowed; and whether it is allowed without one."""
        low = max(line_start, start - LONGEST_LINE)
        line = self._content[low : self._line_end(start, LONGEST_LINE)]
        if b"skc:" not in line and line_start > 0:
            above = self._content.rfind(b"\n", max(line_start - LONGEST_LINE, 0), line_start - 1)
            comment = _ONLY_A_COMMENT.match(self._content, above + 1, line_start - 1)
            line = comment[0] if comment is not None else b""
        if b"skc:" not in line:
            return None, False
        found = _ALLOW.search(line)
        reason = _CLOSERS.sub("", _text(found[1])).strip() if found is not None else ""
        return reason or None, not reason and _ALLOW_ALONE.search(line) is not None


def _characters(content: bytes, start: int, end: int) -> int:
    return len(content[start:end].decode("utf-8", "replace"))


def _text(part: bytes) -> str:
    return part.decode("utf-8", "replace")
