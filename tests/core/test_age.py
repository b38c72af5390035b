"""What a passphrase opens: also where the library thinks that it would take too long."""

import secrets
from typing import Any

import pyrage
import pytest

from skillconnect_ops.core import age
from skillconnect_ops.core.secret import Secret
from tests.passphrases import cheaply_sealed


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that is much slower by now than the one that sealed it."""

    class Refuses:
        @staticmethod
        def decrypt(*_: Any) -> bytes:
            raise pyrage.DecryptError("Excessive work parameter for passphrase.")

    monkeypatch.setattr(pyrage, "passphrase", Refuses)


def test_a_busy_machine_opens_what_an_idle_one_has_sealed(request: Any) -> None:
    plain, passphrase = secrets.token_bytes(74), secrets.token_hex(8)
    sealed = bytes(pyrage.passphrase.encrypt(plain, passphrase))
    assert age.with_passphrase(sealed, Secret(passphrase)) == plain
    request.getfixturevalue("busy")
    assert age.with_passphrase(sealed, Secret(passphrase)) == plain


@pytest.mark.parametrize("size", [0, 1, 74, 65_536])
def test_a_busy_machine_opens_any_size_that_the_library_opens(size: int, request: Any) -> None:
    plain, passphrase = secrets.token_bytes(size), secrets.token_hex(8)
    sealed = cheaply_sealed(plain, passphrase)
    assert age.with_passphrase(sealed, Secret(passphrase)) == plain
    request.getfixturevalue("busy")
    assert age.with_passphrase(sealed, Secret(passphrase)) == plain


def test_what_does_not_open_it_is_told(busy: None) -> None:
    passphrase = secrets.token_hex(8)
    sealed = cheaply_sealed(b"a private key", passphrase)
    assert age.with_passphrase(sealed, Secret(passphrase)) == b"a private key"
    head, payload = sealed[:-40], sealed[-40:]
    changed_head = sealed.replace(b"-> scrypt", b"-> scripd")
    for wrong in (head + bytes(40), sealed[:-1], changed_head, b"", head, b"\n" * 9 + payload):
        with pytest.raises(age.WrongPassphrase):
            age.with_passphrase(wrong, Secret(passphrase))
    with pytest.raises(age.WrongPassphrase):
        age.with_passphrase(sealed, Secret("another one"))


def test_without_that_refusal_the_library_says_it() -> None:
    sealed = cheaply_sealed(b"a private key", "right")
    assert age.with_passphrase(sealed, Secret("right")) == b"a private key"
    with pytest.raises(age.WrongPassphrase):
        age.with_passphrase(sealed, Secret("wrong"))
