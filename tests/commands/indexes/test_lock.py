"""Only one run changes the indexes of a database at a time: the lock at the server."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient

from skillconnect_ops.adapters.mongo import connect
from skillconnect_ops.commands.indexes import following
from skillconnect_ops.core.ports.indexes import Indexes, IndexesLocked, IndexRun
from skillconnect_ops.core.secret import Secret
from tests.commands.indexes.store import OWN

LEASE_S = 60.0


@pytest.fixture
def indexes(mongo: Secret) -> Iterator[Indexes]:
    with connect(mongo) as opened:
        yield opened.indexes()


def take(indexes: Indexes, database: str, run: str) -> None:
    indexes.lock(database, run=run, command="indexes", lease_s=LEASE_S)


def end_the_lease(client: MongoClient[Any], database: str) -> None:
    change = [{"$set": {"until": {"$add": ["$$NOW", -1000]}}}]
    client[database][OWN].update_one({"_id": "lock"}, change)


def test_nobody_gives_back_the_lock_of_another_run(indexes: Indexes, database: str) -> None:
    take(indexes, database, "mine")
    indexes.unlock(database, run="another")
    holder = indexes.lock_holder(database)
    assert holder is not None
    assert holder.run == "mine"
    with pytest.raises(IndexesLocked):
        take(indexes, database, "another")
    indexes.unlock(database, run="mine")
    take(indexes, database, "another")


def test_a_run_that_was_taken_over_has_lost_the_lock_for_good(
    indexes: Indexes, client: MongoClient[Any], database: str
) -> None:
    """Also once nobody holds it any more: what it planned is another's, or the past."""
    take(indexes, database, "slept")
    indexes.keep(database, IndexRun(run="slept", host="h", command="indexes", touched=()))
    end_the_lease(client, database)
    take(indexes, database, "second")
    indexes.unlock(database, run="second")
    with pytest.raises(IndexesLocked, match="another run has taken"):
        take(indexes, database, "slept")
    assert indexes.lock_holder(database) is None


def test_the_lock_is_kept_for_longer_than_its_lease_while_work_goes_on(
    indexes: Indexes, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LEASE_S", 2.0)
    monkeypatch.setattr(following, "BEAT_S", 0.3)
    with following.beating(indexes, database, run="long", command="indexes"):
        time.sleep(4)
        with pytest.raises(IndexesLocked):
            take(indexes, database, "second")


def test_a_run_that_loses_the_lock_in_its_work_learns_of_it(
    indexes: Indexes, client: MongoClient[Any], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BEAT_S", 0.2)
    indexes.keep(database, IndexRun(run="slept", host="h", command="indexes", touched=()))

    def work() -> None:
        with following.beating(indexes, database, run="slept", command="indexes"):
            client[database][OWN].update_one({"_id": "lock"}, {"$set": {"run": "second"}})
            time.sleep(1)

    with pytest.raises(IndexesLocked):
        work()
