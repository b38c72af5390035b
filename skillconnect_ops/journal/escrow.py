"""Where a chain of plans keeps what may hold a secret, until its last plan is sealed.

Each value is a file of its own, ChaCha20-Poly1305 (RFC 8439) under a key that this chain alone
uses, with the value's name as associated data. Removing it unlinks the key, too; what a solid-state
disk keeps of it in spare blocks is out of reach.
"""

import os
import threading
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.errors import EscrowDamaged

_KEY = "key"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_NAME_LENGTH = 32


class ChainEscrow:
    """The escrow of one chain; safe from any thread. Nothing is made before the first `put`."""

    def __init__(
        self, folder: Path, *, disk: Disk, after_put: Callable[[], None] = lambda: None
    ) -> None:
        """Open it.

        Args:
            folder: where it lies.
            disk: durable files.
            after_put: called when a value was kept, before the one who keeps it goes on.
        """
        self._after_put = after_put
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
        self._after_put()

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

    def files(self) -> dict[str, bytes]:
        """Its files as they lie there, each encrypted, by name; not the key.

        Raises:
            OSError: one cannot be read.
        """
        with self._turn:
            names = (name for name in self._disk.names(self._folder) if _is_value(name))
            return {name: self._disk.read(self._folder / name) for name in names}

    def adopt(self, key: bytes, files: Mapping[str, bytes]) -> None:
        """Become what another machine's escrow of this chain was.

        Raises:
            OSError: it could not be written.
        """
        with self._turn:
            self._disk.make_private(self._folder)
            for name, data in files.items():
                if _is_value(name):
                    self._disk.replace(self._folder / name, data)
            self._disk.replace(self._folder / _KEY, key)

    def key(self) -> bytes:
        """The key, made where there is none.

        Raises:
            OSError: it could not be read or written.
        """
        with self._turn:
            return self._key()

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
        return self._folder / sha256(name.encode()).hexdigest()[:_NAME_LENGTH]

    def _damaged(self, name: str) -> EscrowDamaged:
        return EscrowDamaged(
            f"the escrow's value {name} cannot be decrypted",
            why="its file or the key beside it was altered or is gone",
            fix=f"bring {self._folder} back from a copy, if there is one",
        )


def _is_value(name: str) -> bool:
    """Whether a file's name is one that `put` makes; nothing else is handed over, or taken."""
    return len(name) == _NAME_LENGTH and set(name) <= set("0123456789abcdef")
