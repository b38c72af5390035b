"""What is written is what was read, to the byte."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson.raw_bson import RawBSONDocument
from bson.son import SON
from pymongo import MongoClient

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.adapters.mongo import MongoDatabase, connect
from skillconnect_ops.core.ports.database import (
    Collection,
    CollectionKind,
    CommandFailed,
    DuplicateKey,
    NotAuthorized,
)
from skillconnect_ops.core.secret import Secret
from tests.servers import make_user, put


@pytest.fixture
def opened(mongo: Secret) -> Iterator[MongoDatabase]:
    with connect(mongo) as connected:
        yield connected


@pytest.fixture
def copy(opened: MongoDatabase, database: str) -> Iterator[str]:
    name = f"{database}_copy"
    yield name
    opened.drop_database(name)


def every_kind(here: Any) -> None:
    """Collections of all kinds, with all kinds of index."""
    here.create_collection("capped", capped=True, size=8192, max=7)
    here["capped"].insert_many({"n": n} for n in range(20))
    here.create_collection("clustered", clusteredIndex={"key": {"_id": 1}, "unique": True})
    here["clustered"].insert_one({"_id": 5})
    here.create_collection(
        "series", timeseries={"timeField": "t", "metaField": "m", "granularity": "minutes"}
    )
    here["series"].insert_many({"t": datetime(2026, 1, n, tzinfo=UTC), "m": n} for n in (1, 2))
    here["series"].create_index([("m", 1), ("t", -1)])
    here.create_collection("empty")
    here.create_collection("swedish", collation={"locale": "sv", "strength": 2})
    here["swedish"].insert_one({"name": "ö"})
    here["swedish"].create_index("name", unique=True)
    here["swedish"].create_index("simple", collation={"locale": "simple"})
    here["swedish"].create_index("german", collation={"locale": "de"})
    here.create_collection("strict", validator={"n": {"$type": "int", "$gt": 3}})
    here["strict"].insert_one({"n": 4})
    here.create_collection("view", viewOn="strict", pipeline=[{"$match": {"n": 4}}])
    many = here["many"]
    many.insert_one({"a": 1, "at": datetime.now(UTC), "place": [1.0, 2.0], "text": "word"})
    many.create_index([("a", 1), ("b", -1)], sparse=True)
    many.create_index("at", expireAfterSeconds=3600 * 24 * 365)
    many.create_index([("place", "2dsphere")])
    many.create_index([("old", "2d")], bits=20, min=-90.0, max=90.0)
    many.create_index([("h", "hashed")])
    many.create_index([("text", "text")], default_language="swedish", weights={"text": 3})
    many.create_index([("wild.$**", 1)])
    many.create_index([("$**", 1)], wildcardProjection={"a": 1}, name="all of it")
    many.create_index("part", unique=True, partialFilterExpression={"part": {"$exists": True}})
    many.create_index("hidden", hidden=True)
    here["odd.näme with spaces"].insert_one({"a.b": 1, "$x": SON([("z", 1), ("a", 2)])})


def contents(opened: MongoDatabase, database: str, collection: Collection) -> list[bytes]:
    """All documents; a capped collection's as they are now."""
    if collection.kind is CollectionKind.VIEW:
        return []
    series = collection.kind is CollectionKind.TIMESERIES
    source = f"system.buckets.{collection.name}" if series else collection.name
    at = None if collection.name == "capped" else opened.cluster_time()
    with opened.batches(database, source, at=at) as batches:
        return sorted(bytes(document) for batch in batches for document in batch.each)


def test_every_kind_of_collection_survives_the_round_trip(
    opened: MongoDatabase, client: MongoClient[Any], database: str, copy: str
) -> None:
    every_kind(client[database])

    for collection in opened.collections(database):
        opened.create(copy, collection.name, collection.options)
        series = collection.kind is CollectionKind.TIMESERIES
        into = f"system.buckets.{collection.name}" if series else collection.name
        if documents := contents(opened, database, collection):
            put(opened, copy, into, *documents)
        opened.index(copy, collection.name, collection.indexes)
    opened.settle()

    wanted, found = opened.collections(database), opened.collections(copy)
    assert len(wanted) == 9
    assert [one.name for one in wanted] == [one.name for one in found]
    assert client[copy]["swedish"].index_information()["simple_1"].get("collation") is None
    for old, new in zip(wanted, found, strict=True):
        assert old.kind is new.kind
        assert bson.decode(old.options) == bson.decode(new.options)
        assert sorted(old.indexes) == sorted(new.indexes)
        assert contents(opened, database, old) == contents(opened, copy, new)
    assert client[copy]["series"].count_documents({}) == 2


def test_an_index_of_an_old_server_is_taken(opened: MongoDatabase, database: str) -> None:
    index = bson.encode({"v": 2, "key": {"a": 1}, "name": "a_1", "ns": f"{database}.c"})
    opened.index(database, "c", [index])
    (collection,) = opened.collections(database)
    assert [bson.decode(one)["name"] for one in collection.indexes] == ["_id_", "a_1"]


