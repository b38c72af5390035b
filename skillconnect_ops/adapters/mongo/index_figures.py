"""How large indexes are, how they are used, and how far builds are."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from pymongo import ReadPreference
from pymongo.errors import OperationFailure, PyMongoError

from skillconnect_ops.adapters.mongo import nodes
from skillconnect_ops.adapters.mongo.connection import DECODED, Connection
from skillconnect_ops.adapters.mongo.errors import OUT_OF_TIME, UNAUTHORIZED
from skillconnect_ops.adapters.mongo.index_words import from_plain
from skillconnect_ops.core.indexes import Index
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.database import CannotConnect, CommandFailed, NotAuthorized
from skillconnect_ops.core.ports.indexes import (
    BuildProgress,
    CollectionFigures,
    DiskSpace,
    Figures,
    IndexUse,
)

AT_ONCE = 50
"""Collections that one question asks for."""
ANSWERS_S = 30.0
COUNTS_S = 10.0
NO_SIZES = "the user lacks `collStats`, which the role read has"
NO_USES = "the user lacks `indexStats`, which the role clusterMonitor (on admin) has"
HIDDEN = "hidden members"
"""Stands for those that nobody names to a client; analytics often reads from one."""
INDEX_BUILD = "Index Build"

_Rows = list[dict[str, Any]]


def figures(
    connection: Connection, database: str, collections: Sequence[str], *, uses: bool
) -> Figures:
    """Sizes from the primary, and uses from all nodes; see the port."""
    found: dict[str, dict[str, Any]] = {name: {} for name in collections}
    sizes_unknown = ""
    try:
        for row in _of_all(connection, database, collections, _sizes):
            found[row["c"]].update(
                documents=int(row.get("n", 0)),
                size_bytes=int(row.get("s", 0)),
                index_bytes={name: int(size) for name, size in row.get("i", {}).items()},
            )
    except NotAuthorized:
        sizes_unknown = NO_SIZES
    used, unknown = _uses(connection, database, collections) if uses else ({}, {})
    return Figures(
        collections={
            name: CollectionFigures(**one, uses=used.get(name, {})) for name, one in found.items()
        },
        sizes_unknown=sizes_unknown,
        uses_unknown=unknown,
    )


def expired(
    connection: Connection, database: str, collection: str, index: Index, *, before: datetime
) -> Fact[int]:
    """By a count that ends by itself: the field need not have an index yet; see the port."""
    old: dict[str, Any] = {index.fields[0]: {"$lt": before}}
    if index.partial_filter is not None:
        old = {"$and": [old, from_plain(index.partial_filter)]}
    command: dict[str, Any] = {"count": collection, "query": old, "maxTimeMS": int(COUNTS_S * 1000)}
    if index.collation is not None:
        command["collation"] = from_plain(index.collation)
    try:
        return Known(int(connection.run(database, command)["n"]))
    except CommandFailed as error:
        if error.code == OUT_OF_TIME:
            return Missing(f"counting them takes more than {COUNTS_S:.0f} s")
        return Missing(f"they cannot be counted: {error.why}")


def progress(connection: Connection, database: str) -> Fact[tuple[BuildProgress, ...]]:
    """The builds at work; those of others take a right of its own."""
    for everybody in (True, False):
        look = {"$currentOp": {"allUsers": everybody, "idleConnections": False}}
        mine = {"$match": {"ns": {"$regex": f"^{_escaped(database)}\\."}}}
        command = {"aggregate": 1, "pipeline": [look, mine], "cursor": {"batchSize": 1000}}
        try:
            answer = connection.run("admin", command)
        except NotAuthorized:
            continue
        builds = (_build(one) for one in answer["cursor"]["firstBatch"])
        return Known(tuple(one for one in builds if one is not None))
    return Missing("the user lacks `inprog` on the cluster, which the role clusterMonitor has")


def disk(connection: Connection, database: str) -> Fact[DiskSpace]:
    """The disk of the primary; see the port."""
    try:
        stats = connection.run(database, {"dbStats": 1})
    except NotAuthorized:
        return Missing("the user lacks `dbStats`, which the role read has")
    if "fsTotalSize" not in stats:
        return Missing("the server does not tell its disk's size")
    return Known(
        DiskSpace(total_bytes=int(stats["fsTotalSize"]), used_bytes=int(stats["fsUsedSize"]))
    )


def _build(operation: Mapping[str, Any]) -> BuildProgress | None:
    command = operation.get("command") or {}
    message = str(operation.get("msg") or "")
    if "createIndexes" not in command and not message.startswith(INDEX_BUILD):
        return None
    counted = operation.get("progress") or {}
    named = (str(one.get("name")) for one in command.get("indexes", ()))
    return BuildProgress(
        collection=str(operation["ns"]).partition(".")[2],
        names=frozenset(named),
        message=message,
        done=int(counted.get("done", 0)),
        total=int(counted.get("total", 0)),
    )


def _sizes(name: str) -> _Rows:
    stats = "$storageStats"
    shown = {"s": f"{stats}.size", "n": f"{stats}.count", "i": f"{stats}.indexSizes"}
    return [
        {"$collStats": {"storageStats": {}}},
        {"$project": {"_id": 0, "c": {"$literal": name}, **shown}},
    ]


def _use(name: str) -> _Rows:
    return [
        {"$indexStats": {}},
        {"$project": {"_id": 0, "c": {"$literal": name}, "name": 1, "accesses": 1}},
    ]


def _asked(names: Sequence[str], stages: Any) -> dict[str, Any]:
    """One question for many collections."""
    first, *others = names
    pipeline = stages(first)
    pipeline += [{"$unionWith": {"coll": name, "pipeline": stages(name)}} for name in others]
    return {"aggregate": first, "pipeline": pipeline, "cursor": {"batchSize": 100_000}}


def _of_all(
    connection: Connection, database: str, collections: Sequence[str], stages: Any
) -> _Rows:
    """The rows of all; where one went away meanwhile, each is asked for by itself."""
    rows: _Rows = []
    for start in range(0, len(collections), AT_ONCE):
        names = collections[start : start + AT_ONCE]
        try:
            rows += _rows(connection.run(database, _asked(names, stages)))
        except CommandFailed:
            for name in names:
                try:
                    rows += _rows(connection.run(database, _asked([name], stages)))
                except CommandFailed:
                    continue
    return rows


def _uses(
    connection: Connection, database: str, collections: Sequence[str]
) -> tuple[dict[str, dict[str, tuple[IndexUse, ...]]], dict[str, str]]:
    """By collection and index; and by node, why it did not tell."""
    found: dict[str, dict[str, tuple[IndexUse, ...]]] = {}
    unknown: dict[str, str] = {}
    try:
        uri = nodes.resolved(connection.uri)
    except CannotConnect as error:
        return {}, {connection.uri.where: f"{error.what}: {error.why}"}
    members = nodes.members(connection)
    also = members.value if isinstance(members, Known) else ()
    for node in nodes.survey(uri, connection.connect_map, also=also):
        if node.reason:
            unknown[node.name] = node.reason
            continue
        one = nodes.of_one(uri, node.name)
        try:
            with nodes.direct(one, node.address, patience_s=ANSWERS_S) as client:
                rows = _of_node(client[database], collections)
        except (PyMongoError, CannotConnect) as error:
            lacks = isinstance(error, OperationFailure) and error.code == UNAUTHORIZED
            unknown[node.name] = NO_USES if lacks else nodes.why(one, error)
            continue
        for row in rows:
            use = IndexUse(
                node=node.name,
                operations=int(row["accesses"]["ops"]),
                since=row["accesses"]["since"],
            )
            of_collection = found.setdefault(row["c"], {})
            of_collection[row["name"]] = (*of_collection.get(row["name"], ()), use)
    if isinstance(members, Missing) and NO_USES not in unknown.values():  # else it lacks one role
        unknown[HIDDEN] = members.reason
    return found, unknown


def _of_node(here: Any, collections: Sequence[str]) -> _Rows:
    """The uses at one node; what it lacks, or just begins to build, is left out by itself."""

    def asked(names: Sequence[str]) -> _Rows:
        command = _asked(names, _use)
        answer: Mapping[str, Any] = here.command(
            command, codec_options=DECODED, read_preference=ReadPreference.NEAREST
        )
        return _rows(answer)

    rows: _Rows = []
    for start in range(0, len(collections), AT_ONCE):
        names = collections[start : start + AT_ONCE]
        try:
            rows += asked(names)
        except OperationFailure as error:
            if error.code == UNAUTHORIZED:
                raise
            for name in names:
                with suppress(OperationFailure):
                    rows += asked([name])
    return rows


def _rows(answer: Mapping[str, Any]) -> _Rows:
    found: _Rows = answer["cursor"]["firstBatch"]
    return found


def _escaped(name: str) -> str:
    return "".join(
        letter if letter.isalnum() or letter == "_" else f"\\{letter}" for letter in name
    )
