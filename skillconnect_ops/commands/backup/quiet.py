"""Waits for what a process that ended left under way at the server.

A server goes on with an insert, a renaming or an index build whose client is gone. Who looks before
it is over sees a world that still changes: a renaming that waits for a lock may happen after it was
found not to have happened, and an insert makes the collection anew that was dropped under it.
Every user may see and end his own operations (MongoDB manual, "$currentOp" and "killOp").
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Clock
from skillconnect_ops.core.ports.database import APP_NAME, CommandFailed, Database, NotAuthorized

PATIENCE_S = 60.0
_LOOK_AGAIN_S = 0.02
_WRITES = frozenset(
    {"insert", "update", "delete", "create", "createIndexes", "drop", "renameCollection"}
)
_SEARCH: dict[str, Any] = {
    "aggregate": 1,
    "pipeline": [
        {"$currentOp": {"allUsers": False, "idleConnections": False}},
        {"$match": {"appName": APP_NAME}},
        {"$project": {"opid": 1, "ns": 1, "command": 1}},
    ],
    "cursor": {"batchSize": 1000},
}


class StillBusy(Precondition):
    """Operations of a run that ended do not end."""


def quiet(database: Database, name: str, collections: Collection[str], *, clock: Clock) -> None:
    """End every write of ours to these collections, and wait until it has ended.

    Args:
        database: the server.
        name: of the database.
        collections: in it; nobody else of ours may write to them now.
        clock: for waiting.

    Raises:
        StillBusy: one does not end.
    """
    namespaces = frozenset(f"{name}.{collection}" for collection in collections)
    until = clock.monotonic() + PATIENCE_S
    while busy := list(_under_way(database, namespaces)):
        if clock.monotonic() > until:
            raise StillBusy(
                f"an earlier run's writes to {name} are still under way at the server",
                why=f"it was asked to end them {PATIENCE_S:.0f} s ago",
                fix="wait, or end them there (db.currentOp(), db.killOp()), then try again",
            )
        for operation in busy:
            database.command("admin", {"killOp": 1, "op": operation})
        clock.sleep(_LOOK_AGAIN_S)


def _under_way(database: Database, namespaces: frozenset[str]) -> Iterator[Any]:
    """The numbers of those operations; none where they may not be asked for."""
    with suppress(NotAuthorized, CommandFailed):
        for operation in database.command("admin", _SEARCH)["cursor"]["firstBatch"]:
            if not namespaces.isdisjoint(_written(operation)):
                yield operation["opid"]


def _written(operation: Mapping[str, Any]) -> Iterator[str]:
    """The namespaces that an operation writes to."""
    command = operation.get("command", {})
    verb, named = next(iter(command.items()), ("", ""))
    if verb not in _WRITES:
        return
    yield str(operation.get("ns", ""))
    yield f"{command.get('$db', '')}.{named}"
    if verb == "renameCollection":
        yield str(named)
        yield str(command.get("to", ""))
