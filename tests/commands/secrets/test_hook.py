"""`--staged` in a real commit: as a plain git hook, and through pre-commit from this repository."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.commands.hooked import BIN, ROOT, begun, git
from tests.history.hideouts import uri


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return begun(tmp_path / "shop")


def test_a_git_hook_stops_a_commit_with_a_secret(repository: Path) -> None:
    hook = repository / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexec skc secrets scan --staged\n")
    hook.chmod(0o755)
    (repository / "db.js").write_text(f"connect('{(secret := uri())}')\n")
    git(repository, "add", "db.js")
    said = git(repository, "commit", "-m", "work", code=1)
    assert "mongodb-uri" in said
    assert secret not in said
    assert "git add" in said
    assert "skc: allow" in said
    (repository / "db.js").write_text("connect(process.env.MONGO_URI)\n")
    git(repository, "add", "db.js")
    git(repository, "commit", "-q", "-m", "work")


def test_a_hook_sees_what_commit_all_would_take(repository: Path) -> None:
    (repository / "db.js").write_text("connect()\n")
    git(repository, "add", "db.js")
    git(repository, "commit", "-q", "-m", "begin")
    hook = repository / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexec skc secrets scan --staged\n")
    hook.chmod(0o755)
    (repository / "db.js").write_text(f"connect('{uri()}')\n")
    assert "mongodb-uri" in git(repository, "commit", "-a", "-m", "work", code=1)


@pytest.fixture
def guarded(repository: Path, tmp_path: Path) -> Path:
    """A repository where pre-commit runs the hook that is shipped, before commits and merges.

    With the environment that is here: what pre-commit would install is this very
    package.
    """
    shipped = (ROOT / ".pre-commit-hooks.yaml").read_text()
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    git(hooks, "init", "-q")
    (hooks / ".pre-commit-hooks.yaml").write_text(
        shipped.replace("language: python", "language: system")
    )
    git(hooks, "add", ".")
    git(hooks, "-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "-m", "hooks")
    made = git(hooks, "rev-parse", "HEAD").strip()
    (repository / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {hooks}\n    rev: {made}\n    hooks: [{{id: skc-secrets}}]\n"
    )
    subprocess.run(
        [BIN / "pre-commit", "install", "-t", "pre-commit", "-t", "pre-merge-commit"],
        cwd=repository,
        check=True,
        capture_output=True,
        env={**os.environ, "HOME": str(repository), "PRE_COMMIT_HOME": str(tmp_path / "cache")},
    )
    return repository


def test_pre_commit_runs_the_hook_that_is_shipped(guarded: Path) -> None:
    (guarded / "db.js").write_text(f"connect('{uri()}')\n")
    git(guarded, "add", ".")
    said = git(guarded, "commit", "-m", "work", code=1)
    assert "no secret is committed" in said
    assert "mongodb-uri" in said


def test_pre_commit_sees_what_a_merge_brings(guarded: Path) -> None:
    git(guarded, "add", ".")
    git(guarded, "commit", "-m", "begin")
    git(guarded, "checkout", "-q", "-b", "side")
    (guarded / "db.js").write_text(f"connect('{uri()}')\n")
    git(guarded, "add", ".")
    git(guarded, "commit", "-q", "--no-verify", "-m", "unseen")
    git(guarded, "checkout", "-q", "main")
    assert "mongodb-uri" in git(guarded, "merge", "--no-ff", "-m", "merge", "side", code=1)
    assert git(guarded, "rev-list", "--count", "HEAD").strip() == "1"
