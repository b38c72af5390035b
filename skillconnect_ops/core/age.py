"""Keys of age as people write them down: recipients (https://age-encryption.org), identities."""

import base64
import hmac
from collections.abc import Sequence
from typing import Any

from skillconnect_ops.core.secret import Secret

_LARGEST_WORK = 22
"""Log 2 of scrypt's rounds: 4 GiB of memory, far beyond what anybody's age chooses."""
_CHUNK_BYTES = 64 << 10
_TAG_BYTES = 16
_NONCE_BYTES = 16


class NotAnAgeKey(ValueError):
    """A text is no key of age; the text is left out, since it may be a private one."""


class WrongPassphrase(ValueError):
    """It does not open the file, or the file is none that a passphrase opens."""


def with_passphrase(sealed: bytes, passphrase: Secret) -> bytes:
    """What an age file holds that a passphrase opens (https://age-encryption.org/v1), up to 64 KiB.

    The library refuses what would take it over some sixteen seconds, by how fast the machine is at
    that moment: what was sealed on an idle one could not be opened on a busy one. Then it is
    opened here, however long that takes.

    Raises:
        WrongPassphrase: it does not.
    """
    import pyrage  # noqa: PLC0415 - slow to load

    try:
        return bytes(pyrage.passphrase.decrypt(sealed, passphrase.reveal()))
    except pyrage.DecryptError as error:
        if "Excessive work" not in str(error):
            raise WrongPassphrase(str(error)) from error
    return _opened(sealed, passphrase.reveal().encode())


def _opened(sealed: bytes, passphrase: bytes) -> bytes:
    """By the specification: a stanza of scrypt, a head under a MAC, a payload of one chunk."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - slow to load
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415

    def derived(key: bytes, salt: bytes, info: bytes) -> bytes:
        return HKDF(SHA256(), 32, salt, info).derive(key)

    try:
        version, stanza, body, last, payload = sealed.split(b"\n", 4)
        arrow, kind, salt, work = stanza.split()
        told, mac = last.split()
        if (version, arrow, kind, told) != (b"age-encryption.org/v1", b"->", b"scrypt", b"---"):
            raise WrongPassphrase("it is not sealed by a passphrase")
        if int(work) > _LARGEST_WORK or len(payload) > _NONCE_BYTES + _CHUNK_BYTES + _TAG_BYTES:
            raise WrongPassphrase("it is too large, or asks for too much work")
        salted = b"age-encryption.org/v1/scrypt" + _decoded(salt)
        wrapping = Scrypt(salted, 32, 1 << int(work), 8, 1).derive(passphrase)
        key = ChaCha20Poly1305(wrapping).decrypt(bytes(12), _decoded(body), None)
        head = b"\n".join((version, stanza, body, told))
        summed = hmac.digest(derived(key, b"", b"header"), head, "sha256")
        if not hmac.compare_digest(summed, _decoded(mac)):
            raise WrongPassphrase("its head was changed")
        of_payload = derived(key, payload[:_NONCE_BYTES], b"payload")
        only_chunk = bytes(11) + b"\x01"  # the first one, and the last
        return ChaCha20Poly1305(of_payload).decrypt(only_chunk, payload[_NONCE_BYTES:], None)
    except (InvalidTag, ValueError) as error:
        if isinstance(error, WrongPassphrase):
            raise
        raise WrongPassphrase("the passphrase is wrong, or the file damaged") from error


def _decoded(text: bytes) -> bytes:
    """Base64 as age writes it, without the signs that fill up."""
    return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)


def recipients(texts: Sequence[str]) -> tuple[Any, ...]:
    """Public keys, as pyrage holds them.

    Args:
        texts: each `age1…`, or an SSH public key.

    Raises:
        NotAnAgeKey: one is neither.
    """
    if not texts:
        return ()
    import pyrage  # noqa: PLC0415 - slow to load

    found = []
    for number, text in enumerate(map(str.strip, texts), 1):
        kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
        try:
            found.append(kind.Recipient.from_str(text))
        except (pyrage.RecipientError, ValueError) as error:
            what = f"{text[:20]}…" if text.startswith(("age1", "ssh-")) else f"number {number}"
            raise NotAnAgeKey(what) from error
    return tuple(found)


def identities(text: bytes) -> tuple[Any, ...]:
    """Private keys, as pyrage holds them; at least one.

    Args:
        text: an age identity file (a key a line, comments with `#`), or an SSH private key
            without a passphrase.

    Raises:
        NotAnAgeKey: neither, or no key is in it.
    """
    import pyrage  # noqa: PLC0415 - slow to load

    try:
        if text.lstrip().startswith(b"-----BEGIN"):
            return (pyrage.ssh.Identity.from_buffer(text),)
        lines = (line.strip() for line in text.decode().splitlines())
        keys = [line for line in lines if line and not line.startswith("#")]
        found = tuple(pyrage.x25519.Identity.from_str(key) for key in keys)
    except (pyrage.IdentityError, ValueError) as error:
        raise NotAnAgeKey("the text") from error
    if not found:
        raise NotAnAgeKey("the text")
    return found
