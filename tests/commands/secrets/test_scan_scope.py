"""What a scan reaches: repositories within the project, links, several paths; the rest is named."""

import os
import subprocess
from contextlib import chdir
from pathlib import Path

import pytest

from tests.commands.secrets.test_scan import found, git, shop, unknown, write
from tests.conftest import Ran, Skc
from tests.history.hideouts import uri

__all__ = ["shop"]


def scan(skc: Skc, folder: Path, *words: str | Path) -> Ran:
    ran = skc("secrets", "scan", *map(str, words), "--format", "json", cwd=folder)
    assert ran.code in {0, 13}, ran.stderr
    return ran


def line() -> str:
    return f"connect('{uri()}')\n"


def repository(folder: Path, name: str, *, was: str | None = None) -> Path:
    """A repository with a file, and with one that was committed once and is gone."""
    made = folder / name
    made.mkdir(parents=True, exist_ok=True)
    git(made, "init", "-q", "-b", "main")
    write(made, "now.js", line())
    write(made, "was.js", was or line())
    git(made, "add", ".")
    git(made, "commit", "-q", "-m", f"begin with {uri()}")
    git(made, "rm", "-q", "was.js")
    git(made, "commit", "-q", "-m", "tidy up")
    return made


def test_a_repository_within_the_project_is_scanned_files_and_history(skc: Skc, shop: Path) -> None:
    inner = repository(shop, "apps/it's mine")
    write(inner, "new.js", line())
    messages = found(scan(skc, shop))
    assert "tracked file" in messages["apps/it's mine/now.js"]
    assert "untracked file" in messages["apps/it's mine/new.js"]
    ran = scan(skc, shop, "--history")
    messages = found(ran)
    assert "not in HEAD" in messages["apps/it's mine/was.js"]
    assert any(
        place.startswith("nested repository apps/it's mine: commit ") for place in messages
    ), messages
    assert unknown(ran) == {}


@pytest.mark.parametrize("options", [("--history",), ("--since", "HEAD~1")])
def test_a_path_narrows_history_too_and_what_is_left_out_is_said(
    skc: Skc, shop: Path, options: tuple[str, ...]
) -> None:
    repository(shop, "apps/inner")
    write(shop, "a.txt", "a\n")
    git(shop, "add", "a.txt")
    git(shop, "commit", "-q", "-m", "begin")
    for name in ("src/a.js", "src2/b.js", "c.js"):
        write(shop, name, line())
    git(shop, "add", "src", "src2", "c.js")
    git(shop, "commit", "-q", "-m", f"use {uri()}")
    assert {"c.js", "src/a.js", "src2/b.js"} < set(found(scan(skc, shop, *options)))
    assert set(found(scan(skc, shop, *options, "src"))) == {"src/a.js"}
    assert set(found(scan(skc, shop, *options, "src", "c.js"))) == {"src/a.js", "c.js"}
    said = skc("secrets", "scan", *options, "src", cwd=shop).stdout
    assert "only what lies in src: commit messages, and all else" in said
    assert "only what lies in" not in skc("secrets", "scan", *options, ".", cwd=shop).stdout


def test_a_path_into_a_nested_repository_narrows_to_its_history(skc: Skc, shop: Path) -> None:
    repository(shop, "apps/inner")
    write(shop, "src/a.js", "let a\n")
    messages = found(scan(skc, shop, "--history", "apps", "src"))
    assert {"apps/inner/was.js", "apps/inner/now.js"} <= set(messages)
    assert all(place.startswith("apps/") for place in messages), messages


def test_a_nested_repository_s_history_is_judged_by_where_it_lies(skc: Skc, shop: Path) -> None:
    inner = shop / "examples/inner"
    write(inner, "a.js", "\nconnect('mongodb://user:[password]@h/x')\n")
    git(inner, "init", "-q", "-b", "main")
    git(inner, "add", ".")
    git(inner, "commit", "-q", "-m", "begin")
    assert skc("secrets", "scan", cwd=shop).code == 0
    ran = skc("secrets", "scan", "--history", cwd=shop)
    assert ran.code == 0, ran.stdout
    assert skc("secrets", "scan", "--history", "--thorough", cwd=shop).code == 13


def test_the_head_that_is_meant_is_named(skc: Skc, shop: Path) -> None:
    repository(shop, "apps/inner")
    messages = found(scan(skc, shop, "--history"))
    assert "in HEAD of nested repository apps/inner" in messages["apps/inner/now.js"]
    assert "not in HEAD of nested repository apps/inner" in messages["apps/inner/was.js"]


def test_a_nested_repository_in_a_nested_one_and_a_bare_one_are_scanned(
    skc: Skc, shop: Path
) -> None:
    outer = repository(shop, "a")
    repository(outer, "b")
    git(shop, "clone", "-q", "--bare", str(repository(shop.parent, "elsewhere")), "fixtures/c.git")
    messages = found(scan(skc, shop, "--history"))
    assert {"a/was.js", "a/b/was.js", "fixtures/c.git/was.js"} <= set(messages)


