"""Which action a command needs, and the built-in role with the least rights that has it.

Source: MongoDB manual, "Built-In Roles" and "Privilege Actions".
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

BUCKETS = "system.buckets."


class Need(Struct, frozen=True, kw_only=True):
    """What a user lacks."""

    action: str
    resource: str
    role_name: str
    role_database: str


_ON_DATABASE = {
    "find": ("find", "read"),
    "getMore": ("find", "read"),
    "aggregate": ("find", "read"),
    "count": ("find", "read"),
    "listCollections": ("listCollections", "read"),
    "listIndexes": ("listIndexes", "read"),
    "collStats": ("collStats", "read"),
    "dbStats": ("dbStats", "read"),
    "dbHash": ("dbHash", "read"),
    "killCursors": ("killCursors", "read"),
    "insert": ("insert", "readWrite"),
    "update": ("update", "readWrite"),
    "delete": ("remove", "readWrite"),
    "create": ("createCollection", "readWrite"),
    "createIndexes": ("createIndex", "readWrite"),
    "dropIndexes": ("dropIndex", "readWrite"),
    "drop": ("dropCollection", "readWrite"),
    "renameCollection": ("renameCollectionSameDB", "readWrite"),
    "collMod": ("collMod", "dbAdmin"),
    "dropDatabase": ("dropDatabase", "dbAdmin"),
}
_ON_USERS = {
    "createUser": "createUser",
    "updateUser": "changePassword",
    "dropUser": "dropUser",
    "usersInfo": "viewUser",
    "grantRolesToUser": "grantRole",
    "revokeRolesFromUser": "revokeRole",
}
_ON_CLUSTER = {
    "getParameter": ("getParameter", "clusterMonitor"),
    "serverStatus": ("serverStatus", "clusterMonitor"),
    "replSetGetStatus": ("replSetGetStatus", "clusterMonitor"),
    "listDatabases": ("listDatabases", "clusterMonitor"),
    "setParameter": ("setParameter", "hostManager"),
}


def needed(database: str, collection: str, command: Mapping[str, Any]) -> Need:
    """What a command that was refused needs."""
    verb = next(iter(command), "")
    if verb in _ON_CLUSTER:
        action, role = _ON_CLUSTER[verb]
        return Need(action=action, resource="cluster", role_name=role, role_database="admin")
    if verb in _ON_USERS:
        return _on_users(database, command)
    action, role = _ON_DATABASE.get(verb, (verb, ""))
    if verb == "renameCollection":
        database, _, collection = collection.partition(".")
    if command.get("bypassDocumentValidation"):
        action, role = "bypassDocumentValidation", "restore"
    if collection.startswith(BUCKETS):
        role = "restore" if role == "readWrite" else "backup"
    return Need(
        action=action,
        resource=f"{database}.{collection}" if collection else database,
        role_name=role,
        role_database="admin" if role in {"backup", "restore"} else database,
    )


def _on_users(database: str, command: Mapping[str, Any]) -> Need:
    """Roles may be given and taken only by who may do so on the database of each of them.

    The server does not say which of these rights is lacking; named is the one that all need.
    """
    verb = next(iter(command))
    elsewhere = {str(role["db"]) for role in command.get("roles", ())} - {database}
    return Need(
        action=_ON_USERS[verb],
        resource=database,
        role_name="userAdminAnyDatabase" if elsewhere else "userAdmin",
        role_database="admin" if elsewhere else database,
    )
