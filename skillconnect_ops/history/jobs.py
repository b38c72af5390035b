"""One portion of work, done by whichever process takes it: read, search, say what was found."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.core.ports.objects import ObjectKind, Piece, Repository, Unreadable
from skillconnect_ops.core.regex import regex
from skillconnect_ops.core.view import size
from skillconnect_ops.history.archives import LARGEST_BYTES, MAGIC
from skillconnect_ops.history.model import Gap, Hit, Looked, PathClass, Search, Trace, Where
from skillconnect_ops.history.versions import Versions
from skillconnect_ops.history.wire import Harvest, packed

_TREE_ENTRY = rb"(?s)[^ ]+ ([^\0]+)\0.{%d}"
"""A mode, a name, and an id of so many bytes."""
_LFS = regex(rb"oid sha256:([0-9a-f]{64})")
_LFS_HEAD = b"version https://git-lfs"
_LARGEST_POINTER = 1024
_MAGIC_BYTES = 6
_STEP_BYTES = 16 << 20
_OVERLAP_BYTES = 1 << 16


class ObjectJob(Struct, frozen=True, kw_only=True):
    """Objects of one kind; with each blob, paths that it had, one of each class."""

    repository: Repository
    search: Search
    path_class: PathClass
    kind: ObjectKind
    items: tuple[tuple[str, tuple[str, ...]], ...]


class FileJob(Struct, frozen=True, kw_only=True):
    """Files on this disk; with each, the name that it goes by."""

    search: Search
    where: Where
    items: tuple[tuple[str, Path], ...]


def look_at_objects(job: ObjectJob) -> bytes:
    """Do the job; gives a packed `Harvest`."""
    if job.kind is ObjectKind.TREE:
        return packed(_names(job))
    gathered = _Gathered(job.search, path_class=job.path_class)
    paths = dict(job.items)
    for piece in job.repository.contents(paths):
        if isinstance(piece, Unreadable):
            subject = next(iter(paths.get(piece.oid, ())), piece.oid)
            gathered.gaps.append(Gap(subject, piece.reason))
            gathered.unreadable += 1
            continue
        gathered.size_bytes += len(piece.content)
        if job.kind is ObjectKind.BLOB:
            for path in paths[piece.oid] or (None,):
                gathered.blob(piece, path)
        else:
            gathered.message(piece)
    return packed(gathered.harvest())


def look_at_files(job: FileJob) -> bytes:
    """Do the job; gives a packed `Harvest`."""
    gathered = _Gathered(job.search)
    for name, path in job.items:
        try:
            for line, content in _read(path):
                gathered.size_bytes += len(content)
                looked = _below(job.search(name, content), line)
                if len(content) < (size_bytes := path.stat().st_size):
                    looked = _in_part(looked, size_bytes)
                gathered.add(looked, Hit(where=job.where, path=name, traces=looked.traces))
        except FileNotFoundError:
            continue  # it went away since the folder was listed
        except OSError as error:
            gathered.gaps.append(Gap(name, error.strerror or type(error).__name__))
    return packed(gathered.harvest())


class _Gathered:
    """What one job has found so far."""

    def __init__(self, search: Search, *, path_class: PathClass = str) -> None:
        self._search = search
        self._versions = Versions(search, path_class=path_class)
        self._hits: list[Hit] = []
        self.gaps: list[Gap] = []
        self.unreadable = 0
        self._pointers: dict[str, tuple[str, ...]] = {}
        self.size_bytes = 0
        self._passed_over = 0

    def blob(self, piece: Piece, path: str | None) -> None:
        """Search a blob's piece as what the path says that it is."""
        if piece.size_bytes < _LARGEST_POINTER and piece.content.startswith(_LFS_HEAD):
            found = _LFS.search(piece.content)
            if found is not None:
                known = self._pointers.get(oid := found[1].decode(), ())
                self._pointers[oid] = (*known, path or piece.oid)
        looked = self._look_at_blob(path, piece)
        self.add(looked, Hit(where=Where.BLOB, oid=piece.oid, path=path, traces=looked.traces))

    def _look_at_blob(self, path: str | None, piece: Piece) -> Looked:
        if len(piece.content) == piece.size_bytes:
            return self._versions(path, piece)
        looked = _in_part(self._search(path, piece.content), piece.size_bytes)
        return _below(looked, piece.line)

    def message(self, piece: Piece) -> None:
        """Search a commit or tag: its headers, which hold names, and its message."""
        looked = self._search(None, piece.content)
        where = Where.COMMIT if piece.kind is ObjectKind.COMMIT else Where.TAG
        headers = piece.content.partition(b"\n\n")[0].split(b"\n")
        for trace in looked.traces:
            part, line = _part(headers, trace.line)
            one = (replace(trace, line=line, column=None, end_line=None),)
            self._hits.append(Hit(where=where, oid=piece.oid, part=part, traces=one))
        self.add(replace(looked, traces=()), Hit(where=where, oid=piece.oid, traces=()))

    def add(self, looked: Looked, hit: Hit) -> None:
        """Keep what is worth keeping."""
        if looked.traces:
            self._hits.append(hit)
        self._passed_over += looked.passed_over
        subject = hit.path or hit.oid or ""
        self.gaps += [Gap(subject, f"not opened: {reason}") for reason in looked.skipped]

    def harvest(self) -> Harvest:
        """All of it."""
        return Harvest(
            hits=tuple(self._hits),
            gaps=tuple(self.gaps),
            unreadable=self.unreadable,
            pointers=self._pointers,
            size_bytes=self.size_bytes,
            passed_over=self._passed_over,
        )