def test_options_keep_types_that_python_would_change(opened: MongoDatabase, database: str) -> None:
    regex = bson.encode({"validator": {"a": {"$in": [bson.Regex("^x", "i"), bson.Int64(3), 3.0]}}})
    opened.create(database, "c", regex)
    (collection,) = opened.collections(database)
    assert RawBSONDocument(collection.options)["validator"].raw == (
        RawBSONDocument(regex)["validator"].raw
    )


def test_a_duplicate_is_told_without_its_value(opened: MongoDatabase, database: str) -> None:
    put(opened, database, "c", {"_id": "secret-value"})
    with pytest.raises(DuplicateKey) as caught:
        put(
            opened,
            database,
            "c",
            *[bson.encode({"_id": "secret-value"}), bson.encode({"_id": "other"})],
        )
    error = caught.value
    assert "1 of 2" in error.what
    assert error.code == 11000
    assert "_id_" in error.why
    assert "secret-value" not in f"{error.what}{error.why}{error.fix}"
    with opened.batches(database, "c", at=None) as batches:
        assert sum(len(batch.each) for batch in batches) == 2


def test_duplicates_in_a_unique_index_are_told(opened: MongoDatabase, database: str) -> None:
    put(opened, database, "c", {"email": "a@b"}, {"email": "a@b"})
    unique = bson.encode({"v": 2, "key": {"email": 1}, "name": "email_1", "unique": True})
    with pytest.raises(DuplicateKey) as caught:
        opened.index(database, "c", [unique])
    assert caught.value.details["keyValue"] == {"email": "a@b"}


def test_documents_that_the_validator_refuses_go_in_only_on_request(
    opened: MongoDatabase, database: str
) -> None:
    opened.create(database, "c", bson.encode({"validator": {"n": {"$gt": 3}}}))
    with pytest.raises(CommandFailed) as caught:
        put(opened, database, "c", {"n": 1})
    assert caught.value.code == 121
    put(opened, database, "c", {"n": 1}, bypass_validation=True)


def test_passing_the_validator_by_needs_a_right_that_is_named(
    one_node: Mongod, database: str, client: MongoClient[Any]
) -> None:
    with connect(make_user(one_node, database, ["readWrite"])) as opened:
        with pytest.raises(NotAuthorized) as caught:
            put(opened, database, "c", {}, bypass_validation=True)
        assert caught.value.action == "bypassDocumentValidation"
        put(opened, database, "c", {})
        opened.settle()
    client[database].command("dropAllUsersFromDatabase")


def test_a_rename_takes_no_name_that_is_taken(opened: MongoDatabase, database: str) -> None:
    for name in ("a.b", "c"):
        put(opened, database, name, {"_id": name})
    with pytest.raises(CommandFailed) as caught:
        opened.rename(database, "a.b", "c")
    assert caught.value.code == 48
    opened.rename(database, "a.b", "c", replace=True)
    assert [one.name for one in opened.collections(database)] == ["c"]
    with opened.batches(database, "c", at=None) as batches:
        assert next(batches).documents == bson.encode({"_id": "a.b"})


@pytest.mark.parametrize("role", ["readWrite", "restore"])
def test_both_roles_that_write_can_settle(
    one_node: Mongod, client: MongoClient[Any], database: str, role: str
) -> None:
    roles = [role] if role == "readWrite" else [{"role": role, "db": "admin"}]
    with connect(make_user(one_node, database, roles)) as opened:
        opened.settle()
        put(opened, database, "c", {})
        opened.settle()
    client[database].command("dropAllUsersFromDatabase")


def test_dropping_what_is_not_there_is_fine(opened: MongoDatabase, database: str) -> None:
    opened.drop(database, "none")
    put(opened, database, "c", {})
    opened.drop(database, "c")
    assert opened.collections(database) == ()
    opened.drop_database(f"{database}_none")


def test_a_refused_command_carries_the_servers_code(opened: MongoDatabase, database: str) -> None:
    with pytest.raises(CommandFailed) as caught:
        opened.command(database, {"noSuchCommand": 1})
    assert caught.value.code == 59
    assert opened.command(database, {"ping": 1})["ok"] == 1


def test_the_largest_insert_and_the_largest_document_go_in(
    opened: MongoDatabase, database: str
) -> None:
    documents = [bson.encode({"_id": n, "pad": bytes(4000)}) for n in range(3900)]
    put(opened, database, "many", *documents)
    put(opened, database, "one", {"_id": 1, "pad": bytes(16 * 2**20 - 24)})
    with opened.batches(database, "many", at=None) as batches:
        assert sum(len(batch.each) for batch in batches) == 3900
    with opened.batches(database, "one", at=None) as batches:
        assert sum(len(batch.documents) for batch in batches) == 16 * 2**20
    with pytest.raises(CommandFailed):
        put(opened, database, "many", *documents, *documents)
