"""One client, and how it gets to the primary.

PyMongo follows a replica set by the host names of its configuration and has no public hook to
reach them by other addresses. With a `connect_map` we therefore find the primary ourselves, over
direct connections to mapped addresses, and look again after the primary was lost.
"""

import threading
import time
import warnings
from collections.abc import Mapping
from typing import Any, Self

import pymongo
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.client_session import ClientSession
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from skillconnect_ops.adapters.mongo import diagnosis
from skillconnect_ops.adapters.mongo.errors import failure, not_settled, translated
from skillconnect_ops.adapters.mongo.uri import MongoUri, parse, with_password
from skillconnect_ops.core.ports.database import (
    APP_NAME,
    CannotConnect,
    MalformedUri,
    ServerTooOld,
)
from skillconnect_ops.core.secret import Secret

PATIENCE_S = 8.0
"""For finding a primary; with log-in and diagnosis an attempt stays below 10 s."""
SETTLE_S = 15.0
"""For a majority to take a change: an election, whose default timeout is 10 s, fits in."""
GOODBYE_S = 1.0
"""For telling a server that a session is over; it ends them by itself, too."""
LOOK_AGAIN_S = 0.25
LOOK_S, LEAST_LOOK_S = 2.0, 0.5
"""How long one host of several may take to answer, at first and when patience is at its end."""
OLDEST_WIRE = 13
OLDEST = "5.0"
DECODED = CodecOptions[dict[str, Any]](
    tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO
)
RAW = CodecOptions(document_class=RawBSONDocument)