def _names(job: ObjectJob) -> Harvest:
    """The names in trees, each once for the whole job; blobs' and trees' ids are cut out."""
    digest_bytes = len(job.items[0][0]) // 2 if job.items else 20
    entry = regex(_TREE_ENTRY % digest_bytes)
    names: set[bytes] = set()
    gaps: list[Gap] = []
    size_bytes = 0
    for piece in job.repository.contents(oid for oid, _ in job.items):
        if isinstance(piece, Unreadable):
            gaps.append(Gap(f"tree {piece.oid}", piece.reason))
            continue
        size_bytes += len(piece.content)
        names.update(entry.findall(piece.content))
    return Harvest(
        names=frozenset(name.decode("utf-8", "replace") for name in names),
        gaps=tuple(gaps),
        unreadable=len(gaps),
        size_bytes=size_bytes,
    )


def _part(headers: list[bytes], line: int) -> tuple[str, int]:
    """Where in a commit or tag a line is, and its number there."""
    if line > len(headers) + 1:
        return "message", line - len(headers) - 1
    owner = next(
        (head for head in reversed(headers[:line]) if not head.startswith(b" ")), b"header"
    )
    return owner.split(b" ", 1)[0].decode("ascii", "replace"), 1


def _below(looked: Looked, line: int) -> Looked:
    """The same, for a piece that begins at the given line of its whole."""
    if line == 1 or not looked.traces:
        return looked
    moved = tuple(_moved(trace, line - 1) for trace in looked.traces)
    return Looked(moved, looked.skipped, looked.passed_over)


def _moved(trace: Trace, by: int) -> Trace:
    end = None if trace.end_line is None else trace.end_line + by
    return replace(trace, line=trace.line + by, end_line=end)


def _whole(file: BinaryIO, size_bytes: int) -> bytes:
    """All of it: one call gives at most what the system likes to give."""
    parts = []
    while size_bytes > 0 and (part := file.read(size_bytes)):
        parts.append(part)
        size_bytes -= len(part)
    return b"".join(parts)


def _in_part(looked: Looked, size_bytes: int) -> Looked:
    """The same; what was skipped of a piece was skipped for the whole's size, not for damage."""
    if not looked.skipped:
        return looked
    reason = f"an archive of {size(size_bytes)}, of which only what lies open was looked at"
    return replace(looked, skipped=(reason,))


def _read(path: Path) -> Iterator[tuple[int, bytes]]:
    """A file's pieces, each with the number of its first line; large ones overlap."""
    with path.open("rb", buffering=0) as file:
        line, tail = 1, b""
        if file.read(_MAGIC_BYTES).startswith(MAGIC):
            size_bytes = path.stat().st_size
            if _STEP_BYTES < size_bytes <= LARGEST_BYTES:
                file.seek(0)
                yield 1, _whole(file, size_bytes)
                return
        file.seek(0)
        for fresh in chain((file.read(_STEP_BYTES),), iter(lambda: file.read(_STEP_BYTES), b"")):
            content = tail + fresh if tail else fresh
            yield line, content
            if len(fresh) < _STEP_BYTES:
                return
            tail = content[-_OVERLAP_BYTES:]
            line += content.count(b"\n") - tail.count(b"\n")
