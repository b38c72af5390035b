"""Versions of one file, looked at one after the other: only what differs is searched again.

A file with a thousand versions is a thousand times nearly the same text. Where two versions of a
path share a stretch, what was found in it holds for both; what lies between such stretches, with a
margin on both sides, is all that is new: only words that stand there are asked for, while whoever
judges them sees the whole file. Lines may be long (generated pages), so a stretch may begin and end
within one; what was found on a line that is cut so, or changed, has the whole searched again.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.core.ports.objects import Piece, Same
from skillconnect_ops.history.model import Looked, Part, PathClass, Search, Trace

_PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\xff\xfe", b"\xfe\xff")
_SMALLEST = 8192
"""Below this, comparing costs what searching does."""
_MARGIN = 256
"""What is searched again to both sides of a change, at least, so that it is seen in its context."""
_REMEMBERED = 3
"""Versions of one path: where branches take turns, the last but one is nearer than the last."""
_SHORTEST = 3 * _MARGIN
"""Of equal stretches, those that are worth not being searched."""
_PROBE = 48
_LINE = 256
"""How far the start of a line is looked for, where texts most likely go on alike."""
_REACH = 1 << 15
_PROBES = (0, 64, 256, 1024, 4096, 12288)
"""How far behind a difference, in the old version, a text is taken that the new one may hold."""
_MOST_CHANGES = 200
_STEP = 1 << 14
_STRETCH = 1 << 12
_FEW = 256
_HELD_BYTES = 24 << 20


class _Located(Struct, frozen=True):
    """A trace, and the offsets of where its first line begins and its last one ends."""

    trace: Trace
    begin: int
    end: int


class _Version(Struct, frozen=True):
    path: str
    content: bytes
    located: tuple[_Located, ...]
    is_whole: bool
    """Whether all of it could be looked at."""


class _Memory:
    """The last versions by some key, as far as memory is given: what lay longest is forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._last: OrderedDict[str, tuple[_Version, ...]] = OrderedDict()
        self._held_bytes = 0

    def of(self, key: str) -> tuple[_Version, ...]:
        known = self._last.get(key, ())
        if known:
            self._last.move_to_end(key)
        return known

    def keep(self, key: str, version: _Version) -> None:
        known = self._last.pop(key, ())
        kept = (*known, version)[-self._most :]
        self._last[key] = kept
        self._held_bytes += _held(kept) - _held(known)
        while self._held_bytes > _HELD_BYTES:
            _, oldest = self._last.popitem(last=False)
            self._held_bytes -= _held(oldest)


