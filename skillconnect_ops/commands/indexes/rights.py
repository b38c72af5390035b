"""Whether the connected user may do all that a plan will do; asked before anything is touched.

Source: MongoDB manual, "Built-In Roles" and "Privilege Actions": `readWrite` builds and drops
indexes, `dbAdmin` changes them in place, and both together write down what was there.
"""

from collections.abc import Iterator, Sequence

from skillconnect_ops.commands.indexes.model import (
    IndexConvert,
    IndexCreate,
    IndexDrop,
    IndexHide,
    IndexLock,
    IndexModify,
    IndexPrepare,
)
from skillconnect_ops.core.plan import Step
from skillconnect_ops.core.ports.database import Database, NotAuthorized, Privilege
from skillconnect_ops.core.ports.indexes import OWN
from skillconnect_ops.core.view import listed

_OWN = ("find", "insert", "update", "remove")
_NEEDS: dict[type[Step], tuple[str, str]] = {
    IndexCreate: ("createIndex", "readWrite"),
    IndexDrop: ("dropIndex", "readWrite"),
    IndexModify: ("collMod", "dbAdmin"),
    IndexHide: ("collMod", "dbAdmin"),
    IndexPrepare: ("collMod", "dbAdmin"),
    IndexConvert: ("collMod", "dbAdmin"),
}


def must_be_allowed(database: Database, name: str, steps: Sequence[Step]) -> None:
    """Refuse what would fail in the middle.

    Raises:
        NotAuthorized: the first action that the user lacks, and the roles that have all of them.
    """
    user = database.server().user
    if user is None or not steps:
        return  # a server without users
    missing = list(_missing(database.privileges(), name, steps))
    if not missing:
        return
    action, resource, role = missing[0]
    roles = sorted({role for _, _, role in missing})
    named, _, source = user.partition("@")
    granted = ", ".join(f"{{role: '{one}', db: '{name}'}}" for one in roles)
    error = NotAuthorized(
        f"the user '{user}' may not {action} on {resource}",
        why=f"the plan would fail there; what it lacks is in the role {listed(roles)}",
        fix=f"as an administrator: use {source}; db.grantRolesToUser('{named}', [{granted}]); "
        "or let SKC_MONGO_ADMIN_URI name a user who may",
    )
    error.action, error.resource, error.role = action, resource, f"{role}@{name}"
    raise error


def _missing(
    privileges: Sequence[Privilege], database: str, steps: Sequence[Step]
) -> Iterator[tuple[str, str, str]]:
    for step in steps:
        if isinstance(step, IndexLock):
            for action in _OWN:
                if not _allowed(privileges, database, OWN, action):
                    yield action, f"{database}.{OWN}", "readWrite"
        elif type(step) in _NEEDS:
            action, role = _NEEDS[type(step)]
            collection = str(getattr(step, "collection", ""))
            if not _allowed(privileges, database, collection, action):
                yield action, f"{database}.{collection}", role


def _allowed(privileges: Sequence[Privilege], database: str, collection: str, action: str) -> bool:
    return any(
        action in one.actions
        and (
            one.any_resource
            or (
                not one.cluster
                and not one.buckets
                and one.database in {"", database}
                and one.collection in {"", collection}
            )
        )
        for one in privileges
    )
