"""A retired value that comes back is met by whoever sees it; who cannot tell says so."""

import secrets
from pathlib import Path

import pytest

from tests.commands.secrets.conftest import Leaky
from tests.commands.secrets.test_scan import git, write
from tests.commands.secrets.test_scan_told import at_home, nexts
from tests.conftest import Ran, Skc


def retire(skc: Skc, leaky: Leaky, name: str, value: str, *options: str) -> None:
    argv = ("secrets", "ledger", "add", name, "--stdin", "--yes", *options)
    assert skc(*argv, stdin=value, cwd=leaky.root).code == 0


def without_key(tmp_path: Path) -> None:
    (key,) = tmp_path.rglob("ledger.key")
    key.unlink()


def retired(ran: Ran) -> list[tuple[str, str | None, int | None]]:
    findings = [one for one in ran.json["findings"] if one["id"] == "secret-retired"]
    assert all(one["suppressed"] is None for one in findings)
    return [(one["severity"], one["path"], one["line"]) for one in findings]


@pytest.fixture
def key() -> str:
    return secrets.token_hex(32)


@pytest.mark.parametrize(
    ("reason", "severity"), [("leaked", "critical"), ("scheduled", "high"), ("offboarding", "high")]
)
def test_env_check_fails_for_a_retired_value_in_use(
    skc: Skc, leaky: Leaky, key: str, reason: str, severity: str
) -> None:
    retire(skc, leaky, "JWT", key, "--reason", reason)
    env = leaky.root / "backend/.env"
    env.write_text(f"PORT=1\nJWT_SECRET_KEY={key}\n")
    ran = skc("env", "check", "--format", "json", cwd=leaky.root)
    assert retired(ran) == [(severity, "backend/.env", 2)]
    assert ran.code == (13 if reason == "leaked" else 12)
    assert key not in ran.stdout
    (said,) = [one for one in ran.json["findings"] if one["id"] == "secret-retired"]
    assert "JWT_SECRET_KEY has a retired value: JWT (value), retired on" in said["message"]
    assert said["remedy"] == "skc secrets generate --env JWT_SECRET_KEY --replace"


def test_settings_that_cannot_be_read_do_not_make_a_hook_call_it_fine(
    skc: Skc, leaky: Leaky, key: str
) -> None:
    retire(skc, leaky, "JWT", key, "--reason", "leaked")
    write(leaky.root, "notes.txt", "nothing\n")
    git(leaky.root, "add", "notes.txt")
    with (leaky.root / "skc.yaml").open("a") as file:
        file.write("bogus: 2\n")
    ran = skc("secrets", "scan", "--staged", "--format", "json", cwd=leaky.root)
    assert ran.code in {13, 14}
    assert any("retired secrets" in one["subject"] for one in ran.json["unknown"])


def test_env_check_knows_a_uri_by_its_password(skc: Skc, leaky: Leaky) -> None:
    retire(skc, leaky, "MONGO", leaky.password)
    ran = skc("env", "check", "--format", "json", cwd=leaky.root)
    assert retired(ran) == [("critical", "backend/.env", 3)]


def test_env_check_without_the_key_does_not_call_it_fine(
    skc: Skc, leaky: Leaky, key: str, tmp_path: Path
) -> None:
    retire(skc, leaky, "JWT", key)
    without_key(tmp_path)
    ran = skc("env", "check", cwd=leaky.root)
    assert "UNKNOWN" in ran.stdout
    assert "skc secrets ledger key --take" in ran.stdout + ran.stderr


def test_env_set_refuses_a_retired_value(skc: Skc, leaky: Leaky, key: str) -> None:
    retire(skc, leaky, "JWT", key)
    before = (leaky.root / "backend/.env").read_bytes()
    for options in (("--yes",), ("--dry-run",)):
        ran = skc("env", "set", "X_KEY", "--stdin", *options, stdin=f"{key}\n", cwd=leaky.root)
        assert ran.code == 3, ran.stderr
        assert "is a retired one" in ran.stderr
        assert "fix:   skc secrets generate --env X_KEY --replace" in ran.stderr
        assert key not in ran.stdout + ran.stderr
    assert (leaky.root / "backend/.env").read_bytes() == before


