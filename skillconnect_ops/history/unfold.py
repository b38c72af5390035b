"""One content, and all that is wrapped in it: archives opened, disguises undone, then searched."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec.structs import replace

from skillconnect_ops.history.archives import Budget, Skipped, members
from skillconnect_ops.history.encodings import Disguises
from skillconnect_ops.history.model import Looked, Trace

_DEEPEST = 3
"""Wrappings within wrappings that are followed."""

PlainSearch = Callable[[str | None, bytes], Sequence[Trace]]


class Unfolding:
    """A `Search` that looks at a content as it is, and at everything in it.

    Args:
        search: looks at plain content.
        anchors: words that plain secrets hold, for finding them in disguise.
    """

    def __init__(self, search: PlainSearch, *, anchors: Iterable[bytes]) -> None:
        self._search = search
        self._disguises = Disguises(anchors)

    def __call__(self, path: str | None, content: bytes) -> Looked:
        """Look at one content."""
        skipped: list[str] = []
        traces = tuple(self._look(path, content, Budget(), skipped, depth=0))
        return Looked(traces, tuple(skipped))

    def _look(
        self, path: str | None, content: bytes, budget: Budget, skipped: list[str], *, depth: int
    ) -> Iterator[Trace]:
        plain = self._search(path, content)
        if depth == _DEEPEST:
            yield from plain
            return
        # a tar's members, and what zips only store, lie open: better named by their member
        packed = list(self._packed(path, content, budget, skipped, depth=depth + 1))
        found = {(trace.detector, trace.secret) for trace in packed}
        yield from packed
        yield from (trace for trace in plain if (trace.detector, trace.secret) not in found)
        found |= {(trace.detector, trace.secret) for trace in plain}
        for stretch in self._disguises.undone(content):
            for trace in self._look(path, stretch.content, budget, skipped, depth=depth + 1):
                # a stretch holds undisguised text, too, which was found already
                if (trace.detector, trace.secret) not in found:
                    found.add((trace.detector, trace.secret))
                    line = content.count(b"\n", 0, stretch.start) + 1
                    yield _wrapped(trace, stretch.form, line=line)

    def _packed(
        self, path: str | None, content: bytes, budget: Budget, skipped: list[str], *, depth: int
    ) -> Iterator[Trace]:
        for member in members(content, budget):
            if isinstance(member, Skipped):
                skipped.append(member.reason)
                continue
            inner = member.path or path
            for trace in self._look(inner, member.content, budget, skipped, depth=depth):
                yield _wrapped(trace, member.form, line=trace.line)


def _wrapped(trace: Trace, form: str, *, line: int) -> Trace:
    return replace(trace, form=(form, *trace.form), line=line, column=None, end_line=None)
