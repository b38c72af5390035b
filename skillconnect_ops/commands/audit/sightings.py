"""What the secret detectors see in the files of a selection: each file once, each secret once.

The detectors, the masks and the names of findings are those of `skc secrets scan`, so that what is
accepted there is accepted here. All files are looked at that git tracks or would add, sources or
not; what git ignores is that command's part.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.code.discovery import Skipped
from skillconnect_ops.code.looked import IS_GONE
from skillconnect_ops.commands.audit.selection import Selection, Staged
from skillconnect_ops.commands.searching import Detectors
from skillconnect_ops.core.finding import Marks
from skillconnect_ops.core.ports.crew import Crew
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.detection.context import NO_REASON
from skillconnect_ops.history.jobs import FileJob, look_at_files
from skillconnect_ops.history.model import NO_SECRET, Hit, Trace, Where
from skillconnect_ops.history.wire import unpacked

_PORTION_BYTES = 8 << 20


class Sighted(Struct, frozen=True, kw_only=True):
    """One secret in one file, wherever it stands there."""

    path: str
    mark: str
    """The fingerprint that `skc secrets scan` gives it."""
    traces: tuple[Trace, ...]
    """In their order."""
    doubts: tuple[str, ...] = ()
    """Why it may be none."""
    unreasoned: str | None = None
    """What is said of a comment that would allow it, and gives no reason."""


class Sightings(Struct, frozen=True, kw_only=True):
    """All of them."""

    found: tuple[Sighted, ...] = ()
    files: int = 0
    unknown: tuple[Unknown, ...] = ()
    """What could not be looked at, or not into."""


def sightings(selection: Selection, crew: Crew, *, tick: Callable[[int], None]) -> Sightings:
    """Look at every file of the selection as it lies there, or as it is staged.

    Args:
        selection: the files.
        crew: looks at many.
        tick: told of files that were looked at.
    """
    if selection.index is not None:
        hits, unknown, files = _staged(selection.index)
    else:
        hits, unknown, files = _on_disk(selection, crew)
    tick(files)
    return Sightings(
        found=tuple(_together(hits)), files=files, unknown=tuple(dict.fromkeys(unknown))
    )


def on_disk(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, Path, int]]:
    """The plain files among some, with their size; links lead to what is looked at where it lies.

    Args:
        root: what they are relative to.
        paths: which.
    """
    for path in paths:
        file = root / path
        try:
            about = os.lstat(file)
        except OSError:
            continue  # gone since it was listed, or in a folder that nobody may enter
        if stat.S_ISREG(about.st_mode):
            yield path, file, about.st_size


def staged(index: Staged) -> Iterator[tuple[str, bytes, int]]:
    """What is staged: each path, its content, and the number of the first line of it."""
    for path, piece in index.pieces():
        if not isinstance(piece, Skipped):
            yield path, piece.content, piece.line


def _on_disk(selection: Selection, crew: Crew) -> tuple[list[Hit], list[Unknown], int]:
    files = list(on_disk(selection.root, (*selection.files, *selection.beyond)))
    hits: list[Hit] = []
    unknown: list[Unknown] = []
    total = sum(size for *_, size in files)
    for result in crew.spread(look_at_files, _jobs(files), size_bytes=total):
        harvest = unpacked(result)
        hits += harvest.hits
        unknown += [Unknown(gap.subject, gap.reason) for gap in harvest.gaps]
    return hits, unknown, len(files)


def _jobs(files: Sequence[tuple[str, Path, int]]) -> Iterator[FileJob]:
    items: list[tuple[str, Path]] = []
    size_bytes = 0
    for name, path, size in files:
        items.append((name, path))
        size_bytes += size
        if size_bytes >= _PORTION_BYTES:
            yield FileJob(search=Detectors(), where=Where.WORK_TREE, items=tuple(items))
            items, size_bytes = [], 0
    if items:
        yield FileJob(search=Detectors(), where=Where.WORK_TREE, items=tuple(items))


def _staged(index: Staged) -> tuple[list[Hit], list[Unknown], int]:
    hits: list[Hit] = []
    unknown: list[Unknown] = []
    search = Detectors()
    seen = set()
    for path, piece in index.pieces():
        if isinstance(piece, Skipped):
            if piece.reason != IS_GONE:
                unknown.append(Unknown(path, piece.reason))
            continue
        seen.add(path)
        looked = search(path, piece.content)
        unknown += [Unknown(path, f"not opened: {reason}") for reason in looked.skipped]
        traces = tuple(_below(trace, piece.line - 1) for trace in looked.traces)
        if traces:
            hits.append(Hit(where=Where.STAGED, path=path, traces=traces))
    return hits, unknown, len(seen)


def _below(trace: Trace, lines: int) -> Trace:
    """The same, for a part of a file that has so many lines before it."""
    if not lines:
        return trace
    end = None if trace.end_line is None else trace.end_line + lines
    return replace(trace, line=trace.line + lines, end_line=end)


def _together(hits: Iterable[Hit]) -> Iterator[Sighted]:
    """A secret that stands in a file several times is one; as the scan counts them."""
    by_place: dict[tuple[str, str, Secret, str], list[Trace]] = {}
    for hit in hits:
        for trace in hit.traces:
            counted = trace.context if trace.whole == NO_SECRET else ""
            key = (hit.path or "", trace.detector, trace.whole, counted)
            by_place.setdefault(key, []).append(trace)
    marks = Marks()
    for (path, detector, *_), traces in by_place.items():
        reasons = traces[0].reasons
        yield Sighted(
            path=path,
            mark=marks.next(detector, path, traces[0].context),
            traces=tuple(traces),
            doubts=tuple(reason for reason in reasons if reason != NO_REASON),
            unreasoned=NO_REASON if NO_REASON in reasons else None,
        )
