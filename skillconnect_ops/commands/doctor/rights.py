"""What a user may do, what each command needs, and the role that closes the gap; pure.

Source: MongoDB manual, "Resource Document" (how privileges match) and "Privilege Actions".
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from skillconnect_ops.core.ports.database import Privilege

BUCKETS = "system.buckets."

READ = frozenset({"find", "listCollections", "listIndexes", "collStats"})
"""What a backup does to a collection."""
WRITE = READ | {
    *("insert", "createCollection", "createIndex", "dropCollection", "renameCollectionSameDB"),
}
"""What a restore does: it builds beside, renames into place, and drops the old."""


class Need(Struct, frozen=True, kw_only=True):
    """Actions on one resource."""

    database: str
    collection: str
    """Empty for all collections but the system's."""
    actions: frozenset[str]


class Role(Struct, frozen=True, kw_only=True):
    """A role with no more than a command needs, for one database."""

    name: str
    inherits: str
    """The built-in role of the database that it stands on."""
    database: str
    needs: tuple[Need, ...]
    """What the built-in role lacks: the buckets behind time series."""

    def body(self) -> dict[str, Any]:
        """Privileges and roles as `createRole` and `updateRole` take them."""
        return {
            "privileges": [
                {
                    "resource": {"db": need.database, "collection": need.collection},
                    "actions": sorted(need.actions),
                }
                for need in self.needs
            ],
            "roles": [{"role": self.inherits, "db": self.database}],
        }


def lacking(privileges: Sequence[Privilege], need: Need) -> frozenset[str]:
    """The needed actions that no privilege allows."""
    allowed = {
        action
        for privilege in privileges
        if _covers(privilege, need.database, need.collection)
        for action in privilege.actions
    }
    return need.actions - allowed


def backup_needs(database: str) -> tuple[Need, ...]:
    """Every ordinary collection of a database, to be read."""
    return (Need(database=database, collection="", actions=READ),)


def restore_needs(database: str) -> tuple[Need, ...]:
    """Every ordinary collection of a database, to be made, filled, renamed and dropped."""
    return (Need(database=database, collection="", actions=WRITE),)


def bucket_needs(database: str, series: Sequence[str], actions: frozenset[str]) -> tuple[Need, ...]:
    """The buckets behind time series, which lie in system collections."""
    return tuple(
        Need(database=database, collection=f"{BUCKETS}{name}", actions=actions) for name in series
    )


def role_for(verb: str, database: str, needs: Sequence[Need]) -> Role:
    """The role for `backup` or `restore` of one database."""
    inherits = "read" if verb == "backup" else "readWrite"
    word = re.sub(r"[^A-Za-z0-9]+", "_", database)
    return Role(name=f"skc_{verb}_{word}", inherits=inherits, database=database, needs=tuple(needs))


def script(role: Role, user: str) -> str:
    """What to paste into mongosh, as a user who may manage users.

    Args:
        role: the role.
        user: who gets it, `name@authSource`.
    """
    name, _, source = user.rpartition("@")
    grant: Mapping[str, str] = {"role": role.inherits, "db": role.database}
    lines = []
    if role.needs:
        called = json.dumps(role.name)
        lines = [
            f"var role = {json.dumps(role.body())};",
            'var admin = db.getSiblingDB("admin");',
            f"if (admin.getRole({called})) {{ admin.updateRole({called}, role); }}",
            f"else {{ admin.createRole({{role: {called}, ...role}}); }}",
        ]
        grant = {"role": role.name, "db": "admin"}
    lines.append(
        f"db.getSiblingDB({json.dumps(source)})"
        f".grantRolesToUser({json.dumps(name)}, [{json.dumps(grant)}]);"
    )
    return "\n".join(lines)


def _covers(privilege: Privilege, database: str, collection: str) -> bool:
    """Whether a privilege's resource holds this collection, or (empty) all ordinary ones."""
    if privilege.any_resource:
        return True
    if privilege.cluster or privilege.database not in {"", database}:
        return False
    if privilege.buckets:
        wanted = collection.removeprefix(BUCKETS) if collection.startswith(BUCKETS) else None
        return wanted is not None and privilege.collection in {"", wanted}
    if privilege.collection == "":
        return not collection.startswith("system.")
    return privilege.collection == collection
