"""One line of a chain: its fields, its canonical bytes, its signature."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import Struct

from skillconnect_ops.core.plan import Proof
from skillconnect_ops.evidence.keys import PublicKey, SigningKey

FIRST = ""
"""What the first record of a chain names as the one before it."""


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands on one line. `schema` is checked, `writer` is the name of the chain's file."""

    schema: Literal["skc/evidence/1"] = "skc/evidence/1"
    seq: int
    at: datetime
    claim: str
    subject: Mapping[str, Any]
    holds: bool
    command: str
    facts: Mapping[str, Any]
    journal: str | None
    project: str
    writer: str
    key: str
    """The public key, as the list of signers writes it."""
    prev: str
    """SHA-256 of the line before, its signature included, or `FIRST`."""
    sig: bytes = b""

    def line(self) -> bytes:
        """The canonical bytes: JSON, keys sorted at every depth, no space, no line end."""
        return _ENCODER.encode(self)

    @property
    def genuine(self) -> bool:
        """Whether the key that it names signed it."""
        return PublicKey(self.key).signed(self.sig, _message(self))


class Author(Struct, frozen=True, kw_only=True):
    """What all records of one call have in common."""

    key: SigningKey
    writer: str
    project: str
    command: str
    journal: str | None
    at: datetime


class LineIsWrong(Exception):
    """The bytes are no line of ours; the message says why."""


def write(proof: Proof, author: Author, *, seq: int, prev: str) -> Record:
    """A signed record of one proof.

    Raises:
        TypeError: subject or facts hold what is no plain data (a `Secret`, for one).
    """
    unsigned = Record(
        seq=seq,
        at=author.at,
        claim=proof.claim,
        subject=msgspec.to_builtins(proof.subject),
        holds=proof.holds,
        command=author.command,
        facts=msgspec.to_builtins(proof.facts),
        journal=author.journal,
        project=author.project,
        writer=author.writer,
        key=author.key.public.text,
        prev=prev,
    )
    signed = msgspec.structs.replace(unsigned, sig=author.key.sign(_message(unsigned)))
    return read(signed.line())


def read(line: bytes) -> Record:
    """A record from the bytes of its line (without the line end), signature checked.

    Raises:
        LineIsWrong: these are not the bytes that were once signed.
    """
    try:
        record = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LineIsWrong(f"the line is no record: {error}") from error
    if record.line() != line:
        raise LineIsWrong("the line is not written as we write it")
    if not record.genuine:
        raise LineIsWrong("the signature does not fit the line")
    return record


def digest(line: bytes) -> str:
    """What the next record's `prev` is."""
    return hashlib.sha256(line).hexdigest()


def _message(record: Record) -> bytes:
    """What is signed: the canonical bytes with an empty signature, told apart from other uses."""
    return b"skc/evidence/1\n" + msgspec.structs.replace(record, sig=b"").line()


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(Record)
