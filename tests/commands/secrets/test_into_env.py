"""`generate --env`: the value goes into the env file, and is seen nowhere on its way."""

import re
import secrets
import stat
from pathlib import Path

import pytest

from tests.commands.secrets.conftest import Leaky
from tests.conftest import Ran, Skc
from tests.terminal.ptys import at_terminal

GENERATE = ("secrets", "generate", "--env")


def generate(skc: Skc, leaky: Leaky, key: str, *argv: str, **more: object) -> Ran:
    return skc(*GENERATE, key, *argv, "--format", "json", cwd=leaky.root, **more)


def env(leaky: Leaky) -> str:
    return (leaky.root / "backend" / ".env").read_text()


def value_of(leaky: Leaky, key: str) -> str:
    (found,) = re.findall(rf"^{key}=(.*)$", env(leaky), re.MULTILINE)
    return str(found)


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("hex", r"[0-9a-f]{64}"),
        ("base64url", r"[A-Za-z0-9_-]{43}"),
        ("password", r"[A-Za-z0-9]{33}"),
        ("totp", r"[A-Z2-7]{32}"),
    ],
)
def test_a_new_value_is_written_and_shown_nowhere(
    skc: Skc, leaky: Leaky, tmp_path: Path, kind: str, form: str
) -> None:
    before = env(leaky)
    enrol = ("--out-key", str(tmp_path / "otpauth.txt")) if kind == "totp" else ()
    ran = generate(skc, leaky, "SESSION_KEY", "--kind", kind, *enrol, "--yes")
    assert ran.code == 0, ran.stderr
    value = value_of(leaky, "SESSION_KEY")
    assert re.fullmatch(form, value)
    assert env(leaky).startswith(before)
    assert value not in ran.stdout + ran.stderr
    assert ran.json["facts"]["written"]["name"] == "SESSION_KEY"
    assert ran.json["command"] == "secrets generate"
    assert ran.json["journal"] is not None
    (leaky.root / "backend" / ".env").unlink()
    (tmp_path / "otpauth.txt").unlink(missing_ok=True)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert value.encode() not in kept


def test_a_totp_secret_goes_nowhere_without_a_way_to_enrol(skc: Skc, leaky: Leaky) -> None:
    before = env(leaky)
    ran = generate(skc, leaky, "ADMIN_TOTP", "--kind", "totp", "--yes")
    assert (ran.code, env(leaky)) == (2, before)
    assert "--kind totp --out-key otpauth.txt" in ran.stderr
    assert "--reveal" in ran.stderr


def test_a_totp_secrets_uri_goes_to_a_file_or_is_shown_where_that_is_wanted(
    skc: Skc, leaky: Leaky
) -> None:
    file = leaky.root / "otpauth.txt"
    totp = ("ADMIN_TOTP", "--kind", "totp", "--issuer", "Shop", "--replace", "--yes")
    ran = generate(skc, leaky, *totp, "--out-key", "otpauth.txt")
    assert ran.code == 0, ran.stderr
    value = value_of(leaky, "ADMIN_TOTP")
    assert f"secret={value}&issuer=Shop" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert value not in ran.stdout + ran.stderr
    taken = generate(skc, leaky, *totp, "--out-key", "otpauth.txt")
    assert (taken.code, value_of(leaky, "ADMIN_TOTP")) == (3, value)
    shown = generate(skc, leaky, *totp, "--reveal")
    assert shown.code == 0, shown.stderr
    assert f"secret={value_of(leaky, 'ADMIN_TOTP')}" in shown.json["facts"]["written"]["uri"]


def test_a_uri_is_not_left_behind_where_the_secret_was_not_written(skc: Skc, leaky: Leaky) -> None:
    (leaky.root / "backend/.env").write_text("URL=<later>\n")
    totp = ("ADMIN_TOTP", "--kind", "totp", "--out-key", "otpauth.txt", "--yes")
    assert generate(skc, leaky, *totp).code == 4
    assert not (leaky.root / "otpauth.txt").exists()


def test_a_value_that_is_there_stays_unless_it_is_let_go_of(skc: Skc, leaky: Leaky) -> None:
    before = env(leaky)
    ran = generate(skc, leaky, "JWT_SECRET_KEY", "--yes")
    assert ran.code == 3
    assert "JWT_SECRET_KEY in backend/.env has a value already" in ran.stderr
    assert "skc secrets ledger add --env JWT_SECRET_KEY" in ran.stderr
    assert leaky.jwt not in ran.stdout + ran.stderr
    assert env(leaky) == before
    ran = generate(skc, leaky, "JWT_SECRET_KEY", "--replace", "--yes")
    assert ran.code == 0, ran.stderr
    assert value_of(leaky, "JWT_SECRET_KEY") != leaky.jwt
    assert env(leaky).splitlines()[:3] == before.splitlines()[:3]


