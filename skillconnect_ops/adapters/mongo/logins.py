"""The `Logins` port: does a connection string work, on every node, and what may its user do?"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pymongo.errors import OperationFailure, PyMongoError, ServerSelectionTimeoutError

from skillconnect_ops.adapters.mongo import nodes
from skillconnect_ops.adapters.mongo.database import MongoDatabase, connect
from skillconnect_ops.adapters.mongo.uri import MongoUri, no_login, parse, with_login, with_password
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.accounts import Address, Canary, Login, LoginAnswer
from skillconnect_ops.core.ports.database import (
    CannotConnect,
    CommandFailed,
    Privilege,
    ServerLost,
)
from skillconnect_ops.core.secret import Secret

COLLECTION = "skc_canary"
EXTERNAL = "$external"
AUTHENTICATION_FAILED = 18
OF_ATLAS, BAD_AUTH = 8000, "bad auth"
"""Atlas has one code for all that it refuses itself; of these only a failed login is meant."""
TRIES = 3
SYSTEM = "system."
LET_EVERYBODY_IN = "access control is off there: whoever connects is let in, so this proves nothing"
DURABLY = {"w": "majority", "wtimeout": 15_000}
READ_S = 10


class ServerLogins:
    """Tries connection strings from here.

    Args:
        connect_map: `host:port` as a replica set knows a node -> as it is reached from here.
        patience_s: for each node's answer; a whole attempt takes four times that at most.
    """

    def __init__(
        self,
        connect_map: Mapping[str, str] | None = None,
        *,
        patience_s: float = nodes.ANSWERS_S,
    ) -> None:
        self._map = dict(connect_map or {})
        self._patience_s = patience_s

    def address(self, uri: Secret) -> Address:
        """Take a connection string apart; see the port."""
        parsed = parse(uri)
        if parsed.user is None:
            raise no_login(parsed)
        return Address(
            user=parsed.user,
            database=parsed.auth_source,
            where=parsed.where,
            named=parsed.database,
        )

    def with_login(self, uri: Secret, user: str, password: Secret) -> Secret:
        """The same string for another user; see the port."""
        return with_login(uri, user, password)

    def with_password(self, uri: Secret, password: Secret) -> Secret:
        """The same string with another password; see the port."""
        return with_password(uri, password)

    def password_of(self, uri: Secret) -> Secret:
        """The password of a connection string; see the port."""
        parsed = parse(uri)
        if parsed.user is None or parsed.password is None:
            raise no_login(parsed)
        return parsed.password

    def try_everywhere(self, uri: Secret) -> Sequence[Login]:
        """Log in on every data-bearing node; see the port."""
        parsed = parse(uri)
        if parsed.user is None:
            raise no_login(parsed)
        try:
            plain = nodes.resolved(parsed, patience_s=self._patience_s)
        except CannotConnect as error:
            reason = f"{error.what}: {error.why}"
            return (Login(node=parsed.where, answer=LoginAnswer.UNREACHABLE, reason=reason),)
        found = nodes.survey(plain, self._map, patience_s=self._patience_s)
        with ThreadPoolExecutor(nodes.AT_ONCE) as pool:
            return tuple(pool.map(lambda node: self._try(plain, node), found))

    def canary(self, uri: Secret, database: str) -> Canary:
        """Read and write as the user, with harmless operations; see the port."""
        with connect(uri, connect_map=self._map) as opened:
            rights = _Rights(opened.privileges(), database)
            return Canary(
                read=_read(opened, database, rights), written=_written(opened, database, rights)
            )

    def _try(self, uri: MongoUri, node: nodes.Node) -> Login:
        """One login. Only the server's own refusal counts as one."""
        if node.reason:
            return Login(node=node.name, answer=LoginAnswer.UNREACHABLE, reason=node.reason)
        one = nodes.of_one(uri, node.name)
        try:
            with nodes.direct(one, node.address, patience_s=self._patience_s) as client:
                try:
                    status = client.admin.command("connectionStatus")
                except ServerSelectionTimeoutError as error:
                    reason = nodes.why(one, error, client)
                    return Login(node=node.name, answer=LoginAnswer.UNREACHABLE, reason=reason)
        except OperationFailure as error:
            if _is_refusal(error):
                return Login(node=node.name, answer=LoginAnswer.REFUSED)
            return Login(
                node=node.name, answer=LoginAnswer.UNREACHABLE, reason=nodes.why(one, error)
            )
        except (PyMongoError, CannotConnect, ValueError) as error:  # ValueError: from SASLprep
            return Login(
                node=node.name, answer=LoginAnswer.UNREACHABLE, reason=nodes.why(one, error)
            )
        return self._accepted(one, node, status["authInfo"]["authenticatedUsers"])

    def _accepted(
        self, uri: MongoUri, node: nodes.Node, users: Sequence[Mapping[str, str]]
    ) -> Login:
        """An answer without an error: is it a login, and does one matter there?"""
        places = {uri.auth_source, EXTERNAL}
        if not any(user["user"] == uri.user and user["db"] in places for user in users):
            reason = f"{uri.where} answers, and says that nobody is logged in"
            return Login(node=node.name, answer=LoginAnswer.UNREACHABLE, reason=reason)
        reason = ""
        try:
            with nodes.direct(
                uri, node.address, patience_s=self._patience_s, login=False
            ) as stranger:
                stranger.admin.command("listDatabases", nameOnly=True)
            reason = LET_EVERYBODY_IN
        except (PyMongoError, CannotConnect):  # refused, as it should be
            pass
        return Login(node=node.name, answer=LoginAnswer.ACCEPTED, reason=reason)


