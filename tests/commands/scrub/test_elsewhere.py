"""Repositories that lie in odd places: apart, linked, in each other; each is scrubbed, or named."""

import os
from pathlib import Path

import pytest

from tests.commands.scrub.hiding import Hiding, line, word
from tests.commands.scrub.judge import Judge
from tests.commands.scrub.scrubbing import facts, scrub
from tests.conftest import Ran, Skc

pytestmark = pytest.mark.timeout(120)


def verify(skc: Skc, root: Path, value: str) -> Ran:
    file = root.parent / "values"
    file.write_text(f"{value}\n")
    return skc("scrub", "verify", "--values-from", str(file), "--format", "json", cwd=root)


def left(ran: Ran) -> list[str]:
    return [one["subject"] for one in ran.json["facts"]["proof"]["left"]]


def other(shop: Hiding, name: str, value: str) -> Hiding:
    """Another repository beside the shop, with the value in its history."""
    made = Hiding(shop.root.parent.parent / name)
    made.git("init", "-q", "-b", "main")
    made.commit("a.js", line(value))
    return made


def submodule(shop: Hiding, of: Hiding, path: str = "sub") -> None:
    allowed = ("-c", "protocol.file.allow=always")
    shop.git(*allowed, "submodule", "--quiet", "add", str(of.root), path)
    shop.git("commit", "-q", "-m", "with a part of others")


@pytest.mark.parametrize("how", ["separate", "linked"])
def test_a_git_folder_that_lies_apart(skc: Skc, shop: Hiding, tmp_path: Path, how: str) -> None:
    value = word()
    shop.commit("src/a.js", line(value))
    shop.commit("src/a.js", "// gone\n")
    apart = tmp_path / "apart"
    if how == "separate":
        shop.git("init", "-q", "--separate-git-dir", str(apart))
    else:
        (shop.root / ".git").rename(apart)
        (shop.root / ".git").symlink_to(apart)
    (shop.root / "notes.txt").write_text(line(value))
    ran = verify(skc, shop.root, value)
    assert ran.code == 13
    assert left(ran) == ["notes.txt"]
    assert [one["subject"] for one in facts(scrub(skc, shop.root, [value]))["left"]] == [
        "notes.txt"
    ]
    assert value not in shop.git("log", "-p", "--all")
    assert shop.git("status", "--porcelain") == "?? notes.txt"


