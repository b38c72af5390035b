"""The keys under which fingerprints of retired secrets are made.

A fingerprint without a key would be a hash that everybody who can read the repository may try
guesses on. The key lies in the private state (`ledger.key`, 0600), never in the repository; who
else is to check, and CI, is given its text, CI as `SKC_LEDGER_KEY`.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.ports.environment import Environment
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.disk.files import Disk

VARIABLE = "SKC_LEDGER_KEY"
FILE = "ledger.key"
ALGORITHM = "hmac-sha256"
_PREFIX = "skc-ledger:"
_KEY_BYTES = 32
_BLOCK_BYTES = 64
_DOMAIN = b"skc/retired/1\0"
_ID_DOMAIN = b"skc/ledger-key/1\0"


class LedgerKeyIsUnusable(Precondition):
    """What should be a key is none."""

    def __init__(self, origin: str, *, why: str, fix: str) -> None:
        super().__init__(f"the ledger key in {origin} cannot be used", why=why, fix=fix)


class LedgerKey:
    """One key (HMAC-SHA-256, RFC 2104); it shows itself nowhere but in its file."""

    __slots__ = ("_raw", "id")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.id = hashlib.sha256(_ID_DOMAIN + raw).hexdigest()[:16]

    def fingerprint(self, form: str) -> str:
        """The fingerprint of one form of a secret, 64 hex digits."""
        message = _DOMAIN + form.encode("utf-8", "surrogateescape")
        return hmac.digest(self._raw, message, "sha256").hex()

    def known(self, forms: Iterable[str], fingerprints: Container[bytes]) -> Iterator[str]:
        """Those forms whose fingerprints, as bytes, are among the given ones; of very many.

        It is HMAC (RFC 2104) with the key's two blocks, and the domain, hashed once beforehand.
        """
        block = self._raw.ljust(_BLOCK_BYTES, b"\0")
        inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + _DOMAIN)
        outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))
        begin, end = inner.copy, outer.copy
        for form in forms:
            first = begin()
            first.update(form.encode("utf-8", "surrogateescape"))
            second = end()
            second.update(first.digest())
            if second.digest() in fingerprints:
                yield form

    def text(self) -> Secret:
        """What stands in the file, and what CI is given."""
        return Secret(_PREFIX + base64.b64encode(self._raw).decode("ascii"))


class Ring(Struct, frozen=True):
    """The keys at hand; the first one is written with, all are read with."""

    keys: tuple[LedgerKey, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(key.id for key in self.keys)


def load(state: Path, *, disk: Disk, environment: Environment) -> Ring:
    """The keys of `SKC_LEDGER_KEY`, then those of `ledger.key`; none where there is neither.

    Raises:
        LedgerKeyIsUnusable: one of them is no key, or others can read the file.
    """
    given = environment.get(VARIABLE)
    of_environment = parse(Secret(given), origin=VARIABLE) if given else ()
    keys = {key.id: key for key in (*of_environment, *_of_file(state / FILE, disk=disk))}
    return Ring(tuple(keys.values()))


def parse(text: Secret, *, origin: str) -> tuple[LedgerKey, ...]:
    """The keys of a text, one a word.

    Raises:
        LedgerKeyIsUnusable: a word is no key.
    """
    words = text.reveal().replace(",", " ").split()
    keys = tuple(_key(word) for word in words)
    if not keys or None in keys:
        raise LedgerKeyIsUnusable(
            origin,
            why=f"it is not of the form {_PREFIX}<base64 of {_KEY_BYTES} bytes>",
            fix="take it anew from where it was made: skc secrets ledger key --reveal",
        )
    return tuple(key for key in keys if key is not None)


def make(random: Callable[[int], bytes] = os.urandom) -> LedgerKey:
    """A new key; it lies nowhere yet."""
    return LedgerKey(random(_KEY_BYTES))


def keep(state: Path, key: LedgerKey, *, first: bool, disk: Disk) -> None:
    """Write a key to the file, beside those that are there; the caller holds the ledger's lock."""
    there = [one for one in _of_file(state / FILE, disk=disk) if one.id != key.id]
    keys = [key, *there] if first else [*there, key]
    disk.make_private(state)
    text = "".join(f"{one.text().reveal()}\n" for one in keys)
    disk.replace(state / FILE, text.encode(), mode=0o600)


def _of_file(path: Path, *, disk: Disk) -> tuple[LedgerKey, ...]:
    try:
        text = disk.read(path)
    except FileNotFoundError:
        return ()
    if path.stat().st_mode & 0o077:
        raise LedgerKeyIsUnusable(
            FILE, why="others on this machine can read it", fix=f"chmod 600 {path}"
        )
    return parse(Secret(text.decode("ascii", errors="replace")), origin=FILE)


def _key(word: str) -> LedgerKey | None:
    try:
        raw = base64.b64decode(word.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    whole = len(raw) == _KEY_BYTES and word.startswith(_PREFIX)
    return LedgerKey(raw) if whole else None
