"""Reading a collection without decoding it.

`find` and `getMore` are run as plain commands whose answers stay raw: PyMongo's own raw batches
know no `atClusterTime`. Source of the shapes: MongoDB manual, "find" and "getMore".
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from bson import Timestamp
from bson.int64 import Int64
from bson.raw_bson import RawBSONDocument
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from skillconnect_ops.adapters.mongo.connection import Connection
from skillconnect_ops.core.ports.database import Batch, ClusterTime, ServerLost

WANTED_BYTES = 1_000_000
"""Of one answer: larger ones cost memory and win nothing (measured)."""
FIRST_DOCUMENTS = 100
MOST_DOCUMENTS = 50_000
FIXED = {0x01: 8, 0x07: 12, 0x08: 1, 0x09: 8, 0x0A: 0, 0x10: 4, 0x11: 8, 0x12: 8}
"""BSON type: size of its values."""
_LENGTH = struct.Struct("<i").unpack_from
_LONG = struct.Struct("<q").unpack_from


@contextmanager
def batches(
    connection: Connection, database: str, collection: str, *, at: ClusterTime | None
) -> Iterator[Iterator[Batch]]:
    """Scan in natural order; see the port."""
    scan = _Scan(connection, database, collection)
    try:
        yield scan.run(at)
    finally:
        scan.end()


class _Scan:
    """One cursor on the server."""

    def __init__(self, connection: Connection, database: str, collection: str) -> None:
        self._connection = connection
        self._database = database
        self._collection = collection
        self._session: ClientSession | None = None
        self._cursor = 0

    def run(self, at: ClusterTime | None) -> Iterator[Batch]:
        """Ask until the cursor is exhausted."""
        self._session = self._connection.session()
        command: dict[str, Any] = {
            "find": self._collection,
            "hint": {"$natural": 1},
            "batchSize": FIRST_DOCUMENTS,
        }
        if at is not None:
            time = Timestamp(at.seconds, at.increment)
            command["readConcern"] = {"level": "snapshot", "atClusterTime": time}
        while True:
            answer = self._ask(command).raw
            array, self._cursor = batch_of(memoryview(answer).toreadonly())
            documents = split(array)
            command = {
                "getMore": Int64(self._cursor),
                "collection": self._collection,
                "batchSize": _next_size(documents, len(answer)),
            }
            del answer, array
            if documents:
                yield Batch(documents)
            if not self._cursor:
                return
            del documents

    def _ask(self, command: dict[str, Any]) -> RawBSONDocument:
        try:
            return self._connection.run_raw(self._database, command, session=self._session)
        except ServerLost:
            self._cursor = 0  # gone with its server; to kill it would only wait for another one
            raise

    def end(self) -> None:
        """Kill the server's cursor when it is still open, and give the session back."""
        if self._session is None:
            return
        if self._cursor:
            kill = {"killCursors": self._collection, "cursors": [Int64(self._cursor)]}
            with suppress(PyMongoError):  # it may be gone with its server; it would time out
                self._connection.client()[self._database].command(kill, session=self._session)
        self._session.end_session()


def batch_of(answer: memoryview) -> tuple[memoryview, int]:
    """The array of documents in the answer to a find or getMore, and the cursor's id."""
    cursor = next(value for name, value in _elements(answer) if name == b"cursor")
    array, identity = None, 0
    for name, value in _elements(cursor):
        if name in {b"firstBatch", b"nextBatch"}:
            array = value
        elif name == b"id":
            identity = _LONG(value)[0]
    if array is None:
        raise AssertionError("an answer with a cursor has a batch")
    return array, identity


def split(array: memoryview) -> list[memoryview]:
    """The documents of a BSON array. Its keys are "0", "1", …, so their length is known."""
    end, position = _LENGTH(array, 0)[0] - 1, 4
    documents: list[memoryview] = []
    count, key, limit = 0, 3, 10  # the type, one digit, NUL
    while position < end:
        if count == limit:
            key, limit = key + 1, limit * 10
        start = position + key
        position = start + _LENGTH(array, start)[0]
        documents.append(array[start:position])
        count += 1
    if position != end:
        raise AssertionError("the server's answer is no array of documents")
    return documents


def _next_size(documents: list[memoryview], answer_bytes: int) -> int:
    """How many documents to ask for next, by the size of these; grows step by step."""
    if not documents:
        return FIRST_DOCUMENTS
    fitting = WANTED_BYTES * len(documents) // answer_bytes
    return max(1, min(fitting, 4 * len(documents), MOST_DOCUMENTS))


def _elements(document: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The names and values of a document's elements; values are views."""
    end, position = _LENGTH(document)[0] - 1, 4
    while position < end:
        kind, start = document[position], position + 1
        name_end = start
        while document[name_end]:
            name_end += 1
        value = name_end + 1
        position = value + _size(kind, document, value)
        yield bytes(document[start:name_end]), document[value:position]


def _size(kind: int, document: memoryview, value: int) -> int:
    """The size of a value of a BSON type, of those that the server's own answers have."""
    if kind in FIXED:
        return FIXED[kind]
    length: int = _LENGTH(document, value)[0]
    if kind in {0x03, 0x04}:
        return length
    if kind == 0x02:
        return 4 + length
    if kind == 0x05:
        return 5 + length
    raise AssertionError(f"BSON type {kind:#x} in an answer with a cursor")
