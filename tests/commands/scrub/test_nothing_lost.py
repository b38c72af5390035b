"""What no commit holds is not lost in a scrub: staged work, marks to add, lost objects."""

from pathlib import Path

import pytest

from tests.commands.scrub.hiding import Hiding, line, word
from tests.commands.scrub.judge import Judge
from tests.commands.scrub.scrubbing import facts, scrub
from tests.conftest import Skc

pytestmark = pytest.mark.timeout(120)
PASSPHRASE = {"SKC_SCRUB_PASSPHRASE": "correct horse battery"}


def status(shop: Hiding) -> list[str]:
    return shop.git("status", "--porcelain").splitlines()


def test_what_is_staged_and_in_no_commit_stays_on_disk(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("src/a.js", line(value))
    shop.commit("src/b.js", "let b\n")
    mine = f"let b\n{line(value)}let mine\n"
    shop.write("src/b.js", mine)  # staged
    shop.write("src/fresh.js", mine)
    told = facts(scrub(skc, shop.root, [value]))
    assert (shop.root / "src/b.js").read_text() == mine
    assert (shop.root / "src/fresh.js").read_text() == mine
    subjects = [one["subject"] for one in told["left"]]
    assert {"src/b.js", "src/fresh.js"} <= set(subjects)
    assert "let mine" in shop.git("show", ":src/b.js")
    assert value not in shop.git("show", ":src/b.js")
    still = {one.place for one in Judge([value.encode()]).places(shop.root)}
    assert still == {"work tree shop/src/b.js", "work tree shop/src/fresh.js"}


def test_what_is_staged_before_the_first_commit_of_a_branch_stays_on_disk(
    skc: Skc, shop: Hiding
) -> None:
    value = word()
    shop.commit("src/a.js", line(value))
    shop.git("checkout", "-q", "--orphan", "fresh")
    facts(scrub(skc, shop.root, [value]))
    assert (shop.root / "src/a.js").read_text() == line(value)
    assert value not in shop.git("show", ":src/a.js")


def test_files_that_are_only_meant_to_be_added_are_so_afterwards(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit(".gitignore", "*.log\n")
    shop.commit("src/a.js", line(value))
    for name in ("x.log", "y.txt", "-odd name*"):
        (shop.root / name).write_text("not staged\n")
        shop.git("add", "--intent-to-add", "--force", "--", name)
    before = status(shop)
    assert " A x.log" in before
    facts(scrub(skc, shop.root, [value]))
    assert status(shop) == before


def test_one_whose_name_holds_a_value_is_named_and_stays(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("src/a.js", line(value))
    (shop.root / f"dump-{value}").write_text("not staged\n")
    shop.git("add", "--intent-to-add", "--", f"dump-{value}")
    told = facts(scrub(skc, shop.root, [value]))
    assert (shop.root / f"dump-{value}").read_text() == "not staged\n"
    assert [one["subject"] for one in told["left"]] == ["dump-?"]
    assert value not in shop.git("ls-files", "--stage")


@pytest.mark.usefixtures("cheap_passphrases")
@pytest.mark.parametrize("sealed", [False, True], ids=["plain", "sealed"])
def test_undo_brings_back_what_nothing_reached(skc: Skc, shop: Hiding, *, sealed: bool) -> None:
    """A stash that was dropped by mistake can be found by `git fsck` until it is swept away."""
    value = word()
    shop.commit("src/a.js", line(value))
    (shop.root / "src/a.js").write_text(f"{line(value)}let work\n")
    shop.git("stash", "-q")
    dropped = shop.git("rev-parse", "stash").strip()
    shop.git("stash", "drop", "-q")
    shop.git("reflog", "expire", "--expire=now", "--all")
    if sealed:
        file = shop.root.parent / "values"
        file.write_text(f"{value}\n")
        words = ("--values-from", str(file), "--not-rotated-yet", "--confirm", shop.root.name)
        ran = skc("scrub", *words, "--yes", cwd=shop.root, env=PASSPHRASE)
        assert ran.code == 0, ran.stderr
    else:
        facts(scrub(skc, shop.root, [value]))
    assert dropped not in shop.git("cat-file", "--batch-all-objects", "--batch-check")
    ran = skc("scrub", "undo", "--yes", cwd=shop.root, env=PASSPHRASE if sealed else {})
    assert ran.code == 0, ran.stderr
    assert "let work" in shop.git("show", f"{dropped}:src/a.js")


def test_a_bundle_of_another_repository_is_refused(skc: Skc, shop: Hiding, tmp_path: Path) -> None:
    value = word()
    shop.commit("src/a.js", line(value))
    bundle = facts(scrub(skc, shop.root, [value]))["bundle"]
    other = Hiding(tmp_path / "other")
    other.git("init", "-q", "-b", "main")
    other.commit("README.md", "another\n")
    before = other.git("for-each-ref")
    ran = skc("scrub", "undo", "--yes", "--bundle", str(shop.root / bundle), cwd=other.root)
    assert ran.code == 4, ran.stderr
    assert "another repository" in ran.stderr
    assert other.git("for-each-ref") == before
    assert value not in other.git("log", "-p", "--all")


def test_no_scrub_writes_over_the_bundle_of_another(skc: Skc, shop: Hiding) -> None:
    first, second = word(), word()
    place = shop.root.parent / "kept"
    shop.commit("src/a.js", line(first))
    facts(scrub(skc, shop.root, [first], "--bundle", str(place)))
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    assert scrub(skc, shop.root, [first], "--bundle", str(place)).code == 0, "nothing to do"
    shop.commit("src/b.js", line(second))
    for words in (("--dry-run",), ()):
        ran = scrub(skc, shop.root, [second], "--bundle", str(place), *words)
        assert ran.code == 4
        assert "holds the bundle of 20" in ran.stderr
        assert f"--bundle {place}-2" in ran.stderr
    assert second in shop.git("log", "-p")
    assert {path: path.read_bytes() for path in before} == before


def test_a_look_changes_no_byte(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("api/.env", f"TOKEN={value}\n")
    index = shop.root / ".git/index"
    (shop.root / "api/.env").touch()
    before = index.read_bytes()
    assert scrub(skc, shop.root, [value], "--dry-run", "--keep-current").code == 0
    assert index.read_bytes() == before
    file = shop.root.parent / "values"
    file.write_text(f"{value}\n")
    assert skc("scrub", "verify", "--values-from", str(file), cwd=shop.root).code == 13
    assert index.read_bytes() == before


def test_undo_is_refused_where_everything_has_moved_on(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("src/a.js", line(value))
    told = facts(scrub(skc, shop.root, [value]))
    shop.commit("src/b.js", "let b\n", "somebody goes on")
    ran = skc("scrub", "undo", "--yes", cwd=shop.root)
    assert ran.code == 3, ran.stderr
    assert "refs/heads/main" in ran.stderr
    assert value not in shop.git("log", "-p", "--all")
    assert (shop.root / told["bundle"] / "after/colleagues.md").exists()


def test_undo_of_some_refs_keeps_the_bundle_for_the_others(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("src/a.js", line(value))
    shop.git("branch", "other")
    before = shop.git("rev-parse", "main")
    told = facts(scrub(skc, shop.root, [value]))
    shop.git("checkout", "-q", "other")
    shop.commit("src/b.js", "let b\n", "somebody goes on")
    ran = skc("scrub", "undo", "--yes", cwd=shop.root)
    assert ran.code == 0, ran.stderr
    assert "refs/heads/other" in ran.stdout
    assert shop.git("rev-parse", "main") == before
    assert (shop.root / told["bundle"] / "after/colleagues.md").exists()
    shop.git("reset", "-q", "--hard", "HEAD~1")
    ran = skc("scrub", "undo", "--yes", cwd=shop.root)
    assert ran.code == 0, ran.stderr
    assert shop.git("rev-parse", "other") == before
    assert not (shop.root / told["bundle"] / "after/colleagues.md").exists()


def test_a_repository_all_of_whose_files_are_kept_and_followed_no_longer(
    skc: Skc, shop: Hiding
) -> None:
    value = word()
    shop.git("rm", "-q", "README.md")
    shop.commit("conf", line(value))
    told = facts(scrub(skc, shop.root, [value], "--keep-current"))
    assert told["proof"]["found"] == []
    assert (shop.root / "conf").read_text() == line(value)
    assert shop.git("ls-files") == ""
    assert "missing" not in shop.git("fsck", "--full")
    assert skc("scrub", "undo", "--yes", cwd=shop.root).code == 0
    assert shop.git("show", "HEAD:conf") == line(value).strip()


def test_flags_of_the_index_outlive_scrub_and_undo(skc: Skc, shop: Hiding) -> None:
    value = word()
    for name in ("a", "b", "sub/c"):
        shop.commit(name, line(value))
    shop.git("update-index", "--skip-worktree", "sub/c")
    shop.git("update-index", "--assume-unchanged", "b")
    (shop.root / "sub/c").unlink()
    before = shop.git("ls-files", "-v"), status(shop)
    facts(scrub(skc, shop.root, [value]))
    assert (shop.git("ls-files", "-v"), status(shop)) == before
    assert skc("scrub", "undo", "--yes", cwd=shop.root).code == 0
    assert (shop.git("ls-files", "-v"), status(shop)) == before


def test_a_version_that_is_only_staged_goes_with_its_file_and_comes_back(
    skc: Skc, shop: Hiding
) -> None:
    first, second = word(), word()
    shop.commit("api/.env", f"TOKEN={first}\n")
    (shop.root / "api/.env").write_text(f"TOKEN={second}\n")
    shop.git("add", "api/.env")
    staged = shop.git("rev-parse", ":api/.env")
    facts(scrub(skc, shop.root, [], "--path", "api/.env"))
    assert staged not in shop.git("cat-file", "--batch-all-objects", "--batch-check")
    assert (shop.root / "api/.env").read_text() == f"TOKEN={second}\n"
    assert skc("scrub", "undo", "--yes", cwd=shop.root).code == 0
    assert shop.git("cat-file", "blob", staged) == f"TOKEN={second}"


def test_a_look_shows_the_plan_also_where_it_would_be_refused(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("src/a.js", line(value))
    file = shop.root.parent / "values"
    file.write_text(f"{value}\n")
    ran = skc("scrub", "--values-from", str(file), "--dry-run", cwd=shop.root)
    assert ran.code == 3
    plan, _, refusal = ran.stderr.partition("error:")
    assert "1. keep a bundle of everything" in plan
    assert "nobody knows whether 1 value" in refusal


def test_evidence_that_skc_has_added_itself_is_in_nobody_s_way(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit(".skc/evidence/ada.jsonl", "{}\n")
    shop.commit("src/a.js", line(value))
    with (shop.root / ".skc/evidence/ada.jsonl").open("a") as file:
        file.write("{}\n")
    file_of_values = shop.root.parent / "values"
    file_of_values.write_text(f"{value}\n")
    words = ("--values-from", str(file_of_values), "--not-rotated-yet", "--plain-bundle")
    ran = skc("scrub", *words, "--yes", "--confirm", shop.root.name, cwd=shop.root)
    assert ran.code == 0, ran.stderr
    assert (shop.root / ".skc/evidence/ada.jsonl").read_text() == "{}\n{}\n"


@pytest.mark.parametrize("passphrase", ["x", "nine ltrs"])
def test_a_passphrase_that_anybody_guesses_is_refused(
    skc: Skc, shop: Hiding, passphrase: str
) -> None:
    value = word()
    shop.commit("src/a.js", line(value))
    before = shop.git("for-each-ref")
    file = shop.root.parent / "values"
    file.write_text(f"{value}\n")
    words = ("--values-from", str(file), "--not-rotated-yet", "--confirm", shop.root.name)
    weak = {"SKC_SCRUB_PASSPHRASE": passphrase}
    ran = skc("scrub", *words, "--yes", cwd=shop.root, env=weak)
    assert ran.code == 3
    assert "10 letters" in ran.stderr
    assert shop.git("for-each-ref") == before


def test_a_pattern_that_matches_nothing_is_not_taken_for_clean(skc: Skc, shop: Hiding) -> None:
    ran = scrub(skc, shop.root, [], "--regex", "tokne=([A-Z]{20})")
    assert ran.code == 4, ran.stderr
    assert "no pattern matches" in ran.stderr
