"""Whether the connected user may do all that a restore will do; asked before anything is touched.

Source: MongoDB manual, "Built-In Roles" and "Privilege Actions": `readWrite` on the database, and
`restore` (to load) and `backup` (to copy) on admin for the buckets behind a time series.
"""

from collections.abc import Iterator, Sequence

from skillconnect_ops.commands.backup.mongodump_format import BUCKETS
from skillconnect_ops.commands.backup.restore_model import Piece
from skillconnect_ops.commands.backup.restore_plan import Found
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.database import (
    CollectionKind,
    Database,
    DatabaseError,
    NotAuthorized,
    Privilege,
)
from skillconnect_ops.core.view import listed


class OtherSpelling(Precondition):
    """A database has the name already, spelled otherwise."""


_ON_DATABASE = (
    "listCollections",
    "listIndexes",
    "find",
    "createCollection",
    "insert",
    "createIndex",
    "renameCollectionSameDB",
    "dropCollection",
)


def must_be_allowed(database: Database, pieces: Sequence[Piece], found: Found) -> None:
    """Refuse what would fail in the middle.

    Raises:
        NotAuthorized: an action that the user lacks, and the role that has it.
    """
    user = database.server().user
    if user is None:
        return  # a server without users
    missing = list(_missing(database.privileges(), pieces, found))
    if not missing:
        return
    action, resource, role = missing[0]
    roles = sorted({role for _, _, role in missing})
    name, _, source = user.partition("@")
    granted = ", ".join("{{role: '{}', db: '{}'}}".format(*one.split("@")) for one in roles)
    error = NotAuthorized(
        f"the user '{user}' may not {action} on {resource}",
        why="the restore would fail there; all that it lacks: " + listed(roles),
        fix=f"as an administrator: use {source}; db.grantRolesToUser('{name}', [{granted}])",
    )
    error.action, error.resource, error.role = action, resource, role
    raise error


def refuse_other_spelling(database: Database, names: Sequence[str]) -> None:
    """A server holds no two databases whose names differ in upper and lower case alone.

    Raises:
        OtherSpelling: there is such a one already.
    """
    try:
        there = database.databases()
    except DatabaseError:
        return  # who may not list them is told by the server
    for name in names:
        for other in there:
            if other != name and other.casefold() == name.casefold():
                raise OtherSpelling(
                    f"there is a database {other} already",
                    why=f"a server holds no {name} beside it: the names differ in case alone",
                    fix=f"--into {other}_restored",
                )


def _missing(
    privileges: Sequence[Privilege], pieces: Sequence[Piece], found: Found
) -> Iterator[tuple[str, str, str]]:
    for name in sorted({piece.database for piece in pieces}):
        for action in _ON_DATABASE:
            if not any(_covers(one, action, name) for one in privileges):
                yield action, name, f"readWrite@{name}"
    series = {
        (name, one.name)
        for name, collections in found.items()
        for one in collections
        if one.kind is CollectionKind.TIMESERIES
    }
    for piece in pieces:
        needs = []
        if piece.kind is CollectionKind.TIMESERIES:
            needs.append(("insert", "restore@admin"))
        if (piece.database, piece.name) in series:  # it is copied aside, and perhaps back
            needs += [("find", "backup@admin"), ("insert", "restore@admin")]
        for action, role in needs:
            if not any(
                _covers_buckets(one, action, piece.database, piece.name) for one in privileges
            ):
                yield action, f"{piece.database}.{BUCKETS}{piece.name}", role


def _covers(privilege: Privilege, action: str, database: str) -> bool:
    """Whether it allows an action on every collection of a database, but the system's."""
    if action not in privilege.actions or privilege.cluster or privilege.buckets:
        return False
    wide = not privilege.collection and privilege.database in {"", database}
    return privilege.any_resource or wide


def _covers_buckets(privilege: Privilege, action: str, database: str, name: str) -> bool:
    """Whether it allows an action on the buckets of a time series."""
    if action not in privilege.actions or privilege.cluster:
        return False
    if privilege.any_resource:
        return True
    here = privilege.database in {"", database}
    if privilege.buckets:
        return here and privilege.collection in {"", name}
    return here and privilege.collection == BUCKETS + name
