"""Signing keys: one Ed25519 key a writer, private in the state folder, public in the list."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from skillconnect_ops.core.errors import UsageError
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.evidence.errors import SignersAreUnreadable, SigningKeyIsUnusable

VARIABLE = "SKC_SIGNING_KEY"
FILE = "signing.key"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PRIVATE = "ed25519-private:"
_PUBLIC = "ed25519:"
_KEY_BYTES = 32


class PublicKey(Struct, frozen=True):
    """Who signed. `text` is what stands in records and in the list: `ed25519:<base64>`."""

    text: str

    @property
    def id(self) -> str:
        """20 hex digits of the key's SHA-256; the beginning of this key's file names."""
        return hashlib.sha256(_unpacked(self.text, _PUBLIC)).hexdigest()[:20]

    def signed(self, signature: bytes, message: bytes) -> bool:
        """Whether the signature is this key's, over this message."""
        try:
            Ed25519PublicKey.from_public_bytes(_unpacked(self.text, _PUBLIC)).verify(
                signature, message
            )
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """The private half; it shows itself nowhere but in its file."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(_packed(key.public_key().public_bytes_raw(), _PUBLIC))

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature (RFC 8032), 64 bytes."""
        return self._key.sign(message)


def check_name(name: str) -> None:
    """See that a signer can be listed under a name.

    Raises:
        UsageError: it would not fit a line of the list.
    """
    if NAME.fullmatch(name) is None:
        raise UsageError(
            f"{name!r} cannot name a signer",
            why="a name is of letters, digits and ._-, at most 64 of them",
            fix="choose such a name, without a space",
        )


def from_environment(value: Secret) -> SigningKey:
    """The key that CI was given: the text of a `signing.key`."""
    return _key(value, origin=VARIABLE)


def load(state: Path, *, disk: Disk) -> SigningKey | None:
    """This project's key on this machine, or None where there is none yet."""
    return load_or_make(state, disk=disk) if (state / FILE).exists() else None


def load_or_make(state: Path, *, disk: Disk) -> SigningKey:
    """This project's key on this machine, made at first use; the caller holds the ledger's lock."""
    path = state / FILE
    try:
        text = disk.read(path)
    except FileNotFoundError:
        return _make(path, disk=disk)
    if path.stat().st_mode & 0o077:
        raise SigningKeyIsUnusable(
            FILE, why="others on this machine can read it", fix=f"rm {path}   # a new one is made"
        )
    return _key(Secret(text.decode("ascii", errors="replace")), origin=FILE)


def _make(path: Path, *, disk: Disk) -> SigningKey:
    key = Ed25519PrivateKey.generate()
    disk.make_private(path.parent)
    disk.replace(path, (_packed(key.private_bytes_raw(), _PRIVATE) + "\n").encode(), mode=0o600)
    return SigningKey(key)


def _key(text: Secret, *, origin: str) -> SigningKey:
    try:
        return SigningKey(
            Ed25519PrivateKey.from_private_bytes(_unpacked(text.reveal().strip(), _PRIVATE))
        )
    except ValueError:
        # `from None`: the cause would show a piece of the key
        raise SigningKeyIsUnusable(
            origin,
            why=f"it is not of the form {_PRIVATE}<base64 of 32 bytes>",
            fix=f"unset {VARIABLE}" if origin == VARIABLE else "delete it; a new one is made",
        ) from None


def signers(path: Path, *, disk: Disk) -> Mapping[str, str]:
    """`.skc/allowed_signers`: the text of each public key -> the name it is listed under.

    Raises:
        SignersAreUnreadable: a line is neither empty, a comment, nor a name and a key.
    """
    try:
        text = disk.read(path).decode("utf-8", errors="replace")
    except FileNotFoundError:
        return {}
    listed: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            name, key = _entry(path, number, line)
            listed.setdefault(key, name)
    return listed


def _entry(path: Path, number: int, line: str) -> tuple[str, str]:
    parts = line.split()
    if len(parts) != 2:
        raise SignersAreUnreadable(path, number, why="it is not a name and a key")
    name, key = parts
    if NAME.fullmatch(name) is None:
        raise SignersAreUnreadable(path, number, why="a name is of letters, digits and ._-")
    try:
        _unpacked(key, _PUBLIC)
    except ValueError as error:
        raise SignersAreUnreadable(path, number, why=f"the key is unreadable: {error}") from error
    return name, key


def _packed(raw: bytes, prefix: str) -> str:
    return prefix + base64.b64encode(raw).decode("ascii")


def _unpacked(text: str, prefix: str) -> bytes:
    """The 32 bytes of a key; ValueError for any text but the one `_packed` gives for them."""
    try:
        raw = base64.b64decode(text.removeprefix(prefix), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("no base64") from error
    if len(raw) != _KEY_BYTES or _packed(raw, prefix) != text:
        raise ValueError(f"not {prefix}<base64 of {_KEY_BYTES} bytes>")
    return raw
