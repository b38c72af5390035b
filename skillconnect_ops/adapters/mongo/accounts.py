"""The `Accounts` port by the server's own user commands, for deployments that keep their users."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Self

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

from skillconnect_ops.adapters.mongo import nodes
from skillconnect_ops.adapters.mongo.connection import DECODED, PATIENCE_S, Connection
from skillconnect_ops.adapters.mongo.errors import UNAUTHORIZED, managed, password_refused
from skillconnect_ops.adapters.mongo.uri import parse
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.accounts import (
    Account,
    AccountError,
    AccountGone,
    AccountIsExternal,
    AccountSession,
    NotShown,
    Role,
)
from skillconnect_ops.core.ports.atlas import is_of_atlas
from skillconnect_ops.core.ports.database import (
    CannotConnect,
    NotAuthorized,
    WrongPassword,
)
from skillconnect_ops.core.secret import Secret

EXTERNAL = "$external"
LOOK_AGAIN_S = 0.1
NOT_GRANTED = (
    "the administrator may not see the connections of others: it lacks `inprog` on the cluster, "
    "which the role clusterMonitor has"
)


class ServerAccounts:
    """Users of one deployment, managed as one user. Made with `connect_accounts`.

    A change whose answer was lost is asked for again: with the same arguments `set_password`,
    `set_roles` and `drop` come to the same end, and wait until a majority has it. `create` then
    says `AccountExists`, and only the caller knows whether that is its own: `find` gives the user,
    and a login with the password that it meant to set tells whose it is.

    Where the user that is connected changes its own password, the connection goes on with the new
    one; also when an answer was lost, for then the old one is refused and the new one tried.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def find(self, name: str, database: str) -> Account | None:
        """The user of that name, or None."""
        _in_the_server(name, database)
        answer = self._asked(
            database,
            {
                "usersInfo": {"user": name, "db": database},
                "showCredentials": False,
                "showAuthenticationRestrictions": True,
            },
        )
        return _account(answer["users"][0]) if answer["users"] else None

    def names(self, database: str) -> Sequence[str]:
        """All users of a database, sorted."""
        answer = self._asked(database, {"usersInfo": 1})
        return tuple(sorted(str(user["user"]) for user in answer["users"]))

    def create(self, account: Account, password: Secret) -> None:
        """Create the user; after a lost answer see the class."""
        _in_the_server(account.name, account.database)
        _of_a_server(account)
        command: dict[str, Any] = {
            "createUser": account.name,
            "pwd": self._sendable(account.name, password),
            "roles": _roles(account.roles),
        }
        if account.mechanisms:
            command["mechanisms"] = sorted(account.mechanisms)
        if account.restrictions:
            command["authenticationRestrictions"] = list(account.restrictions)
        if account.custom_data is not None:
            command["customData"] = account.custom_data
        self._connection.run_durably(account.database, command)

    def set_password(self, name: str, database: str, password: Secret) -> None:
        """Give the user another password, or give it to oneself."""
        _in_the_server(name, database)
        pwd = self._sendable(name, password)
        before = self._connection
        mine = self._is(name, database)
        try:
            self._set_password(name, database, pwd)
        except WrongPassword:
            if not mine:
                raise
            self._connection = before.renewed(password)
            try:  # an answer was lost, and the server knows the new one alone
                self._set_password(name, database, pwd)
            except WrongPassword:
                self._connection.close()
                self._connection = before
                raise
            before.close()
            return
        if mine:
            self._connection = before.renewed(password)
            before.close()

    def set_roles(self, name: str, database: str, roles: frozenset[Role]) -> None:
        """Give the user exactly these roles.

        In one command where the administrator may take any role from anybody, which is what the
        server asks for; else by giving what is wanted and then taking what is too much.
        """
        _in_the_server(name, database)
        wanted = _roles(roles)
        try:
            self._connection.run_durably(database, {"updateUser": name, "roles": wanted})
        except NotAuthorized:
            found = self.find(name, database)
            if found is None:
                raise
            if roles:
                self._connection.run_durably(database, {"grantRolesToUser": name, "roles": wanted})
            if surplus := found.roles - roles:
                self._connection.run_durably(
                    database, {"revokeRolesFromUser": name, "roles": _roles(surplus)}
                )

    def drop(self, name: str, database: str) -> None:
        """Remove the user; one that is not there is fine."""
        _in_the_server(name, database)
        try:
            self._connection.run_durably(database, {"dropUser": name})
        except AccountGone:
            return

    def sessions(self, name: str, database: str) -> Fact[tuple[AccountSession, ...]]:
        """Who is logged in as the user, on all nodes.

        Each is asked over a direct connection, since `$currentOp` tells of one node alone. A
        connection of ours as that same user is listed like any other, as `skc`.
        """
        try:
            uri = nodes.resolved(self._connection.uri)
        except CannotConnect as error:
            return Missing(f"{error.what}: {error.why}")
        connect_map = self._connection.connect_map
        found: list[AccountSession] = []
        for node in nodes.survey(uri, connect_map, also=self._hidden()):
            if node.sharded:
                return Missing("what is connected to the other routers of a sharded cluster")
            sessions = self._sessions(node, name, database)
            if isinstance(sessions, Missing):
                return sessions
            found += sessions.value
        return Known(tuple(found))

    def pending(self) -> Sequence[str]:
        """Nothing: a change is in force when its method returns."""
        return ()

    def close(self) -> None:
        """Give the connections back."""
        self._connection.close()

    def _is(self, name: str, database: str) -> bool:
        """Whether it is the user that we are connected as."""
        uri = self._connection.uri
        return (name, database) == (uri.user, uri.auth_source)

    def _asked(self, database: str, command: Mapping[str, Any]) -> Mapping[str, Any]:
        """An answer in bounded time, also over a network that swallows everything."""
        with pymongo.timeout(PATIENCE_S):
            return self._connection.run(database, command)

    def _set_password(self, name: str, database: str, pwd: str) -> None:
        """Change it for the user's own mechanisms alone: left out, the server would add others."""
        found = self.find(name, database)
        if found is None:
            command: dict[str, Any] = {"updateUser": name, "pwd": pwd}  # says that it is gone
        else:
            command = {"updateUser": name, "pwd": pwd, "mechanisms": sorted(found.mechanisms)}
        self._connection.run_durably(database, command)

    def _sendable(self, name: str, password: Secret) -> str:
        """The clear text; what the driver could not even send is refused before it says it."""
        text = password.reveal()
        if not text:
            raise password_refused(self._connection.uri, name, "it is empty")
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise password_refused(self._connection.uri, name, "it is no Unicode text")
        return text

    def _hidden(self) -> Sequence[str]:
        """Members that no other names, as far as they may be asked for; all, of a set."""
        members = nodes.members(self._connection)
        return members.value if isinstance(members, Known) else ()

    def _sessions(
        self, node: nodes.Node, name: str, database: str
    ) -> Fact[Sequence[AccountSession]]:
        """Those of one node; asked again while an election closes connections."""
        uri = nodes.of_one(nodes.resolved(self._connection.uri), node.name)
        until = time.monotonic() + nodes.ANSWERS_S
        reason = node.reason
        while not reason:
            try:
                with nodes.direct(uri, node.address) as client:
                    listed = list(
                        client.get_database("admin", codec_options=DECODED).aggregate(
                            _connections_of(name, database, others=not self._is(name, database))
                        )
                    )
                return Known(tuple(_session(node.name, entry) for entry in listed))
            except (PyMongoError, CannotConnect) as error:
                if isinstance(error, OperationFailure) and error.code == UNAUTHORIZED:
                    return NotShown(NOT_GRANTED)
                if time.monotonic() > until:
                    reason = nodes.why(uri, error)
            time.sleep(LOOK_AGAIN_S)
        return Missing(f"connections to {node.name} cannot be seen: {reason}")