class _Rights:
    """What a user may do in one database."""

    def __init__(self, privileges: Sequence[Privilege], database: str) -> None:
        self._here = [
            privilege
            for privilege in privileges
            if not (privilege.cluster or privilege.buckets)
            and (privilege.any_resource or privilege.database in {"", database})
        ]

    def may(self, action: str, collection: str = "") -> bool:
        """Whether the action is granted on the collection; on all, where none is named."""
        return any(
            action in privilege.actions and privilege.collection in {"", collection}
            for privilege in self._here
        )

    def named(self, action: str) -> Sequence[str]:
        """The collections that the action is granted on by name."""
        return sorted(
            privilege.collection
            for privilege in self._here
            if action in privilege.actions
            and privilege.collection
            and not privilege.collection.startswith(SYSTEM)
        )


def _is_refusal(error: OperationFailure) -> bool:
    said = str((error.details or {}).get("errmsg") or error)
    return error.code == AUTHENTICATION_FAILED or (
        error.code == OF_ATLAS and said.lower().startswith(BAD_AUTH)
    )


def _read(opened: MongoDatabase, database: str, rights: _Rights) -> Fact[str]:
    """One document of a collection that may be read, else the names of the collections."""
    names = rights.named("find")
    if rights.may("find"):
        names = [*_listed(opened, database, rights), *names, COLLECTION]
    if names:
        look = {"find": names[0], "limit": 1, "singleBatch": True, "projection": {"_id": 1}}
        opened.command(database, {**look, "maxTimeMS": READ_S * 1000})
        return Known(f"{database}.{names[0]}")
    if rights.may("listCollections"):
        opened.command(database, {"listCollections": 1, "nameOnly": True})
        return Known(database)
    return Missing(f"none of its roles lets it read in {database}")


def _listed(opened: MongoDatabase, database: str, rights: _Rights) -> Sequence[str]:
    """Collections proper: a view may be dear to read."""
    if not rights.may("listCollections"):
        return ()
    answer = opened.command(
        database, {"listCollections": 1, "nameOnly": True, "filter": {"type": "collection"}}
    )
    names = (str(entry["name"]) for entry in answer["cursor"]["firstBatch"])
    return sorted(name for name in names if not name.startswith(SYSTEM))


def _written(opened: MongoDatabase, database: str, rights: _Rights) -> Fact[str]:
    """Insert a document on a majority and remove it again, in a collection of our own."""
    lacking = [action for action in ("insert", "remove") if not rights.may(action, COLLECTION)]
    place = f"{database}.{COLLECTION}"
    if lacking:
        return Missing(f"none of its roles lets it {' and '.join(lacking)} in {place}")
    made = COLLECTION not in _listed(opened, database, rights)
    number = secrets.token_hex(12)
    try:
        _durably(opened, database, {"insert": COLLECTION, "documents": [{"_id": number}]})
    finally:
        _surely(lambda: _remove(opened, database, number))
    may_look = rights.may("find", COLLECTION) and rights.may("listCollections")
    if made and may_look and rights.may("dropCollection", COLLECTION):
        _drop_if_empty(opened, database)
    return Known(place)


def _remove(opened: MongoDatabase, database: str, number: str) -> None:
    gone = {"q": {"_id": number}, "limit": 1}
    _durably(opened, database, {"delete": COLLECTION, "deletes": [gone]})


def _drop_if_empty(opened: MongoDatabase, database: str) -> None:
    """Another canary may sing in it just now."""
    found = opened.command(database, {"find": COLLECTION, "limit": 1, "singleBatch": True})
    if not found["cursor"]["firstBatch"]:
        _surely(lambda: opened.drop(database, COLLECTION))


def _durably(opened: MongoDatabase, database: str, command: Mapping[str, Any]) -> None:
    answer = opened.command(database, {**command, "writeConcern": DURABLY})
    if answer.get("writeErrors"):
        first = answer["writeErrors"][0]
        error = CommandFailed(
            f"{database}.{COLLECTION} does not take a document",
            why=f"error {first.get('code', 0)}: {str(first.get('errmsg', ''))[:300]}",
            fix=f"see what validates {COLLECTION}, or drop it",
        )
        error.code, error.details = int(first.get("code", 0)), answer
        raise error
    if "writeConcernError" in answer:
        raise ServerLost(
            f"a majority did not take a document of {database}.{COLLECTION} in time",
            why=str(answer["writeConcernError"].get("errmsg", ""))[:300],
            fix="see whether more than half of the members run: rs.status()",
        )


def _surely(act: Callable[[], None]) -> None:
    """What leaves no trace is tried again when the server went away."""
    for left in reversed(range(TRIES)):
        try:
            return act()
        except ServerLost:
            if not left:
                raise
    return None
