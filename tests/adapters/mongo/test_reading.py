"""What is read from a server is what stands in it, undecoded, at one instant."""

import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from pymongo import MongoClient
from pymongo.write_concern import WriteConcern

from skillconnect_ops.adapters.embedded import Mongod
from skillconnect_ops.adapters.mongo import MongoDatabase, connect
from skillconnect_ops.core.ports.database import (
    CappedHasNoSnapshot,
    ClusterTime,
    CollectionGone,
    CollectionKind,
    NoClusterTime,
    NotAuthorized,
    SnapshotTooOld,
    SnapshotUnavailable,
    Topology,
)
from skillconnect_ops.core.secret import Secret
from tests.servers import make_user, put

ODD_NAMES = (
    "with.dots.in.it",
    "with space",
    " leading and trailing ",
    "Ünï¢ode-名前-🍃",
    "quote'\"back\\slash",
    "a/b?c=d&e%f",
    "percent%24",
    "-dash",
    "ends.with.",
    "n" * 235,
)
EVERY_TYPE = {
    "double": 1.0,
    "nan": float("nan"),
    "int32": 1,
    "int64": Int64(1),
    "decimal": Decimal128("1.10"),
    "string": "ü\0x",
    "empty": "",
    "doc": {"b": 1, "a": {"$ref": "not a ref"}},
    "array": [1, "two", [3, {}]],
    "binary": Binary(b"\x00\xff", 0x80),
    "uuid": Binary(b"0" * 16, 4),
    "old uuid": Binary(b"0" * 16, 3),
    "oid": ObjectId(),
    "true": True,
    "null": None,
    "regex": Regex("^a+$", "imx"),
    "code": Code("x", {"y": 1}),
    "ref": DBRef("a", 1, "b"),
    "date": datetime(1, 1, 1, tzinfo=UTC),
    "timestamp": Timestamp(1, 2),
    "min": MinKey(),
    "max": MaxKey(),
    "a.b": 1,
    "": "empty name",
}


@pytest.fixture
def opened(mongo: Secret) -> Iterator[MongoDatabase]:
    with connect(mongo) as connected:
        yield connected


def read(opened: MongoDatabase, database: str, name: str, at: ClusterTime | None) -> list[bytes]:
    with opened.batches(database, name, at=at) as batches:
        return [bytes(document) for batch in batches for document in batch.each]


def test_documents_come_as_the_server_holds_them(
    opened: MongoDatabase, client: MongoClient[Any], database: str
) -> None:
    wanted = [
        bson.encode({"_id": number, **EVERY_TYPE, "pad": "x" * (number % 977)})
        for number in range(3000)
    ]
    client[database]["c"].insert_many(
        bson.raw_bson.RawBSONDocument(document) for document in wanted
    )

    for at in (opened.cluster_time(), None):
        assert read(opened, database, "c", at) == wanted

    with opened.batches(database, "c", at=None) as batches:
        sizes = [len(batch.documents) for batch in batches]
    assert sum(sizes) == sum(map(len, wanted))
    assert len(sizes) > 2
    assert max(sizes) < 1_500_000


def test_types_that_python_has_no_word_for_survive(
    opened: MongoDatabase, client: MongoClient[Any], database: str
) -> None:
    body = b"\x10_id\0\x01\0\0\0" + b"\x06undefined\0" + b"\x0esymbol\0\x02\0\0\0s\0"
    wanted = (len(body) + 5).to_bytes(4, "little") + body + b"\0"
    put(opened, database, "c", wanted)

    assert client[database]["c"].count_documents({"undefined": {"$type": 6}}) == 1
    assert read(opened, database, "c", opened.cluster_time()) == [wanted]


def test_documents_near_the_limit_are_read_one_by_one(
    opened: MongoDatabase, client: MongoClient[Any], database: str
) -> None:
    overhead = len(bson.encode({"_id": 1, "b": b""}))
    largest = 16 * 1024 * 1024 - overhead
    client[database]["c"].insert_many(
        [{"_id": 1, "b": bytes(largest)}, {"_id": 2}, {"_id": 3, "b": bytes(largest)}]
    )

    documents = read(opened, database, "c", opened.cluster_time())

    assert [len(document) for document in documents] == [16 * 2**20, 14, 16 * 2**20]


