"""Child processes of Python, started afresh: they share nothing with this one."""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import TypeVar

Job = TypeVar("Job")

_WORTH_BYTES = 48_000_000
"""Two children cost about 0.7 s of start-up; less than this is read sooner without them."""
_MOST = 8


class ChildProcesses:
    """Implements `core.ports.crew.Crew`.

    Args:
        most: how many children at once; by default one for each processor that we may use.
        worth_bytes: work that reads less is done here.
    """

    def __init__(self, *, most: int | None = None, worth_bytes: int = _WORTH_BYTES) -> None:
        self._worth_bytes = worth_bytes
        self._most = most or min(_MOST, len(os.sched_getaffinity(0)))

    def spread(
        self, work: Callable[[Job], bytes], jobs: Iterable[Job], *, size_bytes: int
    ) -> Iterator[bytes]:
        """Do the jobs; the results come as they are ready."""
        if size_bytes < self._worth_bytes or self._most < 2:
            yield from map(work, jobs)
            return
        # `spawn`, since a fork copies locks that threads of ours may hold (progress bars do)
        pool = ProcessPoolExecutor(self._most, get_context("spawn"), initializer=_deaf)
        try:
            yield from _as_ready(pool, work, jobs, ahead=2 * self._most)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _as_ready(
    pool: ProcessPoolExecutor, work: Callable[[Job], bytes], jobs: Iterable[Job], *, ahead: int
) -> Iterator[bytes]:
    """Keep a few jobs waiting, no more: what is pickled for them lies in memory."""
    pending: set[Future[bytes]] = set()
    for job in jobs:
        pending.add(pool.submit(work, job))
        if len(pending) >= ahead:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    while pending:
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        yield from (future.result() for future in done)


def _deaf() -> None:
    """Ctrl-C comes to the parent, which ends its children in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
