"""Reading and writing `manifest.json` and drill verdicts so that no changed byte goes unnoticed.

Both end in a `digest`: SHA-256 over the file's own bytes with the digest's 64 hex digits as zeros.
It covers every byte of the file, blanks included.
"""

import hashlib
from typing import TypeVar

import msgspec

from skillconnect_ops.commands.backup.model import (
    DRILL_SCHEMA,
    SCHEMA,
    Drill,
    Manifest,
)
from skillconnect_ops.core.errors import Precondition

ZEROS = "0" * 64
_MARK = b'"digest": "'

Document = TypeVar("Document", Manifest, Drill)


class ManifestDamaged(Precondition):
    """A manifest or verdict that is not what was written."""


class ManifestIsNewer(Precondition):
    """Written by a later version of skc."""


def encode(document: Manifest | Drill) -> bytes:
    """The bytes of a manifest or verdict, its digest filled in."""
    blank = msgspec.structs.replace(document, digest=ZEROS)
    text = msgspec.json.format(msgspec.json.encode(blank), indent=1) + b"\n"
    digest = hashlib.sha256(text).hexdigest()
    return _with_digest(text, digest)


def decode_manifest(data: bytes, *, name: str) -> Manifest:
    """A manifest from its bytes.

    Raises:
        ManifestDamaged: a byte differs from what was written, or it is no manifest.
        ManifestIsNewer: its schema is of a later version.
    """
    return _decode(data, Manifest, SCHEMA, name)


def decode_drill(data: bytes, *, name: str) -> Drill:
    """A drill's verdict from its bytes; raises as `decode_manifest` does."""
    return _decode(data, Drill, DRILL_SCHEMA, name)


def _decode(data: bytes, kind: type[Document], schema: str, name: str) -> Document:
    try:
        found = msgspec.json.decode(data, type=_Header)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise _damaged(name, "it cannot be parsed") from cause
    if found.schema != schema:
        raise _other_schema(name, found.schema, schema)
    if not _untouched(data, found.digest):
        raise _damaged(name, "its digest does not fit its bytes")
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as cause:
        raise _damaged(name, str(cause)) from cause


class _Header(msgspec.Struct, frozen=True):
    schema: str
    digest: str


def _untouched(data: bytes, digest: str) -> bool:
    at = data.rfind(_MARK) + len(_MARK)
    if len(digest) != len(ZEROS) or data[at : at + len(ZEROS)] != digest.encode():
        return False
    blank = data[:at] + ZEROS.encode() + data[at + len(ZEROS) :]
    return hashlib.sha256(blank).hexdigest() == digest


def _with_digest(text: bytes, digest: str) -> bytes:
    at = text.rfind(_MARK) + len(_MARK)
    return text[:at] + digest.encode() + text[at + len(digest) :]


def _damaged(name: str, why: str) -> ManifestDamaged:
    return ManifestDamaged(
        f"{name} is damaged",
        why=f"{why}, so nothing in this backup can be trusted",
        fix="skc backup list   # choose another backup",
    )


def _other_schema(name: str, found: str, known: str) -> Precondition:
    family, _, number = found.rpartition("/")
    known_family, _, known_number = known.rpartition("/")
    if family == known_family and number.isdigit() and int(number) > int(known_number):
        return ManifestIsNewer(
            f"{name} has schema {found}",
            why=f"a later version of skc wrote it; this one knows {known}",
            fix="pip install --upgrade skillconnect-ops",
        )
    return _damaged(name, f"its schema is {found!r}")
