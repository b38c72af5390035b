"""A build from its command to its end: the lock is kept, progress is shown, a loss is got over.

A server builds on when the connection is lost (measured on 6.0, also after SIGKILL of the client);
asked for the same again it waits for the build that runs. After a restart, a replica set goes on
with the build, and a standalone server has forgotten it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.plan import Ticker, Walk
from skillconnect_ops.core.ports.database import CannotConnect, DatabaseError, ServerLost
from skillconnect_ops.core.ports.indexes import Build, Indexes, IndexesLocked
from skillconnect_ops.core.view import duration

COMMAND = "indexes"
"""What holds the lock, as others are told."""
LEASE_S = 60.0
"""How long a lock lasts that nobody renews: that of a dead run keeps others out so long."""
BEAT_S = 15.0
LOOK_S = 0.5
COMES_BACK_S = 120.0
"""How long a server may take to come back: a restart with its recovery."""
AGAIN_S = 1.0
READS = "scanning collection"
PARTS = {
    READS: "reading",
    "inserting keys": "sorting in",
    "draining": "catching up",
}


@contextmanager
def beating(indexes: Indexes, database: str, *, run: str, command: str) -> Iterator[None]:
    """Keep the lock while the block runs.

    Raises:
        IndexesLocked: another run has it, from the beginning or in the end.
    """
    indexes.lock(database, run=run, command=command, lease_s=LEASE_S)
    over = threading.Event()
    taken: list[IndexesLocked] = []

    def beat() -> None:
        while not over.wait(BEAT_S):
            try:
                indexes.lock(database, run=run, command=command, lease_s=LEASE_S)
            except IndexesLocked as error:
                taken.append(error)
                return
            except DatabaseError:
                continue  # the server is away; the lease is asked for again

    thread = threading.Thread(target=beat, name="skc-index-lock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(BEAT_S)
    if taken:
        raise taken[0]


def build(
    indexes: Indexes,
    database: str,
    collection: str,
    builds: tuple[Build, ...],
    *,
    commit_quorum: int | str | None,
    documents: int,
    walk: Walk,
) -> None:
    """Build, and come back after a loss, until the server says that all is there.

    Raises:
        DuplicateKey: in a unique one.
        ServerLost: it did not come back in time; what it was told it goes on with.
    """
    # short: amount, rate and remaining time take most of a narrow screen
    with (
        walk.person.progress(collection, total=documents or None, unit="docs") as ticker,
        _shown(indexes, database, collection, documents, ticker),
    ):
        _with_returns(
            lambda: indexes.create(database, collection, builds, commit_quorum=commit_quorum),
            # another run may have taken over while the server was away: it is asked before all else
            lambda: indexes.lock(database, run=walk.id, command=COMMAND, lease_s=LEASE_S),
            walk=walk,
        )


def _with_returns(work: Callable[[], None], look: Callable[[], object], *, walk: Walk) -> None:
    """Do the work, again after each loss that ends in time."""
    while True:
        try:
            return work()
        except ServerLost as error:
            if walk.stopped():
                raise
            walk.person.note(
                f"{error.what}; the server goes on with a build that it was told, so this waits "
                f"up to {duration(COMES_BACK_S)} for it"
            )
            _await(look, error, walk=walk)


def _await(look: Callable[[], object], lost: ServerLost, *, walk: Walk) -> None:
    until = walk.clock.monotonic() + COMES_BACK_S
    while True:
        walk.clock.sleep(AGAIN_S)
        try:
            look()
        except (ServerLost, CannotConnect):
            if walk.stopped() or walk.clock.monotonic() > until:
                raise lost from None
        else:
            return


@contextmanager
def _shown(
    indexes: Indexes, database: str, collection: str, documents: int, ticker: Ticker
) -> Iterator[None]:
    """Move a bar by what the server tells, in a thread of its own."""
    over = threading.Event()

    def look() -> None:
        seen = 0
        while not over.wait(LOOK_S):
            with suppress(DatabaseError):
                told = indexes.progress(database)
                if not isinstance(told, Known):
                    return
                mine = [one for one in told.value if one.collection == collection and one.total]
                for one in mine:
                    scans = READS in one.message
                    said = "" if scans else f" {one.done / one.total:.0%}"
                    ticker.describe(part_of(one.message) + said)
                    # what comes after the reading counts keys, and has read all documents
                    done = one.done if scans else documents
                    if done > seen:
                        ticker.advance(done - seen)
                        seen = done

    thread = threading.Thread(target=look, name="skc-index-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(LOOK_S * 10)


def part_of(message: str) -> str:
    """Which part of a build a message of the server is about, in our words."""
    return next((word for part, word in PARTS.items() if part in message), "building")