def client_of(
    uri: MongoUri, text: Secret, *, patience_s: float, **more: Any
) -> MongoClient[dict[str, Any]]:
    """A client of ours; the URI's timeouts are meant for an app, not for a scan.

    Args:
        uri: whose words errors use.
        text: what is connected to: `uri.text`, or that with another host.
        patience_s: for finding a server, and for each connection.
        more: options of PyMongo, before those of the URI.

    Raises:
        CannotConnect: the driver does not even try.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # options of other drivers
        try:
            return MongoClient(
                text.reveal(),
                appname=APP_NAME,
                serverSelectionTimeoutMS=int(patience_s * 1000),
                connectTimeoutMS=int(patience_s * 1000),
                socketTimeoutMS=None,
                timeoutMS=None,
                maxPoolSize=None,
                waitQueueTimeoutMS=None,
                retryReads=False,
                retryWrites=False,
                **more,
            )
        except (PyMongoError, OSError, ValueError) as error:
            raise diagnosis.bad_set_up(uri, error) from error


class Connection:
    """Runs commands on the primary of one deployment; safe from several threads."""

    def __init__(
        self,
        uri: Secret,
        *,
        connect_map: Mapping[str, str] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.uri: MongoUri = parse(uri)
        self._map = dict(connect_map or {})
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._client: MongoClient[dict[str, Any]] | None = None
        self._old: list[MongoClient[dict[str, Any]]] = []
        if self._map and self.uri.srv:
            raise MalformedUri(
                "database.connect_map does not go with a mongodb+srv:// URI",
                why="the hosts behind an SRV name are not known before it is looked up",
                fix="write a mongodb:// URI with the hosts, or take connect_map out of skc.yaml",
            )

    def open(self) -> Self:
        """Connect and log in, so that what is wrong is known now, within 10 s.

        Raises:
            CannotConnect: the cause is the class.
            WrongPassword: user or password.
        """
        try:
            with pymongo.timeout(self._patience_s + LOOK_AGAIN_S):
                hello = self.client().admin.command("hello")
        except OperationFailure as error:
            raise failure(self.uri, "admin", {"hello": 1}, error) from error
        except (ConnectionFailure, ConfigurationError) as error:
            raise self._explained(error) from error
        if hello["maxWireVersion"] < OLDEST_WIRE:
            raise ServerTooOld(
                f"the server at {self.uri.where} is older than MongoDB {OLDEST}",
                why="older ones have no snapshot reads outside transactions",
                fix=f"upgrade it to {OLDEST} or later",
            )
        return self

    def client(self) -> MongoClient[dict[str, Any]]:
        """The client; with a map, one that speaks to who was primary when last looked."""
        with self._lock:
            if self._client is None:
                self._client = self._mapped() if self._map else self._made(self.uri.text)
            return self._client

    def run(
        self, database: str, command: Mapping[str, Any], *, session: ClientSession | None = None
    ) -> dict[str, Any]:
        """Run a command, the answer decoded.

        Raises:
            DatabaseError: the port's own.
        """
        with translated(self.uri, database, command, lost=self.forget_primary):
            return self.client()[database].command(
                dict(command), codec_options=DECODED, session=session
            )

    def run_raw(
        self, database: str, command: Mapping[str, Any], *, session: ClientSession | None = None
    ) -> RawBSONDocument:
        """Run a command, the answer as it came."""
        with translated(self.uri, database, command, lost=self.forget_primary):
            return self.client()[database].command(
                dict(command), codec_options=RAW, session=session
            )

    def run_durably(self, database: str, command: Mapping[str, Any]) -> dict[str, Any]:
        """Run a command that changes something, and wait for a majority; bounded in time.

        The server answers `ok` also where the majority did not take the change in time, or the
        primary stepped down meanwhile, after which the change may be undone: a note in the answer
        is all that says so. A change that was there already is waited for just so.

        Raises:
            ServerLost: it is not known whether the change will last; ask for it again.
            DatabaseError: the port's own.
        """
        command = {**command, "writeConcern": {"w": "majority", "wtimeout": int(SETTLE_S * 1000)}}
        with (
            translated(self.uri, database, command, lost=self.forget_primary),
            pymongo.timeout(SETTLE_S + PATIENCE_S),
        ):
            answer = self.client()[database].command(command, codec_options=DECODED)
        if "writeConcernError" in answer:
            raise not_settled(self.uri, command, answer)
        return answer

    def renewed(self, password: Secret) -> "Connection":
        """The same way with another password; nothing is contacted yet."""
        return Connection(
            with_password(self.uri.text, password),
            connect_map=self._map,
            patience_s=self._patience_s,
        )

    @property
    def connect_map(self) -> Mapping[str, str]:
        """`host:port` as the replica set knows a node -> as it is reached from here."""
        return self._map

    def session(self) -> ClientSession:
        """A session without causal consistency, which would add a time of its own to reads."""
        return self.client().start_session(causal_consistency=False)

    def forget_primary(self) -> None:
        """With a map: look for the primary again, next time."""
        with self._lock:
            if self._map and self._client is not None:
                self._old.append(self._client)
                self._client = None

    def close(self) -> None:
        """Close all clients; of one that is lost the sessions are left for the server to end."""
        with self._lock, pymongo.timeout(GOODBYE_S):
            for client in (*self._old, self._client):
                if client is not None:
                    client.close()
            self._old.clear()
            self._client = None

    def _made(self, uri: Secret, **more: Any) -> MongoClient[dict[str, Any]]:
        return client_of(self.uri, uri, patience_s=self._patience_s, **more)

    def _mapped(self) -> MongoClient[dict[str, Any]]:
        """A direct client to the primary, found among the mapped addresses."""
        until = time.monotonic() + self._patience_s
        known = [self._map.get(host, host) for host in self.uri.hosts]
        while True:
            errors: list[Exception] = []
            answered = False
            for host in tuple(known):
                left_s = max(LEAST_LOOK_S, min(LOOK_S, until - time.monotonic()))
                client, others = self._look(host, left_s, errors)
                if client is not None:
                    return client
                answered |= bool(others)
                known += [other for other in others if other not in known]
            if time.monotonic() > until:
                raise (
                    diagnosis.no_primary(self.uri)
                    if answered
                    else diagnosis.of_errors(self.uri, errors)
                )
            time.sleep(LOOK_AGAIN_S)

    def _look(
        self, host: str, patience_s: float, errors: list[Exception]
    ) -> tuple[MongoClient[dict[str, Any]] | None, list[str]]:
        """A client to the host if it is primary, and the addresses of all that it knows.

        Nobody logs in here: a member that is still copying its data knows no users yet.
        """
        direct = {"directConnection": True, "replicaSet": None}
        with self._made(self.uri.at(host, login=False), **direct) as stranger:
            try:
                with pymongo.timeout(patience_s):
                    hello = stranger.admin.command("hello")
            except ConnectionFailure as error:
                seen = stranger.topology_description.server_descriptions().values()
                errors += [each.error for each in seen if each.error] or [error]
                return None, []
        if self.uri.set_name not in {None, hello.get("setName")}:
            raise diagnosis.other_set(self.uri, host, str(hello.get("setName")))
        names = [hello.get("primary"), *hello.get("hosts", []), host]
        others = [self._map.get(name, name) for name in names if name]
        if not hello.get("isWritablePrimary"):
            return None, others
        return self._made(self.uri.at(host), **direct), others

    def _explained(self, error: PyMongoError) -> CannotConnect:
        if isinstance(error, ConfigurationError):
            return diagnosis.bad_set_up(self.uri, error)
        if isinstance(error, InvalidOperation) or self._client is None:
            return diagnosis.unreachable(self.uri, str(error))
        if isinstance(error, ServerSelectionTimeoutError):
            return diagnosis.of_topology(self.uri, self._client.topology_description)
        return diagnosis.of_errors(self.uri, [error])