class Versions:
    """A search that remembers the last versions, by path and by object, as far as memory is given.

    Args:
        search: looks at one whole content.
        path_class: what an object's content gave for one path holds for all of the same class;
            by default each path is its own.
    """

    def __init__(self, search: Search, *, path_class: PathClass = str) -> None:
        self._search = search
        self._path_class = path_class
        self._of_path = _Memory(_REMEMBERED)
        self._of_object = _Memory(_REMEMBERED)

    def __call__(self, path: str | None, piece: Piece) -> Looked:
        """What the search gives for a whole object's content, mostly for much less work."""
        content = piece.content
        if path is None or len(content) < _SMALLEST or _is_binary(content):
            return self._search(path, content)
        version = self._by_nearest(path, piece)
        looked = _looked(version) if version is not None else self._search(path, content)
        if version is None:
            located = tuple(_located(looked.traces, content))
            version = _Version(path, content, located, is_whole=not looked.skipped)
        self._of_path.keep(path, version)
        self._of_object.keep(piece.oid, version)
        return looked

    def _by_nearest(self, path: str, piece: Piece) -> _Version | None:
        """From what it is stored as a difference to, or the last versions of its path."""
        content, told = piece.content, piece.difference
        base = self._base(path, piece)
        version = None
        if base is not None and told is not None and told.same is not None:
            version = self._by_difference(path, base, content, told.same)
        if version is not None:
            return version
        known = self._of_path.of(path)
        if known:
            base = min(known, key=lambda one: abs(len(one.content) - len(content)))
        if base is None:
            return None
        return self._by_difference(path, base, content, alike(base.content, content))

    def _base(self, path: str, piece: Piece) -> _Version | None:
        """What is known of the object that this one is stored as a difference to."""
        if piece.difference is not None:
            for before in self._of_object.of(piece.difference.base):
                if path == before.path or self._path_class(path) == self._path_class(before.path):
                    return before
        return None

    def _by_difference(
        self, path: str, before: _Version, content: bytes, same: Iterable[Same]
    ) -> _Version | None:
        """What changed, searched, and what is known of the rest; None where that is not enough."""
        if not before.is_whole:
            return None
        kept = [_inner(one, before.content, content) for one in same]
        kept = [one for one in kept if one.length > 0]
        if 4 * sum(one.length for one in kept) < len(content):
            return None
        carried = _carried(before, content, kept) if before.located else []
        if carried is None:
            return None
        parts = list(_between(kept, before.content, content))
        looked = self._search.around(path, content, parts) if parts else Looked()
        if looked is None or looked.skipped:
            return None
        found = {_mark(one.trace): one for one in carried}
        found |= {_mark(one.trace): one for one in _located(looked.traces, content)}
        return _Version(path, content, tuple(sorted(found.values(), key=_place)), is_whole=True)


def _looked(version: _Version) -> Looked:
    return Looked(tuple(one.trace for one in version.located))


def _place(located: _Located) -> tuple[bool, int, int]:
    """In the order in which a search of the whole tells them: what lies open comes first."""
    trace = located.trace
    return trace.form != (), trace.line, trace.column or 0


def _mark(trace: Trace) -> tuple[object, ...]:
    return (trace.detector, trace.secret, trace.line, trace.column, trace.form)


def _is_binary(content: bytes) -> bool:
    """Of what is encoded or packed as a whole no part can be told."""
    return b"\0" in content[:_SMALLEST] or content.startswith(_PACKED)


def _held(versions: tuple[_Version, ...]) -> int:
    return sum(len(one.content) for one in versions)


def alike(old: bytes, new: bytes) -> Iterator[Same]:
    """Stretches that both hold, in the order of both; by far not all, but quickly."""
    at_old = at_new = 0
    for _ in range(_MOST_CHANGES):
        length = _alike_from(old, at_old, new, at_new)
        if length >= _SHORTEST:
            yield Same(at_old, at_new, length)
        at_old, at_new = at_old + length, at_new + length
        found = _next_same(old, at_old, new, at_new)
        if found is None:
            break
        at_old, at_new = found
    tail = _alike_to_end(old, at_old, new, at_new)
    if tail >= _SHORTEST:
        yield Same(len(old) - tail, len(new) - tail, tail)


def _next_same(old: bytes, at_old: int, new: bytes, at_new: int) -> tuple[int, int] | None:
    """Where both go on alike, behind a place where they differ."""
    for skip in _PROBES:
        begin = at_old + skip
        begin = old.find(b"\n", begin, begin + _LINE) + 1 or begin
        probe = old[begin : begin + _PROBE]
        if len(probe) < _PROBE:
            return None
        found = new.find(probe, at_new, at_new + _REACH + skip)
        if found >= 0:
            return begin, found
    return None


def _inner(same: Same, old: bytes, new: bytes) -> Same:
    """The stretch without its margins: from line to line where lines are short enough."""
    begin, end = same.new, same.new + same.length
    if same.old > 0 or same.new > 0:
        begin += _MARGIN
        begin = new.find(b"\n", begin, min(begin + _MARGIN, end)) + 1 or begin
    if end < len(new) or same.old + same.length < len(old):
        end -= _MARGIN
        end = new.rfind(b"\n", max(end - _MARGIN, begin, 0), max(end, 0)) + 1 or end
    return Same(same.old + begin - same.new, begin, max(0, end - begin))


