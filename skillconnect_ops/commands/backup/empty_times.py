"""Empty timestamps, which a server fills in on insert, put back as they were.

A server replaces `Timestamp(0, 0)` in a top-level field of a document that is inserted by its own
time (MongoDB manual, "BSON Types: Timestamps"). An update with a pipeline sets it as it is, and
`$setField` takes a name with dots or a `$` for what it is.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import bson
from bson import Timestamp

from skillconnect_ops.commands.backup.mongodump_format import CODEC
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.database import Database

_EMPTY = Timestamp(0, 0)
_ZEROS = bytes(9)
"""The end of a name, and the eight bytes of an empty timestamp."""
_ALL_ZEROS = re.compile(rb"\x00+")
_TIMESTAMP = 0x11
_LENGTH = struct.Struct("<i").unpack_from
_UPDATES = 500


class TimesNotKept(Precondition):
    """Documents are there, but empty timestamps in them could not be put back."""


def keep_empty_times(
    database: Database, name: str, collection: str, documents: bytes, *, bypass: bool = False
) -> None:
    """Empty the timestamps again that an insert of these documents has filled; mostly none.

    Args:
        database: where they were inserted.
        name: of the database.
        collection: in it.
        documents: as they were inserted.
        bypass: pass a validator by, as the insert did.

    Raises:
        TimesNotKept: not all could be set.
    """
    updates = with_empty_times(documents)
    while some := list(islice(updates, _UPDATES)):
        command: dict[str, Any] = {"update": collection, "updates": some}
        if bypass:
            command["bypassDocumentValidation"] = True
        answer = database.command(name, command)
        if answer.get("n") != len(some) or "writeErrors" in answer:
            raise TimesNotKept(
                f"empty timestamps in {name}.{collection} could not be kept",
                why=f"{answer.get('n', 0)} of {len(some)} documents that hold them were set",
                fix="skc restore   # again, while nothing else writes there",
            )


def with_empty_times(documents: bytes) -> Iterator[dict[str, Any]]:
    """The updates that empty those timestamps again."""
    start = end = 0
    for last in _before_zeros(documents):
        if last < end or not _may_be_timestamp(documents, last):
            continue
        while end <= last:
            start, end = end, end + _LENGTH(documents, end)[0]
        document = bson.decode(documents[start:end], CODEC)
        names = [name for name, value in document.items() if value == _EMPTY and name != "_id"]
        if names:
            yield {"q": {"_id": {"$eq": document["_id"]}}, "u": _emptied(names)}


def _before_zeros(documents: bytes) -> Iterator[int]:
    """Where the last byte before each long enough run of zeros stands.

    By `find`, since one regular expression for all of it took a third of a restore's time.
    """
    at = documents.find(_ZEROS)
    while at >= 0:
        yield at - 1
        run = _ALL_ZEROS.match(documents, at)
        at = documents.find(_ZEROS, run.end() if run else at + 1)


def _may_be_timestamp(documents: bytes, last: int) -> bool:
    """Whether the type of one stands somewhere before the name whose last byte is given."""
    after_zero = documents.rfind(b"\x00", 0, last) + 1
    return documents.find(_TIMESTAMP, after_zero, last + 1) >= 0


def _emptied(names: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "$replaceWith": {
                "$setField": {
                    "field": {"$literal": name},
                    "input": "$$ROOT",
                    "value": {"$literal": _EMPTY},
                }
            }
        }
        for name in names
    ]
