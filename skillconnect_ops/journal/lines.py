"""The text of a journal: one JSON object a line, each with a checksum over itself and the last.

A line's `sum` is the SHA-256 of the sum before it and of the line without its own sum. It tells
damage, not malice: whoever can write the file can also compute the sums.
"""

import re
from datetime import datetime
from hashlib import sha256

import msgspec
from msgspec import Struct

from skillconnect_ops.journal.events import AnyEvent, Entry

_SUM = re.compile(rb',"sum":"([0-9a-f]{64})"\}\Z')
_event = msgspec.json.Decoder(AnyEvent)


class _Head(Struct):
    n: int
    at: datetime


class Text(Struct, frozen=True, kw_only=True):
    """A journal's text, read."""

    entries: tuple[Entry, ...]
    """Those before the first broken line; all, where none is broken."""
    last: Entry | None
    """The last line, if that one is whole; past a broken line, too."""
    sum: bytes
    """What the next line's sum builds on."""
    whole_bytes: int
    """Where the last whole line ends."""
    torn: bool
    """Whether a line that was never finished follows."""
    trouble: str | None
    """Which line is broken, and how; None where all are whole."""


def write(entry: Entry, before: bytes) -> tuple[bytes, bytes]:
    """The line of an entry, and its sum.

    Args:
        entry: what to write.
        before: the sum of the line before it; empty for the first.
    """
    head = msgspec.json.encode(_Head(n=entry.n, at=entry.at))
    body = head[:-1] + b"," + msgspec.json.encode(entry.event)[1:]
    digest = _digest(before, body)
    return body[:-1] + b',"sum":"' + digest + b'"}\n', digest


def as_read(entry: Entry) -> Entry:
    """The entry as another process will read it: an image that JSON changes is changed for all."""
    return Entry(entry.n, entry.at, _event.decode(msgspec.json.encode(entry.event)))


def read(text: bytes) -> Text:
    """Read a journal's text. It never raises: what is wrong stands in `torn` and `trouble`.

    Only a last line without its end counts as torn, since that is how a dying append leaves it; a
    line with an end and a wrong sum was whole once, and is broken.
    """
    lines = text.split(b"\n")
    tail = lines.pop()
    entries: list[Entry] = []
    before, at, trouble, last = b"", 0, None, None
    for number, line in enumerate(lines, start=1):
        entry, before = _line(line, before)
        last = entry
        if entry is None or entry.n != number:
            trouble = trouble or f"line {number} is damaged, or of another version"
        elif trouble is None:
            entries.append(entry)
            at += len(line) + 1
    if tail and _was_whole(tail, before):
        trouble = trouble or f"line {len(lines) + 1} has lost its end"
    return Text(
        entries=tuple(entries),
        last=last,
        sum=before,
        whole_bytes=at,
        torn=bool(tail),
        trouble=trouble,
    )


def _line(line: bytes, before: bytes) -> tuple[Entry | None, bytes]:
    """The entry of a line, if it is whole, and the sum that it states."""
    stated = _SUM.search(line)
    if stated is None:
        return None, b""
    body = line[: stated.start()] + b"}"
    if _digest(before, body) != stated[1]:
        return None, stated[1]
    try:
        head = msgspec.json.decode(body, type=_Head)
        return Entry(head.n, head.at, _event.decode(body)), stated[1]
    except msgspec.DecodeError:
        return None, stated[1]


def _was_whole(tail: bytes, before: bytes) -> bool:
    """Whether an unfinished line is a whole one whose newline was altered into another byte."""
    return _line(tail[:-1], before)[0] is not None


def _digest(before: bytes, body: bytes) -> bytes:
    return sha256(before + body).hexdigest().encode("ascii")