def test_submodules_are_scanned_once_wherever_their_git_folder_is(skc: Skc, shop: Path) -> None:
    other = repository(shop.parent, "library")
    deep = repository(shop.parent, "deep")
    allowed = ("-c", "protocol.file.allow=always")
    git(other, *allowed, "submodule", "--quiet", "add", str(deep), "deep")
    git(other, "commit", "-q", "-m", "go deep")
    git(shop, *allowed, "submodule", "--quiet", "add", str(other), "kept")
    git(shop, *allowed, "submodule", "--quiet", "update", "--init", "--recursive")
    git(shop, *allowed, "clone", "-q", str(other), "old")  # as gits before 1.7.8 did
    git(shop, *allowed, "submodule", "--quiet", "add", str(other), "old")
    git(shop, "commit", "-q", "-m", "with submodules")
    assert (shop / "old/.git").is_dir()
    ran = scan(skc, shop, "--history")
    messages = found(ran)
    assert {"kept/was.js", "kept/deep/was.js", "old/was.js"} <= set(messages)
    assert any(place.startswith("submodule kept/deep: commit ") for place in messages)
    assert any(place.startswith("nested repository old: commit ") for place in messages)
    assert not any(place.startswith("nested repository kept") for place in messages)
    assert "tracked file" in messages["kept/deep/now.js"]
    assert unknown(ran) == {"old/deep": unknown(ran)["old/deep"]}  # it was not checked out
    assert f"git -C {shop}/old submodule update --init deep" in unknown(ran)["old/deep"]


def test_a_submodule_that_was_removed_is_scanned_still(skc: Skc, shop: Path) -> None:
    other = repository(shop.parent, "library")
    git(shop, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "lib")
    git(shop, "commit", "-q", "-m", "with it")
    git(shop, "rm", "-q", "lib")
    git(shop, "commit", "-q", "-m", "without it")
    assert not (shop / "lib").exists()
    ran = scan(skc, shop, "--history")
    assert "lib/was.js" in found(ran), unknown(ran)


def test_a_git_folder_that_is_none_is_named(skc: Skc, shop: Path) -> None:
    write(shop, "broken/.git/notes", line())
    write(shop, "torn/.git", "gitdir: /nowhere/at/all\n")
    write(shop, "odd/.git", "what is this\n")
    for words in ((), ("--history",)):
        reasons = unknown(scan(skc, shop, *words))
        assert f"skc secrets scan {shop}/broken/.git" in reasons["broken/.git"]
        assert set(reasons) == {"broken/.git", "torn/.git", "odd"}
    assert list(found(scan(skc, shop, "broken/.git"))) == ["broken/.git/notes"]


def test_a_linked_worktree_is_named_unless_it_was_looked_at(skc: Skc, shop: Path) -> None:
    git(shop, "worktree", "add", "-q", str(shop / "inside"))
    git(shop, "worktree", "add", "-q", "-b", "out", str(shop.parent / "out side"))
    write(shop, "inside/new.js", line())
    ran = scan(skc, shop, "--history")
    assert "untracked file" in found(ran)["inside/new.js"]
    assert list(unknown(ran)) == [f"{shop.parent}/out side"]
    assert f"skc secrets scan '{shop.parent}/out side'" in unknown(ran)[f"{shop.parent}/out side"]
    there = scan(skc, shop / "inside", "--history")
    assert "untracked file" in found(there)["new.js"]


def test_links_that_lead_out_are_named_with_the_command(skc: Skc, shop: Path) -> None:
    write(shop.parent, "else where/db.js", line())
    write(shop, "src/a.js", "let a\n")
    write(shop, "node_modules/left/index.js", "let left\n")
    targets = {
        "folder": shop.parent / "else where",
        "file.js": shop.parent / "else where/db.js",
        "chain": Path("folder"),
        "dependency": shop / "node_modules/left",
        "up": Path(".."),
        "inside": Path("src"),
        "inside.js": Path("src/a.js"),
        "self": Path("self"),
        "here": Path(),
        "gone": Path("nowhere"),
        "null": Path(os.devnull),
    }
    for name, target in targets.items():
        (shop / name).symlink_to(target)
    ran = scan(skc, shop)
    reasons = unknown(ran)
    assert set(reasons) == {"folder", "file.js", "chain", "dependency", "up", "null"} | {
        "node_modules/"
    }
    assert reasons["file.js"].endswith(f"skc secrets scan '{shop.parent}/else where/db.js'")
    assert reasons["chain"].endswith(f"skc secrets scan '{shop.parent}/else where'")
    assert found(ran) == {}
    assert skc("secrets", "scan", "--strict", cwd=shop).code == 14
    both = unknown(scan(skc, shop, ".", shop.parent / "else where", "node_modules/left"))
    assert set(both) == {"up", "null", "node_modules/"}


