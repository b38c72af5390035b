"""What a key is called gives nothing of it away."""

import os
import secrets

import pytest

from skillconnect_ops.commands.rotate.kid import derived, kid
from skillconnect_ops.core.secret import Secret


def no_chance(size: int) -> bytes:
    raise AssertionError("no chance is needed")


def test_a_strong_key_has_one_name_everywhere() -> None:
    named = 0
    for _ in range(100):
        key = secrets.token_urlsafe(32)
        name = derived(Secret(key))
        if name is not None:
            named += 1
            assert kid(Secret(key), random=no_chance) == name
            assert len(name) == 8
            assert name not in key
    assert named >= 97


def test_hex_is_as_good() -> None:
    names = [derived(Secret(secrets.token_hex(32))) for _ in range(50)]
    assert sum(name is not None for name in names) >= 40


@pytest.mark.parametrize(
    "key",
    [
        "",
        "secret",
        "my-super-secret-jwt-key-please-change-me-in-production-2024",
        "Correct-Horse-Battery-Staple-2024-Correct-Horse-Battery-2025",
        "thisIsMyVerySecretKeyForTheJsonWebTokensOfTheShop2024",
        "0123456789abcdef" * 4,
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "deadbeef" * 8,
        "a1" * 40,
        "aB3" * 20,
        "S3cr3tK3yF0rJ0hnsSh0pAndS3cr3tK3yF0rM4rys",
        "P4ssw0rdP4ssw0rdP4ssw0rdP4ssw0rdP4ssw0rdP4ss",
        "geheim" + "é" * 40,
    ],
)
def test_a_key_that_a_person_made_up_is_named_at_random(key: str) -> None:
    """Who knows the name, and not the key, could try guesses until the name fits."""
    assert derived(Secret(key)) is None
    assert kid(Secret(key), random=os.urandom) != kid(Secret(key), random=os.urandom)


def test_a_random_name_has_the_form_of_the_others() -> None:
    assert kid(Secret("secret"), random=lambda size: b"\xff" * size) == "________"