@pytest.mark.parametrize(
    "empty", ["", "[generate with crypto]", "<your key>", "changeme", "CHANGE_ME_NOW", "xxxx"]
)
def test_what_is_to_be_filled_in_is_no_value(skc: Skc, leaky: Leaky, empty: str) -> None:
    path = leaky.root / "backend" / ".env"
    path.write_text(env(leaky) + f"ADMIN_KEY={empty}\n")
    assert generate(skc, leaky, "ADMIN_KEY", "--yes").code == 0
    assert re.fullmatch(r"[0-9a-f]{64}", value_of(leaky, "ADMIN_KEY"))


def test_a_dry_run_and_a_missing_consent_change_nothing(skc: Skc, leaky: Leaky) -> None:
    before = env(leaky)
    dry = generate(skc, leaky, "NEW_KEY", "--dry-run")
    assert dry.code == 0
    assert dry.json["facts"]["written"]["done"] is False
    assert "1. set NEW_KEY: 1 hex secret, 64 characters, 256 bits" in dry.stderr
    refused = generate(skc, leaky, "NEW_KEY")
    assert refused.code == 3
    assert "nobody can be asked" in refused.stderr
    assert env(leaky) == before


def test_a_person_is_asked_once(leaky: Leaky, clean_environment: dict[str, str]) -> None:
    program = "skillconnect_ops"
    argv = (*GENERATE, "NEW_KEY")
    for answer, code in (("n", 3), ("y", 0)):
        with at_terminal(*argv, cwd=leaky.root, env=clean_environment, program=program) as terminal:
            terminal.until("Go ahead? [y/N] ")
            terminal.type(f"{answer}\n")
            assert terminal.ends() == code
        assert terminal.shown.count("Go ahead?") == 1
        assert ("NEW_KEY=" in env(leaky)) is (answer == "y")
    assert value_of(leaky, "NEW_KEY") not in terminal.shown


def test_another_file_may_be_named(skc: Skc, leaky: Leaky) -> None:
    ran = generate(skc, leaky, "NEW_KEY", "--file", "backend/.env.local", "--yes")
    assert ran.code == 0, ran.stderr
    assert "NEW_KEY=" in (leaky.root / "backend" / ".env.local").read_text()
    assert "NEW_KEY" not in env(leaky)
    again = generate(skc, leaky, "NEW_KEY", "--file", "backend/.env.local", "--yes")
    assert again.code == 3


def test_what_env_set_refuses_is_told_as_it_says_it(skc: Skc, leaky: Leaky) -> None:
    path = leaky.root / "backend" / ".env"
    path.write_text(env(leaky) + "TWICE=\nTWICE=\n")
    before = env(leaky)
    for argv in (("TWICE", "--yes"), ("NOT-A-NAME", "--yes"), ("X", "--target", "none", "--yes")):
        ran = generate(skc, leaky, *argv)
        assert ran.code in {2, 3, 4}, ran.stderr
        assert ran.json["command"] == "secrets generate"
        assert ran.stderr.startswith("error: ")
    assert env(leaky) == before


@pytest.mark.parametrize(
    "argv",
    [
        ("--env", "K", "--count", "2", "--yes"),
        ("--env", "K", "--kind", "rsa", "--yes"),
        ("--env", "K", "--kind", "ed25519", "--out-key", "x", "--yes"),
        ("--replace",),
        ("--dry-run",),
        ("--file", "x"),
    ],
)
def test_what_does_not_go_together_is_a_mistake(
    skc: Skc, leaky: Leaky, argv: tuple[str, ...]
) -> None:
    before = env(leaky)
    assert skc("secrets", "generate", *argv, cwd=leaky.root).code == 2
    assert env(leaky) == before


def test_the_old_value_is_known_again_once_it_was_recorded(skc: Skc, leaky: Leaky) -> None:
    """The way that the refusal names, walked to its end."""
    argv = ("secrets", "ledger", "add", "--env", "JWT_SECRET_KEY", "--yes")
    assert skc(*argv, cwd=leaky.root).code == 0
    assert generate(skc, leaky, "JWT_SECRET_KEY", "--replace", "--yes").code == 0
    now = skc("secrets", "ledger", "check", "--env", "JWT_SECRET_KEY", cwd=leaky.root)
    assert now.code == 0
    old = skc("secrets", "ledger", "check", "--stdin", cwd=leaky.root, stdin=leaky.jwt)
    assert old.code == 13
    other = skc("secrets", "ledger", "check", "--stdin", cwd=leaky.root, stdin=secrets.token_hex())
    assert other.code == 0