def test_from_a_linked_tree_the_main_one_may_not_be_known(
    skc: Skc, shop: Hiding, tmp_path: Path
) -> None:
    value = word()
    shop.commit("src/a.js", line(value))
    shop.git("init", "-q", "--separate-git-dir", str(tmp_path / "apart"))
    shop.git("worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    ran = scrub(skc, tmp_path / "linked", [value])
    assert ran.code == 4
    assert "run skc in the main work tree" in ran.stderr
    assert verify(skc, tmp_path / "linked", value).code == 13


def test_a_submodule_is_scrubbed_from_inside(skc: Skc, shop: Hiding) -> None:
    value = word()
    submodule(shop, other(shop, "part", value))
    inside = shop.root / "sub"
    ran = verify(skc, shop.root, value)
    assert ran.code == 0
    assert left(ran) == ["submodule sub"]
    assert facts(scrub(skc, inside, [value]))["left"] == []
    (shop.root / "values-of-sub").unlink()
    assert left(verify(skc, shop.root, value)) == []
    assert "REMOVED" in (inside / "a.js").read_text()


def test_files_beside_a_submodule_s_history_are_named(skc: Skc, shop: Hiding) -> None:
    value = word()
    submodule(shop, other(shop, "part", word()))
    (shop.root / "sub/.env").write_text(f"KEY={value}\n")
    ran = verify(skc, shop.root, value)
    assert ran.code == 0
    assert left(ran) == ["sub/.env"]


def test_a_repository_within_that_has_a_git_folder_of_its_own(skc: Skc, shop: Hiding) -> None:
    value = word()
    inner = Hiding(shop.root / "x")
    inner.root.mkdir(parents=True, exist_ok=True)
    inner.git("init", "-q", "-b", "main")
    inner.commit("a.js", line(value))
    inner.commit("a.js", "// gone\n")
    path = os.path.relpath(inner.root, shop.root)
    shop.git("-c", "advice.addEmbeddedRepo=false", "add", path)
    shop.git("commit", "-q", "-m", "with another one")
    ran = verify(skc, shop.root, value)
    assert ran.code == 0
    assert left(ran) == [f"submodule {path}"]


def test_a_submodule_of_a_linked_work_tree(skc: Skc, shop: Hiding, tmp_path: Path) -> None:
    value = word()
    of = other(shop, "part", value)
    submodule(shop, of)
    shop.git("submodule", "--quiet", "deinit", "--force", "sub")
    shop.git("worktree", "add", "-q", "-b", "more", str(tmp_path / "linked"))
    allowed = ("-c", "protocol.file.allow=always")
    shop.git(*allowed, "submodule", "--quiet", "update", "--init", cwd=tmp_path / "linked")
    told = left(verify(skc, shop.root, value))
    assert "submodule worktrees/linked/modules/sub" in told


def test_a_work_tree_that_is_away_is_not_proven(skc: Skc, shop: Hiding, tmp_path: Path) -> None:
    shop.git("worktree", "add", "-q", "-b", "more", str(tmp_path / "linked"))
    value = word()
    (tmp_path / "linked/x").write_text(line(value))
    (tmp_path / "linked").rename(tmp_path / "moved")
    ran = verify(skc, shop.root, value)
    assert ran.code == 14
    assert "it is not there" in ran.json["unknown"][0]["reason"]


def test_undo_from_another_work_tree(skc: Skc, shop: Hiding, tmp_path: Path) -> None:
    value = word()
    shop.commit("src/a.js", line(value))
    linked = tmp_path / "linked"
    shop.git("worktree", "add", "-q", "-b", "more", str(linked))
    before = shop.git("for-each-ref")
    facts(scrub(skc, shop.root, [value]))
    assert skc("journal", "list", cwd=linked).code == 0
    ran = skc("scrub", "undo", "--yes", cwd=linked)
    assert ran.code == 0, ran.stderr
    assert shop.git("for-each-ref") == before


@pytest.mark.parametrize("words", [("--path", "d-*/*"), ()], ids=["by path", "by value"])
def test_no_name_with_a_value_in_it_is_ever_printed(
    skc: Skc, shop: Hiding, words: tuple[str, ...]
) -> None:
    value = word()
    shop.commit(f"d-{value}/x.{value}", line(value))
    submodule(shop, other(shop, "part", value), f"sm-{value}")
    file = shop.root.parent / "values"
    file.write_text(f"{value}\n")
    given = ("--values-from", str(file), *words)
    runs = [
        skc("scrub", "verify", *given, cwd=shop.root),
        scrub(skc, shop.root, [value], "--dry-run", *words),
        scrub(skc, shop.root, [value], *words),
        verify(skc, shop.root, value),
    ]
    for ran in runs:
        assert value not in ran.stdout + ran.stderr
    journals = [one for one in shop.root.parent.parent.rglob("journal/**/*") if one.is_file()]
    assert journals
    assert Judge([value.encode()]).held(b"".join(one.read_bytes() for one in journals)) == []


def test_a_submodule_s_new_path_is_the_one_that_is_listed(skc: Skc, shop: Hiding) -> None:
    value = word()
    submodule(shop, other(shop, "part", word()), f"sm-{value}")
    facts(scrub(skc, shop.root, [value]))
    (entry,) = [one for one in shop.git("ls-files", "--stage").splitlines() if "160000" in one]
    path = entry.partition("\t")[2]
    listed = shop.git("config", "--file", ".gitmodules", "--get-regexp", r"\.path$")
    assert listed.split()[1] == path == "sm-REMOVED"
    assert (
        shop.git("show", "HEAD:.gitmodules").strip()
        == (shop.root / ".gitmodules").read_text().strip()
    )
