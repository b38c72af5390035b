"""Who may reach the clusters of a project, who may manage it, and who has logged in."""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.adapters.atlas import errors
from skillconnect_ops.adapters.atlas.api import USERS, AdminApi
from skillconnect_ops.adapters.atlas.errors import Rejected
from skillconnect_ops.core.ports.atlas import AccessEntry, AtlasKey, LoginSeen
from skillconnect_ops.core.ports.database import DatabaseError, NotAuthorized

ROLE = "Project Network Access Manager"
"""The built-in role with the least rights that changes the access list; a Project Owner may, too.
Source: Atlas Admin API, "Remove One Entry from One Project IP Access List"."""
ACCOUNTS = "2024-08-05"
"""The first version that knows service accounts."""
_LOGINS = "20000"
"""The most that Atlas gives at once."""


class Network:
    """One project's access list, keys and logins.

    Args:
        api: speaks to Atlas.
        project: the project's id.
    """

    def __init__(self, api: AdminApi, project: str) -> None:
        self._api = api
        self._project = project

    def entries(self) -> Sequence[AccessEntry]:
        """The access list."""
        found = self._listed("accessList", doing="list who may reach the clusters")
        return sorted((_entry(one) for one in found), key=lambda one: one.value)

    def close(self, value: str) -> None:
        """Take an entry off; one that is not there is fine."""
        doing = f"take {value} off the access list"
        try:
            self._api.call("DELETE", "groups", self._project, "accessList", value, doing=doing)
        except Rejected as error:
            if error.status == 404 and error.code not in errors.NO_PROJECT:
                return
            raise self._explained(error, doing) from error

    def open(self, entry: AccessEntry) -> None:
        """Put an entry on; sent twice, it is the same."""
        doing = f"put {entry.value} on the access list"
        field = "cidrBlock" if "/" in entry.value else "ipAddress"
        if entry.value.startswith("sg-"):
            field = "awsSecurityGroup"
        body: dict[str, Any] = {field: entry.value, "comment": entry.comment}
        if entry.expires_at is not None:
            body["deleteAfterDate"] = entry.expires_at
        try:
            self._api.call("POST", "groups", self._project, "accessList", doing=doing, body=[body])
        except Rejected as error:
            raise self._explained(error, doing) from error

    def keys(self) -> Sequence[AtlasKey]:
        """Keys, and service accounts."""
        keys = self._listed("apiKeys", doing="list the keys")
        accounts = self._listed(
            "serviceAccounts", doing="list the service accounts", version=ACCOUNTS
        )
        found = [
            AtlasKey(
                id=str(one.get("id", "")),
                public=str(one.get("publicKey", "")),
                about=str(one.get("desc", "")),
                roles=_roles(one, self._project),
            )
            for one in keys
        ]
        found += [
            AtlasKey(
                id=str(one.get("clientId", "")),
                public=str(one.get("clientId", "")),
                about=str(one.get("name", "")),
                roles=_roles(one, self._project),
            )
            for one in accounts
        ]
        return found

    def logins(self, clusters: Sequence[str]) -> Sequence[LoginSeen]:
        """Those that Atlas kept of each cluster."""
        found: list[LoginSeen] = []
        for cluster in clusters:
            doing = f"list the logins at {cluster}"
            path = ("groups", self._project, "dbAccessHistory", "clusters", cluster)
            try:
                answer = self._api.call("GET", *path, doing=doing, query={"nLogs": _LOGINS})
            except Rejected as error:
                if error.status in {400, 404} and error.code not in errors.NO_PROJECT:
                    continue  # a shared or flex cluster keeps none
                raise self._explained(error, doing) from error
            logs = answer.get("accessLogs", ()) if isinstance(answer, dict) else ()
            found += [_login(one, cluster) for one in logs if isinstance(one, dict)]
        return sorted(found, key=lambda one: one.at, reverse=True)

    def _listed(self, what: str, *, doing: str, version: str = USERS) -> list[Mapping[str, Any]]:
        try:
            return self._api.pages("groups", self._project, what, doing=doing, version=version)
        except Rejected as error:
            raise self._explained(error, doing) from error

    def _explained(self, error: Rejected, doing: str) -> DatabaseError:
        """As for users, but that the network has roles of its own."""
        explained = errors.explained(error, project=self._project, doing=doing)
        if isinstance(explained, NotAuthorized):
            explained.role = ROLE
            explained.fix = f"give the key the role {ROLE} in this project, or do it in Atlas"
        return explained


def _entry(one: Mapping[str, Any]) -> AccessEntry:
    value = one.get("cidrBlock") or one.get("ipAddress") or one.get("awsSecurityGroup") or ""
    expires = one.get("deleteAfterDate")
    return AccessEntry(
        value=str(value),
        comment=str(one.get("comment") or ""),
        expires_at=str(expires) if expires else None,
    )


def _roles(one: Mapping[str, Any], project: str) -> tuple[str, ...]:
    """Names of roles: keys have them as objects, for several projects, accounts as words."""
    found = []
    for role in one.get("roles", ()):
        if isinstance(role, str):
            found.append(role)
        elif isinstance(role, dict) and role.get("groupId") in {None, project}:
            found.append(str(role.get("roleName", "")))
    return tuple(sorted(found))


def _login(one: Mapping[str, Any], cluster: str) -> LoginSeen:
    return LoginSeen(
        at=str(one.get("timestamp", "")),
        cluster=cluster,
        user=str(one.get("username", "")),
        address=str(one.get("ipAddress", "")),
        accepted=bool(one.get("authResult")),
        reason=str(one.get("failureReason") or ""),
    )
