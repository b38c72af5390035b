"""Which variables are credentials, and how each is renewed: by examples."""

from hashlib import sha256

import pytest

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.rules import SECRET_KINDS
from skillconnect_ops.envfile import Credential, Renewal, credentials

WORD = sha256(b"of these tests").hexdigest()[:32]


def one(name: str, value: str, **more: tuple[str, ...]) -> Credential | None:
    found = credentials({name: Secret(value)}, **more)
    return found[0] if found else None


def test_the_renewals_are_the_kinds_of_the_settings() -> None:
    assert set(Renewal) == set(SECRET_KINDS)


@pytest.mark.parametrize(
    ("name", "value", "renewal", "called"),
    [
        ("MONGO_URI", f"mongodb+srv://u:{WORD}@c.example.net/shop", "mongodb", "mongodb"),
        ("REDIS_URL", f"redis://shop:{WORD}@h:6379/0", "redis", "redis"),
        ("JWT_SECRET_KEY", WORD, "jwt", "jwt"),
        ("ADMIN_JWT_SECRET_KEY", WORD, "jwt", "admin_jwt"),
        ("JWT_SECRET", "weak", "jwt", "jwt"),
        ("REFRESH_TOKEN_SECRET", WORD, "jwt", "refresh"),
        ("SESSION_SECRET", WORD, "random", "session"),
        ("SMTP_PASS", "abcd efgh", "manual", "smtp"),
        ("EMAIL_PASSWORD", WORD, "manual", "email"),
        ("STRIPE_SECRET_KEY", WORD, "manual", "stripe"),
        ("DATABASE_URL", f"postgres://u:{WORD}@h/shop", "manual", "database"),
        ("SECRET", WORD, "manual", "secret"),
    ],
)
def test_a_credential_is_known(name: str, value: str, renewal: str, called: str) -> None:
    found = one(name, value)
    assert found is not None
    assert (found.renewal, found.name) == (renewal, called)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUPABASE_JWT_SECRET", WORD),
        ("HASURA_GRAPHQL_JWT_SECRET", '{"type": "HS256"}'),
        ("JWT_SECRET_KEY", "-----BEGIN PRIVATE " + "KEY-----"),
        ("RECAPTCHA_SECRET_KEY", WORD),
    ],
)
def test_what_another_service_made_is_never_renewed_unasked(name: str, value: str) -> None:
    found = one(name, value, signing=("SUPABASE_JWT_SECRET",))
    assert found is not None
    assert found.renewal is Renewal.MANUAL


@pytest.mark.parametrize("name", ["ENCRYPTION_KEY", "APP_KEY", "SECRET_KEY", "PASSWORD_SALT"])
def test_what_data_may_be_encrypted_with_is_never_renewed_unasked(name: str) -> None:
    found = one(name, WORD)
    assert found is not None
    assert found.renewal is Renewal.MANUAL


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "3000"),
        ("JWT_SECRET_KEY", ""),
        ("JWT_SECRET_KEY", "[generate with crypto.randomBytes(32).toString('hex')]"),
        ("JWT_SECRET_KEY_FALLBACKS", f"v1.{WORD}.1"),
        ("JWT_EXPIRE", "7d"),
        ("JWT_PUBLIC_KEY", "some words"),
        ("MONGO_URI", "mongodb://localhost/shop"),
        ("REDIS_URL", "redis://localhost:6379"),
        ("BASE_URL", "http://localhost:3000"),
        ("SKC_MONGO_ADMIN_URI", f"mongodb://u:{WORD}@h/"),
        ("VITE_API_KEY", "public"),
        ("NO NAME", WORD),
    ],
)
def test_what_is_no_credential_is_left_out(name: str, value: str) -> None:
    assert one(name, value) is None


@pytest.mark.parametrize(("login", "in_place"), [("", True), ("default", True), ("shop", False)])
def test_a_redis_user_that_cannot_be_followed_keeps_its_name(login: str, in_place: bool) -> None:
    found = one("CACHE", f"rediss://{login}:{WORD}@redis.example:6380/0")
    assert found is not None
    assert (found.in_place, found.where) == (in_place, "redis.example:6380")


def test_what_the_code_signs_tokens_with_is_a_ring_whatever_it_is_called() -> None:
    found = one("HUSH", "not-so-long", signing=("HUSH",))
    assert found is not None
    assert found.renewal is Renewal.JWT


def test_its_repr_holds_no_value() -> None:
    assert WORD not in repr(one("REDIS_URL", f"redis://u:{WORD}@h:6379/0"))
