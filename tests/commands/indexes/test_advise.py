"""`skc indexes advise` on a real server: what it finds, why, and that it changes nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pymongo import MongoClient

from skillconnect_ops.adapters.embedded import Mongod
from tests.commands.indexes.store import Store, project
from tests.servers import make_user


def advice(store: Store, *argv: str) -> dict[tuple[str, str], Any]:
    """The advice by index and rule."""
    ran = store.run("indexes", "advise", *argv)
    assert ran.code == 0, ran.stderr + ran.stdout
    return {
        (f"{one['collection']}.{one['index']}", one["id"]): one
        for one in ran.json["facts"]["advice"]
    }


def test_a_prefix_of_a_longer_index_is_told_with_the_change(store: Store) -> None:
    store.declare("jobs:\n  - keys: {who: 1}\n  - keys: {who: 1, state: 1, at: -1}\n")
    store.apply()
    before = store.indexes()
    ran = store.run("indexes", "advise", "--fail-on", "low")
    assert ran.code == 10
    finding = ran.json["findings"][0]
    assert (finding["id"], finding["path"], finding["line"]) == (
        "index-redundant",
        "indexes.yaml",
        2,
    )
    told = ran.json["facts"]["advice"][0]
    assert told["change"] == " jobs:\n-  - keys: {who: 1}"
    assert told["entry"] is None
    assert told["evidence"]["prefix_of"] == "who_1_state_1_at_-1"
    assert told["evidence"]["size_bytes"] > 0
    assert store.indexes() == before
    assert store.run("indexes", "advise").code == 0  # advice is no failure by itself


def test_before_there_is_a_file_it_is_told_how_to_write_one(store: Store) -> None:
    store.db.jobs.insert_many(
        {"expiresAt": datetime.now(UTC) + timedelta(days=n), "who": n} for n in range(20)
    )
    store.db.jobs.create_index("expiresAt")
    store.db.jobs.create_index([("who", 1), ("state", 1)])
    store.db.jobs.create_index("who")
    ran = store.run("indexes", "advise")
    write = "skc indexes import --from database"
    assert ran.json["next"] == [write]
    assert {one["id"]: write in one["remedy"] for one in ran.json["findings"]} == {
        "index-without-expiry": True,
        "index-redundant": True,
    }
    (expiry,) = (one for one in ran.json["findings"] if one["id"] == "index-without-expiry")
    assert "keys: {expiresAt: 1}" in expiry["remedy"]
    assert not any(word in expiry["remedy"] for word in ("v: 2", "name:"))
    shown = store.skc("indexes", "advise", cwd=store.root)
    assert f"in indexes.yaml, once {write} has written it:" in shown.stdout
    store.declare("jobs: []\n")  # nothing goes from a file that does not hold it
    changes = [one["change"] for one in advice(store).values() if one["entry"] is not None]
    assert changes == [" jobs:\n+  - keys: {expiresAt: 1}\n+    expireAfterSeconds: 0"]


def test_what_no_query_used_is_told_and_what_one_used_is_not(store: Store) -> None:
    store.db.jobs.insert_many({"a": n, "b": n} for n in range(10))
    for field in ("a", "b"):
        store.db.jobs.create_index(field)
    store.db.jobs.create_index("c", unique=True, sparse=True)
    assert list(store.db.jobs.find({"a": 3}))
    told = advice(store, "--unused-for", "0s")
    assert {place for place, rule in told if rule == "index-unused"} == {"jobs.b_1"}
    assert told["jobs.b_1", "index-unused"]["evidence"]["uses"][0]["operations"] == 0
    assert not [rule for _, rule in advice(store) if rule == "index-unused"]  # it is too young


def test_a_yes_or_no_is_told_by_how_rare_it_is(store: Store) -> None:
    store.db.jobs.insert_many({"rare": n < 20, "even": n % 2 == 0, "text": "x"} for n in range(500))
    for field in ("rare", "even", "text"):
        store.db.jobs.create_index(field)
    told = advice(store)
    assert {place for place, rule in told if rule == "index-unselective"} == {
        "jobs.rare_1",
        "jobs.even_1",
    }
    assert told["jobs.rare_1", "index-unselective"]["entry"] == {
        "keys": {"rare": 1},
        "partialFilterExpression": {"rare": True},
    }
    assert told["jobs.even_1", "index-unselective"]["entry"] is None
    assert not advice(store, "--sample", "0")


def test_the_end_of_a_document_that_ends_nothing_is_told(store: Store) -> None:
    soon = datetime.now(UTC) + timedelta(days=1)
    store.db.jobs.insert_many({"expiresAt": soon, "ttl": 5, "validUntil": soon} for _ in range(5))
    store.db.jobs.create_index("expiresAt")
    store.db.jobs.create_index("ttl")
    store.db.jobs.create_index("validUntil", expireAfterSeconds=0)
    told = advice(store)
    assert list(told) == [("jobs.expiresAt_1", "index-without-expiry")]
    assert told["jobs.expiresAt_1", "index-without-expiry"]["change"] == (
        " jobs:\n-  - keys: {expiresAt: 1}\n+  - keys: {expiresAt: 1}\n+    expireAfterSeconds: 0"
    )


def test_a_query_that_sorted_in_memory_shows_the_better_order(store: Store) -> None:
    store.db.jobs.insert_many({"who": n % 3, "size": n, "at": n} for n in range(200))
    store.db.jobs.create_index([("who", 1), ("size", 1), ("at", 1)])
    before = store.run("indexes", "advise").json["unknown"]
    assert any("profiler" in one["reason"] for one in before)
    store.db.command("profile", 2)
    try:
        list(store.db.jobs.find({"who": 1, "size": {"$gt": 3}}).sort("at", -1))
    finally:
        store.db.command("profile", 0)
    told = advice(store)
    one = told["jobs.who_1_size_1_at_1", "index-order"]
    assert one["entry"] == {"keys": {"who": 1, "at": -1, "size": 1}}
    assert one["evidence"]["query"] == "{who = …, size range} sort {at: -1}"
    assert one["evidence"]["times"] == 1
    store.db.jobs.create_index([("who", 1), ("at", 1)])
    store.db.jobs.create_index([("who", 1), ("at", -1), ("size", 1)])
    assert ("jobs.who_1_size_1_at_1", "index-order") not in advice(store)


def test_what_the_user_may_not_ask_is_unknown_and_not_fine(
    store: Store, one_node: Mongod, client: MongoClient[Any]
) -> None:
    store.db.jobs.create_index("a")
    project(store.root, make_user(one_node, store.name, ["read"]).reveal())
    try:
        ran = store.run("indexes", "advise", "--unused-for", "0s")
        assert ran.code == 0, ran.stderr
        assert any("indexStats" in one["reason"] for one in ran.json["unknown"])
        assert not ran.json["facts"]["advice"]
        assert store.run("indexes", "advise", "--strict").code == 14
    finally:
        client[store.name].command("dropAllUsersFromDatabase")


def test_no_value_of_a_document_is_in_the_report(store: Store) -> None:
    marks = ["SECRETVALUE"] * 200
    store.db.jobs.insert_many({"name": mark, "expiresAt": mark} for mark in marks)
    store.db.jobs.create_index("name")
    store.db.jobs.create_index("expiresAt")
    ran = store.run("indexes", "advise", "--unused-for", "0s")
    assert "SECRETVALUE" not in ran.stdout + ran.stderr


@pytest.mark.parametrize("declared", [True, False])
def test_what_is_declared_and_not_there_is_estimated(store: Store, declared: bool) -> None:
    store.db.jobs.insert_many({"a": n} for n in range(1000))
    store.declare("jobs:\n  - keys: {a: 1}\n" if declared else "")
    estimates = store.run("indexes", "advise").json["facts"]["estimates"]
    assert [one["index"] for one in estimates] == (["a_1"] if declared else [])
    assert all(10_000 < one["size_bytes"] < 100_000 for one in estimates)