def test_a_scan_sees_one_instant_whatever_is_written_meanwhile(
    opened: MongoDatabase, client: MongoClient[Any], database: str
) -> None:
    collection = client[database]["c"]
    collection.insert_many({"_id": number, "v": 0, "pad": "x" * 2000} for number in range(2000))
    at = opened.cluster_time()

    with opened.batches(database, "c", at=at) as batches:
        documents = [bson.decode(document) for document in next(batches).each]
        collection.update_many({}, {"$set": {"v": 1}})
        collection.delete_many({"_id": {"$gte": 1900}})
        collection.insert_many({"_id": number, "v": 1} for number in range(5000, 5100))
        documents += [bson.decode(one) for batch in batches for one in batch.each]

    assert [document["_id"] for document in documents] == list(range(2000))
    assert {document["v"] for document in documents} == {0}
    with opened.batches(database, "c", at=None) as batches:
        assert {bson.decode(one)["v"] for batch in batches for one in batch.each} == {1}


def test_a_scan_that_is_left_early_leaves_no_cursor(
    opened: MongoDatabase, client: MongoClient[Any], database: str
) -> None:
    client[database]["c"].insert_many({"pad": "x" * 5000} for _ in range(2000))

    def open_cursors() -> int:
        pipeline: list[dict[str, Any]] = [
            {"$currentOp": {"allUsers": True, "idleCursors": True}},
            {"$match": {"ns": f"{database}.c", "cursor": {"$exists": True}}},
        ]
        return len(list(client.admin.aggregate(pipeline)))

    with opened.batches(database, "c", at=opened.cluster_time()) as batches:
        next(batches)
        assert open_cursors() == 1
    assert open_cursors() == 0

    with pytest.raises(ZeroDivisionError), opened.batches(database, "c", at=None) as batches:
        raise ZeroDivisionError

    def fails() -> None:
        with opened.batches(database, "c", at=None) as batches:
            next(batches)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert open_cursors() == 0


def test_a_missing_collection_has_no_documents_and_yet_there_is_a_time(
    opened: MongoDatabase, database: str
) -> None:
    at = opened.cluster_time()
    assert at.seconds > 1_700_000_000
    assert read(opened, database, "none", at) == []


def test_a_standalone_server_has_no_cluster_time(standalone: Mongod) -> None:
    with connect(standalone.uri) as opened:
        assert opened.server().topology is Topology.STANDALONE
        put(opened, "alone", "c", {"_id": 1})
        opened.settle()
        assert read(opened, "alone", "c", None) == [bson.encode({"_id": 1})]
        with pytest.raises(NoClusterTime):
            opened.cluster_time()
        opened.drop_database("alone")


@pytest.fixture
def short_history(client: MongoClient[Any]) -> Iterator[None]:
    window = "minSnapshotHistoryWindowInSeconds"
    client.admin.command({"setParameter": 1, window: 0})
    yield
    client.admin.command({"setParameter": 1, window: 300})


def test_history_that_is_gone_is_said_to_be_too_old(
    opened: MongoDatabase, client: MongoClient[Any], database: str, short_history: None
) -> None:
    client[database]["c"].insert_many({"pad": "x" * 5000} for _ in range(3000))
    at = opened.cluster_time()

    def scan_while_history_moves_on() -> None:
        with opened.batches(database, "c", at=at) as batches:
            for _ in batches:
                client[database]["other"].insert_one({"pad": "x"})
                time.sleep(0.2)

    with pytest.raises(SnapshotTooOld):
        scan_while_history_moves_on()
    with pytest.raises(SnapshotTooOld):
        read(opened, database, "c", at)


