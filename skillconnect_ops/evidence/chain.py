"""One file of records: is it whole, and where does it end."""

import json
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.evidence import record
from skillconnect_ops.evidence.errors import ChainIsBroken, ChainIsForked, MergeIsUnfinished
from skillconnect_ops.evidence.keys import PublicKey
from skillconnect_ops.evidence.record import FIRST, Record

_MARKERS = (b"<<<<<<< ", b"=======", b">>>>>>> ", b"||||||| ")


class Chain(Struct, frozen=True, kw_only=True):
    """A file that was read and found whole."""

    writer: str
    records: tuple[Record, ...]
    digests: tuple[str, ...]
    """The hash of each line."""
    whole: bytes
    """The file without what a crash left of its last line."""
    torn: bool
    """Whether a crash left something."""


def read(path: Path, data: bytes) -> Chain:
    """Check every line, every signature and every link.

    Raises:
        ChainIsBroken: a line is changed, removed, moved, or was another file's.
        ChainIsForked: two lines follow the same one.
        MergeIsUnfinished: git's conflict markers are in it.
    """
    end = data.rfind(b"\n") + 1
    whole, tail = data[:end], data[end:]
    records: list[Record] = []
    digests: list[str] = []
    for number, line in enumerate(whole.split(b"\n")[:-1], start=1):
        one = _line(path, number, line)
        _check_link(path, one, record.digest(line), digests)
        records.append(one)
        digests.append(record.digest(line))
    if tail:
        _check_tail(path, len(records) + 1, tail)
    return Chain(
        writer=path.stem,
        records=tuple(records),
        digests=tuple(digests),
        whole=whole,
        torn=bool(tail),
    )


def _line(path: Path, number: int, line: bytes) -> Record:
    if line.startswith(_MARKERS):
        raise MergeIsUnfinished(path, number)
    try:
        return record.read(line)
    except record.LineIsWrong as error:
        raise ChainIsBroken(path, number, why=str(error)) from error


def _check_tail(path: Path, number: int, tail: bytes) -> None:
    """A tail without a line end must be the beginning of a record, else someone wrote there."""
    try:
        _, end = json.JSONDecoder().raw_decode(text := tail.decode("utf-8", errors="replace"))
    except ValueError:
        begins = tail.startswith(b"{")
    else:
        begins = end == len(text)
    if not begins:
        raise ChainIsBroken(path, number, why="what follows the last line is no record")


def _check_link(path: Path, one: Record, digest: str, digests: list[str]) -> None:
    number = len(digests) + 1
    if one.writer != path.stem or not path.stem.startswith(f"{PublicKey(one.key).id}-"):
        raise ChainIsBroken(path, number, why="the record was written for another file")
    if one.prev == (digests[-1] if digests else FIRST) and one.seq == number:
        return
    if digest in digests:
        raise ChainIsBroken(path, number, why="the record stands there twice")
    if one.prev in {FIRST, *digests[:-1]}:
        raise ChainIsForked(path, number)
    raise ChainIsBroken(path, number, why="it does not follow the record before it")
