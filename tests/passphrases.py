"""Files that a passphrase opens, sealed with little work.

The library takes about a second to seal one and as long to open it, however large it is: that is
what keeps a guesser off. Most tests ask for what is done with a passphrase, not for that.
"""

import base64
import hmac
import secrets
from hashlib import scrypt

import pyrage
import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_WORK = 10
_CHUNK_BYTES = 64 << 10
_VERSION = b"age-encryption.org/v1"


@pytest.fixture
def cheap_passphrases(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this process seals takes little work, and opens as ever; its children work in full."""
    monkeypatch.setattr(pyrage.passphrase, "encrypt", cheaply_sealed)


def cheaply_sealed(plain: bytes, passphrase: str) -> bytes:
    """An age file by its specification (https://age-encryption.org/v1), of one chunk at most."""
    assert len(plain) <= _CHUNK_BYTES
    key, salt, nonce = (secrets.token_bytes(16) for _ in range(3))
    wrapping = scrypt(
        passphrase.encode(), salt=_VERSION + b"/scrypt" + salt, n=1 << _WORK, r=8, p=1, dklen=32
    )
    body = ChaCha20Poly1305(wrapping).encrypt(bytes(12), key, None)
    head = b"%s\n-> scrypt %s %d\n%s\n---" % (_VERSION, _text(salt), _WORK, _text(body))
    mac = hmac.digest(_derived(key, b"", b"header"), head, "sha256")
    only_chunk = bytes(11) + b"\x01"
    payload = ChaCha20Poly1305(_derived(key, nonce, b"payload")).encrypt(only_chunk, plain, None)
    return head + b" " + _text(mac) + b"\n" + nonce + payload


def _derived(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(key)


def _text(raw: bytes) -> bytes:
    return base64.b64encode(raw).rstrip(b"=")
