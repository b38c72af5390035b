"""Where a chain of plans keeps what may hold a secret, until its last plan is sealed.

Each value is a file of its own, ChaCha20-Poly1305 (RFC 8439) under a key that this chain alone
uses, with the value's name as associated data. Removing it unlinks the key, too; what a solid-state
disk keeps of it in spare blocks is out of reach.
"""

import os
import threading
from hashlib import sha256
from pathlib import Path

from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.errors import EscrowDamaged

_KEY = "key"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class ChainEscrow:
    """The escrow of one chain; safe from any thread. Nothing is made before the first `put`."""

    def __init__(self, folder: Path, *, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk
        self._turn = threading.Lock()

    def put(self, name: str, value: bytes) -> None:
        """Keep a value, on the disk before this returns; the first value of a name stays.

        Raises:
            OSError: it could not be written.
        """
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415 - slow to load
            ChaCha20Poly1305,
        )

        with self._turn:
            path = self._path(name)
            if path.exists():
                return
            nonce = os.urandom(_NONCE_BYTES)
            sealed = ChaCha20Poly1305(self._key()).encrypt(nonce, value, name.encode())
            self._disk.replace(path, nonce + sealed)

    def get(self, name: str) -> bytes | None:
        """The value of a name, or None if nothing was put.

        Raises:
            EscrowDamaged: the file, or the key, was altered or is gone.
        """
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - slow to load
        from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415
            ChaCha20Poly1305,
        )

        with self._turn:
            try:
                sealed = self._disk.read(self._path(name))
            except FileNotFoundError:
                return None
            try:
                key = self._disk.read(self._folder / _KEY)
                nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
                return ChaCha20Poly1305(key).decrypt(nonce, text, name.encode())
            except (InvalidTag, ValueError, FileNotFoundError) as error:
                raise self._damaged(name) from error

    def remove(self) -> None:
        """Delete all of it, the key first; none there is fine.

        Raises:
            OSError: something could not be removed.
        """
        with self._turn:
            if self._folder.exists():
                self._disk.remove(self._folder / _KEY)
                self._disk.remove_tree(self._folder)

    def _key(self) -> bytes:
        path = self._folder / _KEY
        try:
            return self._disk.read(path)
        except FileNotFoundError:
            self._disk.make_private(self._folder)
            key = os.urandom(_KEY_BYTES)
            self._disk.replace(path, key)
            return key

    def _path(self, name: str) -> Path:
        return self._folder / sha256(name.encode()).hexdigest()[:32]

    def _damaged(self, name: str) -> EscrowDamaged:
        return EscrowDamaged(
            f"the escrow's value {name} cannot be decrypted",
            why="its file or the key beside it was altered or is gone",
            fix=f"bring {self._folder} back from a copy, if there is one",
        )
