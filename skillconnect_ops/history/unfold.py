"""One content, and all that is wrapped in it: archives opened, disguises undone, then searched."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from msgspec.structs import replace

from skillconnect_ops.core.excerpts import Within
from skillconnect_ops.core.regex import regex
from skillconnect_ops.history.archives import Budget, Skipped, members
from skillconnect_ops.history.encodings import Plain
from skillconnect_ops.history.model import Looked, Part, Trace

_DEEPEST = 3
"""Wrappings within wrappings that are followed."""

PlainSearch = Callable[[str | None, bytes, Within | None], Sequence[Trace]]
"""Path, content, and the parts in which alone words count, if not all do."""
_LINE_END = regex(rb"\n")
_SETS = regex(rb"\s*+(?:#|(?:export\s)?[A-Za-z_]\w*=)")
_PROSE = (".md", ".mdx", ".rst", ".adoc")


class Disguised(Protocol):
    """Undoes encodings: only where a word stands (`encodings`), or `everywhere`."""

    def undone(self, content: bytes, *, within: Within | None = None) -> Iterator[Plain]:
        """What stands in the content in disguise."""


class Unfolding:
    """Looks at a content as it is, and at everything in it.

    Args:
        search: looks at plain content.
        disguises: undoes encodings.
    """

    def __init__(self, search: PlainSearch, *, disguises: Disguised) -> None:
        self._search = search
        self._disguises = disguises

    def __call__(self, path: str | None, content: bytes) -> Looked:
        """Look at one content."""
        skipped: list[str] = []
        traces = tuple(self._look(path, content, Budget(), skipped, depth=0))
        return Looked(traces, tuple(skipped))

    def around(self, path: str, content: bytes, parts: Sequence[Part]) -> Looked:
        """What the words within parts lead to; not for archives, of which no part can be told."""
        skipped: list[str] = []
        within = tuple((part.begin, part.end) for part in parts)
        plain = self._search(path, content, within)
        traces = self._with_disguised(path, content, plain, Budget(), skipped, within=within)
        return Looked(tuple(traces), tuple(skipped))

    def _look(
        self, path: str | None, content: bytes, budget: Budget, skipped: list[str], *, depth: int
    ) -> Iterator[Trace]:
        plain = self._search(path, content, None)
        if depth == _DEEPEST:
            yield from plain
            return
        # a tar's members, and what zips only store, lie open: better named by their member
        packed = list(self._packed(path, content, budget, skipped, depth=depth + 1))
        found = {(trace.detector, trace.secret) for trace in packed}
        yield from packed
        plain = [trace for trace in plain if (trace.detector, trace.secret) not in found]
        for trace in self._with_disguised(path, content, plain, budget, skipped, depth=depth):
            if trace.form == () or (trace.detector, trace.secret) not in found:
                yield trace

    def _with_disguised(
        self,
        path: str | None,
        content: bytes,
        plain: Sequence[Trace],
        budget: Budget,
        skipped: list[str],
        *,
        depth: int = 0,
        within: Within | None = None,
    ) -> Iterator[Trace]:
        yield from plain
        seen = {(trace.detector, trace.secret, trace.line) for trace in plain}
        lines = _Lines(content)
        for stretch in self._disguises.undone(content, within=within):
            inner = _meant(path, stretch.content)
            for trace in self._look(inner, stretch.content, budget, skipped, depth=depth + 1):
                # a stretch holds undisguised text, too, which was found already
                line = lines.at(stretch.origin(trace.line))
                mark = (trace.detector, trace.secret, line)
                if mark not in seen:
                    seen.add(mark)
                    yield _wrapped(trace, stretch.form, line=line)

    def _packed(
        self, path: str | None, content: bytes, budget: Budget, skipped: list[str], *, depth: int
    ) -> Iterator[Trace]:
        for member in members(content, budget):
            if isinstance(member, Skipped):
                skipped.append(member.reason)
                continue
            inner = member.path or _meant(path, member.content)
            for trace in self._look(inner, member.content, budget, skipped, depth=depth):
                yield _wrapped(trace, member.form, line=trace.line)


def _meant(path: str | None, content: bytes) -> str | None:
    """What an unwrapped text goes by: an env file that stands encoded in code is no code."""
    if path is None or path.endswith(_PROSE):
        return path
    lines = [line for line in content.split(b"\n") if line.strip()]
    if not lines or 2 * sum(_SETS.match(line) is not None for line in lines) <= len(lines):
        return path
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{name.rpartition('.')[0] or name}.env"


class _Lines:
    """The number of the line that an offset is in, from 1."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._ends: list[int] | None = None

    def at(self, offset: int) -> int:
        if self._ends is None:
            self._ends = [match.start() for match in _LINE_END.finditer(self._content)]
        return bisect_left(self._ends, offset) + 1


def _wrapped(trace: Trace, form: str, *, line: int) -> Trace:
    return replace(trace, form=(form, *trace.form), line=line, column=None, end_line=None)
