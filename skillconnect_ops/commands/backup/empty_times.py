"""Empty timestamps, which a server fills in on insert, put back as they were.

A server replaces `Timestamp(0, 0)` in a top-level field of a document that is inserted by its own
time (MongoDB manual, "BSON Types: Timestamps"). An update with a pipeline sets it as it is.
"""

import re
import struct
from collections.abc import Iterator
from typing import Any

import bson
from bson import Timestamp

from skillconnect_ops.commands.backup.mongodump_format import CODEC

_EMPTY = Timestamp(0, 0)
_CANDIDATE = re.compile(rb"\x11[^\x00]*\x00{9}")
_LENGTH = struct.Struct("<i").unpack_from


def with_empty_times(collection: str, documents: bytes) -> Iterator[dict[str, Any]]:
    """The commands that empty those timestamps again; mostly none."""
    start = end = 0
    for match in _CANDIDATE.finditer(documents):
        if match.start() < end:
            continue
        while end <= match.start():
            start, end = end, end + _LENGTH(documents, end)[0]
        document = bson.decode(documents[start:end], CODEC)
        names = [name for name, value in document.items() if value == _EMPTY and name != "_id"]
        if names:
            yield {
                "update": collection,
                "updates": [
                    {
                        "q": {"_id": document["_id"]},
                        "u": [{"$set": {name: {"$literal": _EMPTY} for name in names}}],
                    }
                ],
            }
