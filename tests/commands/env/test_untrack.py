"""`skc env untrack`: out of the index, not off the disk, and out for good."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.adapters.git import GitProgram
from skillconnect_ops.adapters.system import ProcessEnvironment
from skillconnect_ops.commands.env.untrack_steps import (
    CommittedOnTop,
    CommitUntracked,
    UntrackCommit,
)
from tests.conftest import Skc

IDENTITY = {
    **{f"GIT_{who}_NAME": "t" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "t@example.com" for who in ("AUTHOR", "COMMITTER")},
}
SECRET = (".env", "backend/.env", "backend/.env.production")
EXAMPLES = (".env.example", "backend/.env.production.sample")


def git(folder: Path, *words: str) -> str:
    ran = subprocess.run(
        ["git", *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **IDENTITY},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout


@pytest.fixture
def repository(project: Path) -> Path:
    for name in (*SECRET, *EXAMPLES):
        (project / name).write_text("A=1\n")
    (project / "app.js").write_text("one\n")
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "everything")
    return project


def tracked(folder: Path, where: str = "") -> set[str]:
    words = ("ls-tree", "-r", "--name-only", where) if where else ("ls-files",)
    return set(git(folder, *words).splitlines())


def test_every_env_file_but_the_examples_leaves_the_index(skc: Skc, repository: Path) -> None:
    ran = skc("env", "untrack", "--yes", cwd=repository)
    assert ran.code == 0, ran.stderr
    left = tracked(repository)
    assert left.isdisjoint(SECRET)
    assert left.issuperset((*EXAMPLES, "app.js"))
    for name in SECRET:
        assert (repository / name).read_text() == "A=1\n"
        git(repository, "check-ignore", "--quiet", name)
    assert "history still holds" in ran.stderr
    assert git(repository, "log", "--oneline").count("\n") == 1
    again = skc("env", "untrack", cwd=repository)
    assert (again.code, "nothing to do" in again.stderr) == (0, True)


def test_the_commit_holds_nothing_else(skc: Skc, repository: Path) -> None:
    (repository / ".gitignore").write_bytes(b"node_modules\r\n")
    git(repository, "add", ".gitignore")
    git(repository, "commit", "--quiet", "-m", "ignore")
    (repository / ".gitignore").write_bytes(b"node_modules\r\nnot yet committed\r\n")
    (repository / "app.js").write_text("staged\n")
    git(repository, "add", "app.js")
    ran = skc("env", "untrack", "--commit", "--yes", cwd=repository, env=IDENTITY)
    assert ran.code == 0, ran.stderr
    changed = git(repository, "show", "--name-status", "--format=", "HEAD").split("\n")
    assert {*filter(None, changed)} == {*(f"D\t{name}" for name in SECRET), "M\t.gitignore"}
    rules = b".env*\r\n!.env*.example\r\n!.env*.sample\r\n!.env*.template\r\n!.env*.dist\r\n"
    in_head = git(repository, "show", "HEAD:.gitignore").encode()
    assert in_head.replace(b"\n", b"\r\n") == b"node_modules\r\n" + rules
    assert (repository / ".gitignore").read_bytes() == (
        b"node_modules\r\nnot yet committed\r\n" + rules
    )
    assert git(repository, "diff", "--cached", "--name-only").split() == ["app.js"]
    assert "next: skc secrets scan --history" in ran.stderr


def test_a_hook_runs_and_its_no_puts_everything_back(skc: Skc, repository: Path) -> None:
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\ngit diff --cached --name-only > .git/seen\nexit 1\n")
    hook.chmod(0o755)
    ran = skc("env", "untrack", "--commit", "--yes", cwd=repository, env=IDENTITY)
    assert ran.code == 5, ran.stderr
    seen = (repository / ".git" / "seen").read_text().split()
    assert set(seen) == {*SECRET, ".gitignore"}
    assert tracked(repository).issuperset(SECRET)
    assert not (repository / ".gitignore").exists()
    assert git(repository, "status", "--porcelain") == ""


def test_a_rule_in_a_folder_that_lets_one_in_is_not_passed_over(skc: Skc, repository: Path) -> None:
    (repository / "backend" / ".gitignore").write_text("!.env\n")
    ran = skc("env", "untrack", "--yes", cwd=repository)
    assert ran.code == 4, ran.stderr
    assert "backend/.gitignore:1 lets env files into git: !.env" in ran.stderr
    assert tracked(repository).issuperset(SECRET)
    assert not (repository / ".gitignore").exists()
    (repository / "backend" / ".gitignore").write_text("!.env\n.env*\n!.env*.sample\n")
    assert skc("env", "untrack", "--yes", cwd=repository).code == 0


def test_rules_that_are_there_are_not_written_twice(skc: Skc, repository: Path) -> None:
    (repository / ".gitignore").write_text("**/.env*\n!**/.env*.example\n!**/.env*.sample\n")
    before = (repository / ".gitignore").read_bytes()
    assert skc("env", "untrack", "--yes", cwd=repository).code == 0
    assert (repository / ".gitignore").read_bytes() == before


def test_a_dry_run_only_shows(skc: Skc, repository: Path) -> None:
    ran = skc("env", "untrack", "--dry-run", cwd=repository)
    assert ran.code == 0
    assert "backend/.env.production" in ran.stderr
    assert tracked(repository).issuperset(SECRET)


def test_outside_a_repository_it_is_refused(skc: Skc, project: Path) -> None:
    assert skc("env", "untrack", "--yes", cwd=project).code == 4


def test_a_merge_under_way_is_not_concluded(skc: Skc, repository: Path) -> None:
    git(repository, "switch", "--quiet", "-c", "feature")
    (repository / "feature.js").write_text("two days of work\n")
    git(repository, "add", "feature.js")
    git(repository, "commit", "--quiet", "-m", "feature")
    git(repository, "switch", "--quiet", "main")
    (repository / "app.js").write_text("two\n")
    git(repository, "commit", "--quiet", "-am", "two")
    git(repository, "merge", "--quiet", "--no-commit", "feature")
    before = git(repository, "rev-parse", "HEAD")
    ran = skc("env", "untrack", "--commit", "--yes", cwd=repository, env=IDENTITY)
    assert ran.code == 4, ran.stderr
    assert "merge" in ran.stderr
    assert git(repository, "rev-parse", "HEAD") == before
    assert (repository / ".git" / "MERGE_HEAD").exists()


def test_git_is_not_started_once_for_each_of_many_files(skc: Skc, tmp_path: Path) -> None:
    log, program = tmp_path / "started", shutil.which("git")
    (tmp_path / "bin").mkdir()
    counting = tmp_path / "bin" / "git"
    counting.write_text(f'#!/bin/sh\necho x >> {log}\nexec {program} "$@"\n')
    counting.chmod(0o755)
    started = []
    for many in (3, 30):
        root = tmp_path / f"mono{many}"
        for number in range(many):
            (root / f"p{number}").mkdir(parents=True)
            (root / f"p{number}" / ".env").write_text("A=1\n")
            (root / f"p{number}" / ".gitignore").write_text("node_modules\n")
        git(root, "init", "--quiet", "--initial-branch=main")
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "-m", "everything")
        log.write_text("")
        path = f"{counting.parent}{os.pathsep}{os.environ['PATH']}"
        words = ("env", "untrack", "--commit", "--yes")
        ran = skc(*words, cwd=root, env={**IDENTITY, "PATH": path})
        assert ran.code == 0, ran.stderr
        assert tracked(root, "HEAD").isdisjoint({f"p{number}/.env" for number in range(many)})
        started.append(log.read_text().count("x"))
    assert started[0] == started[1] > 0


def test_an_undo_never_drops_a_commit_that_came_on_top(repository: Path) -> None:
    program = GitProgram(ProcessEnvironment())
    handler = CommitUntracked(program, repository)
    before = git(repository, "rev-parse", "HEAD").strip()
    (repository / "app.js").write_text("two days of work\n")
    git(repository, "commit", "--quiet", "-am", "work")
    now = git(repository, "rev-parse", "HEAD")
    step = UntrackCommit(key="commit:env files", paths=(".env",), rules=False)
    nothing: Any = None
    with pytest.raises(CommittedOnTop):
        handler.undo(step, {"head": before}, nothing)
    assert git(repository, "rev-parse", "HEAD") == now
