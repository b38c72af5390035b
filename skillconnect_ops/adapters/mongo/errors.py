"""What PyMongo and the server say, in the words of the port."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pymongo.errors import (
    ConnectionFailure,
    DocumentTooLarge,
    OperationFailure,
    PyMongoError,
)

from skillconnect_ops.adapters.mongo.rights import needed
from skillconnect_ops.adapters.mongo.said import plain, without_values
from skillconnect_ops.adapters.mongo.uri import MongoUri
from skillconnect_ops.core.ports.accounts import (
    AccountError,
    AccountExists,
    AccountGone,
    AccountsAreManaged,
    PasswordRefused,
)
from skillconnect_ops.core.ports.database import (
    CappedHasNoSnapshot,
    CollectionGone,
    CommandFailed,
    DatabaseError,
    DuplicateKey,
    NotAuthorized,
    ServerLost,
    SnapshotTooOld,
    SnapshotUnavailable,
    WrongPassword,
)

UNAUTHORIZED = 13
NO_SUCH_COLLECTION = 26
AUTHENTICATION = frozenset({11, 18, 8000})
"""UserNotFound, AuthenticationFailed, Atlas' own."""
LOST = frozenset({6, 7, 43, 89, 91, 189, 237, 262, 9001, 10107, 11600, 11602, 13435, 13436})
"""The server, its primacy or the cursor went away (the retryable codes, and those of cursors)."""
GONE = frozenset({175, 73, 17})
"""QueryPlanKilled: the collection was dropped or renamed."""
TOO_OLD = frozenset({239, 208})
UNAVAILABLE = frozenset({246})
DUPLICATE = 11000
OUT_OF_TIME = 50
"""MaxTimeMSExpired: whether it took effect is not known."""
OF_ACCOUNTS = frozenset(
    {"usersInfo", "createUser", "updateUser", "dropUser", "grantRolesToUser", "revokeRolesFromUser"}
)
USER_GONE, USER_EXISTS, ATLAS = 11, 51003, 8000
NO_PASSWORD = range(50687, 50696)
"""What the server's SASLprep (RFC 4013) of a password ends with: prohibited or unassigned."""


@contextmanager
def translated(
    uri: MongoUri, database: str, command: Mapping[str, Any], *, lost: Callable[[], None]
) -> Iterator[None]:
    """Raise the port's errors for PyMongo's; `lost` is told when the server went away."""
    try:
        yield
    except OperationFailure as error:
        if error.code in LOST:
            lost()
        raise failure(uri, database, command, error) from error
    except ConnectionFailure as error:
        lost()
        raise _lost(uri, command, str(error)) from error
    except (DocumentTooLarge, PyMongoError) as error:
        raise _failed(uri, command, 0, str(error), {}) from error


def failure(
    uri: MongoUri, database: str, command: Mapping[str, Any], error: OperationFailure
) -> DatabaseError:
    """The port's error for a server's answer that is not ok."""
    code, said = error.code or 0, uri.redact(_said(error))
    if next(iter(command), "") in OF_ACCOUNTS and (told := _of_account(uri, command, error)):
        return told
    if code == UNAUTHORIZED:
        return _not_authorized(uri, database, command)
    if code in AUTHENTICATION:
        return wrong_password(uri)
    if code in LOST:
        return _lost(uri, command, said)
    read = _unreadable(uri, f"{database}.{_collection(command)}", code, said)
    if read is not None and next(iter(command), "") in {"find", "getMore"}:
        return read
    return _failed(uri, command, code, said, error.details or {})


def _of_account(
    uri: MongoUri, command: Mapping[str, Any], error: OperationFailure
) -> AccountError | ServerLost | None:
    """What a command on users is refused with, or what must be asked for again."""
    if error.code == OUT_OF_TIME:
        return _lost(uri, command, "no answer in time")
    if "writeConcernError" in (error.details or {}):
        return not_settled(uri, command, error.details or {})
    return _refused(uri, _collection(command), error.code)


def _refused(uri: MongoUri, name: str, code: int | None) -> AccountError | None:
    """Why the server does not do that to the user of that name."""
    if code == USER_EXISTS:
        return AccountExists(
            f"there is a user '{name}' at {uri.where} already",
            why="its name is taken: by an earlier run, on this machine or another, or by hand",
            fix="see whose it is: db.getUser; `skc rotate status` knows those of a rotation",
        )
    if code == USER_GONE:
        return AccountGone(
            f"there is no user '{name}' at {uri.where}",
            why="the server does not find it in that database: it was dropped, or it was created "
            "in another database, which its authSource names",
            fix="list users with db.getSiblingDB('admin').system.users.find({}, {user: 1, db: 1})",
        )
    if code in NO_PASSWORD:
        return password_refused(uri, name, "it holds a control character, or one unknown to SCRAM")
    if code == ATLAS:
        return managed(uri.where)
    return None


def password_refused(uri: MongoUri, name: str, why: str) -> PasswordRefused:
    """The password is not one that the server takes."""
    return PasswordRefused(
        f"{uri.where} does not take that password for the user '{name}'",
        why=why,
        fix="use letters and digits: `skc secrets generate` makes such a password",
    )


def managed(where: str) -> AccountsAreManaged:
    """User commands are no use there."""
    return AccountsAreManaged(
        f"the users of {where} are managed by Atlas",
        why="Atlas undoes changes of users that are not made through its own interface",
        fix="use the Admin API: set database.atlas with group_id and credentials in skc.yaml",
    )


