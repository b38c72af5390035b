"""Our own collection in a database: who works on its indexes, and what runs changed.

All times are the server's, so that two machines with different clocks agree.
"""

import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from bson.int64 import Int64

from skillconnect_ops.adapters.mongo.connection import Connection
from skillconnect_ops.adapters.mongo.errors import DUPLICATE
from skillconnect_ops.core.ports.database import CommandFailed
from skillconnect_ops.core.ports.indexes import (
    OWN,
    HiddenIndex,
    IndexesLocked,
    IndexRun,
    LockHolder,
    RunStanding,
    Touched,
)

LOCK = "lock"
RUN, HIDDEN = "run:", "hidden:"
MOST = 1000


def lock(connection: Connection, database: str, *, run: str, command: str, lease_s: float) -> None:
    """Take or keep the lock; see the port."""
    until = {"$add": ["$$NOW", int(lease_s * 1000)]}
    mine = {
        "run": run,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "command": command,
        "until": until,
    }
    keep = [{"$set": {**mine, "since": {"$ifNull": ["$since", "$$NOW"]}}}]
    take = [{"$set": {**mine, "since": "$$NOW"}}]
    holder = None
    while holder is None:  # it may be given back between two questions
        if standing(connection, database, run=run) is RunStanding.TAKEN_OVER:
            raise IndexesLocked(
                f"another run has taken the indexes of {database} over from this one",
                why=f"this one gave no sign for {lease_s:.0f} s, as if its machine were gone",
                fix="skc indexes   # looks at how they are now",
            )
        if _update(connection, database, {"_id": LOCK, "run": run}, keep, upsert=True):
            return
        holder = lock_holder(connection, database)
        if holder is None or holder.lives:
            continue
        over = {"_id": LOCK, "run": holder.run, "$expr": {"$lt": ["$until", "$$NOW"]}}
        if _update(connection, database, over, take, upsert=False):
            gone = [{"$set": {"taken_over": True}}]
            _update(connection, database, {"_id": RUN + holder.run}, gone, upsert=False)
            return
        holder = None
    error = IndexesLocked(
        f"somebody else changes the indexes of {database}",
        why=f"it is {holder.line()}; two at once would undo each other's work",
        fix=f"wait for it; if that machine is gone, its lock ends by itself {lease_s:.0f} s after "
        "it last gave a sign",
    )
    error.holder = holder
    raise error


def unlock(connection: Connection, database: str, *, run: str) -> None:
    """Give it back; see the port."""
    _delete(connection, database, {"_id": LOCK, "run": run})


def standing(connection: Connection, database: str, *, run: str) -> RunStanding:
    """How a run stands; see the port."""
    found = _find(connection, database, {"_id": RUN + run}, projection={"taken_over": 1})
    if not found:
        return RunStanding.UNKNOWN
    taken = found[0].get("taken_over", False)
    return RunStanding.TAKEN_OVER if taken else RunStanding.ITS_OWN


def lock_holder(connection: Connection, database: str) -> LockHolder | None:
    """Who holds it; see the port."""
    lives = {"$gt": ["$until", "$$NOW"]}
    shown = {"_id": 0, "run": 1, "host": 1, "pid": 1, "since": 1, "lives": lives}
    found = _find(connection, database, {"_id": LOCK}, projection=shown)
    return msgspec.convert(found[0], LockHolder) if found else None


def keep(connection: Connection, database: str, run: IndexRun) -> None:
    """Write down what a run is about to change; see the port."""
    words = msgspec.to_builtins(run)
    del words["at"]
    _put(connection, database, RUN + run.run, words, stamp="at")


def runs(connection: Connection, database: str) -> Sequence[IndexRun]:
    """What runs wrote down; see the port."""
    found = _find(connection, database, _named(RUN), sort={"at": -1})
    return tuple(msgspec.convert(_without_int64(one), IndexRun) for one in found)


def keep_after(connection: Connection, database: str, run: str, after: Sequence[Touched]) -> None:
    """Write down how it left what it touched; see the port."""
    change = [{"$set": {"after": {"$literal": msgspec.to_builtins(after)}}}]
    _update(connection, database, {"_id": RUN + run}, change, upsert=False)


