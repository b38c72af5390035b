"""`retired-value`: what the ledger knows does not come back unseen, by whichever way."""

import secrets
from pathlib import Path
from typing import Any

import pytest

from tests.commands.audit.conftest import Git, git_in
from tests.conftest import Skc

ONLY = ("--select", "retired-value")


@pytest.fixture
def key() -> str:
    return secrets.token_hex(32)


@pytest.fixture
def app(tmp_path: Path, skc: Skc, key: str) -> Path:
    """A project that has given up a key that leaked."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "skc.yaml").write_text("version: 1\nproject: {id: abcdef, name: shop}\n")
    retire(skc, folder, key, "leaked")
    return folder


@pytest.fixture
def git(app: Path, clean_environment: dict[str, str]) -> Git:
    run = git_in(app, clean_environment)
    run("init", "-q", "--initial-branch=main")
    run("add", ".")
    run("commit", "-q", "-m", "begin")
    return run


def retire(skc: Skc, app: Path, value: str, reason: str) -> None:
    argv = ("secrets", "ledger", "add", "JWT", "--stdin", "--yes", "--reason", reason)
    assert skc(*argv, stdin=value, cwd=app).code == 0


def audit(skc: Skc, app: Path, *words: str) -> Any:
    return skc("audit", *ONLY, *words, "--format", "json", cwd=app).json


def told(report: Any) -> list[tuple[str, int, str]]:
    open_ones = [one for one in report["findings"] if one["suppressed"] is None]
    return [(one["path"], one["line"], one["severity"]) for one in open_ones]


@pytest.mark.parametrize(
    ("reason", "severity", "code"),
    [("leaked", "critical", 13), ("scheduled", "high", 12), ("offboarding", "high", 12)],
)
def test_it_is_graded_by_why_it_was_given_up(
    skc: Skc, app: Path, reason: str, severity: str, code: int
) -> None:
    value = secrets.token_hex(32)
    retire(skc, app, value, reason)
    (app / "a.js").write_text(f"\nconst k = '{value}';\n")
    assert told(audit(skc, app)) == [("a.js", 2, severity)]
    assert skc("audit", *ONLY, cwd=app).code == code


@pytest.mark.parametrize("form", ["table", "json", "sarif", "junit", "github", "markdown"])
def test_no_output_shows_the_value(skc: Skc, app: Path, key: str, form: str) -> None:
    (app / "a.js").write_text(f"console.log(1); const k = '{key}';\n")
    ran = skc("audit", "--format", form, cwd=app)
    assert ran.code == 13
    assert "retired on" in ran.stdout
    assert key not in ran.stdout + ran.stderr


def test_it_is_found_in_what_is_staged_and_the_hook_stops_it(
    skc: Skc, app: Path, git: Git, key: str
) -> None:
    (app / "a.js").write_text("let x;\n")
    (app / "other.js").write_text(f"const k = '{key}';\n")
    (app / "a.js").write_text(f"let x;\nconst k = '{key}';\n")
    git("add", "a.js")
    (app / "a.js").write_text("let x;\n")
    ran = skc("audit", "--staged", "--format", "json", cwd=app)
    assert ran.code == 13
    assert [
        (one["path"], one["line"]) for one in ran.json["findings"] if one["id"] == "retired-value"
    ] == [("a.js", 2)]


def test_of_a_change_only_its_lines_count(skc: Skc, app: Path, git: Git, key: str) -> None:
    (app / "a.js").write_text(f"const k = '{key}';\n")
    git("add", "a.js")
    git("commit", "-q", "-m", "one")
    assert told(audit(skc, app, "--changed", "HEAD")) == []
    (app / "b.js").write_text(f"const k = '{key}';\n")
    assert told(audit(skc, app, "--changed", "HEAD")) == [("b.js", 1, "critical")]


def test_an_env_file_that_git_ignores_is_looked_at(skc: Skc, app: Path, git: Git, key: str) -> None:
    (app / ".gitignore").write_text(".env\nnotes\n")
    (app / ".env").write_text(f"PORT=1\nJWT={key}\n")
    (app / "notes").write_text(f"{key}\n")
    assert told(audit(skc, app)) == [(".env", 2, "critical")]


def test_no_comment_silences_it_and_a_baseline_does(skc: Skc, app: Path, key: str) -> None:
    line = f"const k = '{key}'; console.log(k); // skc: allow retired-value it is fine\n"
    (app / "a.js").write_text(line)
    assert told(audit(skc, app)) == [("a.js", 1, "critical")]
    assert skc("audit", cwd=app).code == 13
    skc("audit", *ONLY, "--format", "json", "--out", "../kept.json", cwd=app)
    (app / "a.js").write_text(f"\n{line}")
    assert skc("audit", *ONLY, "--baseline", "../kept.json", cwd=app).code == 0


def test_without_the_key_it_says_that_it_could_not_look(
    skc: Skc, app: Path, key: str, tmp_path: Path
) -> None:
    (kept,) = tmp_path.rglob("ledger.key")
    kept.unlink()
    (app / "a.js").write_text(f"const k = '{key}';\n")
    ran = skc("audit", *ONLY, "--format", "json", cwd=app)
    assert ran.code == 14
    (told_of,) = ran.json["unknown"]
    assert told_of["subject"].startswith("ledger key ")
    assert skc("audit", "--ignore", "retired-value", cwd=app).code == 0


def test_settings_that_cannot_be_read_are_no_clean_ledger(skc: Skc, app: Path) -> None:
    with (app / "skc.yaml").open("a") as settings:
        settings.write("bogus: 1\n")
    ran = skc("audit", *ONLY, "--fail-on", "high", cwd=app)
    assert ran.code == 14
    assert "retired secrets" in ran.stdout + ran.stderr


def test_where_nothing_is_retired_it_does_not_apply(skc: Skc, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "a.js").write_text("let x;\n")
    (check,) = audit(skc, folder)["facts"]["checks"]
    assert check["outcome"] == "not applicable"


def test_it_is_found_far_down_in_a_large_file(skc: Skc, app: Path, git: Git, key: str) -> None:
    lines = 1_200_000
    (app / "dump.sql").write_text("-- a line of a dump\n" * lines + f"'{key}'\n")
    assert told(audit(skc, app)) == [("dump.sql", lines + 1, "critical")]
    git("add", "dump.sql")
    assert told(audit(skc, app, "--staged")) == [("dump.sql", lines + 1, "critical")]
