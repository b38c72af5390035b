"""`git cat-file --batch`: the contents of many objects through one pipe."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from itertools import accumulate, chain
from typing import IO

from skillconnect_ops.adapters.objects.program import Git
from skillconnect_ops.core.ports.objects import Block, ObjectKind, Piece, Unreadable

PIECE_BYTES = 16 << 20
"""What is read of one object at once. No size is too large; memory stays bounded."""
BLOCK_BYTES = 1 << 20
"""What is read of many objects at once, at least: what the pipe holds, so that git goes on."""
OVERLAP_BYTES = 1 << 16
"""How much of a piece the next one repeats, so that nothing is cut in two."""
_WORTH_TWO = 8
"""Blocks; so many are shared by two gits, since unpacking takes longer than searching."""
_CORRUPT = "git cannot read it (see `git fsck`)"


def contents(git: Git, oids: Iterable[str]) -> Iterator[Piece | Unreadable]:
    """The objects in the order asked for; one that git cannot read costs only itself."""
    todo = list(oids)
    while todo:
        done = 0
        for item in _batch(git, todo):
            if item is None:
                done += 1
                continue
            yield item
        if done < len(todo):  # git gave up at this one: name it, and go on behind it
            yield Unreadable(todo[done], _CORRUPT)
        todo = todo[done + 1 :]


def _batch(git: Git, oids: list[str]) -> Iterator[Piece | Unreadable | None]:
    """What one git gives, with a None behind each object that came whole."""
    with git.running("cat-file", "--batch", "--buffer", given=oids, tolerant=True) as told:
        while header := told.readline():
            words = header.split()
            if len(words) != 3:
                yield Unreadable(words[0].decode("ascii", "replace"), "the object is missing")
                yield None
                continue
            oid, kind, size_bytes = words[0].decode(), ObjectKind(words[1].decode()), int(words[2])
            if not (yield from _pieces(told, oid, kind, size_bytes)):
                return
            yield None


def _pieces(
    told: IO[bytes], oid: str, kind: ObjectKind, size_bytes: int
) -> Generator[Piece, None, bool]:
    """One object's pieces; returns whether it came whole."""
    left, line, tail = size_bytes, 1, b""
    while True:
        fresh = told.read(min(left, PIECE_BYTES))
        left -= len(fresh)
        if not fresh and left:
            return False
        content = tail + fresh if tail else fresh
        yield Piece(
            oid=oid,
            kind=kind,
            size_bytes=size_bytes,
            content=content,
            line=line,
            repeats=len(tail),
        )
        if not left:
            return bool(told.read(1))
        tail = content[-OVERLAP_BYTES:]
        line += content.count(b"\n") - tail.count(b"\n")


def blocks(
    git: Git, kind: ObjectKind, sizes: Mapping[str, int]
) -> Iterator[Block | Piece | Unreadable]:
    """The objects, those together that are small; where one is not as it was listed, each alone.

    Args:
        git: of their repository.
        kind: of all of them.
        sizes: in bytes, as they were listed.
    """
    portions = list(_portions(sizes))
    half = (len(portions) + 1) // 2 if len(portions) >= _WORTH_TWO else len(portions)
    lanes = [_lane(git, kind, some, sizes) for some in (portions[:half], portions[half:])]
    while lanes:  # in turns: while one is searched, both unpack
        for lane in tuple(lanes):
            if (item := next(lane, None)) is None:
                lanes.remove(lane)
            else:
                yield item
    yield from contents(git, [oid for oid, size in sizes.items() if size > PIECE_BYTES])


def _lane(
    git: Git, kind: ObjectKind, portions: Iterable[list[str]], sizes: Mapping[str, int]
) -> Iterator[Block | Piece | Unreadable]:
    """What one git prints after another has given up, as long as there is something left."""
    waiting = deque(portions)
    while waiting:
        given = chain.from_iterable(waiting)
        with git.running("cat-file", "--batch", "--buffer", given=given, tolerant=True) as told:
            while waiting:
                block = _block(told, kind, waiting[0], sizes)
                if block is None:
                    break
                waiting.popleft()
                yield block
        if waiting:
            yield from contents(git, waiting.popleft())


def _portions(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """The small ones, so many together as make a block."""
    portion: list[str] = []
    size_bytes = 0
    for oid, size in sizes.items():
        if size > PIECE_BYTES:
            continue
        portion.append(oid)
        size_bytes += size
        if size_bytes >= BLOCK_BYTES:
            yield portion
            portion, size_bytes = [], 0
    if portion:
        yield portion


def _block(
    told: IO[bytes], kind: ObjectKind, oids: list[str], sizes: Mapping[str, int]
) -> Block | None:
    """The next objects that git prints; None where they are not what is expected."""
    heads = [f"{oid} {kind} {sizes[oid]}\n".encode() for oid in oids]
    lengths = [len(head) + sizes[oid] + 1 for head, oid in zip(heads, oids, strict=True)]
    *starts, whole = accumulate(lengths, initial=0)
    content = told.read(whole)
    begins = [start + len(head) for start, head in zip(starts, heads, strict=True)]
    ends = [start + length - 1 for start, length in zip(starts, lengths, strict=True)]
    as_listed = len(content) == whole and all(
        content.startswith(head, start) and content.startswith(b"\n", end)
        for head, start, end in zip(heads, starts, ends, strict=True)
    )
    return Block(kind, oids, begins, ends, content) if as_listed else None