def test_a_collection_that_was_made_since_is_unavailable(
    opened: MongoDatabase, client: MongoClient[Any], database: str
) -> None:
    at = opened.cluster_time()
    client[database]["c"].insert_one({"a": 1})
    with pytest.raises(SnapshotUnavailable):
        read(opened, database, "c", at)


def test_a_capped_collection_has_no_snapshot_and_can_be_read_as_it_is(
    opened: MongoDatabase, client: MongoClient[Any], database: str
) -> None:
    client[database].create_collection("c", capped=True, size=4096)
    client[database]["c"].insert_one({"_id": 1})
    if int(opened.server().version.partition(".")[0]) < 8:
        with pytest.raises(CappedHasNoSnapshot):
            read(opened, database, "c", opened.cluster_time())
    assert read(opened, database, "c", None) == [bson.encode({"_id": 1})]


@pytest.mark.parametrize("how", ["drop", "rename", "replace"])
def test_a_collection_that_goes_during_the_scan_is_noticed(
    opened: MongoDatabase, client: MongoClient[Any], database: str, how: str
) -> None:
    collection = client[database]["c"]
    collection.insert_many({"pad": "x" * 5000} for _ in range(2000))
    with opened.batches(database, "c", at=opened.cluster_time()) as batches:
        next(batches)
        match how:
            case "drop":
                collection.drop()
            case "rename":
                collection.rename("d")
            case _:
                client[database]["d"].insert_one({})
                client[database]["d"].rename("c", dropTarget=True)
        with pytest.raises((CollectionGone, SnapshotUnavailable)):
            list(batches)


def test_every_kind_of_collection_is_listed_with_its_options_as_they_are(
    opened: MongoDatabase, client: MongoClient[Any], database: str
) -> None:
    here = client[database]
    here.create_collection("capped", capped=True, size=4096, max=7)
    here.create_collection("clustered", clusteredIndex={"key": {"_id": 1}, "unique": True})
    here.create_collection("series", timeseries={"timeField": "t", "metaField": "m"})
    here["series"].insert_one({"t": datetime.now(UTC), "m": 1})
    here.create_collection("strict", validator={"n": {"$type": "int", "$gt": 3}})
    here.create_collection("swedish", collation={"locale": "sv", "strength": 2})
    here.create_collection("view", viewOn="strict", pipeline=[{"$match": {"n": 4}}])
    here["system.js"].insert_one({"_id": "f", "value": Code("function() {}")})
    here["strict"].create_index([("n", 1), ("m", -1)], name="nm", unique=True, sparse=True)

    found = {collection.name: collection for collection in opened.collections(database)}

    assert list(found) == [
        *("capped", "clustered", "series", "strict", "swedish", "system.js", "view"),
    ]
    kinds = {name: one.kind for name, one in found.items() if one.kind.value != "collection"}
    assert kinds == {"series": CollectionKind.TIMESERIES, "view": CollectionKind.VIEW}
    raw = {
        entry["name"]: entry for entry in here.command("listCollections")["cursor"]["firstBatch"]
    }
    for name, collection in found.items():
        assert bson.decode(collection.options) == raw[name]["options"]
        expected = None if name == "view" else raw[name]["info"].get("uuid")
        if name == "series":
            expected = raw["system.buckets.series"]["info"]["uuid"]
        assert collection.uuid == (expected.hex() if expected is not None else None)
    assert [bson.decode(index)["name"] for index in found["strict"].indexes] == ["_id_", "nm"]
    assert found["view"].indexes == ()
    sizes = opened.sizes(database)
    assert set(sizes) == set(found) - {"view"}
    assert sizes["series"].documents == 1


def test_odd_names_are_listed_sized_and_read(opened: MongoDatabase, database: str) -> None:
    for name in ODD_NAMES:
        put(opened, database, name, bson.encode({"_id": name}))

    assert {one.name for one in opened.collections(database)} == set(ODD_NAMES)
    assert set(opened.sizes(database)) == set(ODD_NAMES)
    for name in ODD_NAMES:
        assert read(opened, database, name, opened.cluster_time()) == [bson.encode({"_id": name})]


