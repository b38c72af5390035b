"""What git holds has leaked: every clone has it, whatever reason is typed."""

import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.commands.rotate.app import App, settings

SHORT = "kitten7"


def git(folder: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def commit(app: App, *names: str) -> None:
    git(app.root, "add", "-f", *names)
    git(app.root, "commit", "-q", "-m", "more")


@pytest.fixture(autouse=True)
def repository(app: App) -> None:
    git(app.root, "init", "-q", "-b", "main")
    (app.root / ".gitignore").write_text(".env*\n")
    commit(app, ".gitignore", "skc.yaml")


def planned(app: App, *more: str) -> tuple[list[str], str]:
    """What counts as leaked, and what a person is told."""
    ran = app.run("rotate", "--dry-run", *more)
    assert ran.code == 0, ran.stdout + ran.stderr
    return ran.json["facts"]["rotation"]["leaked"], " ".join(ran.stderr.split())


def test_a_value_that_no_clone_has_did_not_leak(app: App) -> None:
    leaked, told = planned(app)
    assert leaked == []
    assert "leaked" not in told


def test_an_env_file_that_is_tracked(app: App) -> None:
    commit(app, ".env")
    leaked, told = planned(app, "--reason", "scheduled")
    assert leaked == ["mongodb"]
    assert "the present value of MONGO_URI stands in .env, which git tracks" in told


def test_an_env_file_that_was_tracked_once_on_some_branch(app: App) -> None:
    git(app.root, "checkout", "-q", "-b", "old")
    (app.root / "api").mkdir()
    (app.root / "api" / ".env.production").write_bytes(app.file.read_bytes())
    commit(app, "api/.env.production")
    git(app.root, "checkout", "-q", "main")
    leaked, told = planned(app)
    assert leaked == ["mongodb"]
    assert "stands in api/.env.production in commit " in told


def test_a_password_by_itself_in_a_file_of_the_code(app: App) -> None:
    password = unquote(app.uri().partition("@")[0].rpartition(":")[2])
    (app.root / "seed.js").write_text(f"connect({{ user: 'app', pass: `{password}` }});\n")
    assert planned(app)[0] == []
    commit(app, "seed.js")
    leaked, told = planned(app)
    assert leaked == ["mongodb"]
    assert "seed.js, which git tracks" in told
    assert password not in told


@pytest.mark.parametrize(
    "line", [f"SESSION={SHORT}", f'SESSION="{SHORT}"', f"SESSION='{SHORT}' # x"]
)
def test_a_short_value_counts_where_it_stands_by_its_name(app: App, line: str) -> None:
    app.file.write_text(f"{app.file.read_text()}{line}")
    secrets = "    secrets: {session: {kind: random, env: SESSION}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, secrets))
    (app.root / "pets.js").write_text(f"const SESSIONS = ['{SHORT}', 'SESSION={SHORT}ens'];\n")
    commit(app, "pets.js")
    assert planned(app)[0] == []
    commit(app, ".env")
    assert planned(app)[0] == ["mongodb", "session"]


def test_what_git_cannot_give_is_not_called_unleaked(app: App) -> None:
    commit(app, ".env")
    shown = subprocess.run(
        ["git", "rev-parse", "HEAD:.env"], cwd=app.root, check=True, capture_output=True, text=True
    )
    oid = shown.stdout.strip()
    (app.root / ".git" / "objects" / oid[:2] / oid[2:]).unlink()
    leaked, told = planned(app)
    assert leaked == []
    assert "not known whether a value leaked: .env, which git tracks: " in told


def test_it_is_due_at_once_until_it_is_renewed(app: App) -> None:
    assert app.run("rotate", "due").code == 0
    commit(app, ".env")
    ran = app.run("rotate", "due")
    assert ran.code == 13
    (found,) = ran.json["findings"]
    assert (found["id"], found["severity"]) == ("secret-leaked", "critical")
    assert ran.json["next"] == [found["remedy"]] == ["skc rotate --only mongodb --reason leaked"]
    assert app.run("rotate", "--yes").code == 0
    due = app.run("rotate", "due").json["findings"]
    assert [one["id"] for one in due] == ["rotation-unfinished"]


def test_the_rotation_cuts_it_off_and_the_next_one_is_an_ordinary_one(app: App) -> None:
    commit(app, ".env")
    assert app.run("rotate", "--yes").code == 0
    assert app.run("rotate", "finish", "--wait", "0", "--yes").code == 0
    (entry,) = app.run("secrets", "ledger", "list").json["facts"]["retired"][:1]
    assert entry["reason"] == "leaked"
    assert planned(app)[0] == []


def test_a_project_without_git_is_rotated_as_before(app: App) -> None:
    git(app.root, "init", "-q")
    (app.root / ".git").rename(app.root / "gone")
    leaked, told = planned(app)
    assert leaked == []
    assert "leaked" not in told