def test_a_path_that_is_a_link_is_looked_at_where_it_leads(skc: Skc, shop: Path) -> None:
    write(shop, "src/db.js", line())
    git(shop, "add", ".")
    (shop.parent / "short").symlink_to(shop)
    for argument in ("short", "short/src", "short/src/db.js"):
        ran = scan(skc, shop.parent, argument)
        assert list(found(ran)) == ["src/db.js"]
        assert "tracked file" in found(ran)["src/db.js"]


def test_a_path_within_another_is_looked_at_once(skc: Skc, shop: Path) -> None:
    write(shop, "src/db.js", line())
    write(shop, "node_modules/left/index.js", line())
    ran = scan(skc, shop, ".", "src", "src/db.js", "node_modules")
    assert ran.json["facts"]["files"] == 3
    assert set(found(ran)) == {"src/db.js", "node_modules/left/index.js"}
    assert unknown(ran) == {}


def test_paths_of_several_repositories_are_each_asked(skc: Skc, shop: Path) -> None:
    write(shop, "app.js", line())
    other = repository(shop.parent, "other")
    write(other, "new.js", line())
    messages = found(scan(skc, shop, ".", other))
    assert "untracked file" in messages["../other/new.js"]
    assert "; tracked file" in messages["../other/now.js"]
    assert "../other/was.js" in found(scan(skc, shop, "--history", ".", other))


@pytest.mark.parametrize("name", [b"a\nb.js", b"\xff\xfe.js", b"it's\t\xe2\x80\xae.js", b"-x.js"])
def test_odd_names_are_scanned_and_shown(skc: Skc, shop: Path, name: bytes) -> None:
    called = os.fsdecode(name)
    (shop / called).write_text(line())
    outside = shop.parent / f"{called}d"
    outside.mkdir()
    (shop / f"out-{called}").symlink_to(outside)
    git(shop, "add", ".")
    git(shop, "commit", "-q", "-m", "odd")
    for report_format in ("table", "json", "sarif", "junit", "github"):
        for words in ((), ("--history",)):
            ran = skc("secrets", "scan", *words, "--format", report_format, cwd=shop)
            assert ran.code == 13, ran.stderr
    ran = scan(skc, shop, "--history")
    (message,) = found(ran).values()
    assert "tracked file" in message
    assert "in HEAD" in message


def test_two_names_that_are_spelled_alike_are_both_scanned(skc: Skc, shop: Path) -> None:
    for name in (b"\xff.js", b"\\xff.js"):
        (shop / os.fsdecode(name)).write_text(line())
    assert scan(skc, shop).json["facts"]["files"] == 3


def test_folders_nested_deeper_than_calls_may_be_are_scanned(skc: Skc, shop: Path) -> None:
    with chdir(shop):
        for _ in range(1500):
            Path("d").mkdir()
            os.chdir("d")
        Path("db.js").write_text(line())
    try:
        assert len(found(scan(skc, shop))) == 1
    finally:  # Python's own removal of folders calls itself for each level
        subprocess.run(["rm", "-rf", str(shop / "d")], check=True)


def test_a_secret_s_file_is_named_though_it_is_sparse_and_huge(skc: Skc, shop: Path) -> None:
    secret = line().encode()
    with (shop / "huge.bin").open("wb") as file:
        file.truncate(500_000_000)
        file.seek(400_000_000)
        file.write(b"\n" + secret)
    assert "huge.bin" in found(scan(skc, shop))


def test_a_bare_repository_is_said_to_need_history(skc: Skc, shop: Path) -> None:
    bare = shop.parent / "bare.git"
    git(shop.parent, "clone", "-q", "--bare", str(repository(shop, "inner")), str(bare))
    ran = scan(skc, bare)
    assert unknown(ran)["history"].endswith(f"skc secrets scan --history {bare}")
    assert {"now.js", "was.js"} <= set(found(scan(skc, bare, "--history")))


def test_a_revision_that_is_empty_or_no_commit_is_refused(skc: Skc, shop: Path) -> None:
    git(shop, "tag", "-a", "release", "-m", "release")
    git(shop, "tag", "folder", "HEAD^{tree}")
    assert scan(skc, shop, "--since", "release").code == 0
    for revision in ("", "folder"):
        ran = skc("secrets", "scan", "--since", revision, cwd=shop)
        assert ran.code == 4
        assert "there is no revision" in ran.stderr


def test_lost_alternates_are_named(skc: Skc, shop: Path) -> None:
    inner = repository(shop.parent, "lender")
    git(shop.parent, "clone", "-q", "--shared", str(inner), "borrower")
    borrower = shop.parent / "borrower"
    assert "was.js" in found(scan(skc, borrower, "--history"))
    inner.rename(shop.parent / "moved")
    assert "fsck" in unknown(scan(skc, borrower, "--history"))["objects"]
