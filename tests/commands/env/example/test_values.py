"""What a value looks like, and what is known of names."""

import secrets

import pytest

from skillconnect_ops.commands.env.describe import leaks
from skillconnect_ops.commands.env.ignore import parse_ignore
from skillconnect_ops.commands.env.registry import Registry
from skillconnect_ops.core.resources import template
from skillconnect_ops.envfile.values import (
    is_placeholder,
    is_secret_name,
    looks_secret,
    weakness,
)


@pytest.mark.parametrize(
    "value",
    [
        "[password]",
        "<your-key>",
        "${SECRET}",
        "{{ secret }}",
        "changeme",
        "change_me",
        "change-this-in-production",
        "your-secret-key",
        "your_jwt_secret_here",
        "YOUR_API_KEY",
        "my-secret-key",
        "xxxxxxxx",
        "***",
        "...",
        "TODO",
        "put-your-key-here",
        "mongodb+srv://[username]:[password]@[cluster].mongodb.net/x",
        "mongodb://<user>:<password>@host/db",
        "sk_test_your_key",
    ],
)
def test_placeholders_are_known(value: str) -> None:
    assert is_placeholder(value)
    assert not looks_secret(value)


@pytest.mark.parametrize(
    "value",
    [
        *("", "4000", "info", "development", "http://localhost:5173", "smtp.gmail.com", "7d"),
        *("https://example.com/a", "your.name@shop.org", "mydatabase", "a,b,c", "true"),
    ],
)
def test_plain_values_are_neither_placeholder_nor_secret(value: str) -> None:
    assert not is_placeholder(value)
    assert not looks_secret(value)


def test_secrets_are_known_by_their_looks() -> None:
    for value in (
        secrets.token_hex(16),
        secrets.token_urlsafe(32) + "1a",
        f"mongodb://app:{secrets.token_hex(4)}@h/x",
        "sk_" + "live_" + secrets.token_hex(12),
        "AKIA" + "A" * 16,
        "-----BEGIN " + "PRIVATE KEY-----",
        "ey" + "J" + "a" * 20 + "." + "b" * 10,
    ):
        assert looks_secret(value), value


def test_every_key_of_hex_digits_is_known() -> None:
    made = [secrets.token_hex(16) for _ in range(500)]
    assert [value for value in made if not looks_secret(value)] == []


@pytest.mark.parametrize(
    "value",
    [
        "a-very-long-name-of-a-feature-flag",
        "/var/lib/postgresql/data/pgdata",
        "arn-aws-iam-role-for-the-deployment",
        "application/vnd.api+json",
        "https://api.example.com/v1/customers/search",
        "11111111111111111111111111",
    ],
)
def test_long_plain_words_are_no_secrets(value: str) -> None:
    assert not looks_secret(value)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("JWT_SECRET", True),
        ("SMTP_PASS", True),
        ("STRIPE_SKEY", False),
        ("API_KEY", True),
        ("githubToken", True),
        ("PASSPORT_NUMBER", False),
        ("TOKEN_EXPIRY", False),
        ("JWT_SECRET_EXPIRES_IN", False),
        ("STRIPE_PUBLISHABLE_KEY", False),
        ("VITE_API_KEY", False),
        ("AWS_ACCESS_KEY_ID", False),
        ("KEYBOARD", False),
        ("MONKEY", False),
    ],
)
def test_names_of_secrets_are_known(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret


def test_weak_keys_are_known() -> None:
    assert weakness("JWT_SECRET", "secret", signing=True)
    assert weakness("JWT_SECRET", "jwt-secret", signing=True)
    assert weakness("JWT_SECRET", "a" * 64, signing=True)
    assert weakness("JWT_SECRET", secrets.token_hex(15), signing=True)
    assert weakness("JWT_SECRET", secrets.token_hex(32), signing=True) is None
    assert weakness("SMTP_PASSWORD", "hunter", signing=False)
    assert weakness("SMTP_PASSWORD", secrets.token_urlsafe(12), signing=False) is None


def test_the_register_is_in_order() -> None:
    registry = Registry()
    names = [name for entry in registry._file.variables for name in entry.names]
    assert len(names) == len(set(names))
    for entry in registry._file.variables:
        assert entry.purpose.endswith("."), entry
        assert bool(entry.names) != bool(entry.match), entry
        for name in entry.names:
            assert not leaks(name, entry.placeholder, registry), name
            assert not registry.is_ambient(name) or name == "TZ", name


def test_a_profile_s_placeholders_come_first_and_leak_nothing() -> None:
    plain, profiled = Registry(), Registry(profile="skillconnect")
    assert plain.placeholder("PORT") == "3000"
    assert profiled.placeholder("PORT") == "4000"
    assert profiled.placeholder("LOG_LEVEL") == "info"
    assert profiled.placeholder("NOBODY_KNOWS") is None
    assert Registry(profile="none").placeholder("PORT") == "3000"
    for name, value in profiled._placeholders.items():
        assert not leaks(name, value, profiled)
        assert name in template("env/variables.yaml")


def test_what_a_system_gives_is_ambient() -> None:
    registry = Registry()
    for name in ("HOME", "CI", "npm_package_version", "GITHUB_SHA", "AWS_LAMBDA_FUNCTION_NAME"):
        assert registry.is_ambient(name), name
    for name in ("NODE_ENV", "PORT", "GITHUB_TOKEN", "GITHUB_CLIENT_ID", "HOMEPAGE", "USER_NAME"):
        assert not registry.is_ambient(name), name


@pytest.mark.parametrize(
    ("rules", "path", "covered"),
    [
        (".env", ".env", True),
        (".env", "a/.env", False),
        ("**/.env", "a/b/.env", True),
        ("**/.env", ".env", True),
        (".env*", ".env.local", True),
        ("/.env", ".env", True),
        ("a", "a/.env", True),
        ("a/", "a/b/.env", True),
        ("*", "a/.env", True),
        ("*\n!a", "a/.env", False),
        ("a\n!a/.env", "a/.env", False),
        ("!.env\n.env", ".env", True),
        ("# .env", ".env", False),
        ("?env", ".env", True),
        ("*.env", "a/x.env", False),
        ("", ".env", False),
    ],
)
def test_dockerignore_rules(rules: str, path: str, covered: bool) -> None:
    assert parse_ignore(rules).covers(path) is covered


def test_what_looks_like_a_secret_leaks_under_any_name() -> None:
    registry = Registry()
    assert leaks("COLOUR", secrets.token_hex(16), registry)
    assert leaks("MONGO_URI", f"mongodb://app:{secrets.token_hex(4)}@h/x", registry)
    assert not leaks("MONGO_URI", "mongodb://127.0.0.1/x", registry)
    assert not leaks("COLOUR", "red", registry)
