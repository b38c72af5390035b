"""Git against real repositories, odd ones above all."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from skillconnect_ops.adapters.git import (
    GitFailed,
    GitNotInstalled,
    GitProgram,
    RepositoryNotTrusted,
)

CLEAN = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}


class Given:
    """An environment that a test made up."""

    def __init__(self, variables: Mapping[str, str] = CLEAN) -> None:
        self._variables = variables
        self.folder = Path("/")
        self.state_home = Path("/nonexistent")

    def get(self, name: str) -> str | None:
        return self._variables.get(name) or None

    def variables(self) -> Mapping[str, str]:
        return self._variables


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    ran = subprocess.run(
        ["git", *identity, "-c", "protocol.file.allow=always", *words],
        cwd=folder,
        env=CLEAN,
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()


@pytest.fixture
def asked() -> GitProgram:
    return GitProgram(Given())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "re po 'ü' \"x\"\nline"
    folder.mkdir()
    git(folder, "init", "--initial-branch=main")
    (folder / "a.txt").write_text("a")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "one")
    return folder


def test_a_repository_is_seen_from_a_folder_below(asked: GitProgram, repository: Path) -> None:
    (repository / "x" / "y").mkdir(parents=True)
    state = asked.state(repository / "x" / "y")
    assert state is not None
    assert state.root == repository
    assert state.branch == "main"
    assert not state.dirty
    assert not state.shallow


def test_a_folder_that_is_not_there_yet_belongs_to_the_one_above(
    asked: GitProgram, repository: Path
) -> None:
    state = asked.state(repository / "not" / "there")
    assert state is not None
    assert state.root == repository


def test_no_repository_is_none(asked: GitProgram, tmp_path: Path) -> None:
    assert asked.state(tmp_path) is None
    assert not asked.tracked(tmp_path, tmp_path / "a")
    assert not asked.ignored(tmp_path, tmp_path / "a")


def test_a_bare_repository_and_a_git_folder_are_no_work_tree(
    asked: GitProgram, tmp_path: Path, repository: Path
) -> None:
    git(tmp_path, "init", "--bare", "bare.git")
    assert asked.state(tmp_path / "bare.git") is None
    assert asked.state(repository / ".git") is None


def test_a_repository_without_a_commit_has_no_branch(asked: GitProgram, tmp_path: Path) -> None:
    git(tmp_path, "init", "--initial-branch=main")
    (tmp_path / ".env").write_text("A=1")
    git(tmp_path, "add", ".env")
    state = asked.state(tmp_path)
    assert state is not None
    assert state.branch is None
    assert state.dirty
    assert asked.tracked(tmp_path, tmp_path / ".env")


def test_a_detached_head_has_no_branch(asked: GitProgram, repository: Path) -> None:
    git(repository, "checkout", "--detach")
    state = asked.state(repository)
    assert state is not None
    assert state.branch is None


@pytest.mark.parametrize("how", ["changed", "staged", "deleted"])
def test_a_change_to_a_tracked_file_is_dirty(asked: GitProgram, repository: Path, how: str) -> None:
    (repository / "a.txt").write_text("bb")
    if how == "staged":
        git(repository, "add", ".")
    elif how == "deleted":
        (repository / "a.txt").unlink()
    state = asked.state(repository)
    assert state is not None
    assert state.dirty


def test_an_untracked_file_is_not_dirty(asked: GitProgram, repository: Path) -> None:
    (repository / "new").write_text("x")
    state = asked.state(repository)
    assert state is not None
    assert not state.dirty


def test_a_shallow_clone_is_seen(asked: GitProgram, repository: Path, tmp_path: Path) -> None:
    git(repository, "commit", "--allow-empty", "-m", "two")
    git(tmp_path, "clone", "--depth=1", f"file://{repository}", "shallow")
    state = asked.state(tmp_path / "shallow")
    assert state is not None
    assert state.shallow


def test_a_worktree_and_a_submodule_have_roots_of_their_own(
    asked: GitProgram, repository: Path, tmp_path: Path
) -> None:
    git(repository, "worktree", "add", "-b", "side", str(tmp_path / "side"))
    side = asked.state(tmp_path / "side")
    assert side is not None
    assert (side.root, side.branch) == (tmp_path / "side", "side")
    inner = tmp_path / "inner"
    git(tmp_path, "clone", str(repository), "inner")
    git(repository, "submodule", "add", str(inner), "sub")
    state = asked.state(repository / "sub")
    assert state is not None
    assert state.root == repository / "sub"
    assert asked.tracked(repository / "sub", repository / "sub" / "a.txt")


def test_tracked_and_ignored_take_names_literally(asked: GitProgram, repository: Path) -> None:
    (repository / ".gitignore").write_text(".env\n")
    for name in ("*.txt", ":(top)x", "-n", "sp ace"):
        assert not asked.tracked(repository, repository / name)
        (repository / name).write_text("x")
        assert not asked.ignored(repository, repository / name)
    git(repository, "add", "-f", "--", "./-n")
    assert asked.tracked(repository, repository / "-n")
    assert asked.tracked(repository, repository / "a.txt")
    assert asked.ignored(repository, repository / ".env")
    assert asked.ignored(repository, repository / "deep" / ".env")


def test_a_tracked_file_can_be_covered_by_a_rule_too(asked: GitProgram, repository: Path) -> None:
    (repository / ".gitignore").write_text("a.txt\n")
    assert asked.tracked(repository, repository / "a.txt")
    assert asked.ignored(repository, repository / "a.txt")


def test_a_repository_is_seen_through_a_link(
    asked: GitProgram, repository: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(repository)
    (repository / ".gitignore").write_text(".env\n")
    state = asked.state(link)
    assert state is not None
    assert state.root == repository
    assert asked.tracked(link, link / "a.txt")
    assert asked.tracked(link, Path("a.txt"))
    assert asked.ignored(link, link / ".env")


def test_a_path_outside_is_neither(asked: GitProgram, repository: Path, tmp_path: Path) -> None:
    assert not asked.tracked(repository, tmp_path / "elsewhere")
    assert not asked.ignored(repository, tmp_path / "elsewhere")


def test_the_callers_git_variables_do_not_confuse_it(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "other")
    confusing = CLEAN | {
        "GIT_DIR": str(tmp_path / "other" / ".git"),
        "GIT_WORK_TREE": str(tmp_path / "other"),
        "GIT_INDEX_FILE": "/nonexistent/index",
        "GIT_CEILING_DIRECTORIES": str(repository.parent),
    }
    state = GitProgram(Given(confusing)).state(repository)
    assert state is not None
    assert state.root == repository


def test_looking_changes_nothing(asked: GitProgram, repository: Path) -> None:
    os.utime(repository / "a.txt", (1, 1))  # the index is stale now, and status would refresh it
    before = {
        path: (path.stat().st_mtime_ns, path.stat().st_size) for path in repository.rglob("*")
    }
    asked.state(repository)
    asked.tracked(repository, repository / "a.txt")
    asked.ignored(repository, repository / "a.txt")
    after = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in repository.rglob("*")}
    assert after == before


def test_without_git_a_repository_cannot_be_looked_at(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    without = GitProgram(Given({"PATH": str(tmp_path / "bin")}))
    assert without.version() is None
    assert without.state(tmp_path) is None
    with pytest.raises(GitNotInstalled):
        without.state(repository)


def test_somebody_elses_repository_gets_the_command_that_trusts_it(
    repository: Path, tmp_path: Path
) -> None:
    real = shutil.which("git")
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec {real} "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}:{CLEAN['PATH']}"
    with pytest.raises(RepositoryNotTrusted) as raised:
        GitProgram(Given(CLEAN | {"PATH": path})).state(repository)
    assert raised.value.fix.startswith("git config --global --add safe.directory ")


def test_a_damaged_repository_is_no_traceback(asked: GitProgram, repository: Path) -> None:
    (repository / ".git" / "index").write_bytes(b"rubbish")
    with pytest.raises(GitFailed):
        asked.state(repository)
    (repository / ".git" / "config").write_text("[rubbish")
    with pytest.raises(GitFailed):
        asked.tracked(repository, repository / "a.txt")


def test_the_version_is_three_numbers(asked: GitProgram) -> None:
    version = asked.version()
    assert version is not None
    assert version[0].isdigit()


def test_files_are_those_that_git_would_keep(repository: Path, asked: GitProgram) -> None:
    (repository / "sub").mkdir()
    for name in (".gitignore", "sub/new.js", "sub/ignored.log", "größe\n.js"):
        (repository / name).write_text("*.log\n")
    files = asked.files(repository)
    assert files is not None
    assert {".gitignore", "sub/new.js", "größe\n.js"} <= set(files)
    assert "sub/ignored.log" not in files
    assert asked.files(repository / "sub") == ("new.js",)


def test_outside_a_repository_no_files_are_listed(tmp_path: Path, asked: GitProgram) -> None:
    (tmp_path / "plain").mkdir()
    assert asked.files(tmp_path / "plain") is None
    assert asked.commits(tmp_path / "plain", Path(".env")) == ()


def test_the_commits_of_a_path_are_those_of_all_branches(
    repository: Path, asked: GitProgram
) -> None:
    assert asked.commits(repository, Path(".env")) == ()
    for text in ("a", "b"):
        (repository / ".env").write_text(text)
        git(repository, "add", "-f", ".env")
        git(repository, "commit", "-qm", text)
    git(repository, "checkout", "-qb", "other")
    git(repository, "rm", "-q", ".env")
    git(repository, "commit", "-qm", "gone")
    git(repository, "checkout", "-q", "-")
    two, one = git(repository, "log", "-2", "--format=%h").split()
    assert asked.commits(repository, Path(".env")) == (two, one)  # who removed it does not hold it
    (repository / "sub").mkdir()
    assert asked.commits(repository / "sub", Path("../.env")) == (two, one)
    first = asked.commits(repository, Path("a.txt"))
    many = ("a.txt", ".env", "never", *(f"no{number}" for number in range(1_000)))
    assert asked.commits_of(repository, many) == {"a.txt": first, ".env": (two, one)}
    assert (".env", "100644") in {(each.path, each.mode) for each in asked.committed(repository)}


def test_a_bare_repository_is_one_without_a_work_tree(
    asked: GitProgram, repository: Path, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "--bare", str(repository), "bare")
    assert asked.is_bare(tmp_path / "bare")
    assert not asked.is_bare(repository)
    assert not asked.is_bare(tmp_path)


def test_the_index_tells_a_conflict_in_its_stages(asked: GitProgram, repository: Path) -> None:
    (repository / "a.txt").write_text("mine")
    git(repository, "stash")
    (repository / "a.txt").write_text("theirs")
    git(repository, "commit", "-am", "two")
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "stash", "pop")
    index = asked.index(repository)
    assert [(each.path, each.stage) for each in index] == [("a.txt", stage) for stage in (1, 2, 3)]
    asked.change_index(repository, remove=("a.txt",))
    assert asked.index(repository) == ()
    asked.change_index(repository, put=index)
    assert asked.index(repository) == index


def test_commits_are_told_by_path_whatever_its_name(asked: GitProgram, repository: Path) -> None:
    for name in (".env", "d/.env ü", "d/e/.env\nx", "no.env"):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text("1")
    git(repository, "add", "--all")
    git(repository, "commit", "-m", "one")
    (repository / ".env").write_text("2")
    git(repository, "commit", "-am", "two")
    git(repository, "rm", "-r", "d", ".env")
    git(repository, "commit", "-m", "three")
    _, two, one, _ = git(repository, "log", "--format=%h").split()
    found = asked.commits_by_path(repository, "**/.env*")
    assert found == {
        ".env": (two, one),
        "d/.env ü": (one,),
        "d/e/.env\nx": (one,),
    }
    (repository / "d").mkdir(exist_ok=True)
    below = asked.commits_by_path(repository / "d", "**/.env*")
    assert below == {".env ü": (one,), "e/.env\nx": (one,)}


def test_what_a_merge_alone_brought_is_told_by_path(asked: GitProgram, repository: Path) -> None:
    git(repository, "switch", "-c", "side")
    git(repository, "commit", "--allow-empty", "-m", "side")
    git(repository, "switch", "main")
    git(repository, "commit", "--allow-empty", "-m", "main")
    git(repository, "merge", "--no-commit", "side")
    (repository / ".env").write_text("1")
    git(repository, "add", ".env")
    git(repository, "commit", "-m", "merged")
    merge = git(repository, "log", "-1", "--format=%h")
    assert asked.commits_by_path(repository, "**/.env*") == {".env": (merge,)}


def test_the_rules_are_those_that_others_get(
    asked: GitProgram, repository: Path, tmp_path: Path
) -> None:
    for name in ("x", "y", "hidden"):
        (repository / name).mkdir()
        (repository / name / ".gitignore").write_text(name)
    (repository / ".gitignore").write_text("hidden/\n")
    git(repository, "add", ".gitignore", "x")
    git(repository, "commit", "-m", "rules")
    (repository / "x" / ".gitignore").write_text("edited")
    (repository / "z").mkdir()
    (repository / "z" / ".gitignore").symlink_to("../x/.gitignore")
    there = {".gitignore": b"hidden/\n", "x/.gitignore": b"edited", "y/.gitignore": b"y"}
    assert asked.ignore_files(repository) == there
    committed = {".gitignore": b"hidden/\n", "x/.gitignore": b"x"}
    assert asked.ignore_files(repository, head=True) == committed
    git(tmp_path, "init", "unborn")
    assert asked.ignore_files(tmp_path / "unborn", head=True) == {}


UNLIKELY = (
    *(("log.showRoot", "false"), ("log.showSignature", "true"), ("log.diffMerges", "first-parent")),
    *(("log.diffMerges", "combined"), ("log.follow", "true"), ("diff.relative", "true")),
    *(("color.ui", "always"), ("format.pretty", "email"), ("diff.noprefix", "true")),
)


@pytest.mark.parametrize(("name", "value"), UNLIKELY)
def test_nobodys_settings_change_the_history_that_is_told(
    asked: GitProgram, repository: Path, tmp_path: Path, name: str, value: str
) -> None:
    key = tmp_path / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], env=CLEAN, check=True
    )
    signed = ("-c", "gpg.format=ssh", "-c", f"user.signingKey={key}", "commit", "-S", "-m")
    (repository / "b.txt").write_text("b")
    git(repository, "add", ".")
    git(repository, *signed, "signed")
    git(repository, "switch", "-c", "side", "main~1")
    git(repository, "merge", "--no-ff", "--no-commit", "main")
    (repository / "c.txt").write_text("only the merge brings it")
    (repository / "b.txt").write_text("another b")
    git(repository, "add", ".")
    git(repository, *signed, "merge")
    names = ("a.txt", "b.txt", "c.txt")
    before = asked.commits_by_path(repository, "**/*.txt")
    each = tuple(asked.commits(repository, repository / path) for path in names)
    assert [len(before[path]) for path in names] == [1, 2, 1]
    assert each == tuple(before[path] for path in names)
    git(repository, "config", name, value)
    assert asked.commits_by_path(repository, "**/*.txt") == before
    assert tuple(asked.commits(repository, repository / path) for path in names) == each


def test_a_replaced_commit_still_holds_what_it_held(asked: GitProgram, repository: Path) -> None:
    (held,) = asked.commits(repository, repository / "a.txt")
    empty = git(repository, "hash-object", "-t", "tree", "-w", "/dev/null")
    clean = git(repository, "commit-tree", "-m", "nothing to see", empty)
    git(repository, "replace", "HEAD", clean)
    assert asked.commits(repository, repository / "a.txt") == (held,)


def test_the_fork_is_where_a_branch_was_left(asked: GitProgram, repository: Path) -> None:
    left = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "-q", "-b", "topic")
    git(repository, "commit", "-q", "--allow-empty", "-m", "two")
    git(repository, "checkout", "-q", "main")
    git(repository, "commit", "-q", "--allow-empty", "-m", "three")
    git(repository, "checkout", "-q", "topic")
    assert asked.fork(repository, "main") == left
    assert asked.fork(repository, None) == left
    assert asked.fork(repository, "topic~1") == left
    assert asked.fork(repository, "nothing") is None
    assert asked.fork(repository, "--all") is None


def test_a_fork_needs_something_in_common(asked: GitProgram, repository: Path) -> None:
    git(repository, "checkout", "-q", "--orphan", "alone")
    git(repository, "commit", "-q", "--allow-empty", "-m", "root")
    assert asked.fork(repository, "main") is None


def test_a_revision_names_a_commit_or_none(asked: GitProgram, repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "tag", "-a", "v1", "-m", "one")
    assert asked.commit_of(repository, "main") == head
    assert asked.commit_of(repository, "v1") == head
    for word in ("nothing", "--all", "HEAD:a.txt", ""):
        assert asked.commit_of(repository, word) is None


def test_a_file_is_read_as_a_commit_holds_it(asked: GitProgram, repository: Path) -> None:
    odd = 'sub/a* "b"\tü.txt'
    (repository / "sub").mkdir()
    (repository / odd).write_bytes(b"\xff\0old\n")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "two")
    head = git(repository, "rev-parse", "HEAD")
    (repository / odd).write_bytes(b"new")
    assert asked.content_at(repository, head, odd) == b"\xff\0old\n"
    assert asked.content_at(repository, f"{head}~1", odd) is None
    assert asked.content_at(repository, head, "sub/*.txt") is None
    assert asked.content_at(repository, head, "sub") is None


def test_a_file_whose_content_a_clone_lacks_is_not_taken_for_none(
    asked: GitProgram, repository: Path, tmp_path: Path
) -> None:
    git(repository, "config", "uploadpack.allowFilter", "true")
    words = ("clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{repository}")
    git(tmp_path, *words, "partial")
    with pytest.raises(GitFailed):
        asked.content_at(tmp_path / "partial", "HEAD", "a.txt")
    assert asked.content_at(tmp_path / "partial", "HEAD", "b.txt") is None


def test_changed_lines_are_those_of_the_new_side(asked: GitProgram, repository: Path) -> None:
    odd = 'sub/a "b"\tü.txt'
    (repository / "sub").mkdir()
    (repository / odd).write_text("1\n2\n3\n4\n")
    (repository / "cut.txt").write_text("1\n2\n3\n")
    (repository / "data").write_bytes(b"\0\1")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "two")
    base = git(repository, "rev-parse", "HEAD")
    (repository / odd).write_text("1\nnew\nnew\n2\n3\n+++ b/x\n")
    (repository / "cut.txt").write_text("1\n3\n")
    (repository / "data").write_bytes(b"\0\2")
    (repository / "a.txt").unlink()
    (repository / "new ü").write_text("1")
    changed = asked.changed_lines(repository, since=base)
    assert changed[odd] == ((2, 3), (6, 6))
    assert set(changed) == {odd, "new ü", "data", "cut.txt"}
    assert changed["cut.txt"] == (), "lines went, and none came"
    assert changed["new ü"][0][0] == changed["data"][0][0] == 1, "of what is binary all"
    assert asked.changed_lines(repository, since=None) == {}
    untracked = asked.changed_from(repository, since=base, wanted=lambda path: path == "new ü")
    assert untracked == {"new ü": None}
    git(repository, "add", ".")
    staged = dict(asked.changed_lines(repository, since=None))
    assert staged.pop("data") == changed["data"]
    assert staged == {odd: ((2, 3), (6, 6)), "new ü": ((1, 1),), "cut.txt": ()}
    held = asked.changed_from(repository, since=None, wanted=lambda path: path != "data")
    assert held == {odd: b"1\n2\n3\n4\n", "cut.txt": b"1\n2\n3\n", "a.txt": b"a", "new ü": None}
    assert set(asked.changed_lines(repository / "sub", since=base)) == {odd.removeprefix("sub/")}


def test_what_is_new_and_holds_no_line_is_named_all_the_same(
    asked: GitProgram, repository: Path
) -> None:
    for name in ("empty", 'o"d b/d', "sub/ü"):
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).touch()
    (repository / 'o"d b').mkdir(exist_ok=True)
    (repository / 'o"d b/data').write_bytes(b"\0\1")
    git(repository, "add", ".")
    staged = dict(asked.changed_lines(repository, since=None))
    whole = staged.pop('o"d b/data')
    assert whole == ((1, whole[0][1]),)
    assert staged == {"empty": (), 'o"d b/d': (), "sub/ü": ()}


def test_lines_that_only_moved_with_their_file_are_not_changed(
    asked: GitProgram, repository: Path
) -> None:
    lines = "".join(f"line {n}\n" for n in range(20))
    (repository / "old name.js").write_text(lines)
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "one")
    git(repository, "mv", "old name.js", 'new "näme".js')
    assert asked.changed_lines(repository, since="HEAD") == {'new "näme".js': ()}
    (repository / 'new "näme".js').write_text(lines + "one more\n")
    git(repository, "add", "-A")
    changed = {'new "näme".js': ((21, 21),)}
    assert asked.changed_lines(repository, since="HEAD") == changed
    assert asked.changed_lines(repository, since=None) == changed


def test_a_file_that_is_not_merged_yet_is_named(asked: GitProgram, repository: Path) -> None:
    for branch, text in (("theirs", "2\n"), ("ours", "3\n")):
        git(repository, "checkout", "-q", "-b", branch, "main")
        (repository / "both.js").write_text(text)
        git(repository, "add", "-A")
        git(repository, "commit", "-qm", branch)
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "merge", "theirs")
    assert set(asked.changed_lines(repository, since=None)) == {"both.js"}


def test_what_differs_from_head_is_told_new_and_gone_files_too(
    asked: GitProgram, repository: Path
) -> None:
    assert asked.differing(repository) == ()
    (repository / "a.txt").write_text("b")
    (repository / 'new "ü"\n.txt').write_text("n")
    (repository / ".gitignore").write_text("ignored\n")
    (repository / "ignored").write_text("i")
    assert asked.differing(repository) == (".gitignore", "a.txt", 'new "ü"\n.txt')
    git(repository, "add", "a.txt")
    assert "a.txt" in asked.differing(repository)
    (repository / "a.txt").unlink()
    assert "a.txt" in asked.differing(repository)


def test_before_the_first_commit_all_differs_and_below_a_folder_its_own(
    asked: GitProgram, tmp_path: Path
) -> None:
    git(tmp_path, "init", "--initial-branch=main")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x").write_text("x")
    (tmp_path / "y").write_text("y")
    assert asked.differing(tmp_path) == ("sub/x", "y")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "one")
    (tmp_path / "sub" / "x").write_text("other")
    (tmp_path / "y").write_text("other")
    assert asked.differing(tmp_path / "sub") == ("x",)
