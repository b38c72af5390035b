"""Passwords and second factors."""

import asyncio
import time

import pyotp
import pytest

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.proofs import passwords, second_factor


def test_a_password_fits_its_own_hash_alone() -> None:
    async def story() -> None:
        stored = await passwords.hashed(Secret("correct horse battery"))
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert await passwords.fits(Secret("correct horse battery"), stored)
        assert not await passwords.fits(Secret("correct horse batter"), stored)
        assert not await passwords.fits(Secret("correct horse battery"), None)
        assert not await passwords.fits(Secret("correct horse battery"), "no hash at all")
        assert not passwords.is_old(stored)

    asyncio.run(story())


def test_a_hash_of_lower_costs_is_old() -> None:
    assert passwords.is_old("$argon2id$v=19$m=4096,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")


@pytest.mark.parametrize(
    ("password", "names", "fine"),
    [
        ("correct horse battery", ("ana", "ana@example.org"), True),
        ("my-name-is-rosalind-1", ("rosalind",), False),
        ("my-name-is-rosalind-1", ("x", "Rosalind@example.org"), False),
        ("aaaaaaaaaaaaaa", (), False),
        ("Password-for-me", (), False),
        ("12345678-12345678", (), False),
    ],
)
def test_an_easy_password_is_named(password: str, names: tuple[str, ...], fine: bool) -> None:
    assert (passwords.problem(password, *names) is None) is fine


def test_a_code_is_good_once_and_for_its_neighbours_alone() -> None:
    secret = second_factor.new_secret()
    totp, now = pyotp.TOTP(secret.reveal()), 1_800_000_015.0
    step = int(now) // second_factor.STEP_S
    for shift, known in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = totp.generate_otp(step + shift)
        found = second_factor.step_of(secret, code, after=0, now=now)
        assert (found == step + shift) is known
    code = totp.generate_otp(step)
    assert second_factor.step_of(secret, code, after=step - 1, now=now) == step
    assert second_factor.step_of(secret, code, after=step, now=now) is None
    assert second_factor.step_of(secret, totp.generate_otp(step - 1), after=step, now=now) is None
    assert second_factor.step_of(secret, totp.now(), after=0) == int(time.time()) // 30


def test_an_authenticator_reads_the_uri_and_its_picture() -> None:
    secret = second_factor.new_secret()
    uri = second_factor.uri(secret, "ana@example.org")
    read = pyotp.parse_uri(uri)
    assert isinstance(read, pyotp.TOTP)
    assert read.provisioning_uri() == uri
    assert len(secret.reveal()) == 32
    assert second_factor.qr_svg(uri).startswith("<svg")


def test_recovery_codes_are_many_and_different() -> None:
    codes = second_factor.new_recovery_codes()
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert all(len(code) == 16 and not code.isdigit() for code in codes)
    assert len({second_factor.digest(code) for code in codes}) == len(codes)
