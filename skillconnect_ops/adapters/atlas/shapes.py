"""A user as the Admin API writes it, and as the port does; pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from skillconnect_ops.core.ports.accounts import Account, AccountError, Role
from skillconnect_ops.core.secret import Secret

CREATION = "skc-creation"
"""The key of a label that says which call made a user.

The name is the lock between two machines, and the answer to a creation may be lost: by its value
the one who asks again tells its own user from another's. It is not shown in `Account.labels`.
"""
NO_ROLES = Role(name="read", database="skc_no_access", collection="nothing")
"""Stands for "no roles at all": Atlas takes no user without a role, so one gets the least that
there is, on a collection that nobody has."""


def account(user: Mapping[str, Any]) -> Account:
    """The user that an answer describes."""
    roles = frozenset(_role(role) for role in _items(user, "roles"))
    labels = _items(user, "labels")
    return Account(
        name=str(user.get("username", "")),
        database=str(user.get("databaseName", "")),
        roles=roles - {NO_ROLES},
        scopes=tuple(_pair(scope, "name", "type") for scope in _items(user, "scopes")),
        labels=tuple(
            _pair(label, "key", "value") for label in labels if label.get("key") != CREATION
        ),
    )


def creation(user: Mapping[str, Any]) -> str | None:
    """Which call made the user, if one of ours did."""
    values = [one.get("value") for one in _items(user, "labels") if one.get("key") == CREATION]
    return str(values[0]) if values else None


def new_user(
    wanted: Account,
    password: Secret,
    *,
    project: str,
    expires_at: datetime | None,
    creation: str,
) -> dict[str, Any]:
    """The body that creates a user."""
    body: dict[str, Any] = {
        "groupId": project,
        "databaseName": wanted.database,
        "username": wanted.name,
        "password": password.reveal(),
        "roles": role_list(wanted.roles),
        "labels": [*map(dict, wanted.labels), {"key": CREATION, "value": creation}],
    }
    if wanted.scopes:  # an empty list may not mean what a missing one does
        body["scopes"] = [dict(scope) for scope in wanted.scopes]
    if expires_at is not None:
        body["deleteAfterDate"] = written(expires_at)
    return body


def role_list(roles: frozenset[Role]) -> list[dict[str, str]]:
    """Roles as a request names them."""
    return [
        {"roleName": role.name, "databaseName": role.database}
        | ({"collectionName": role.collection} if role.collection else {})
        for role in sorted(roles or {NO_ROLES}, key=_order)
    ]


def written(at: datetime) -> str:
    """A point in time as ISO 8601, in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def expiry(user: Mapping[str, Any]) -> datetime | None:
    """When a user deletes itself.

    Raises:
        AccountError: it does, and the time cannot be read.
    """
    text = user.get("deleteAfterDate")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise AccountError(
            f"the user '{user.get('username')}' deletes itself at a time that cannot be read",
            why="it is not written as ISO 8601 has it",
            fix="see Database Access in Atlas",
        ) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _order(role: Role) -> tuple[str, str, str]:
    return (role.name, role.database, role.collection or "")


def _role(role: Mapping[str, Any]) -> Role:
    return Role(
        name=str(role.get("roleName", "")),
        database=str(role.get("databaseName", "")),
        collection=str(role["collectionName"]) if role.get("collectionName") else None,
    )


def _pair(item: Mapping[str, Any], *keys: str) -> dict[str, str]:
    return {key: str(item[key]) for key in keys if key in item}


def _items(user: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    items = user.get(key)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
