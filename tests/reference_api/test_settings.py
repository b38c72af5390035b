"""Settings: what is read, what goes before what, and what stops the start."""

import secrets
from pathlib import Path

import pytest

from skillconnect_ops.reference_api.reading import Source, read, variables
from skillconnect_ops.reference_api.settings import BadSettings, Settings


def good(**changed: str) -> dict[str, str]:
    """Variables that production takes."""
    usual = {
        "NODE_ENV": "production",
        "MONGO_URI": f"mongodb://app:{secrets.token_urlsafe(12)}@127.0.0.1/shop",
        "REDIS_URL": f"redis://app:{secrets.token_urlsafe(12)}@127.0.0.1/0",
        "JWT_SECRET_KEY": secrets.token_urlsafe(32),
        "ADMIN_JWT_SECRET_KEY": secrets.token_urlsafe(32),
        "BASE_URL": "https://api.shop.test/api/v1",
        "FRONTEND_URL": "https://app.shop.test",
        "ALLOWED_ORIGINS": "https://app.shop.test, https://www.shop.test",
        "SMTP_HOST": "mail.shop.test",
        "TRUSTED_PROXIES": "1",
    }
    return {name: value for name, value in {**usual, **changed}.items() if value != "-gone-"}


def refused(**changed: str) -> str:
    """What is said of variables that are refused."""
    with pytest.raises(BadSettings) as error:
        read(good(**changed))
    return str(error.value)


def test_good_settings_are_read() -> None:
    settings = read(good(JWT_EXPIRE="7d", COOKIE_EXPIRE="5", SMTP_HOST="mail.shop.test"))
    assert settings.production
    assert settings.database == "shop"
    assert settings.access_s == 7 * 86_400
    assert settings.session_s == 5 * 86_400
    assert settings.origins == {"https://app.shop.test", "https://www.shop.test"}
    assert settings.host == "api.shop.test"
    assert settings.own_origin == "https://api.shop.test"
    assert settings.smtp is not None
    assert settings.smtp.port == 587


def test_without_a_word_it_is_production() -> None:
    assert read(good(NODE_ENV="-gone-")).production


def test_all_that_is_wrong_is_named_at_once() -> None:
    said = refused(MONGO_URI="-gone-", LOG_LEVEL="loud", JWT_EXPIRE="soon", COOKIE_EXPIRE="-1")
    for name in ("MONGO_URI", "LOG_LEVEL", "JWT_EXPIRE", "COOKIE_EXPIRE"):
        assert name in said


@pytest.mark.parametrize(
    "origin",
    [
        "http://app.shop.test",
        "https://localhost",
        "https://localhost:5173",
        "https://127.0.0.1",
        "https://[::1]:8443",
        "https://app.localhost",
        "https://*.shop.test",
        "*",
        "null",
        "https://app.shop.test/",
        "https://app.shop.test/path",
    ],
)
def test_production_refuses_an_origin_and_names_it(origin: str) -> None:
    said = refused(ALLOWED_ORIGINS=f"https://app.shop.test,{origin}")
    assert f"ALLOWED_ORIGINS holds {origin}: " in said
    assert "https://app.shop.test:" not in said


def test_development_takes_localhost_over_http() -> None:
    settings = read(good(NODE_ENV="development", ALLOWED_ORIGINS="http://localhost:5173"))
    assert settings.origins == {"http://localhost:5173"}


@pytest.mark.parametrize("name", ["JWT_SECRET_KEY", "ADMIN_JWT_SECRET_KEY"])
@pytest.mark.parametrize(
    "weak",
    [
        secrets.token_urlsafe(23),
        "changeme-changeme-changeme-changeme-changeme",
        "[generate with crypto.randomBytes(32).toString('hex')]",
        "<your jwt secret goes here, at least 32 bytes>",
        "a" * 64,
        "abab" * 16,
        "ä" * 15,
    ],
    ids=["short", "changeme", "generate", "your", "one letter", "two letters", "15 letters"],
)
def test_a_weak_key_stops_the_start_unrepeated(name: str, weak: str) -> None:
    said = refused(**{name: weak})
    assert name in said
    assert weak not in said


def test_one_key_for_both_stops_the_start() -> None:
    key = secrets.token_urlsafe(32)
    said = refused(JWT_SECRET_KEY=key, ADMIN_JWT_SECRET_KEY=key)
    assert "have a key in common" in said
    assert key not in said


def test_a_placeholder_for_a_password_stops_the_start() -> None:
    said = refused(MONGO_URI="mongodb://app:[password]@127.0.0.1/shop")
    assert "MONGO_URI" in said
    assert "[password]" not in said


def test_a_hundred_random_keys_of_each_sort_are_strong() -> None:
    for _ in range(100):
        read(good(JWT_SECRET_KEY=secrets.token_hex(32), ADMIN_JWT_SECRET_KEY=secrets.token_hex(32)))


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=1\nLOG_LEVEL='debug' # a comment\nEMPTY=\nURL=${PORT}\n")
    found = variables(file, {"PORT": "2"})
    assert found == {"PORT": "2", "LOG_LEVEL": "debug", "URL": "${PORT}"}


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["missing", "not UTF-8"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / ".env"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadSettings, match=r"\.env cannot be read"):
        Source(file, {}).read()


def test_what_is_hidden_holds_every_secret_and_what_is_shown_none() -> None:
    given = good(SMTP_HOST="m", SMTP_PASSWORD="p" * 12, METRICS_TOKEN=secrets.token_urlsafe(32))
    settings = read(given)
    hidden = {one.reveal() for one in settings.hidden}
    for name in ("MONGO_URI", "REDIS_URL", "JWT_SECRET_KEY", "SMTP_PASSWORD", "METRICS_TOKEN"):
        assert given[name] in hidden
    assert not any(one in repr(settings) + str(settings.loaded) for one in hidden)


@pytest.mark.parametrize("name", ["SMTP_HOST", "TRUSTED_PROXIES"])
def test_production_needs_mails_and_a_proxy_that_speaks_tls(name: str) -> None:
    assert f"{name} is not set" in refused(**{name: "-gone-"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_PASSWORD", "[app-password-from-google]"),
        ("SMTP_EMAIL", "[your-email@gmail.com]"),
        ("METRICS_TOKEN", "change-me-" * 4),
    ],
)
def test_the_plan_s_own_placeholders_stop_the_start(name: str, value: str) -> None:
    assert f"{name} holds a placeholder" in refused(**{name: value})


def test_a_name_that_dns_does_not_know_is_no_fault_of_a_setting() -> None:
    uri = f"mongodb+srv://app:{secrets.token_urlsafe(12)}@cluster0.nowhere.invalid/shop"
    assert read(good(MONGO_URI=uri)).database == "shop"


def test_what_was_pasted_into_the_wrong_variable_is_not_repeated() -> None:
    pasted = f"mongodb://app:{secrets.token_urlsafe(12)}@127.0.0.1/shop"
    for name in ("ALLOWED_ORIGINS", "FRONTEND_URL", "BASE_URL"):
        assert pasted not in refused(**{name: pasted})
    with pytest.raises(BadSettings) as error:
        read(good(ALLOWED_ORIGINS=pasted))
    assert error.value.names == "ALLOWED_ORIGINS"


def test_mails_lie_in_no_folder_in_production() -> None:
    assert "MAIL_DIR" in refused(MAIL_DIR="mail")


def test_the_same_variables_make_equal_settings() -> None:
    given = good()
    first, second = read(given), read(dict(given))
    assert isinstance(first, Settings)
    assert first == second
    assert first != read({**given, "LOG_LEVEL": "debug"})