def test_env_set_says_where_it_cannot_tell(
    skc: Skc, leaky: Leaky, key: str, tmp_path: Path
) -> None:
    retire(skc, leaky, "JWT", key)
    without_key(tmp_path)
    ran = skc("env", "set", "X_KEY", "--stdin", "--yes", stdin="another", cwd=leaky.root)
    assert ran.code == 0
    assert "not known whether the value is a retired one" in ran.stderr


def test_a_scan_of_the_work_tree_meets_it_where_secrets_belong_too(
    skc: Skc, leaky: Leaky, key: str
) -> None:
    env = at_home(leaky)
    git(leaky.root, "add", ".gitignore", "skc.yaml")
    retire(skc, leaky, "SEAL", key)
    assert skc("secrets", "scan", cwd=leaky.root).code == 0
    write(leaky.root, "notes.txt", f"we used {key} then\n")
    env.write_text(env.read_text() + f"JWT_KEY={key}\n")
    ran = skc("secrets", "scan", "--format", "json", cwd=leaky.root)
    assert ran.code == 13
    assert retired(ran) == [("critical", "backend/.env", 3), ("critical", "notes.txt", 1)]
    others = [one for one in ran.json["findings"] if one["path"] == "backend/.env"]
    assert all(one["suppressed"] is None for one in others if one["line"] == 3), others


@pytest.mark.parametrize("options", [(), ("--staged",)])
def test_a_scan_without_the_key_is_incomplete_and_says_what_brings_it(
    skc: Skc, leaky: Leaky, key: str, tmp_path: Path, options: tuple[str, ...]
) -> None:
    at_home(leaky)
    retire(skc, leaky, "JWT", key)
    without_key(tmp_path)
    write(leaky.root, "notes.txt", "nothing\n")
    git(leaky.root, "add", "notes.txt")
    ran = skc("secrets", "scan", *options, cwd=leaky.root)
    assert ran.code == 14
    assert "no secret found, but not all could be looked at" in ran.stdout
    assert nexts(ran)[0] == "skc secrets ledger key --take"
    told = skc("secrets", "scan", *options, "--format", "json", cwd=leaky.root).json["unknown"]
    assert any("skc secrets ledger key --reveal" in one["reason"] for one in told)


def test_the_list_says_that_the_key_is_not_here(
    skc: Skc, leaky: Leaky, key: str, tmp_path: Path
) -> None:
    retire(skc, leaky, "JWT", key)
    without_key(tmp_path)
    ran = skc("secrets", "ledger", "list", cwd=leaky.root)
    assert ran.code == 0
    assert "no value can be compared" in ran.stdout
    assert nexts(ran) == ["skc secrets ledger key --take"]


def test_a_key_that_is_not_here_cannot_be_shown(
    skc: Skc, leaky: Leaky, key: str, tmp_path: Path
) -> None:
    ran = skc("secrets", "ledger", "key", "--reveal", cwd=leaky.root)
    assert (ran.code, ran.stdout) == (4, "")
    assert "there is no ledger key here" in ran.stderr
    retire(skc, leaky, "JWT", key)
    without_key(tmp_path)
    ran = skc("secrets", "ledger", "key", "--reveal", cwd=leaky.root)
    assert ran.code == 4
    assert "is needed" in ran.stderr


def test_doctor_and_status_say_that_a_retired_value_is_in_use(
    skc: Skc, leaky: Leaky, key: str
) -> None:
    (leaky.root / "backend/.env").write_text(f"PORT=1\nJWT_SECRET_KEY={key}\n")
    retire(skc, leaky, "JWT", key)
    ran = skc("doctor", "--format", "json", cwd=leaky.root)
    assert retired(ran) == [("critical", "backend/.env", None)]
    told = skc("status", cwd=leaky.root)
    assert "JWT_SECRET_KEY of target" in told.stdout
    assert "is in use" in told.stdout
    assert "next: skc backup" not in told.stderr
