"""What stands in a deployment: servers, users, databases, collections, sizes."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from bson.raw_bson import RawBSONDocument

from skillconnect_ops.adapters.mongo.connection import Connection
from skillconnect_ops.adapters.mongo.errors import NO_SUCH_COLLECTION
from skillconnect_ops.adapters.mongo.rights import BUCKETS
from skillconnect_ops.core.ports.database import (
    Collection,
    CollectionKind,
    CollectionSize,
    CommandFailed,
    NotAuthorized,
    Privilege,
    Server,
    Topology,
)

SYSTEM = "system."
KEPT = "system.js"
"""Stored functions are the user's own data."""
COMMAND_NOT_SUPPORTED_ON_VIEW = 166


def server(connection: Connection) -> Server:
    """Who answers; see the port."""
    hello = connection.run("admin", {"hello": 1})
    version = connection.run("admin", {"buildInfo": 1})["version"]
    users = connection.run("admin", {"connectionStatus": 1})["authInfo"]["authenticatedUsers"]
    topology = Topology.STANDALONE
    if hello.get("msg") == "isdbgrid":
        topology = Topology.SHARDED
    elif "setName" in hello:
        topology = Topology.REPLICA_SET
    return Server(
        version=version,
        topology=topology,
        set_name=hello.get("setName"),
        hosts=tuple(hello.get("hosts", connection.uri.hosts)),
        tls=connection.uri.tls,
        user=f"{users[0]['user']}@{users[0]['db']}" if users else None,
    )


def privileges(connection: Connection) -> Sequence[Privilege]:
    """What the user may do; see the port."""
    status = connection.run("admin", {"connectionStatus": 1, "showPrivileges": True})
    return tuple(
        Privilege(
            database=entry["resource"].get("db", ""),
            collection=entry["resource"].get(
                "collection", entry["resource"].get("system_buckets", "")
            ),
            buckets="system_buckets" in entry["resource"],
            cluster=bool(entry["resource"].get("cluster", False)),
            any_resource=bool(entry["resource"].get("anyResource", False)),
            actions=frozenset(entry["actions"]),
        )
        for entry in status["authInfo"]["authenticatedUserPrivileges"]
    )


def databases(connection: Connection) -> Sequence[str]:
    """The databases that the user may see, sorted."""
    answer = connection.run(
        "admin", {"listDatabases": 1, "nameOnly": True, "authorizedDatabases": True}
    )
    return tuple(sorted(entry["name"] for entry in answer["databases"]))


def collections(
    connection: Connection, database: str, *, only: AbstractSet[str] | None = None
) -> Sequence[Collection]:
    """Everything but the system's own, with raw options and indexes; see the port."""
    command: dict[str, Any] = {"listCollections": 1}
    if only is not None:
        command["filter"] = {"name": {"$in": [*only, *(BUCKETS + name for name in only)]}}
    listed = {str(entry["name"]): entry for entry in all_of(connection, database, command)}
    found = (
        _collection(connection, database, name, listed)
        for name in sorted(listed)
        if name == KEPT or not name.startswith(SYSTEM)
    )
    return tuple(collection for collection in found if collection is not None)


def sizes(connection: Connection, database: str) -> Mapping[str, CollectionSize]:
    """Sizes as the storage engine counts them; see the port."""
    listed = all_of(connection, database, {"listCollections": 1, "nameOnly": True})
    found: dict[str, CollectionSize] = {}
    for entry in listed:
        name = str(entry["name"])
        if entry["type"] == "view" or (name.startswith(SYSTEM) and name != KEPT):
            continue
        try:
            found[name] = _size(connection, database, name)
        except NotAuthorized:
            continue
        except CommandFailed as error:
            if error.code not in {NO_SUCH_COLLECTION, COMMAND_NOT_SUPPORTED_ON_VIEW}:
                raise
    return found


def has_collation(connection: Connection, database: str, name: str) -> bool:
    """Whether a collection has a collation of its own, which its indexes inherit."""
    listed = all_of(connection, database, {"listCollections": 1, "filter": {"name": name}})
    return any("collation" in entry["options"] for entry in listed)


def _collection(
    connection: Connection, database: str, name: str, listed: Mapping[str, RawBSONDocument]
) -> Collection | None:
    """One entry; None when it was dropped since it was listed."""
    entry = listed[name]
    kind = CollectionKind(entry["type"])
    holder = listed.get(BUCKETS + name, entry) if kind is CollectionKind.TIMESERIES else entry
    uuid = holder["info"].get("uuid")
    indexes: tuple[bytes, ...] = ()
    if kind is not CollectionKind.VIEW:
        try:
            found = all_of(connection, database, {"listIndexes": name})
        except CommandFailed as error:
            if error.code == NO_SUCH_COLLECTION:
                return None
            raise
        indexes = tuple(bytes(index.raw) for index in found)
    return Collection(
        name=name,
        kind=kind,
        options=bytes(entry["options"].raw),
        uuid=bytes(uuid).hex() if uuid is not None else None,
        indexes=indexes,
    )


def _size(connection: Connection, database: str, name: str) -> CollectionSize:
    stats = connection.run(database, {"collStats": name})
    buckets = stats.get("timeseries", {}).get("bucketCount", 0)
    return CollectionSize(
        documents=int(stats.get("count", buckets)), size_bytes=int(stats.get("size", 0))
    )


def all_of(
    connection: Connection, database: str, command: Mapping[str, Any]
) -> list[RawBSONDocument]:
    """All documents of a command that gives a cursor."""
    with connection.session() as session:
        cursor = connection.run_raw(database, command, session=session)["cursor"]
        found = list(cursor["firstBatch"])
        while cursor["id"]:
            more = {"getMore": cursor["id"], "collection": cursor["ns"].partition(".")[2]}
            cursor = connection.run_raw(database, more, session=session)["cursor"]
            found += cursor["nextBatch"]
    return found
