"""What regular expressions match in the plain text of objects, as literal values.

A pattern is somebody's own, so that each content has a time limit: an expression that goes back
over and over would run for ever on the wrong one.
"""

import re
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import msgspec
from msgspec import Struct

from skillconnect_ops.core.plan import Ticker
from skillconnect_ops.core.ports.crew import Crew
from skillconnect_ops.core.ports.objects import (
    Block,
    Listed,
    ObjectKind,
    Piece,
    Repository,
    Unreadable,
)
from skillconnect_ops.core.regex import regex
from skillconnect_ops.history.anatomy import free_text
from skillconnect_ops.history.archives import LARGEST_BYTES
from skillconnect_ops.history.looking import portions, whole

LONGEST_BYTES = 16 << 10
"""Of one match; a pattern that takes more takes whole files."""
LIMIT_S = 10.0
"""For one pattern on one content."""
_KINDS = (ObjectKind.COMMIT, ObjectKind.TAG, ObjectKind.BLOB)


class PatternJob(Struct, frozen=True, kw_only=True):
    """Objects of one kind, and what is looked for in them; plain data."""

    repository: Repository
    patterns: tuple[str, ...]
    kind: ObjectKind
    sizes: dict[str, int]
    most: int
    least_bytes: int
    limit_s: float


class Fault(Struct, frozen=True):
    """Why a pattern is of no use; it names no text."""

    pattern: int
    """Counted from 0."""
    reason: str


class Matches(Struct, kw_only=True):
    """What patterns matched."""

    values: list[set[bytes]]
    """Of each pattern, each value once."""
    fault: Fault | None = None


class _TooSlow(Exception):
    """The time is over."""


def compiled(pattern: str) -> re.Pattern[bytes]:
    """The expression, compiled when it is first used; `^` and `$` are the ends of lines."""
    return regex(pattern.encode(errors="surrogateescape"), re.MULTILINE)


def matches(
    repository: Repository,
    patterns: Sequence[str],
    *,
    crew: Crew,
    ticker: Ticker,
    most: int,
    least_bytes: int,
    limit_s: float = LIMIT_S,
) -> Matches:
    """Search every commit, tag and blob once; it ends at the first fault.

    Args:
        repository: what is searched.
        patterns: expressions that compile. What the first group of one matches is the value, if it
            has a group; else all that it matches.
        crew: who does the work.
        ticker: counts bytes.
        most: so many different values of a pattern are too many.
        least_bytes: a shorter match is a fault.
        limit_s: for one pattern on one content.
    """
    of: dict[ObjectKind, list[Listed]] = {kind: [] for kind in ObjectKind}
    for one in repository.listing():
        if isinstance(one, Listed):
            of[one.kind].append(one)

    def jobs() -> Iterator[PatternJob]:
        for kind in _KINDS:
            for sizes in portions(of[kind]):
                yield PatternJob(
                    repository=repository,
                    patterns=tuple(patterns),
                    kind=kind,
                    sizes=sizes,
                    most=most,
                    least_bytes=least_bytes,
                    limit_s=limit_s,
                )

    found = Matches(values=[set() for _ in patterns])
    total = sum(one.size_bytes for kind in _KINDS for one in of[kind])
    for result in crew.spread(match_all, jobs(), size_bytes=total):
        size_bytes, seen = msgspec.msgpack.decode(result, type=tuple[int, Matches])
        for every, own in zip(found.values, seen.values, strict=True):
            every.update(own)
        crowded = (number for number, own in enumerate(found.values) if len(own) > most)
        number = next(crowded, None)
        found.fault = seen.fault or (None if number is None else _too_many(number, most))
        if found.fault is not None:
            break
        ticker.advance(size_bytes)
    return found


def match_all(job: PatternJob) -> bytes:
    """Do the job; gives how many bytes were read, and the `Matches`, packed."""
    look = _Look(job)
    for one in whole(job.repository.blocks(job.kind, job.sizes), up_to_bytes=LARGEST_BYTES):
        match one:
            case Unreadable():
                continue  # the survey tells of it
            case Block():
                for number in range(len(one.oids)):
                    look.at(one[number])
            case Piece():
                look.at(one)
        if look.found.fault is not None:
            break
    return msgspec.msgpack.encode((look.size_bytes, look.found))


class _Look:
    def __init__(self, job: PatternJob) -> None:
        self.found = Matches(values=[set() for _ in job.patterns])
        self.size_bytes = 0
        self._job = job
        self._each = [compiled(pattern) for pattern in job.patterns]
        self._reached: tuple[str, int] = ("", 0)
        """Of a very large object that comes in pieces, how far they have come."""

    def at(self, piece: Piece) -> None:
        """One content, or a piece of one."""
        self.size_bytes += len(piece.content)
        content = piece.content
        if piece.kind is not ObjectKind.BLOB:
            content = free_text(content)
        oid, reached = self._reached
        begin = reached - piece.repeats if oid == piece.oid else 0
        self._reached = (piece.oid, begin + len(piece.content))
        is_first, is_last = begin == 0, begin + len(piece.content) >= piece.size_bytes

        def whole_one(found: re.Match[bytes]) -> bool:
            """What ends with a piece may go on; the next one has all of it."""
            from_before = found.start() == 0 and not is_first
            return not from_before and (found.end() < len(content) or is_last)

        for number, pattern in enumerate(self._each):
            self._with(number, pattern, content, whole_one)
            if self.found.fault is not None:
                return

    def _with(
        self,
        number: int,
        pattern: re.Pattern[bytes],
        content: bytes,
        whole_one: Callable[[re.Match[bytes]], bool],
    ) -> None:
        values, job = self.found.values[number], self._job
        try:
            with _within(job.limit_s):
                for found in pattern.finditer(content):
                    group = found[1] if pattern.groups else None
                    value = found[0] if group is None else group
                    if not whole_one(found) or value in values:
                        continue
                    if len(value) < job.least_bytes:
                        reason = f"it matches {len(value)} bytes somewhere"
                    elif len(value) > LONGEST_BYTES:
                        reason = f"it matches {len(value):,} bytes somewhere, which is no secret"
                    elif len(values) >= job.most:
                        self.found.fault = _too_many(number, job.most)
                        return
                    else:
                        values.add(value)
                        continue
                    self.found.fault = Fault(number, reason)
                    return
        except _TooSlow:
            reason = f"it took more than {job.limit_s:g} s on one content of {len(content):,} bytes"
            self.found.fault = Fault(number, reason)


def _too_many(number: int, most: int) -> Fault:
    return Fault(number, f"it matches more than {most:,} different values")


@contextmanager
def _within(limit_s: float) -> Iterator[None]:
    """Break the block off when the time is over; only a main thread, as children have, can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(_number: int, _frame: FrameType | None) -> None:
        raise _TooSlow

    before = signal.signal(signal.SIGALRM, over)
    try:
        signal.setitimer(signal.ITIMER_REAL, limit_s)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
