"""A database before and after a restore that changes the kind of every name, and how they compare.

Nine names, each called by what it was and what it becomes: `c` collection, `t` time series, `v`
view. Two more stay as they are: the backup does not hold them.
"""

import datetime as dt
from typing import Any

import bson
from bson.raw_bson import RawBSONDocument

KINDS = "ctv"
NAMES = tuple(old + new for old in KINDS for new in KINDS)
_START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
_RAW = bson.codec_options.CodecOptions(document_class=RawBSONDocument)

Picture = dict[str, Any]


def make_wanted(db: Any, *, rows: int = 30) -> None:
    """What the backup holds."""
    _make(db, 1, "wanted", rows)


def make_current(db: Any, *, rows: int = 20) -> None:
    """What is there when it is restored."""
    _make(db, 0, "current", rows)
    db.extra.insert_many({"_id": n} for n in range(5))
    db.create_collection("extra_view", viewOn="extra", pipeline=[])


def _make(db: Any, which: int, text: str, rows: int) -> None:
    for name in NAMES:
        match name[which]:
            case "c":
                db.create_collection(name, validator={"n": {"$gte": 0}})
                db[name].insert_many(
                    {"_id": n, "n": n, "text": f"{text} {name} {n}"} for n in range(rows)
                )
                db[name].create_index([("n", 1)], unique=True)
            case "t":
                db.create_collection(name, timeseries={"timeField": "at", "metaField": "where"})
                db[name].insert_many(
                    {"at": _START + dt.timedelta(hours=n), "where": n % 3, text: n}
                    for n in range(rows)
                )
                db[name].create_index([("where", 1), ("at", 1)])
            case _:
                db.create_collection(name, viewOn="cc", pipeline=[{"$match": {text: name}}])


def clear(db: Any) -> None:
    """Drop everything, views first."""
    for info in sorted(db.list_collections(), key=lambda one: one["type"] != "view"):
        if not info["name"].startswith("system."):
            db.drop_collection(info["name"])


def picture(db: Any) -> Picture:
    """Everything of a database, as bytes that compare; leftovers and orphaned buckets too."""
    listed = {info["name"]: info for info in db.list_collections()}
    series = {f"system.buckets.{name}" for name, one in listed.items() if one["type"] != "view"}
    found: Picture = {}
    for name, info in listed.items():
        if name == "system.views" or (name in series and listed[name[15:]]["type"] == "timeseries"):
            continue
        documents = [bytes(one.raw) for one in db.get_collection(name, codec_options=_RAW).find()]
        indexes = [] if info["type"] == "view" else list(db[name].list_indexes())
        found[name] = {
            "type": info["type"],
            "options": info["options"],
            "documents": sorted(documents),
            "indexes": sorted(bson.encode(index) for index in indexes),
        }
    return found


def uuids(db: Any) -> dict[str, Any]:
    """The identity of every plain collection; that of a time series does not survive."""
    return {
        info["name"]: info["info"]["uuid"]
        for info in db.list_collections()
        if info["type"] == "collection" and not info["name"].startswith("system.")
    }
