"""MongoDB over PyMongo: the ports `Database`, `Accounts`, `Indexes` and `Logins`."""

from skillconnect_ops.adapters.mongo.accounts import ServerAccounts, connect_accounts
from skillconnect_ops.adapters.mongo.database import MongoDatabase, connect
from skillconnect_ops.adapters.mongo.indexes import ServerIndexes
from skillconnect_ops.adapters.mongo.logins import ServerLogins
from skillconnect_ops.adapters.mongo.uri import (
    MongoUri,
    parse,
    same_place,
    with_login,
    with_password,
)

__all__ = [
    "MongoDatabase",
    "MongoUri",
    "ServerAccounts",
    "ServerIndexes",
    "ServerLogins",
    "connect",
    "connect_accounts",
    "parse",
    "same_place",
    "with_login",
    "with_password",
]
