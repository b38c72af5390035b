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


def test_an_env_file_that_was_amended_away(app: App) -> None:
    """It may have been pushed before."""
    commit(app, ".env")
    git(app.root, "rm", "-q", "--cached", ".env")
    git(app.root, "commit", "-q", "--amend", "--allow-empty", "-m", "less")
    leaked, told = planned(app)
    assert leaked == ["mongodb"]
    assert "stands in .env in commit " in told


def test_an_env_file_that_is_staged_alone_has_reached_nobody(app: App) -> None:
    git(app.root, "add", "-f", ".env")
    assert planned(app)[0] == []


def test_an_env_file_of_a_submodule(app: App, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / ".env").write_bytes(app.file.read_bytes())
    git(inner, "init", "-q")
    git(inner, "add", ".env")
    git(inner, "commit", "-q", "-m", "all")
    git(app.root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner), "api")
    commit(app, "api", ".gitmodules")
    assert planned(app)[0] == ["mongodb"]


def test_a_password_by_itself_in_a_file_of_the_code(app: App) -> None:
    password = unquote(app.uri().partition("@")[0].rpartition(":")[2])
    (app.root / "seed.js").write_text(f"connect({{ user: 'app', pass: `{password}` }});\n")
    assert planned(app)[0] == []
    commit(app, "seed.js")
    leaked, told = planned(app)
    assert leaked == ["mongodb"]
    assert "seed.js, which git tracks" in told
    assert password not in told


PEM = "-----BEGIN PRIVATE KEY-----\\nMIIEplainlyfake\\n-----END PRIVATE KEY-----\\n"


@pytest.mark.parametrize(
    "line",
    [
        f"SESSION={SHORT}",
        f'SESSION="{SHORT}"',
        f"SESSION='{SHORT}' # x",
        f"SESSION = {SHORT}\n",
        f"SESSION={SHORT}\t# x\n",
        f'SESSION="{PEM}"',
        "SESSION=\"it's 'quoted' and `long`\"",
    ],
)
def test_an_env_file_is_read_as_the_app_reads_it(app: App, line: str) -> None:
    app.file.write_text(f"{app.file.read_text()}{line}")
    secrets = "    secrets: {session: {kind: random, env: SESSION}}\n"
    (app.root / "skc.yaml").write_text(settings(app.name, secrets))
    (app.root / "pets.js").write_text(f"const SESSIONS = ['{SHORT}', 'SESSION={SHORT}ens'];\n")
    commit(app, "pets.js")
    assert app.run("rotate", "due").code == 0
    commit(app, ".env")
    app.file.write_text(app.file.read_text() + "\nMORE=1\n")
    due = app.run("rotate", "due").json["findings"]
    leaked = {one["subject"] for one in due if one["id"] == "secret-leaked"}
    assert leaked == {"mongodb", "session"}


def gone(app: App, name: str) -> None:
    """Take an object away."""
    shown = subprocess.run(
        ["git", "rev-parse", name], cwd=app.root, check=True, capture_output=True, text=True
    )
    oid = shown.stdout.strip()
    (app.root / ".git" / "objects" / oid[:2] / oid[2:]).unlink()


def test_what_git_cannot_give_is_not_called_unleaked(app: App) -> None:
    commit(app, ".env")
    gone(app, "HEAD:.env")
    leaked, told = planned(app)
    assert leaked == []
    assert "not known whether a value leaked: .env, which git tracks: " in told


def test_a_past_that_cannot_be_walked_does_not_hide_what_is_there(app: App) -> None:
    commit(app, ".env")
    (app.root / "more.js").write_text("1;\n")
    commit(app, "more.js")
    gone(app, "HEAD~2^{tree}")
    leaked, told = planned(app)
    assert leaked == ["mongodb"]
    git(app.root, "rm", "-q", "--cached", ".env")
    git(app.root, "commit", "-q", "-m", "less")
    leaked, told = planned(app)
    assert leaked == []
    assert "not known whether a value leaked: " in told


def test_a_shallow_clone_is_not_called_unleaked(app: App, tmp_path: Path) -> None:
    commit(app, ".env")
    git(app.root, "rm", "-q", "--cached", ".env")
    git(app.root, "commit", "-q", "-m", "less")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{app.root}", "cut")
    (app.root / ".git").rename(tmp_path / "whole")
    (tmp_path / "cut" / ".git").rename(app.root / ".git")
    leaked, told = planned(app)
    assert leaked == []
    assert "a shallow clone: older commits are not here; git fetch --unshallow" in told
    assert app.run("rotate", "due").code == 14


def test_many_files_that_are_not_here_are_one_line(app: App, tmp_path: Path) -> None:
    for number in range(40):
        (app.root / f"{number}.js").write_text(f"{number};\n")
    commit(app, *(f"{number}.js" for number in range(40)))
    git(app.root, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "-n", "--filter=blob:none", f"file://{app.root}", "part")
    (app.root / ".git").rename(tmp_path / "whole")
    (tmp_path / "part" / ".git").rename(app.root / ".git")
    _, told = planned(app)
    assert told.count("not known whether a value leaked") == 1
    assert ", which git tracks: " in told
    assert ", and 9 more at least" in told


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


def test_a_project_without_git_is_rotated_as_before(app: App, tmp_path: Path) -> None:
    (app.root / ".git").rename(tmp_path / "gone")
    for variables in ({}, {"PATH": str(tmp_path / "nothing")}):
        ran = app.run("rotate", "--dry-run", env=variables)
        assert ran.code == 0, ran.stdout + ran.stderr
        assert ran.json["facts"]["rotation"]["leaked"] == []
        assert "leaked" not in ran.stderr
        assert app.run("rotate", "due", env=variables).code == 0


def test_a_repository_without_git_is_not_called_unleaked(app: App, tmp_path: Path) -> None:
    ran = app.run("rotate", "due", env={"PATH": str(tmp_path / "nothing")})
    assert ran.code == 14
    assert "git is not installed" in ran.stdout