def _between(kept: list[Same], old: bytes, new: bytes) -> Iterator[Part]:
    """What the stretches leave, each with its margin on both sides."""
    at_old = at_new = 0
    for one in (*kept, Same(len(old), len(new), 0)):
        if at_new < one.new or at_old < one.old:
            yield Part(begin=at_new, end=one.new, gone=old[at_old : one.old])
        at_old, at_new = one.old + one.length, one.new + one.length


def _carried(before: _Version, content: bytes, kept: list[Same]) -> list[_Located] | None:
    """The old version's traces in stretches that the new one has; None where a cut goes through."""
    carried: list[_Located] = []
    shift = at_old = at_new = 0
    for one in kept:
        shift += content.count(b"\n", at_new, one.new)
        shift -= before.content.count(b"\n", at_old, one.old)
        at_old, at_new = one.old + one.length, one.new + one.length
        for located in before.located:
            if one.old <= located.begin and located.end <= at_old:
                carried.append(_moved(located, one.new - one.old, lines=shift))
            elif located.begin < at_old and located.end > one.old:
                return None
    return carried


def _located(traces: Sequence[Trace], content: bytes) -> list[_Located]:
    """Where the lines of traces begin and end."""
    ends = _LineEnds(content)
    return [
        _Located(one, ends.of(one.line - 1), ends.of(one.end_line or one.line)) for one in traces
    ]


class _LineEnds:
    """Where lines end, looked for only as far as they are asked for, a stretch at a time."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._marks = [(0, 0)]
        """Line ends before an offset, and the offset: one for each stretch passed so far."""

    def of(self, number: int) -> int:
        """Where the line of this number, from 1, ends, with its line feed; of 0 it is the start."""
        if number <= 0:
            return 0
        while self._marks[-1][0] < number and self._marks[-1][1] < len(self._content):
            passed, at = self._marks[-1]
            until = min(at + _STRETCH, len(self._content))
            self._marks.append((passed + self._content.count(b"\n", at, until), until))
        passed, at = self._marks[bisect_left(self._marks, (number, 0)) - 1]
        while passed < number:
            at = self._content.find(b"\n", at) + 1
            if at == 0:
                return len(self._content)
            passed += 1
        return at


def _moved(located: _Located, by: int, *, lines: int) -> _Located:
    trace = located.trace
    if lines:
        end = None if trace.end_line is None else trace.end_line + lines
        trace = replace(trace, line=trace.line + lines, end_line=end)
    return _Located(trace, located.begin + by, located.end + by)


def _alike_from(one: bytes, at: int, other: bytes, there: int) -> int:
    most = min(len(one) - at, len(other) - there)
    done, step = 0, 1024
    while done < most:
        left = one[at + done : at + min(done + step, most)]
        if not other.startswith(left, there + done):
            right = other[there + done : there + done + len(left)]
            return done + _first_difference(left, right)
        done, step = done + len(left), min(2 * step, _STEP)
    return most


def _alike_to_end(one: bytes, at: int, other: bytes, there: int) -> int:
    most = min(len(one) - at, len(other) - there)
    done, step = 0, 1024
    while done < most:
        left = one[len(one) - min(done + step, most) : len(one) - done]
        if not other.endswith(left, 0, len(other) - done):
            right = other[len(other) - done - len(left) : len(other) - done]
            return done + _first_difference(left[::-1], right[::-1])
        done, step = done + len(left), min(2 * step, _STEP)
    return most


def _first_difference(left: bytes, right: bytes) -> int:
    """Where two texts of equal length, which differ, first do so: halved, then its lowest bit."""
    low, high = 0, len(left)
    while high - low > _FEW:
        middle = (low + high) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle
    bits = int.from_bytes(left[low:high], "little") ^ int.from_bytes(right[low:high], "little")
    return low + ((bits & -bits).bit_length() - 1) // 8
