"""What is dumped comes back equal, whatever kind of collection it is."""

import datetime as dt
from typing import Any

import bson
import pytest
from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from pymongo import ASCENDING, DESCENDING, HASHED, TEXT

from tests.commands.backup.shop import Shop

LONG = "n" * 200
ODD_NAMES = ("with space", "dots.and.more", "Ünïcödé✓", "per%cent+plus", "quote'\"s", "a&b=c", LONG)


def fill_odd(db: Any) -> None:
    """Every kind of collection and of index that MongoDB 6 has."""
    db.plain.insert_many({"n": n, "t": f"text {n}", "tags": [n % 7, n % 3]} for n in range(3000))
    db.plain.create_index([("n", ASCENDING)], unique=True)
    db.plain.create_index([("t", TEXT)], weights={"t": 5}, default_language="english")
    db.plain.create_index([("tags", ASCENDING), ("n", DESCENDING)], name="compound")
    db.plain.create_index([("n", HASHED)])
    db.plain.create_index([("when", ASCENDING)], expireAfterSeconds=3600)
    db.plain.create_index([("x", ASCENDING)], sparse=True, hidden=True)
    db.plain.create_index([("p", 1)], partialFilterExpression={"n": {"$gt": 5}})
    db.plain.create_index([("c", 1)], collation={"locale": "de", "strength": 2})
    db.plain.create_index([("$**", 1)], wildcardProjection={"a": 1})
    db.plain.create_index([("where", "2dsphere")])
    db.create_collection("capped", capped=True, size=100_000, max=500)
    db.capped.insert_many({"_id": n, "v": n} for n in range(600))
    db.create_collection("collated", collation={"locale": "fr", "strength": 1})
    db.collated.insert_many([{"a": "é"}, {"a": "E"}])
    db.collated.create_index([("a", 1)])
    db.collated.create_index([("b", 1)], collation={"locale": "simple"})
    db.create_collection("clustered", clusteredIndex={"key": {"_id": 1}, "unique": True})
    db.clustered.insert_many({"_id": n} for n in range(50))
    db.unchecked.insert_one({"wrong": True})
    db.command("collMod", "unchecked", validator={"right": {"$exists": True}})
    db.create_collection("looks", viewOn="zlooks2", pipeline=[{"$match": {"n": {"$lt": 10}}}])
    db.create_collection("zlooks2", viewOn="plain", pipeline=[{"$project": {"n": 1}}])
    db.create_collection("empty")
    db.create_collection(
        "weather", timeseries={"timeField": "at", "metaField": "where", "granularity": "minutes"}
    )
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    db.weather.insert_many(
        {"at": start + dt.timedelta(minutes=n), "where": n % 4, "c": n / 10} for n in range(400)
    )
    db.weather.create_index([("where", 1), ("at", -1)])
    for name in ODD_NAMES:
        db[name].insert_one({"name": name})
    db.large.insert_one({"blob": Binary(b"x" * (16 * 1024 * 1024 - 200))})
    db.mixed.insert_many(_mixed())


def _mixed() -> list[dict[str, Any]]:
    ids: list[Any] = [
        1,
        1.5,
        Int64(2),
        "text",
        ObjectId(),
        Binary(b"\x00\x01"),
        Binary(b"u" * 16, 4),
        dt.datetime(2026, 5, 1, tzinfo=dt.UTC),
        {"a": 1, "b": 2},
        True,
        None,
        Decimal128("1.10"),
        MinKey(),
        MaxKey(),
        Timestamp(5, 6),
    ]
    values: list[Any] = [float("nan"), float("-inf"), -0.0, Regex("^a", "i"), [], {}, "\0nul"]
    documents = [{"_id": one, "values": values} for one in ids]
    documents.append(
        {"_id": "empty timestamp", "at": Timestamp(0, 0), "deep": {"at": Timestamp(0, 0)}}
    )
    return documents


def picture(db: Any) -> dict[str, Any]:
    """Everything of a database that a restore must bring back, as bytes that compare."""
    found: dict[str, Any] = {}
    for info in db.list_collections():
        name = info["name"]
        if name.startswith("system."):
            continue
        raw = db.get_collection(
            name,
            codec_options=bson.codec_options.CodecOptions(
                document_class=bson.raw_bson.RawBSONDocument
            ),
        )
        cursor = raw.find().sort("$natural", 1) if name == "capped" else raw.find()
        documents = [document.raw for document in cursor]
        indexes = []
        if info["type"] != "view":
            indexes = sorted(bson.encode(index) for index in db[name].list_indexes())
        found[name] = {
            "type": info["type"],
            "options": info["options"],
            "documents": documents if name == "capped" else sorted(documents),
            "indexes": indexes,
        }
    return found


@pytest.mark.parametrize("workers", ["drill", "restore"])
def test_every_kind_of_collection_comes_back_equal(shop: Shop, workers: str) -> None:
    fill_odd(shop.db)
    before = picture(shop.db)
    manifest = shop.backup()
    assert manifest["consistency"]["kind"] == "snapshot"
    assert {entry["name"] for entry in manifest["collections"]} == set(before)
    if workers == "drill":
        ran = shop.run("backup", "verify", manifest["id"], "--drill")
        assert ran.code == 0, ran.stdout + ran.stderr
        assert ran.json["facts"]["drill"]["verdict"] == "passed"
        return
    copy = f"{shop.name}_copy"
    ran = shop.run("restore", manifest["id"], "--into", copy, "--yes")
    assert ran.code == 0, ran.stdout + ran.stderr
    assert picture(shop.client[copy]) == before
