"""The workload of the backup tests: its check sees what is torn, and only that."""

import time
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.database import Database

from skillconnect_ops.core.secret import Secret
from tests.workload import Torn, prepare, torn, writing

Client = MongoClient[Any]


def copied(source: Database[Any], target: Database[Any]) -> Database[Any]:
    """A copy without a snapshot, one collection after the other."""
    for name in sorted(source.list_collection_names()):
        documents = list(source[name].find())
        if documents:
            target[name].insert_many(documents, ordered=False)
    return target


def test_a_copy_without_a_snapshot_is_torn_and_the_source_never_is(
    client: Client, mongo: Secret, database: str
) -> None:
    source = client[database]
    prepare(source, accounts=50, filler_mb=4)
    with writing(mongo, database, writers=4) as writers:
        before = writers.transactions()
        assert torn(source) == Torn(0, 0)
        found = torn(copied(source, client[f"{database}_copy"]))
        assert writers.transactions() > before > 0
        total = writers.stop()
    client.drop_database(f"{database}_copy")
    assert found.broken_balances > 0
    assert found.orphan_ids > 0
    assert source["transfers"].count_documents({}) == total


@pytest.mark.parametrize(("lost", "broken"), [("transfers", 2), ("pairs_left", 0)])
def test_a_lost_document_is_counted(
    client: Client, mongo: Secret, database: str, lost: str, broken: int
) -> None:
    source = client[database]
    prepare(source, accounts=20, filler_mb=0)
    with writing(mongo, database, writers=1):
        pass
    source[lost].delete_one({})
    assert torn(source) == Torn(broken, 1)


def test_an_empty_database_is_no_copy(client: Client, database: str) -> None:
    with pytest.raises(AssertionError, match="no accounts"):
        torn(client[database])


def test_a_writer_that_fails_is_told(client: Client, mongo: Secret, database: str) -> None:
    prepare(client[database], accounts=20, filler_mb=0)

    def go_on_writing() -> None:
        with writing(mongo, database, writers=1) as writers:
            client[database].command("collMod", "pairs_left", validator={"nothing": 1})
            time.sleep(1)  # so that it writes at least once more
            writers.stop()

    with pytest.raises(AssertionError, match="a writer failed: WriteError"):
        go_on_writing()
