"""Writers whose transactions leave traces that only a consistent copy can keep whole.

    prepare(database, *, accounts=400, filler_mb=16)      fill once, before the writers start
    with writing(uri, "name", writers=4) as writers:      a child process, `writers` threads in it
        ...                                               every writer has committed by now
        writers.transactions()                            so many committed until now
    torn(database) -> Torn(broken_balances, orphan_ids)   (0, 0) on any consistent copy

`database` is a `pymongo.database.Database`, `uri` a str or a `Secret` of a replica set's user who
may read and write. Every transaction moves money between two `accounts`, writes the `transfers`
entry of it, and inserts that entry's id into both `pairs_left` and `pairs_right`. An account whose
balance is not what its transfers say is broken; an id that one of the three lacks is an orphan.
The filler stands, by name, between the collections that must agree, so that a copy without a
snapshot, taken one collection after the other, is torn for certain.

The child dies with its parent: it stops when its standard input closes.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from bson import ObjectId
from pymongo import MongoClient, ReadPreference
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import PyMongoError

from skillconnect_ops.core.secret import Secret

START = 1_000
ACCOUNTS = 400
Document = dict[str, Any]


class Torn(NamedTuple):
    """How many accounts disagree with their transfers, and how many ids lack their twin."""

    broken_balances: int
    orphan_ids: int


def prepare(
    database: Database[Document], *, accounts: int = ACCOUNTS, filler_mb: int = 16, seed: int = 1
) -> None:
    """Fill an empty database; `filler_mb` MB of documents in each of two filler collections."""
    chance = random.Random(seed)
    database["accounts"].insert_many(
        [{"_id": number, "balance": START} for number in range(accounts)]
    )
    for name in ("pairs_left", "pairs_right", "transfers"):
        database.create_collection(name)
    for name in ("filler", "pairs_middle_filler"):
        for _ in range(filler_mb):
            database[name].insert_many(
                [{"n": n, "noise": chance.randbytes(1_000)} for n in range(1_000)], ordered=False
            )


def torn(database: Database[Document]) -> Torn:
    """Check the invariants on a database, live or restored, at one moment of its history."""
    with database.client.start_session(snapshot=True) as session:
        balances = {
            account["_id"]: account["balance"]
            for account in database["accounts"].find(session=session)
        }
        expected: Counter[int] = Counter(dict.fromkeys(balances, START))
        for transfer in database["transfers"].find(session=session):
            expected[transfer["source"]] -= transfer["amount"]
            expected[transfer["sink"]] += transfer["amount"]
        left, right, transfers = (
            {entry["_id"] for entry in database[name].find({}, {"_id": 1}, session=session)}
            for name in ("pairs_left", "pairs_right", "transfers")
        )
    assert balances, "no accounts: this is not a copy of the workload's database"
    names = balances.keys() | expected.keys()
    broken = sum(balances.get(name) != expected[name] for name in names)
    return Torn(broken, len((left | right | transfers) - (left & right & transfers)))


class Writing:
    """The running writers."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self._child = child
        self._answers = cast("IO[str]", child.stdout)
        self._orders = cast("IO[str]", child.stdin)

    def transactions(self) -> int:
        """Committed until now by all writers; raises if one of them failed."""
        self._orders.write("count\n")
        self._orders.flush()
        return self._answer()

    def stop(self) -> int:
        """End the writers; gives how many transactions they committed."""
        self._orders.close()
        total = self._answer()
        self._child.wait(30)
        return total

    def _answer(self) -> int:
        answer = json.loads(self._answers.readline() or '{"error": "the writers died"}')
        if answer.get("error") is not None:
            raise AssertionError(f"a writer failed: {answer['error']}")
        return int(answer["transactions"])


@contextmanager
def writing(
    uri: Secret | str, database: str, *, writers: int = 4, seed: int = 1
) -> Iterator[Writing]:
    """Keep writing in a child process while the block runs."""
    child = subprocess.Popen(
        [sys.executable, str(Path(__file__)), database, str(writers), str(seed)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    with child:
        try:
            running = Writing(child)
            running._orders.write((uri.reveal() if isinstance(uri, Secret) else uri) + "\n")
            running._orders.flush()
            running._answer()
            yield running
            if not running._orders.closed:
                running.stop()
        finally:
            if child.poll() is None:
                child.kill()


class _Writer(threading.Thread):
    """One writer: one transaction after the other until told to stop."""

    def __init__(self, database: Database[Document], *, seed: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.committed = 0
        self.error: str | None = None
        self._database = database
        self._chance = random.Random(seed)
        self._stopping = stop
        self._accounts = database["accounts"].estimated_document_count()

    def run(self) -> None:
        try:
            with self._database.client.start_session() as session:
                while not self._stopping.is_set():
                    session.with_transaction(self._transaction)
                    self.committed += 1
        except PyMongoError as error:
            self.error = f"{type(error).__name__}: {error}"

    def _transaction(self, session: ClientSession) -> None:
        source, sink = self._chance.sample(range(self._accounts), 2)
        amount = self._chance.randint(1, 50)
        twin = {"_id": ObjectId(), "noise": self._chance.randbytes(40)}
        transfer = {"_id": twin["_id"], "source": source, "sink": sink, "amount": amount}
        database = self._database
        database["pairs_left"].insert_one(twin, session=session)
        for account, change in ((source, -amount), (sink, amount)):
            database["accounts"].update_one(
                {"_id": account}, {"$inc": {"balance": change}}, session=session
            )
        database["transfers"].insert_one(transfer, session=session)
        database["pairs_right"].insert_one(twin, session=session)


def _child(database: str, writers: int, seed: int) -> None:
    client: MongoClient[Document] = MongoClient(
        sys.stdin.readline().strip(), read_preference=ReadPreference.PRIMARY
    )
    stop = threading.Event()
    threads = [
        _Writer(client[database], seed=seed * 1_000 + number, stop=stop)
        for number in range(writers)
    ]
    for thread in threads:
        thread.start()
    while not all(thread.committed or thread.error for thread in threads):
        time.sleep(0.01)
    _say(threads)
    for _ in sys.stdin:
        _say(threads)
    stop.set()
    for thread in threads:
        thread.join()
    _say(threads)
    client.close()


def _say(threads: list[_Writer]) -> None:
    error = next((thread.error for thread in threads if thread.error), None)
    total = sum(thread.committed for thread in threads)
    sys.stdout.write(json.dumps({"transactions": total, "error": error}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _child(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