def not_settled(uri: MongoUri, command: Mapping[str, Any], answer: Mapping[str, Any]) -> ServerLost:
    """A change reached the primary, and it is not known whether it will last."""
    verb = next(iter(command), "a command")
    said = (answer.get("writeConcernError") or {}).get("errmsg")
    return ServerLost(
        f"it is not known whether {verb} at {uri.where} lasts",
        why=f"a majority of the replica set did not confirm it: {uri.redact(str(said))}",
        fix="see whether more than half of the members run (rs.status()), then try again",
    )


def _unreadable(uri: MongoUri, name: str, code: int, said: str) -> DatabaseError | None:
    """Why a scan cannot begin or go on."""
    if code in TOO_OLD:
        return SnapshotTooOld(
            f"{uri.where} no longer has the history to read {name} at one cluster time",
            why="the scan took longer than the server keeps history "
            "(minSnapshotHistoryWindowInSeconds, 300 s by default)",
            fix="raise it: db.adminCommand({setParameter: 1, "
            "minSnapshotHistoryWindowInSeconds: 3600})",
        )
    if code in UNAVAILABLE and "capped" in said:
        return CappedHasNoSnapshot(
            f"the capped collection {name} cannot be read at a cluster time",
            why=said,
            fix="read it as it is now, or upgrade the server to 8.0",
        )
    if code in UNAVAILABLE:
        return SnapshotUnavailable(
            f"{name} cannot be read at that cluster time",
            why="the collection or its indexes were changed since",
            fix="try again: a later cluster time can be read",
        )
    if code in GONE:
        return CollectionGone(
            f"{name} was dropped or renamed while it was read",
            why=said,
            fix="try again when nobody changes the collections",
        )
    return None


def wrong_password(uri: MongoUri) -> WrongPassword:
    """The server does not take user and password."""
    if uri.user is None:
        return WrongPassword(
            f"{uri.where} wants a user and a password",
            why="the URI has none",
            fix="write them into the URI: mongodb://USER:PASSWORD@…",
        )
    looked_up = f"the user was looked up in the database '{uri.auth_source}'"
    if uri.says_auth_source:
        return WrongPassword(
            f"{uri.where} refuses the password of '{uri.user}'",
            why=f"wrong user or password; {looked_up}, as authSource says",
            fix="check user, password and authSource in the URI",
        )
    return WrongPassword(
        f"{uri.where} refuses the password of '{uri.user}'",
        why=f"wrong user or password; {looked_up}, because the URI has no authSource"
        + (" and names that database" if uri.database else ""),
        fix="check the password; if the user lives elsewhere, add ?authSource=admin to the URI",
    )


def _not_authorized(
    uri: MongoUri, database: str, command: Mapping[str, Any]
) -> NotAuthorized | WrongPassword:
    if uri.user is None:
        return wrong_password(uri)
    need = needed(database, _collection(command), command)
    grant = f"'{need.role_name}', db: '{need.role_database}'" if need.role_name else ""
    error = NotAuthorized(
        f"the user '{uri.user}' may not {need.action} on {need.resource}",
        why=f"{uri.where} says that none of its roles allows it",
        fix=f"as an administrator: use {uri.auth_source}; db.grantRolesToUser('{uri.user}', "
        f"[{{role: {grant}}}])"
        if grant
        else "give the user a role that allows it",
    )
    error.action, error.resource = need.action, need.resource
    error.role = f"{need.role_name}@{need.role_database}" if need.role_name else ""
    return error


def _lost(uri: MongoUri, command: Mapping[str, Any], said: str) -> ServerLost:
    return ServerLost(
        f"the connection to {uri.where} was lost during {next(iter(command), 'a command')}",
        why=plain(uri.redact(said)),
        fix="see whether the server runs and has a primary, then try again",
    )


def _failed(
    uri: MongoUri, command: Mapping[str, Any], code: int, said: str, details: Mapping[str, Any]
) -> CommandFailed:
    verb = next(iter(command), "a command")
    target = _collection(command)
    kind = DuplicateKey if code == DUPLICATE else CommandFailed
    error = kind(
        f"{uri.where} refuses {verb}{f' on {target}' if target else ''}",
        why=uri.redact(without_values(said))[:500],
        fix=f"look up error code {code} of MongoDB" if code else "see what it says",
    )
    error.code, error.details = code, details
    return error


def not_inserted(where: str, answer: Mapping[str, Any], count: int) -> CommandFailed:
    """Not all of some documents were written; their values stay in `details`."""
    reasons = [*answer.get("writeErrors", []), answer.get("writeConcernError") or {}]
    first: Mapping[str, Any] = reasons[0]
    code = int(first.get("code", 0))
    what = f"{where}: {answer.get('n', 0):,} of {count:,} documents were written"
    error: CommandFailed
    if code == DUPLICATE:
        index = str(first.get("errmsg", "")).partition(" dup key")[0].partition("index: ")[2]
        error = DuplicateKey(
            what,
            why=f"the unique index {index or 'of _id'} has such a value already",
            fix="insert into an empty collection",
        )
    else:
        why = f"error {code} {first.get('codeName', '')}".strip()
        error = CommandFailed(what, why=why, fix=f"look up error code {code} of MongoDB")
    error.code, error.details = code, answer
    return error


def _said(error: OperationFailure) -> str:
    return str((error.details or {}).get("errmsg") or error)


def _collection(command: Mapping[str, Any]) -> str:
    """The collection that a command names: its first value, or `collection` for a getMore."""
    named = command.get("collection", next(iter(command.values()), ""))
    return named if isinstance(named, str) else ""
