"""The estimate of a value's strength is never generous."""

import math
import secrets
import string
import time
from urllib.parse import quote

import pytest

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.evidence.strength import ENOUGH_BITS, bits, is_weak


@pytest.mark.parametrize(
    "guessable",
    [
        "",
        "a",
        "password",
        "P@ssw0rd!2024",
        "P@ssw0rd" * 8,
        "correct horse battery staple",
        "correcthorsebatterystaple",
        "Correct-Horse-Battery-Staple-2024!",
        "my-super-secret-jwt-key-please-change-me-in-production",
        "thequickbrownfoxjumpsoverthelazydogandruns",
        "your_jwt_secret_key_here_make_it_long_and_random",
        "0" * 64,
        "01" * 40,
        "deadbeef" * 8,
        "0123456789abcdef" * 4,
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "qwertyuiopasdfghjklzxcvbnm1234567890",
        "!@#$%^&*()_+!@#$%^&*()_+",
        "2024-11-22T15:44:03.000Z",
        "é" * 100,
    ],
)
def test_what_people_think_of_is_weak(guessable: str) -> None:
    assert bits(Secret(guessable)) < ENOUGH_BITS


@pytest.mark.parametrize(
    ("make", "truth"),
    [
        (lambda: secrets.token_hex(16), 128),
        (lambda: secrets.token_hex(32), 256),
        (lambda: secrets.token_urlsafe(32), 256),
        (lambda: secrets.token_urlsafe(48), 384),
    ],
)
def test_what_is_random_is_strong_and_never_more_than_it_is(make: object, truth: int) -> None:
    for _ in range(10):
        found = bits(Secret(make()))  # type: ignore[operator]
        assert ENOUGH_BITS <= found <= truth


@pytest.mark.parametrize("length", [4, 8, 12, 16, 20, 30])
@pytest.mark.parametrize(
    "letters", ["01", string.digits, string.hexdigits[:16], string.printable[:94]]
)
def test_nothing_is_called_stronger_than_its_letters_allow(length: int, letters: str) -> None:
    for _ in range(20):
        value = "".join(secrets.choice(letters) for _ in range(length))
        assert bits(Secret(value)) <= length * max(math.log2(len(letters)), math.log2(10)) + 2


def test_of_a_uri_the_password_counts_alone() -> None:
    weak, strong = "Sommer/2024", secrets.token_hex(20)
    host = secrets.token_hex(20)
    uri = f"mongodb+srv://{host}:{quote(weak, safe='')}@{host}.example.net/{host}"
    assert bits(Secret(uri)) == bits(Secret(weak))
    assert is_weak(Secret(uri))
    assert not is_weak(Secret(uri.replace(quote(weak, safe=""), strong)))


def test_a_very_long_value_takes_no_longer() -> None:
    began = time.perf_counter()
    assert not is_weak(Secret(secrets.token_hex(5_000)))
    assert time.perf_counter() - began < 5
