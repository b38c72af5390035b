"""Who may log in to a deployment, and who is connected: looked at, and nothing changed.

Of operations the shape is kept and no value: a query holds what people have typed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.database import Database
from skillconnect_ops.core.settings.model import Target

T = TypeVar("T")
_EVERYBODY = {"allUsers": True, "idleConnections": True, "localOps": True}
_DEEPEST = 6


class UserSeen(Struct, frozen=True, kw_only=True):
    """A user as the deployment lists it, without anything of its password."""

    name: str
    database: str
    roles: tuple[str, ...] = ()
    """`readWrite@shop`."""
    restrictions: tuple[Mapping[str, Any], ...] = ()
    mechanisms: tuple[str, ...] = ()


class ConnectionSeen(Struct, frozen=True, kw_only=True):
    """A connection, and what runs on it."""

    user: str | None
    """`name@database`; None for one that has not logged in."""
    app_name: str | None
    client: str | None
    active: bool
    driver: str | None = None
    operation: str | None = None
    namespace: str | None = None
    seconds: float | None = None
    shape: Any = None
    """The command, its values replaced by the names of their types."""


class Census(Struct, frozen=True, kw_only=True):
    """All of it; what could not be looked at says why."""

    users: Fact[tuple[UserSeen, ...]]
    connections: Fact[tuple[ConnectionSeen, ...]]
    sessions: Fact[tuple[Mapping[str, Any], ...]]


def looked(look: Callable[[], T]) -> Known[T] | Missing:
    """A look; an error is why it could not be done."""
    try:
        return Known(look())
    except SkcError as error:
        return Missing(f"{error.what}: {error.why}")
    except OSError as error:
        return Missing(error.strerror or type(error).__name__)


def take(house: House, target: Target) -> Census:
    """Ask the target's deployment, as its administrator where one is named."""
    if target.settings.database is None:
        none = Missing(f"the target {target.name} has no database")
        return Census(users=none, connections=none, sessions=none)
    opened = looked(lambda: _asked(house, target))
    if isinstance(opened, Missing):
        return Census(
            users=_users_of_atlas(house, target, opened), connections=opened, sessions=opened
        )
    return opened.value


def _asked(house: House, target: Target) -> Census:
    with house.database(target) as connected:
        database = connected.database
        users = looked(lambda: _users(database))
        if isinstance(users, Missing):
            users = _users_of_atlas(house, target, users)
        return Census(
            users=users,
            connections=looked(lambda: _connections(database)),
            sessions=looked(lambda: _sessions(database)),
        )


def _users(database: Database) -> tuple[UserSeen, ...]:
    answer = database.command("admin", {"usersInfo": {"forAllDBs": True}, "showCredentials": False})
    return tuple(
        UserSeen(
            name=str(one["user"]),
            database=str(one["db"]),
            roles=tuple(sorted(f"{role['role']}@{role['db']}" for role in one.get("roles", ()))),
            restrictions=tuple(one.get("authenticationRestrictions", ())),
            mechanisms=tuple(sorted(one.get("mechanisms", ()))),
        )
        for one in sorted(answer["users"], key=lambda one: (one["db"], one["user"]))
    )


def _users_of_atlas(house: House, target: Target, why: Missing) -> Fact[tuple[UserSeen, ...]]:
    """Atlas keeps users elsewhere; the server of one does not list them."""
    database = target.settings.database
    if database is None or database.atlas is None:
        return why

    def ask() -> tuple[UserSeen, ...]:
        with house.atlas(target) as project:
            found = [
                (name, home) for home in ("admin", "$external") for name in project.names(home)
            ]
            return tuple(_of_atlas(name, home, project.find(name, home)) for name, home in found)

    return looked(ask)


def _of_atlas(name: str, database: str, account: Any) -> UserSeen:
    roles = account.roles if account is not None else ()
    return UserSeen(
        name=name,
        database=database,
        roles=tuple(sorted(f"{role.name}@{role.database}" for role in roles)),
    )


def _connections(database: Database) -> tuple[ConnectionSeen, ...]:
    found = _all(database, [{"$currentOp": _EVERYBODY}, {"$match": {"type": "op"}}])
    return tuple(_connection(one) for one in found if one.get("client"))


def _connection(one: Mapping[str, Any]) -> ConnectionSeen:
    users = one.get("effectiveUsers") or ()
    driver = (one.get("clientMetadata") or {}).get("driver") or {}
    micros = one.get("microsecs_running")
    return ConnectionSeen(
        user=f"{users[0]['user']}@{users[0]['db']}" if users else None,
        app_name=one.get("appName"),
        client=one.get("client"),
        active=bool(one.get("active")),
        driver=" ".join(str(driver[key]) for key in ("name", "version") if key in driver) or None,
        operation=one.get("op"),
        namespace=one.get("ns") or None,
        seconds=round(micros / 1e6, 3) if isinstance(micros, int | float) else None,
        shape=shape(one["command"]) if one.get("active") and one.get("command") else None,
    )


def _sessions(database: Database) -> tuple[Mapping[str, Any], ...]:
    found = _all(database, [{"$listLocalSessions": {"allUsers": True}}])
    return tuple({"user": one.get("user"), "last_use": str(one.get("lastUse"))} for one in found)


def _all(database: Database, pipeline: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Every result of an aggregation on no collection."""
    answer = database.command(
        "admin", {"aggregate": 1, "pipeline": list(pipeline), "cursor": {"batchSize": 10_000}}
    )
    return list(answer["cursor"]["firstBatch"])


def shape(value: Any, depth: int = 0) -> Any:
    """A document with its keys, and the types of its values in the place of them."""
    if depth > _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {
            str(key): shape(each, depth + 1)
            for key, each in value.items()
            if key not in {"lsid", "$clusterTime", "$db"}
        }
    if isinstance(value, list | tuple):
        return [shape(value[0], depth + 1), f"{len(value)} in all"] if value else []
    return type(value).__name__
