"""Versions of one file, looked at one after the other: only what differs is searched again.

A file with a thousand versions is a thousand times nearly the same text. Where two versions of a
path share a beginning and an end, what was found in these holds for both; the stretch between, with
a margin on both sides, is all that is new.
"""

from collections import OrderedDict

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.history.model import Looked, Search, Trace

_SMALLEST = 8192
"""Below this, comparing costs what searching does."""
_MARGIN = 4096
"""What is searched again to both sides of a change; half of it is context, never believed alone."""
_STEP = 1 << 16
_HELD_BYTES = 24 << 20


class _Version(Struct, frozen=True):
    content: bytes
    looked: Looked


class Versions:
    """A search that remembers the last version of each path, as far as memory is given.

    Args:
        search: looks at one whole content.
    """

    def __init__(self, search: Search) -> None:
        self._search = search
        self._last: OrderedDict[str, _Version] = OrderedDict()
        self._held_bytes = 0

    def __call__(self, path: str | None, content: bytes) -> Looked:
        """What the search gives for the content, mostly for much less work."""
        if path is None or len(content) < _SMALLEST or b"\0" in content[:_SMALLEST]:
            return self._search(path, content)
        before = self._last.pop(path, None)
        looked = self._by_difference(path, before, content) if before is not None else None
        if looked is None:
            looked = self._search(path, content)
        self._remember(path, _Version(content, looked), before)
        return looked

    def _remember(self, path: str, version: _Version, before: _Version | None) -> None:
        self._last[path] = version
        self._held_bytes += len(version.content) - (len(before.content) if before else 0)
        while self._held_bytes > _HELD_BYTES:
            _, oldest = self._last.popitem(last=False)
            self._held_bytes -= len(oldest.content)

    def _by_difference(self, path: str, before: _Version, content: bytes) -> Looked | None:
        """The traces of the last version, moved, and those of what changed; None if too much."""
        old = before.content
        if before.looked.skipped:
            return None
        head = _alike_from_start(old, content)
        tail = _alike_from_end(old, content, most=min(len(old), len(content)) - head)
        begin = content.rfind(b"\n", 0, max(0, head - _MARGIN)) + 1
        end = content.find(b"\n", len(content) - tail + _MARGIN)
        end = len(content) if end < 0 else end
        if end - begin > len(content) // 2:
            return None
        fresh = self._search(path, content[begin:end])
        if fresh.skipped:
            return None
        if not fresh.traces and not before.looked.traces:
            return Looked()
        return Looked(_joined(before, content, fresh, head=head, tail=tail, begin=begin))


def _joined(
    before: _Version, content: bytes, fresh: Looked, *, head: int, tail: int, begin: int
) -> tuple[Trace, ...]:
    """Old traces above and below the change, new ones within it and its near context."""
    old = before.content
    shift_of_fresh = content.count(b"\n", 0, begin)
    top = _line(content, head - _MARGIN // 2)
    bottom = _line(content, len(content) - tail + _MARGIN // 2)
    shift = bottom - _line(old, len(old) - tail + _MARGIN // 2)
    near = (_moved(trace, shift_of_fresh) for trace in fresh.traces)
    return (
        *(trace for trace in before.looked.traces if trace.line < top),
        *(trace for trace in near if top <= trace.line <= bottom),
        *(
            _moved(trace, shift)
            for trace in before.looked.traces
            if trace.line >= top and trace.line + shift > bottom
        ),
    )


def _line(content: bytes, offset: int) -> int:
    """The number of the line at an offset; 1 before the beginning, none so high behind the end."""
    if offset <= 0:
        return 1
    return content.count(b"\n", 0, offset) + 1 + (offset >= len(content))


def _moved(trace: Trace, by: int) -> Trace:
    end = None if trace.end_line is None else trace.end_line + by
    return replace(trace, line=trace.line + by, end_line=end)


def _alike_from_start(one: bytes, other: bytes) -> int:
    most = min(len(one), len(other))
    for at in range(0, most, _STEP):
        left, right = one[at : min(at + _STEP, most)], other[at : min(at + _STEP, most)]
        if left != right:
            return at + _first_difference(left, right)
    return most


def _alike_from_end(one: bytes, other: bytes, *, most: int) -> int:
    for back in range(0, most, _STEP):
        width = min(_STEP, most - back)
        left = one[len(one) - back - width : len(one) - back]
        right = other[len(other) - back - width : len(other) - back]
        if left != right:
            return back + _first_difference(left[::-1], right[::-1])
    return most


def _first_difference(left: bytes, right: bytes) -> int:
    """Where two texts of equal length, which differ, first do so; by halving."""
    low, high = 0, len(left)
    while high - low > 1:
        middle = (low + high) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle
    return low
