"""The lossless tree of an env file, pure: bytes in, bytes out, no file is opened here."""

from skillconnect_ops.envfile.errors import (
    BadName,
    DuplicateKey,
    EditedMeanwhile,
    NoSuchKey,
    NotPortable,
)
from skillconnect_ops.envfile.file import Dispute, EnvFile, parse
from skillconnect_ops.envfile.readers import EVERY_READER, Reader, Reading, readings
from skillconnect_ops.envfile.tree import Entry, Opaque
from skillconnect_ops.envfile.undo import put_back
from skillconnect_ops.envfile.writing import portable

__all__ = [
    "EVERY_READER",
    "BadName",
    "Dispute",
    "DuplicateKey",
    "EditedMeanwhile",
    "Entry",
    "EnvFile",
    "NoSuchKey",
    "NotPortable",
    "Opaque",
    "Reader",
    "Reading",
    "parse",
    "portable",
    "put_back",
    "readings",
]
