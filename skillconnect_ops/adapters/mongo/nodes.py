"""The members of a deployment, one by one, each over a direct connection of its own."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pymongo
from msgspec import Struct
from pymongo import MongoClient
from pymongo.errors import (
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.uri_parser import parse_uri

from skillconnect_ops.adapters.mongo import diagnosis
from skillconnect_ops.adapters.mongo.connection import PATIENCE_S, Connection, client_of
from skillconnect_ops.adapters.mongo.uri import OF_SRV_ALONE, PLAIN, SRV, MongoUri, parse, without
from skillconnect_ops.core.outcome import Fact, Known, Missing
from skillconnect_ops.core.ports.database import CannotConnect, CommandFailed, NotAuthorized
from skillconnect_ops.core.secret import Secret

ANSWERS_S = 3.0
"""How long one node may take to answer one question, log-in included."""
AT_ONCE = 16
NOT_OPEN = "it is neither primary nor secondary: it copies its data, recovers, or is cut off"

NO_SET = frozenset({59, 76})
"""What a router, which does not know the command, and a server of no set answer."""


class Node(Struct, frozen=True, kw_only=True):
    """A data-bearing member, or a server that is no member of a set."""

    name: str
    """`host:port` as the set itself calls it."""
    address: str
    """`host:port` as it is reached from here."""
    reason: str = ""
    """Why it cannot be asked; empty where it can."""
    sharded: bool = False
    """It is a router (mongos)."""


class _Hello(Struct, frozen=True, kw_only=True):
    """What one host said of itself and the others, before any log-in."""

    asked: str
    said: Mapping[str, Any]
    reason: str

    @property
    def members(self) -> Sequence[str]:
        """The data-bearing members that the host knows; hidden ones are named to nobody."""
        return (*self.said.get("hosts", ()), *self.said.get("passives", ()))


def resolved(uri: MongoUri, *, patience_s: float = ANSWERS_S) -> MongoUri:
    """The same without SRV: the hosts and options that its name stands for in DNS.

    Raises:
        CannotConnect: the name does not resolve.
    """
    if not uri.srv:
        return uri
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # options of other drivers
        try:
            found = parse_uri(uri.text.reveal(), warn=True, connect_timeout=patience_s)
        except (PyMongoError, OSError, ValueError) as error:
            raise diagnosis.bad_set_up(uri, error) from error
    hosts = ",".join(f"{host}:{port}" for host, port in found["nodelist"])
    head, _, query = uri.at(hosts).reveal().replace(SRV, PLAIN, 1).partition("?")
    names = {name.lower() for name, _ in parse_qsl(query, keep_blank_values=True)}
    options = [without(query, OF_SRV_ALONE)]
    if not names & {"tls", "ssl"}:
        options.append("tls=true")
    options += [
        f"{name}={found['options'][name]}"
        for name in ("authSource", "replicaSet")
        if name in found["options"] and name.lower() not in names
    ]
    if "/" not in head.removeprefix(PLAIN):
        head += "/"
    return parse(Secret(f"{head}?{'&'.join(filter(None, options))}"))


def survey(
    uri: MongoUri,
    connect_map: Mapping[str, str],
    *,
    also: Sequence[str] = (),
    patience_s: float = ANSWERS_S,
) -> Sequence[Node]:
    """All data-bearing members: the URI's hosts, and those that these name; nobody logs in.

    A host of the URI that the set does not name is left out, as drivers do; arbiters too.

    Args:
        uri: resolved.
        connect_map: see `connect`.
        also: members that are known otherwise, such as hidden ones.
        patience_s: for each of at most three rounds, in which all are asked at once.
    """
    heard: dict[str, _Hello] = {}
    wanted = list(dict.fromkeys((*uri.hosts, *also)))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(3):
            asking = pool.map(lambda name: _hello(uri, connect_map, name, patience_s), wanted)
            heard.update((hello.asked, hello) for hello in asking)
            known = dict.fromkeys(name for hello in heard.values() for name in hello.members)
            wanted = [name for name in known if name not in heard]
            if not wanted:
                break
    members = {*also, *(name for hello in heard.values() for name in hello.members)}
    nodes: dict[str, Node] = {}
    for name, hello in heard.items():
        if hello.said.get("arbiterOnly") or (known and not hello.said and name not in members):
            continue
        own = str(hello.said.get("me", name))
        nodes.setdefault(own, _node(own, connect_map.get(name, name), hello))
    return tuple(nodes[name] for name in sorted(nodes))


def members(connection: Connection) -> Fact[tuple[str, ...]]:
    """All data-bearing members that the set is made of, hidden ones too; none where it is no set.

    A network that swallows everything ends it with a `ServerLost`.
    """
    try:
        with pymongo.timeout(PATIENCE_S):
            answer = connection.run("admin", {"replSetGetConfig": 1})
    except NotAuthorized:
        return Missing(
            "the user lacks `replSetGetConfig`, which the role clusterMonitor (on admin) has: "
            "whether there are hidden members is not known"
        )
    except CommandFailed as error:
        if error.code in NO_SET:
            return Known(())
        return Missing(f"{error.what}: {error.why}")
    listed = answer["config"]["members"]
    return Known(tuple(str(each["host"]) for each in listed if not each.get("arbiterOnly")))


@contextmanager
def direct(
    uri: MongoUri, address: str, *, patience_s: float = ANSWERS_S, login: bool = True
) -> Iterator[MongoClient[dict[str, Any]]]:
    """A client to one host alone; what is asked within shares one patience.

    Raises:
        CannotConnect: the driver does not even try.
    """
    text = uri.at(address, login=login)
    options: dict[str, Any] = {"directConnection": True, "replicaSet": None}
    with (
        client_of(uri, text, patience_s=patience_s, **options) as client,
        pymongo.timeout(patience_s),
    ):
        yield client


def of_one(uri: MongoUri, name: str) -> MongoUri:
    """The URI in the words of one of its hosts, for errors."""
    return msgspec.structs.replace(uri, hosts=(name,))


def why(uri: MongoUri, error: Exception, client: MongoClient[dict[str, Any]] | None = None) -> str:
    """Why a node could not be asked, in one sentence without any password.

    Args:
        uri: of the one node.
        error: what was raised.
        client: that of a search for a server that ended without one; it knows more.
    """
    if isinstance(error, OperationFailure):
        said = str((error.details or {}).get("errmsg") or error)
        return f"{uri.where} answers with error {error.code}: {uri.redact(said)[:300]}"
    if isinstance(error, CannotConnect):
        told = error
    elif client is not None:
        told = diagnosis.of_topology(uri, client.topology_description)
    else:
        told = diagnosis.of_errors(uri, [error])
    return f"{told.what}: {told.why}"


def _hello(uri: MongoUri, connect_map: Mapping[str, str], name: str, patience_s: float) -> _Hello:
    one = of_one(uri, name)
    try:
        with direct(one, connect_map.get(name, name), patience_s=patience_s, login=False) as client:
            try:
                return _Hello(asked=name, said=client.admin.command("hello"), reason="")
            except ServerSelectionTimeoutError as error:
                return _Hello(asked=name, said={}, reason=why(one, error, client))
    except (PyMongoError, CannotConnect) as error:
        return _Hello(asked=name, said={}, reason=why(one, error))


def _node(name: str, address: str, hello: _Hello) -> Node:
    said = hello.said
    has_data = said.get("isWritablePrimary") or said.get("secondary")
    return Node(
        name=name,
        address=address,
        reason=hello.reason or ("" if has_data else NOT_OPEN),
        sharded=said.get("msg") == "isdbgrid",
    )
