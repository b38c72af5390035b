"""The lossless tree of an env file, pure: bytes in, bytes out, no file is opened here."""

from skillconnect_ops.envfile.credentials import Credential, Renewal, credentials
from skillconnect_ops.envfile.errors import (
    BadName,
    DuplicateKey,
    EditedMeanwhile,
    NoSuchKey,
    NotPortable,
)
from skillconnect_ops.envfile.file import EnvFile, parse
from skillconnect_ops.envfile.judging import Dispute, Judged, Stop
from skillconnect_ops.envfile.readers import (
    EVERY_READER,
    AnyReader,
    OtherReader,
    Reader,
    Reading,
    readings,
)
from skillconnect_ops.envfile.tree import Entry, Opaque
from skillconnect_ops.envfile.undo import put_back
from skillconnect_ops.envfile.writing import portable

__all__ = [
    "EVERY_READER",
    "AnyReader",
    "BadName",
    "Credential",
    "Dispute",
    "DuplicateKey",
    "EditedMeanwhile",
    "Entry",
    "EnvFile",
    "Judged",
    "NoSuchKey",
    "NotPortable",
    "Opaque",
    "OtherReader",
    "Reader",
    "Reading",
    "Renewal",
    "Stop",
    "credentials",
    "parse",
    "portable",
    "put_back",
    "readings",
]
