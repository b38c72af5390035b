"""`skc audit --staged` in real commits, as the hook that is shipped has it."""

from pathlib import Path

import pytest
import yaml

from tests.commands.hooked import ROOT, begun, git

(ENTRY,) = (
    hook["entry"]
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    if hook["id"] == "skc-audit"
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose commits the audit looks at."""
    folder = begun(tmp_path / "shop")
    (folder / "a.js").write_text("console.log(1, token);\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "begin")
    hook = folder / ".git/hooks/pre-commit"
    hook.write_text(f"#!/bin/sh\nexec {ENTRY}\n")
    hook.chmod(0o755)
    return folder


def test_a_commit_that_prints_a_secret_is_stopped(repository: Path) -> None:
    (repository / "b.js").write_text("console.log(password);\n")
    git(repository, "add", "b.js")
    said = git(repository, "commit", "-m", "work", code=1)
    assert "password is printed" in said
    assert "a.js" not in said
    (repository / "b.js").write_text("console.log(id);\n")
    git(repository, "add", "b.js")
    git(repository, "commit", "-q", "-m", "work")


def test_it_sees_what_commit_all_would_take(repository: Path) -> None:
    (repository / "a.js").write_text("console.log(1, token);\nconsole.log(2, secret);\n")
    said = git(repository, "commit", "-a", "-m", "work", code=1)
    assert "secret is printed" in said
    assert "token is printed" not in said


def test_what_is_not_staged_is_no_part_of_the_commit(repository: Path) -> None:
    (repository / "b.js").write_text("console.log(id);\n")
    git(repository, "add", "b.js")
    (repository / "b.js").write_text("console.log(password);\n")
    git(repository, "commit", "-q", "-m", "work")