def test_many_collections_are_all_listed(
    opened: MongoDatabase, client: MongoClient[Any], database: str
) -> None:
    quick = client.get_database(database, write_concern=WriteConcern(w=1))
    for number in range(130):
        quick.create_collection(f"c{number}")
    assert len(opened.collections(database)) == 130


def test_the_server_says_who_it_is(opened: MongoDatabase, one_node: Mongod, database: str) -> None:
    server = opened.server()
    assert server.topology is Topology.REPLICA_SET
    assert server.set_name == "rs0"
    assert server.hosts == (f"127.0.0.1:{one_node.ports[0]}",)
    assert server.user == "root@admin"
    assert not server.tls
    assert int(server.version.partition(".")[0]) >= 5
    assert opened.history_window_s() == 300
    assert "admin" in opened.databases()
    assert any(privilege.any_resource for privilege in opened.privileges()) or any(
        "find" in privilege.actions for privilege in opened.privileges()
    )


class TestTheLeastRights:
    @pytest.fixture
    def reader(self, one_node: Mongod, client: MongoClient[Any], database: str) -> Iterator[Secret]:
        client[database]["c"].insert_one({"_id": 1})
        client[database].create_collection("series", timeseries={"timeField": "t"})
        client[database]["series"].insert_one({"t": datetime.now(UTC)})
        yield make_user(one_node, database, ["read"])
        client[database].command("dropAllUsersFromDatabase")

    def test_read_is_enough_for_a_dump(self, reader: Secret, database: str) -> None:
        with connect(reader) as opened:
            assert len(opened.collections(database)) == 2
            assert len(opened.sizes(database)) == 2
            assert len(read(opened, database, "c", opened.cluster_time())) == 1
            assert opened.history_window_s() is None
            assert opened.databases() == (database,)

    @pytest.mark.parametrize(
        ("database_of", "collection", "action", "role"),
        [
            ("own", "system.buckets.series", "find", "backup@admin"),
            ("other", "c", "find", "read@other"),
        ],
    )
    def test_what_lacks_is_named(
        self,
        reader: Secret,
        database: str,
        database_of: str,
        collection: str,
        action: str,
        role: str,
    ) -> None:
        name = database if database_of == "own" else "other"
        with connect(reader) as opened, pytest.raises(NotAuthorized) as caught:
            read(opened, name, collection, opened.cluster_time())
        error = caught.value
        assert (error.action, error.resource, error.role) == (action, f"{name}.{collection}", role)
        assert action in error.what
        assert error.resource in error.what
        assert role.partition("@")[0] in error.fix

    def test_listing_and_writing_elsewhere_name_their_rights(
        self, reader: Secret, database: str
    ) -> None:
        with connect(reader) as opened:
            with pytest.raises(NotAuthorized) as caught:
                opened.collections("other")
            assert (caught.value.action, caught.value.role) == ("listCollections", "read@other")
            with pytest.raises(NotAuthorized) as caught:
                put(opened, database, "c", bson.encode({}))
            assert (caught.value.action, caught.value.role) == ("insert", f"readWrite@{database}")
            with pytest.raises(NotAuthorized) as caught:
                opened.rename(database, "c", f"d{secrets.token_hex(2)}")
            assert caught.value.resource == f"{database}.c"

    def test_backup_reads_time_series(
        self, one_node: Mongod, reader: Secret, database: str, client: MongoClient[Any]
    ) -> None:
        with connect(make_user(one_node, "admin", ["backup"])) as opened:
            at = opened.cluster_time()
            assert len(read(opened, database, "system.buckets.series", at)) == 1
            assert len(opened.collections(database)) == 2
        client.admin.command("dropUser", opened_user(client))


def opened_user(client: MongoClient[Any]) -> str:
    users = client.admin.command("usersInfo")["users"]
    return next(str(user["user"]) for user in users if user["user"].startswith("u_"))