def mark_undone(connection: Connection, database: str, run: str, *, undone: bool) -> None:
    """Say that it was taken back; see the port."""
    change = [{"$set": {"undone": undone}}]
    _update(connection, database, {"_id": RUN + run}, change, upsert=False)


def mark_put_back(connection: Connection, database: str, run: str) -> None:
    """Say that it went its own way back; see the port."""
    change = [{"$set": {"put_back": True}}]
    _update(connection, database, {"_id": RUN + run}, change, upsert=False)


def forget(connection: Connection, database: str, run: str) -> None:
    """Remove what it wrote down; see the port."""
    _delete(connection, database, {"_id": RUN + run})


def watch(connection: Connection, database: str, hidden: HiddenIndex) -> None:
    """Write down that it is hidden; see the port."""
    words = msgspec.to_builtins(hidden)
    del words["since"], words["age_s"]
    _put(connection, database, _hidden(hidden.collection, hidden.name), words, stamp="since")


def unwatch(connection: Connection, database: str, collection: str, name: str) -> None:
    """It is no longer; see the port."""
    _delete(connection, database, {"_id": _hidden(collection, name)})


def watched(connection: Connection, database: str) -> Sequence[HiddenIndex]:
    """Those that are; see the port."""
    age_s = {"$divide": [{"$subtract": ["$$NOW", "$since"]}, 1000]}
    shown = {**dict.fromkeys(HiddenIndex.__struct_fields__, 1), "age_s": age_s}
    found = _find(connection, database, _named(HIDDEN), sort={"since": 1}, projection=shown)
    return tuple(msgspec.convert(one, HiddenIndex) for one in found)


def _without_int64(value: Any) -> Any:
    """What was written as JSON data comes back with a type of BSON's own for large numbers."""
    match value:
        case dict():
            return {name: _without_int64(each) for name, each in value.items()}
        case list():
            return [_without_int64(each) for each in value]
        case Int64():
            return int(value)
        case _:
            return value


def _hidden(collection: str, name: str) -> str:
    return f"{HIDDEN}{collection}\n{name}"


def _named(prefix: str) -> dict[str, Any]:
    return {"_id": {"$gte": prefix, "$lt": prefix[:-1] + chr(ord(prefix[-1]) + 1)}}


def _put(
    connection: Connection, database: str, name: str, words: Mapping[str, Any], *, stamp: str
) -> None:
    """Add a document with the server's time in it; one of that name stays as it is."""
    fresh = {"$mergeObjects": ["$$ROOT", {"$literal": words}, {stamp: "$$NOW"}]}
    there = {"$ne": [{"$type": f"${stamp}"}, "missing"]}
    update = [{"$replaceWith": {"$cond": [there, "$$ROOT", fresh]}}]
    _update(connection, database, {"_id": name}, update, upsert=True)


def _update(
    connection: Connection, database: str, query: Mapping[str, Any], change: Any, *, upsert: bool
) -> bool:
    """Whether a document was changed or added; an upsert that finds its name taken adds none."""
    command = {"update": OWN, "updates": [{"q": query, "u": change, "upsert": upsert}]}
    answer = connection.run_durably(database, command)
    for fault in answer.get("writeErrors", ()):
        if fault["code"] != DUPLICATE:
            raise _failed(fault)
        return False
    return bool(answer["n"])


def _delete(connection: Connection, database: str, query: Mapping[str, Any]) -> None:
    answer = connection.run_durably(
        database, {"delete": OWN, "deletes": [{"q": query, "limit": 1}]}
    )
    for fault in answer.get("writeErrors", ()):
        raise _failed(fault)


def _find(
    connection: Connection, database: str, query: Mapping[str, Any], **more: Any
) -> list[dict[str, Any]]:
    command = {"find": OWN, "filter": query, "batchSize": MOST, "limit": MOST, **more}
    answer = connection.run(database, command)
    found: list[dict[str, Any]] = answer["cursor"]["firstBatch"]
    return found


def _failed(fault: Mapping[str, Any]) -> CommandFailed:
    error = CommandFailed(
        f"the collection {OWN} cannot be written",
        why=str(fault.get("errmsg", ""))[:300],
        fix=f"look up error code {fault['code']} of MongoDB",
    )
    error.code = int(fault["code"])
    return error
