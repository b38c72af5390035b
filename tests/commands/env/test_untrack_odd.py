"""`skc env untrack` in repositories of every kind: right, or refused with nothing touched."""

import subprocess
from pathlib import Path

import pytest

from tests.commands.env.conftest import SETTINGS
from tests.commands.env.test_untrack import EXAMPLES, IDENTITY, SECRET, git, tracked
from tests.conftest import Skc

RULES = ".env*\n!.env*.example\n!.env*.sample\n!.env*.template\n!.env*.dist\n"


def filled(folder: Path, *init: str) -> Path:
    """A repository that tracks env files and their examples."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "backend").mkdir(exist_ok=True)
    (folder / "skc.yaml").write_text(SETTINGS)
    for name in (*SECRET, *EXAMPLES):
        (folder / name).write_text("A=1\n")
    git(folder, "init", "--quiet", "--initial-branch=main", *init)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "everything")
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return filled(tmp_path / "shop")


def in_index(folder: Path) -> str:
    return git(folder, "ls-files", "--stage")


def test_a_persons_own_rules_are_no_cover(skc: Skc, repository: Path, tmp_path: Path) -> None:
    own = tmp_path / "ignore"
    own.write_text(RULES)
    git(repository, "config", "core.excludesFile", str(own))
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "exclude").write_text(RULES)
    ran = skc("env", "untrack", "--yes", cwd=repository)
    assert ran.code == 0, ran.stderr
    assert (repository / ".gitignore").read_text() == RULES
    assert tracked(repository).isdisjoint(SECRET)


def test_rules_of_some_names_are_not_taken_for_all(skc: Skc, repository: Path) -> None:
    named = "".join(f"{name}\n" for name in (*SECRET, ".env.local", "x/y/.env"))
    (repository / ".gitignore").write_text(named)
    assert skc("env", "untrack", "--yes", cwd=repository).code == 0
    assert (repository / ".gitignore").read_text() == named + RULES


def test_rules_that_nobody_committed_get_into_the_commit(skc: Skc, repository: Path) -> None:
    (repository / ".gitignore").write_text(RULES)
    ran = skc("env", "untrack", "--commit", "--yes", cwd=repository, env=IDENTITY)
    assert ran.code == 0, ran.stderr
    assert git(repository, "show", "HEAD:.gitignore") == RULES
    assert tracked(repository, "HEAD").isdisjoint(SECRET)


def test_an_opening_that_is_committed_is_told(skc: Skc, repository: Path) -> None:
    (repository / "backend" / ".gitignore").write_text("!.env\n")
    git(repository, "add", "backend/.gitignore")
    git(repository, "commit", "--quiet", "-m", "let in")
    (repository / "backend" / ".gitignore").write_text("")
    ran = skc("env", "untrack", "--commit", "--yes", cwd=repository, env=IDENTITY)
    assert ran.code == 4
    assert "backend/.gitignore:1 in HEAD lets env files into git: !.env" in ran.stderr


@pytest.mark.parametrize("there", [True, False])
def test_rules_that_git_ignores_are_no_rules(skc: Skc, repository: Path, *, there: bool) -> None:
    if there:
        (repository / ".gitignore").write_text(f"{RULES}.gitignore\n")
    else:
        (repository / ".git" / "info").mkdir(exist_ok=True)
        (repository / ".git" / "info" / "exclude").write_text(".gitignore\n")
    before = in_index(repository)
    ran = skc("env", "untrack", "--yes", cwd=repository)
    assert ran.code == 4
    assert "is ignored by git itself" in ran.stderr
    assert in_index(repository) == before


def test_a_link_in_place_of_the_rules_is_refused(skc: Skc, repository: Path) -> None:
    (repository / "rules").write_text("node_modules\n")
    (repository / ".gitignore").symlink_to("rules")
    ran = skc("env", "untrack", "--yes", cwd=repository)
    assert ran.code == 4
    assert ".gitignore is a link" in ran.stderr
    assert (repository / "rules").read_text() == "node_modules\n"
    assert (repository / ".gitignore").is_symlink()


@pytest.mark.parametrize("options", [(), ("--commit",)])
def test_an_env_file_in_conflict_is_settled_first(
    skc: Skc, repository: Path, options: tuple[str, ...]
) -> None:
    (repository / "backend/.env").write_text("A=mine\n")
    git(repository, "stash", "--quiet")
    (repository / "backend/.env").write_text("A=theirs\n")
    git(repository, "commit", "--quiet", "-am", "theirs")
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "stash", "pop")  # in conflict, and no merge is under way
    before = in_index(repository)
    assert before.count("backend/.env\n") == 3
    ran = skc("env", "untrack", *options, "--yes", cwd=repository, env=IDENTITY)
    assert ran.code == 4, ran.stderr
    assert "backend/.env is in conflict" in ran.stderr
    assert in_index(repository) == before
    git(repository, "add", "-f", "backend/.env")
    assert skc("env", "untrack", *options, "--yes", cwd=repository, env=IDENTITY).code == 0
    assert tracked(repository).isdisjoint(SECRET)


def test_a_conflict_elsewhere_stays_as_it_is(skc: Skc, repository: Path) -> None:
    for text in ("base", "mine"):
        (repository / "app.js").write_text(text)
        git(repository, "add", "app.js")
        if text == "base":
            git(repository, "commit", "--quiet", "-m", "app")
    git(repository, "stash", "--quiet")
    (repository / "app.js").write_text("theirs")
    git(repository, "commit", "--quiet", "-am", "theirs")
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "stash", "pop")
    ran = skc("env", "untrack", "--commit", "--yes", cwd=repository, env=IDENTITY)
    assert ran.code == 0, ran.stderr
    assert in_index(repository).count("app.js\n") == 3
    assert git(repository, "show", "HEAD:app.js") == "theirs"
    assert tracked(repository, "HEAD").isdisjoint(SECRET)


@pytest.mark.parametrize("options", [(), ("--commit",)])
def test_names_of_sha256_are_as_good(skc: Skc, tmp_path: Path, options: tuple[str, ...]) -> None:
    repository = filled(tmp_path / "shop", "--object-format=sha256")
    ran = skc("env", "untrack", *options, "--yes", cwd=repository, env=IDENTITY)
    assert ran.code == 0, ran.stderr
    assert tracked(repository).isdisjoint(SECRET)
    assert tracked(repository).issuperset(EXAMPLES)
    if options:
        assert tracked(repository, "HEAD").isdisjoint(SECRET)
        assert len(git(repository, "rev-parse", "HEAD").strip()) == 64


def test_a_hook_that_says_no_puts_a_sha256_index_back(skc: Skc, tmp_path: Path) -> None:
    repository = filled(tmp_path / "shop", "--object-format=sha256")
    hook = repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    before = in_index(repository)
    ran = skc("env", "untrack", "--commit", "--yes", cwd=repository, env=IDENTITY)
    assert ran.code == 5, ran.stderr
    assert in_index(repository) == before


@pytest.mark.parametrize("bare", [True, False])
def test_a_linked_work_tree_has_its_own_index_and_branch(
    skc: Skc, repository: Path, tmp_path: Path, *, bare: bool
) -> None:
    main = repository
    if bare:
        main = tmp_path / "shop.git"
        git(tmp_path, "clone", "--quiet", "--bare", str(repository), str(main))
    linked = tmp_path / "linked"
    git(main, "worktree", "add", "--quiet", "-b", "feature", str(linked))
    ran = skc("env", "untrack", "--commit", "--yes", cwd=linked, env=IDENTITY)
    assert ran.code == 0, ran.stderr
    assert tracked(linked).isdisjoint(SECRET)
    assert tracked(main, "feature").isdisjoint(SECRET)
    assert (linked / ".gitignore").read_text() == RULES
    assert tracked(main, "main").issuperset(SECRET)
    if not bare:
        assert tracked(main).issuperset(SECRET)
        assert not (main / ".gitignore").exists()


def test_a_bare_repository_has_nothing_to_untrack(
    skc: Skc, repository: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "shop.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), str(bare))
    (bare / "skc.yaml").write_text(SETTINGS)
    ran = skc("env", "untrack", "--yes", cwd=bare)
    assert ran.code == 4
    assert "is a bare repository" in ran.stderr
    assert git(bare, "rev-parse", "HEAD") == git(repository, "rev-parse", "HEAD")


def test_a_submodule_is_told_of_and_untracked_from_within(
    skc: Skc, repository: Path, tmp_path: Path
) -> None:
    library = filled(tmp_path / "library")
    (library / "skc.yaml").unlink()
    git(library, "commit", "--quiet", "-am", "no settings of its own")
    allow = ("-c", "protocol.file.allow=always")
    git(repository, *allow, "submodule", "--quiet", "add", str(library), "libs/one")
    git(repository, "commit", "--quiet", "-m", "a library")
    ran = skc("env", "untrack", "--yes", cwd=repository)
    assert ran.code == 0, ran.stderr
    assert "the submodule libs/one tracks" in ran.stderr
    inside = repository / "libs" / "one"
    assert tracked(repository).isdisjoint(SECRET)
    assert tracked(inside).issuperset(SECRET)
    ran = skc("env", "untrack", "--yes", cwd=inside)
    assert ran.code == 0, ran.stderr
    assert tracked(inside).isdisjoint(SECRET)
    assert (inside / ".gitignore").read_text() == RULES
    assert "the submodule" not in skc("env", "untrack", "--dry-run", cwd=repository).stderr


def test_a_submodule_that_is_not_checked_out_is_not_taken_for_ours(
    skc: Skc, repository: Path, tmp_path: Path
) -> None:
    library = filled(tmp_path / "library")
    allow = ("-c", "protocol.file.allow=always")
    git(repository, *allow, "submodule", "--quiet", "add", str(library), "libs/one")
    git(repository, "commit", "--quiet", "-m", "a library")
    git(repository, "submodule", "--quiet", "deinit", "--force", "libs/one")
    ran = skc("env", "untrack", "--yes", cwd=repository)
    assert ran.code == 0, ran.stderr
    assert "libs/one" in tracked(repository)


def test_it_works_without_a_skc_yaml(skc: Skc, repository: Path) -> None:
    (repository / "skc.yaml").unlink()
    assert skc("env", "untrack", "--yes", cwd=repository).code == 0
    assert tracked(repository).isdisjoint(SECRET)


def test_a_targets_file_of_another_name_is_taken_out_too(skc: Skc, repository: Path) -> None:
    named = "backend/*prod[1].env"
    (repository / "skc.yaml").write_text(SETTINGS.replace("backend/.env", f"'{named}'"))
    (repository / named).write_text("A=1\n")
    (repository / "backend" / "xprod1.env").write_text("A=1\n")
    (repository / ".gitignore").write_text(RULES)
    git(repository, "add", "-f", "--all")
    git(repository, "commit", "--quiet", "-m", "oh no")
    ran = skc("env", "untrack", "--commit", "--yes", cwd=repository, env=IDENTITY)
    assert ran.code == 0, ran.stderr
    rule = "/backend/\\*prod\\[1\\].env\n"
    assert (repository / ".gitignore").read_text() == RULES + rule
    assert git(repository, "show", "HEAD:.gitignore") == RULES + rule
    for where in ("", "HEAD"):
        assert tracked(repository, where).isdisjoint({*SECRET, named})
        assert tracked(repository, where).issuperset({*EXAMPLES, "backend/xprod1.env"})
    assert "nothing to do" in skc("env", "untrack", "--commit", cwd=repository).stderr


def test_what_lies_in_a_folder_of_env_files_is_one(skc: Skc, repository: Path) -> None:
    inside = (".envs/.production/.postgres", "backend/.env.d/api")
    shared = (".envs/.local/.env.example", ".envs/.local/.postgres.sample")
    for name in (*inside, *shared):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text("A=1\n")
    git(repository, "add", "-f", "--all")
    git(repository, "commit", "--quiet", "-m", "oh no")
    ran = skc("env", "untrack", "--commit", "--yes", cwd=repository, env=IDENTITY)
    assert ran.code == 0, ran.stderr
    assert tracked(repository, "HEAD").isdisjoint({*SECRET, *inside})
    assert tracked(repository, "HEAD").issuperset({*EXAMPLES, *shared})
    assert (repository / ".gitignore").read_text() == RULES
    assert "nothing to do" in skc("env", "untrack", "--commit", cwd=repository).stderr
