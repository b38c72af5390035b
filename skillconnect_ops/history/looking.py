"""One look over many objects of a kind: which hold a value, and what each leads to.

Small objects are searched together, as git hands them out; only those in which a trace was seen,
or that may be an archive, are looked at one by one.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.core.ports.objects import (
    Block,
    Listed,
    ObjectKind,
    Piece,
    Repository,
    Unreadable,
)
from skillconnect_ops.core.regex import regex
from skillconnect_ops.core.view import size
from skillconnect_ops.core.words import Words
from skillconnect_ops.history.anatomy import entries, free_text, heads, is_folder
from skillconnect_ops.history.archives import CLOSED, LARGEST_BYTES, MAGIC, ends_like_zip
from skillconnect_ops.history.needles import BYTE_ORDER_MARKS, MASK, Needles
from skillconnect_ops.history.repacked import may_pack

Other = TypeVar("Other", bound=Block | Unreadable)
PORTION_BYTES = 48 << 20
NONE: frozenset[int] = frozenset()
_OPENED = (*MAGIC, *CLOSED, *BYTE_ORDER_MARKS)
"""What begins so holds more than its bytes show."""
_HEAD_OR_FOLDER = rb"\n?([0-9a-f]{%d}) tree [0-9]+\n|0*40000 [^\0]+\0(.{%d})"
_TREES = rb"(?s)" + _HEAD_OR_FOLDER + rb"|[0-7]+ [^\0]+\0(.{%d})"
"""Trees as git prints many: the head of one, or an entry that is a folder, or another one."""
_FOLDERS = rb"(?s)(?:1[0-7]{5} [^\0]+\0.{%d})*+(?:" + _HEAD_OR_FOLDER + rb")()"
"""The same; entries that are no folders are passed over."""
_FEW = 2000
"""Blobs that are looked for in trees by searching them for their ids."""


class Wanted(Struct, frozen=True):
    """What is looked for; plain data, since it is handed to child processes."""

    values: tuple[bytes, ...]
    mask: bytes = MASK
    plain: tuple[bytes, ...] = ()
    """Looked for as they stand and in no other form; they count on from the values."""

    @property
    def needles(self) -> Needles:
        """What finds it; got ready once in a process."""
        return _needles(self)


class Line(Struct, frozen=True, gc=False):
    """One commit, or one tag: what it leads to."""

    oid: str
    leads_to: tuple[str, ...]
    """A commit's tree and then its parents; a tag's object."""


class Job(Struct, frozen=True, kw_only=True):
    """Objects of one kind."""

    repository: Repository
    wanted: Wanted
    kind: ObjectKind
    sizes: dict[str, int]
    """The objects, and how large each is, in bytes."""
    strict: bool = False
    """Whether an archive that cannot be opened is told."""
    affected: frozenset[bytes] = frozenset()
    """Of a job of trees: the blobs that hold something."""
    leads: bool = True
    """Whether it is of use what trees lead to."""


class Harvest(Struct, kw_only=True):
    """What one job saw."""

    holding: dict[str, tuple[int, ...]] = {}
    """With each object, which of the values."""
    lines: list[Line] = []
    above: list[tuple[bytes, bytes]] = []
    """Trees, each with the trees within it, one id behind the other."""
    leading: list[str] = []
    """Trees that lead to a blob which holds something."""
    unreadable: list[tuple[str, str]] = []
    size_bytes: int = 0


@lru_cache(4)
def _needles(wanted: Wanted) -> Needles:
    return Needles(wanted.values, mask=wanted.mask, plain=wanted.plain)


def look_for(job: Job) -> bytes:
    """Do the job; gives a packed `Harvest`."""
    look = _Look(job)
    for one in whole(job.repository.blocks(job.kind, job.sizes), up_to_bytes=LARGEST_BYTES):
        match one:
            case Unreadable():
                look.harvest.unreadable.append((one.oid, one.reason))
            case Block():
                look.at_block(one)
            case Piece():
                look.at_piece(one)
    return msgspec.msgpack.encode(look.harvest)


def portions(listed: Iterable[Listed]) -> Iterator[dict[str, int]]:
    """What makes a job each, in the order given: ids, and how large each object is, in bytes."""
    sizes: dict[str, int] = {}
    size_bytes = 0
    for one in listed:
        sizes[one.oid] = one.size_bytes
        size_bytes += one.size_bytes
        if size_bytes >= PORTION_BYTES:
            yield sizes
            sizes, size_bytes = {}, 0
    if sizes:
        yield sizes


def whole(
    pieces: Iterable[Piece | Other], *, up_to_bytes: int | None = None
) -> Iterator[Piece | Other]:
    """Objects as a whole, of large ones the pieces put together; still larger ones in pieces."""
    together: list[bytes] = []
    for piece in pieces:
        if not isinstance(piece, Piece):
            together = []
        elif up_to_bytes is not None and piece.size_bytes > up_to_bytes:
            pass
        elif len(piece.content) < piece.size_bytes:
            together.append(piece.content[piece.repeats :])
            if sum(map(len, together)) == piece.size_bytes:
                yield replace(piece, content=b"".join(together), line=1, repeats=0)
                together = []
            continue
        yield piece


def in_content(needles: Needles, content: bytes) -> frozenset[int]:
    """Which values a blob or a file holds, packed members included."""
    return into_content(needles, content)[0]


def into_content(needles: Needles, content: bytes) -> tuple[frozenset[int], tuple[str, ...]]:
    """Those, and why something in it stayed packed."""
    suspect = needles.plainly(content) or needles.may_pack(content)
    return needles.seen(content) if suspect else (NONE, ())


class _Look:
    """What all objects of a job have in common."""

    def __init__(self, job: Job) -> None:
        self.harvest = Harvest()
        self._job = job
        self._needles = job.wanted.needles
        self._few = len(job.affected) <= _FEW
        self._affected = Words(sorted(job.affected)) if self._few and job.affected else None

    def at_block(self, block: Block) -> None:
        """All of a block at once, then what may hold something by itself."""
        self.harvest.size_bytes += block.size_bytes
        suspects = set(block.owners(self._needles.traces(block.content)))
        match self._job.kind:
            case ObjectKind.BLOB:
                begins = enumerate(block.begins)
                suspects.update(n for n, at in begins if block.content.startswith(_OPENED, at))
            case ObjectKind.TREE:
                if self._job.leads:
                    self._trees(block)
            case ObjectKind.COMMIT | ObjectKind.TAG:
                for oid, at in zip(block.oids, block.begins, strict=True):
                    self.harvest.lines.append(Line(oid, heads(block.content, at)[0]))
        for number in sorted(suspects):
            self._hold(block.oids[number], self._holds(block[number]))

    def at_piece(self, piece: Piece) -> None:
        """An object that came alone, or a part of a very large one."""
        self.harvest.size_bytes += len(piece.content)
        self._hold(piece.oid, self._holds(piece))
        match self._job.kind:
            case ObjectKind.BLOB:
                pass
            case ObjectKind.TREE:
                if self._job.leads:
                    self._tree(piece.oid, piece.content)
            case ObjectKind.COMMIT | ObjectKind.TAG:
                self.harvest.lines.append(Line(piece.oid, heads(piece.content)[0]))

    def _holds(self, piece: Piece) -> frozenset[int]:
        match self._job.kind:
            case ObjectKind.BLOB:
                if len(piece.content) < piece.size_bytes:
                    return self._in_part(piece)
                held, unopened = into_content(self._needles, piece.content)
                self._unopened(piece, unopened)
                return held
            case _ if not self._needles.plainly(piece.content):
                return NONE
            case ObjectKind.TREE:
                names = [name for _, name, _ in entries(piece.content, len(piece.oid) // 2)]
                return NONE.union(*map(self._needles.held, names))
            case ObjectKind.COMMIT | ObjectKind.TAG:
                return self._needles.held(free_text(piece.content))

    def _in_part(self, piece: Piece) -> frozenset[int]:
        """What a part of a very large blob holds; an archive of that size is not opened."""
        if may_pack(piece.content) or ends_like_zip(piece.content):
            self._unopened(piece, [f"an archive of {size(piece.size_bytes)}"])
        return self._needles.held(piece.content) if self._needles.plainly(piece.content) else NONE

    def _unopened(self, piece: Piece, reasons: Sequence[str]) -> None:
        if self._job.strict:
            self.harvest.unreadable += [(piece.oid, f"not opened: {why}") for why in reasons]

    def _hold(self, oid: str, holds: frozenset[int]) -> None:
        if holds:
            known = self.harvest.holding.get(oid, ())
            self.harvest.holding[oid] = tuple(sorted({*known, *holds}))

    def _trees(self, block: Block) -> None:
        """The entries of all in one go; one by one where something in them looks like a head."""
        digits = len(block.oids[0])
        if self._few:
            found = regex(_FOLDERS % (digits // 2, digits, digits // 2)).findall(block.content)
        else:
            found = regex(_TREES % (digits, digits // 2, digits // 2)).findall(block.content)
        places = [place for place, (head, _, _) in enumerate(found) if head]
        if [found[place][0].decode() for place in places] != list(block.oids):
            for number, oid in enumerate(block.oids):
                self._tree(oid, block[number].content)
            return
        for oid, (begin, end) in zip(block.oids, pairwise((*places, len(found))), strict=True):
            own = found[begin + 1 : end]
            self._entries(
                oid, [folder for _, folder, _ in own if folder], [other for _, _, other in own]
            )
        if self._affected is not None:
            hits = (start for _, start, _ in self._affected.hits(block.content))
            for number in sorted(set(block.owners(hits))):
                every = entries(block[number].content, digits // 2)
                self._entries(block.oids[number], [], [one for _, _, one in every])

    def _tree(self, oid: str, content: bytes) -> None:
        every = entries(content, len(oid) // 2)
        folders = [one for mode, _, one in every if is_folder(mode)]
        self._entries(oid, folders, [one for mode, _, one in every if not is_folder(mode)])

    def _entries(self, oid: str, folders: list[bytes], others: list[bytes]) -> None:
        if folders:
            self.harvest.above.append((bytes.fromhex(oid), b"".join(folders)))
        if not self._job.affected.isdisjoint(others):
            self.harvest.leading.append(oid)
