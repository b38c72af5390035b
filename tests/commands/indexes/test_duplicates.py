"""Duplicates are found before a unique index is built, by the rules that it refuses them by."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from bson import Binary, Decimal128, Int64, ObjectId

from tests.commands.indexes.store import Store

MAIL = "somebody@example.org"


def refused(store: Store, *words: str) -> Any:
    ran = store.run("indexes", "--yes", *words)
    assert ran.code == 4, ran.stdout + ran.stderr
    assert ran.json["journal"] is None
    return ran.json


def test_they_are_told_with_ids_and_without_values(store: Store) -> None:
    store.db.users.insert_many([{"_id": n, "email": MAIL} for n in (1, 2)])
    store.db.users.insert_one({"_id": 3, "email": "other"})
    store.declare("users:\n  - keys: {email: 1}\n    unique: true\n")
    report = refused(store)
    (found,) = report["facts"]["duplicates"]
    assert (found["groups"], found["too_many"]) == (1, 1)
    assert found["first"] == [{"documents": 2, "ids": [1, 2], "empty": []}]
    assert MAIL not in str(report)
    assert "1 value stands in several documents" in report["error"]["why"]
    assert store.indexes() == {}
    assert store.db.list_collection_names() == ["users"]


def test_all_indexes_count_and_what_is_not_there_is_told_with_the_way_out(store: Store) -> None:
    store.db.users.insert_many([{"_id": n, "email": MAIL} for n in (1, 2)])
    store.db.sessions.insert_many([{"_id": 1}, {"_id": 2, "token": None}, {"_id": 3}])
    store.declare(
        "users:\n  - keys: {email: 1}\n    unique: true\n"
        "sessions:\n  - keys: {token: 1}\n    unique: true\n"
    )
    report = refused(store)
    sessions, users = report["error"]["why"].splitlines()
    assert sessions.startswith("sessions {token: 1}: 1 value stands in several documents; at")
    assert sessions.endswith("least 2 documents must change or go")
    assert users.startswith("users {email: 1}: 1 value")
    assert users.endswith("least 1 document must change or go")
    sessions, users = report["facts"]["duplicates"]
    assert (sessions["too_many"], sessions["first"][0]["empty"]) == (2, ["token"])
    assert users["first"][0]["empty"] == []
    said = " ".join(store.skc("indexes", "--yes", cwd=store.root).stdout.split())
    assert said.count("hold nothing, or null, in token: `sparse: true` leaves out") == 1
    assert "`partialFilterExpression: {token: {$type: string}}`" in said


def test_values_are_shown_on_request(store: Store) -> None:
    store.db.users.insert_many([{"_id": n, "email": MAIL} for n in (1, 2)])
    store.declare("users:\n  - keys: {email: 1}\n    unique: true\n")
    (found,) = refused(store, "--show-values")["facts"]["duplicates"]
    assert found["first"][0]["value"] == {"email": MAIL}
    ran = store.skc("indexes", "--yes", cwd=store.root)
    assert ran.code == 4
    assert "documents  some of their _id" in ran.stdout
    assert MAIL not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    "ids",
    [
        (MAIL, "other@example.org"),
        ({"mail": MAIL}, {"mail": "x"}),
        (Binary(MAIL.encode()), Binary(b"x")),
        (datetime(1990, 1, 1, tzinfo=UTC), datetime(1991, 1, 1, tzinfo=UTC)),
    ],
    ids=str,
)
def test_an_id_that_may_be_personal_is_shown_on_request_alone(store: Store, ids: Any) -> None:
    store.db.users.insert_many([{"_id": one, "a": 1} for one in ids])
    store.declare("users:\n  - keys: {a: 1}\n    unique: true\n")
    report = refused(store)
    assert report["facts"]["duplicates"][0]["first"][0]["ids"] == ["***", "***"]
    ran = store.skc("indexes", "--yes", cwd=store.root)
    said = ran.stdout + ran.stderr
    assert "all of the first row's" not in said
    assert "what _id is where it is no number" in " ".join(said.split())
    for text in (MAIL, "c29tZWJvZHk", "1990"):
        assert text not in said + str(report)
    shown = refused(store, "--show-values")["facts"]["duplicates"][0]["first"][0]["ids"]
    assert "***" not in shown


@pytest.mark.parametrize(
    "ids",
    [
        (1, 2.5),
        (Int64(2**40), Decimal128("1.5")),
        (ObjectId(), ObjectId()),
        (Binary.from_uuid(uuid4()), Binary.from_uuid(uuid4())),
    ],
    ids=["numbers", "large", "object", "uuid"],
)
def test_an_id_that_tells_nobody_is_shown(store: Store, ids: Any) -> None:
    store.db.users.insert_many([{"_id": one, "a": 1} for one in ids])
    store.declare("users:\n  - keys: {a: 1}\n    unique: true\n")
    assert "***" not in str(refused(store)["facts"]["duplicates"])


def test_what_stands_in_the_way_of_an_undo_is_told_as_well(store: Store) -> None:
    store.db.c.create_index("a", unique=True)
    store.declare("c:\n  - keys: {a: 1}\n    unique: true\n    partialFilterExpression: {n: 1}\n")
    store.apply()
    store.db.c.insert_many([{"_id": n, "a": 1} for n in (1, 2)])
    ran = store.run("indexes", "undo", "--yes")
    assert ran.code == 4, ran.stdout + ran.stderr
    assert ran.json["command"] == "indexes undo"
    assert ran.json["facts"]["duplicates"][0]["first"][0]["ids"] == [1, 2]
    assert ran.json["error"]["fix"].endswith("then skc indexes undo")
    assert ran.json["next"] == ["skc indexes undo"]
    shown = store.skc("indexes", "undo", "--yes", "--show-values", cwd=store.root)
    assert "documents  some of their _id  value" in shown.stdout


@pytest.mark.parametrize(
    ("documents", "options", "groups"),
    [
        ([{}, {}], "", 1),
        ([{}, {"a": None}], "", 1),
        ([{}, {}], "    sparse: true\n", 0),
        ([{"a": None}, {"a": None}], "    sparse: true\n", 1),
        ([{"a": 1}, {"a": 1.0}], "", 1),
        ([{"a": "x"}, {"a": "X"}], "", 0),
        ([{"a": "x"}, {"a": "X"}], "    collation: {locale: en, strength: 2}\n", 1),
        ([{"a": 1, "n": 1}, {"a": 1, "n": 9}], "    partialFilterExpression: {n: {$gt: 3}}\n", 0),
        ([{"a": [1, 2]}, {"a": [2, 3]}], "", 1),
        ([{"a": [1, 1]}, {"a": [2]}], "", 0),
        ([{"a": []}, {"a": []}], "", 1),
        ([{"a": []}, {}], "", 0),
        ([{"a": {"x": 1, "y": 2}}, {"a": {"y": 2, "x": 1}}], "", 0),
    ],
)
def test_what_is_found_is_what_the_server_would_refuse(
    store: Store, documents: Sequence[Any], options: str, groups: int
) -> None:
    store.db.c.insert_many([dict(one) for one in documents])
    store.declare(f"c:\n  - keys: {{a: 1}}\n    unique: true\n{options}")
    if groups:
        assert refused(store)["facts"]["duplicates"][0]["groups"] == groups
    else:
        store.apply()


def test_several_fields_count_together(store: Store) -> None:
    store.db.c.insert_many([{"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 1}])
    store.declare("c:\n  - keys: {a: 1, b: 1}\n    unique: true\n")
    store.apply()
    store.db.c.drop_indexes()
    store.db.c.insert_one({"a": 2, "b": 1})
    assert refused(store)["facts"]["duplicates"][0]["too_many"] == 1


def test_one_that_is_made_unique_in_place_is_looked_at_as_well(store: Store) -> None:
    store.db.c.insert_many([{"a": 1}, {"a": 1}])
    store.db.c.create_index("a")
    before = store.indexes()
    store.declare("c:\n  - keys: {a: 1}\n    unique: true\n")
    refused(store)
    assert store.indexes() == before


def test_duplicates_that_come_after_the_look_put_everything_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.db.c.insert_many([{"a": 1}, {"a": 1}])
    store.db.c.create_index("a")
    before = store.indexes()
    store.declare("c:\n  - keys: {a: 1}\n    unique: true\n  - keys: {b: 1}\n")
    nothing = "skillconnect_ops.commands.indexes.finished._refuse_duplicates"
    monkeypatch.setattr(nothing, lambda *_, **__: None)
    ran = store.run("indexes", "--yes")
    assert ran.code == 5, ran.stdout
    assert "cannot become unique" in ran.json["error"]["what"]
    assert store.indexes() == before


@pytest.mark.long
def test_three_hundred_thousand_documents_are_looked_through_within_seconds(store: Store) -> None:
    for start in range(0, 300_000, 50_000):
        store.db.users.insert_many(
            {"email": f"{'twin' if n % 1000 == 0 else n}@example.org"}
            for n in range(start, start + 50_000)
        )
    store.declare("users:\n  - keys: {email: 1}\n    unique: true\n")
    began = store.client.admin.command("serverStatus")["extra_info"]
    since = time.monotonic()
    report = refused(store)
    took_s = time.monotonic() - since
    ended = store.client.admin.command("serverStatus")["extra_info"]
    (found,) = report["facts"]["duplicates"]
    assert (found["groups"], found["too_many"]) == (1, 299)
    assert store.indexes() == {}
    cpu_s = (ended["user_time_us"] - began["user_time_us"]) / 1e6
    assert cpu_s < 10, took_s
