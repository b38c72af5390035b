"""Whether a key will do for a rotation, found out by reading alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from skillconnect_ops.adapters.atlas import errors
from skillconnect_ops.adapters.atlas.api import AdminApi
from skillconnect_ops.adapters.atlas.clusters import clusters
from skillconnect_ops.adapters.atlas.credentials import ServiceAccount
from skillconnect_ops.adapters.atlas.errors import Rejected
from skillconnect_ops.adapters.atlas.patience import Limits, Patience
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.ports.atlas import Access, AccessFact
from skillconnect_ops.core.ports.database import DatabaseError, NotAuthorized
from skillconnect_ops.core.view import count

SERVICE_ACCOUNTS = "2024-08-05"
QUICK = Limits(attempts=2, total_s=20.0)
"""Somebody sits and waits for the answer."""
ENOUGH = frozenset({"GROUP_OWNER", "GROUP_DATABASE_ACCESS_ADMIN", "ORG_OWNER"})
"""Roles that manage database users, as the API writes them."""


def check(api: AdminApi, project: str) -> Sequence[AccessFact]:
    """One fact for each `Access`, in its order."""
    found: dict[Access, AccessFact] = {}
    try:
        api.call(
            "GET",
            "groups",
            project,
            "databaseUsers",
            doing="list the users",
            query={"itemsPerPage": "1"},
            patience=api.patience(QUICK),
        )
    except Rejected as error:
        explained = errors.explained(error, project=project, doing="list the users")
        stopped_at, reason = _stopped_at(explained), explained.what
        found[stopped_at] = _failed(stopped_at, explained)
    except DatabaseError as error:
        stopped_at, reason = Access.KEY, error.what
        found[Access.KEY] = AccessFact(
            about=Access.KEY,
            holds=Missing(f"{error.what}: {error.why}"),
            said=error.what,
            fix=error.fix,
        )
    else:
        found[Access.ROLE] = _role(api, project)
        found[Access.CLUSTERS] = _clusters(api, project)
        stopped_at, reason = Access.ROLE, ""
    order = list(Access)
    before = order[: order.index(stopped_at)]
    return [
        found.get(about) or (_held(about) if about in before else _not_looked(about, reason))
        for about in order
    ]


def _stopped_at(error: DatabaseError) -> Access:
    match error:
        case errors.KeyRefused():
            return Access.KEY
        case errors.AddressNotAllowed():
            return Access.ADDRESS
        case NotAuthorized():
            return Access.ROLE
        case _:
            return Access.PROJECT


def _role(api: AdminApi, project: str) -> AccessFact:
    """By the key's own roles, where it may see them: a listing needs less than a change does."""
    patience = api.patience(QUICK)
    try:
        if isinstance(api.credentials, ServiceAccount):
            own = _own_account(api, project, api.credentials, patience)
            roles = None if own is None else _names(own.get("roles"))
        else:
            roles = _key_roles(api, project, patience)
    except (Rejected, DatabaseError) as error:
        said = error.what if isinstance(error, SkcError) else error.said
        return _unknown_role(f"its roles cannot be read: {said}")
    if roles is None:
        return _unknown_role("Atlas does not show its roles to it")
    if roles & ENOUGH:
        return AccessFact(
            about=Access.ROLE, holds=Known(value=True), said=f"it is {_listed(roles & ENOUGH)}"
        )
    return AccessFact(
        about=Access.ROLE,
        holds=Known(value=False),
        said=f"it is {_listed(roles)}" if roles else "it has no role in this project",
        fix=f"give the key the role {errors.ROLE} in this project (Atlas: Project Access)",
    )


def _own_account(
    api: AdminApi, project: str, account: ServiceAccount, patience: Patience
) -> Mapping[str, Any] | None:
    """This service account in the list: its id shall not stand in an address, which is logged."""
    listed = api.pages(
        "groups",
        project,
        "serviceAccounts",
        doing="list the service accounts",
        version=SERVICE_ACCOUNTS,
        patience=patience,
    )
    own = account.client_id.reveal()
    return next((one for one in listed if one.get("clientId") == own), None)


def _key_roles(api: AdminApi, project: str, patience: Patience) -> frozenset[str] | None:
    """The roles of an API key, which the API's front page shows to whoever asks with it."""
    status = api.call("GET", doing="look at the key", patience=patience)
    key = status.get("apiKey") if isinstance(status, dict) else None
    roles = key.get("roles") if isinstance(key, dict) else None
    if not isinstance(roles, list):
        return None
    return _names(
        role.get("roleName")
        for role in roles
        if isinstance(role, dict) and role.get("groupId", project) == project
    )


def _clusters(api: AdminApi, project: str) -> AccessFact:
    try:
        found = clusters(api, project, patience=api.patience(QUICK))
    except Rejected as error:
        explained = errors.explained(error, project=project, doing="list the clusters")
        if isinstance(explained, NotAuthorized):
            explained.fix = "give the key the role Project Read Only in this project as well"
        return _failed(Access.CLUSTERS, explained)
    except DatabaseError as error:
        return AccessFact(
            about=Access.CLUSTERS,
            holds=Missing(f"{error.what}: {error.why}"),
            said=error.what,
            fix=error.fix,
        )
    paused = [one.name for one in found if one.paused]
    said = count(len(found), "cluster") + (f", paused: {', '.join(paused)}" if paused else "")
    return AccessFact(about=Access.CLUSTERS, holds=Known(value=True), said=said)


def _failed(about: Access, error: DatabaseError) -> AccessFact:
    return AccessFact(about=about, holds=Known(value=False), said=error.why, fix=error.fix)


def _held(about: Access) -> AccessFact:
    said = {
        Access.KEY: "Atlas knows the key",
        Access.ADDRESS: "the key may be used from this address",
        Access.PROJECT: "the project is there",
    }
    return AccessFact(about=about, holds=Known(value=True), said=said.get(about, ""))


def _not_looked(about: Access, reason: str) -> AccessFact:
    return AccessFact(about=about, holds=Missing(f"not looked at: {reason}"), said=reason)


def _unknown_role(reason: str) -> AccessFact:
    return AccessFact(
        about=Access.ROLE,
        holds=Missing(reason),
        said=reason,
        fix=f"see in Atlas (Project Access) that it has the role {errors.ROLE}",
    )


def _names(roles: object) -> frozenset[str]:
    listed = roles if isinstance(roles, Iterable) and not isinstance(roles, str) else ()
    return frozenset(role for role in listed if isinstance(role, str))


def _listed(roles: Iterable[str]) -> str:
    return ", ".join(sorted(roles))