def connect_accounts(
    uri: Secret,
    *,
    connect_map: Mapping[str, str] | None = None,
    patience_s: float = PATIENCE_S,
) -> ServerAccounts:
    """Connect as an administrator, or as the user that changes its own password.

    Args:
        uri: mongodb:// or mongodb+srv://.
        connect_map: see `connect`.
        patience_s: How long to look for a primary.

    Raises:
        AccountsAreManaged: the URI or the members of the set are those of Atlas; by the URI it is
            known before anything is contacted.
        MalformedUri: the URI.
        CannotConnect: the cause is the class; within 10 s.
        WrongPassword: the user is not known, or not with this password.
    """
    _not_managed(parse(uri).hosts)
    connection = Connection(uri, connect_map=connect_map, patience_s=patience_s)
    try:
        connection.open()
        _not_managed(connection.run("admin", {"hello": 1}).get("hosts", ()))
    except BaseException:
        connection.close()
        raise
    return ServerAccounts(connection)


def _not_managed(hosts: Sequence[str]) -> None:
    for host in hosts:
        if is_of_atlas(host):
            raise managed(host)


def _in_the_server(name: str, database: str) -> None:
    if database == EXTERNAL:
        raise AccountIsExternal(
            f"the user '{name}' has no password in MongoDB",
            why="it is kept in $external: a certificate, LDAP, Kerberos or a cloud's identity "
            "stands for it",
            fix="renew its certificate or password where it is kept, as a `manual` secret",
        )


def _of_a_server(account: Account) -> None:
    """Refuse what only Atlas keeps, rather than lose it."""
    narrow = sorted(role.name for role in account.roles if role.collection is not None)
    if narrow or account.scopes or account.labels:
        what = f"the role {narrow[0]} on one collection" if narrow else "scopes or labels"
        raise AccountError(
            f"the user '{account.name}' cannot be created with {what}",
            why="only users of Atlas have that; a server grants its roles on whole databases",
            fix="make a role of that one privilege with db.createRole, and grant that",
        )


def _roles(roles: frozenset[Role]) -> list[dict[str, str]]:
    return [{"role": role.name, "db": role.database} for role in sorted(roles, key=_by_name)]


def _by_name(role: Role) -> tuple[str, str]:
    return role.database, role.name


def _account(user: Mapping[str, Any]) -> Account:
    return Account(
        name=user["user"],
        database=user["db"],
        roles=frozenset(Role(role["role"], role["db"]) for role in user["roles"]),
        restrictions=tuple(user.get("authenticationRestrictions", ())),
        custom_data=user.get("customData"),
        mechanisms=frozenset(user.get("mechanisms", ())),
    )


def _connections_of(name: str, database: str, *, others: bool) -> list[dict[str, Any]]:
    """With those of others it takes a right of its own (`inprog`); one's own it does not."""
    look = {"allUsers": others, "idleConnections": True, "localOps": True}
    as_user = {"effectiveUsers": {"$elemMatch": {"user": name, "db": database}}}
    return [{"$currentOp": look}, {"$match": {"type": "op", **as_user}}]


def _session(node: str, entry: Mapping[str, Any]) -> AccountSession:
    return AccountSession(
        app_name=entry.get("appName"),
        client=entry.get("client"),
        node=node,
        active=bool(entry.get("active")),
    )
