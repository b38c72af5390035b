"""`skc scrub --keep-current`: files on disk stay as they are, and git stops following them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from skillconnect_ops.commands.scrub.keeping import rule
from tests.commands.scrub import judge
from tests.commands.scrub.hiding import Hiding, line, word
from tests.commands.scrub.judge import Judge
from tests.commands.scrub.scrubbing import facts, scrub
from tests.conftest import Skc

pytestmark = pytest.mark.timeout(120)

KEEP = "--keep-current"
REAL_GIT = shutil.which("git") or "git"
KILLER = """#!/bin/sh
# kills who called it when an index is made anew, or right behind
case "$*" in *--index-info*) touch {here}/made ;; esac
case "$*" in
    *{when}*)
        if [ -e {here}/made ] && [ -e {here}/armed ]; then
            rm {here}/armed
            kill -9 $PPID; exit 9
        fi ;;
esac
exec {git} "$@"
"""


def status(root: Path) -> str:
    return judge.git(root, "status", "--porcelain").decode()


def excluded(shop: Hiding) -> list[str]:
    lines = (shop.root / ".git/info/exclude").read_text().splitlines()
    return [each for each in lines if each.startswith("/")]


def in_history(shop: Hiding, value: str) -> list[str]:
    """Places that hold it, the work tree left out."""
    found = Judge([value.encode()]).places(shop.root)
    return [one.place for one in found if not one.place.startswith("work tree")]


def env(value: str) -> str:
    return f"# of the shop\nTOKEN={value}\nPORT=3000\n"


def test_a_followed_env_file_stays_and_history_keeps_its_other_lines(
    skc: Skc, shop: Hiding
) -> None:
    value = word()
    shop.commit("api/.env", env(value), "leak")
    place = shop.root / "api/.env"
    place.chmod(0o640)
    ran = scrub(skc, shop.root, [value], KEEP)
    told = facts(ran)
    assert place.read_text() == env(value)
    assert place.stat().st_mode & 0o777 == 0o640
    assert status(shop.root) == "D  api/.env\n"
    assert shop.git("show", "HEAD:api/.env") == env("***REMOVED***").rstrip("\n")
    assert excluded(shop) == ["/api/.env"]
    assert in_history(shop, value) == []
    assert told["proof"]["holds"]
    assert [one["path"] for one in told["kept"]] == ["api/.env"]
    assert ran.json["next"] == [f"git -C {shop.root} commit -m 'Stop following api/.env'"]
    assert judge.clean(shop.root) == ""
    assert value not in ran.stdout + ran.stderr


def test_the_command_that_is_named_ends_it_and_git_add_does_not_bring_it_back(
    skc: Skc, shop: Hiding
) -> None:
    value = word()
    shop.commit("api/.env", env(value), "leak")
    ran = scrub(skc, shop.root, [value], KEEP)
    assert ran.json["next"][0].endswith("commit -m 'Stop following api/.env'")
    shop.git("commit", "-q", "-m", "Stop following api/.env")
    shop.git("add", ".")
    assert status(shop.root) == ""
    assert shop.git("ls-files") == "README.md"
    assert (shop.root / "api/.env").read_text() == env(value)


def test_the_plan_says_which_files_and_that_git_may_write_over_them(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("api/.env", env(value), "leak")
    before = status(shop.root)
    ran = scrub(skc, shop.root, [value], KEEP, "--dry-run")
    assert ran.code == 0, ran.stderr
    said = " ".join(ran.stderr.split())
    assert "on your disk as they are: api/.env" in said
    assert "git stops following api/.env: commit that afterwards" in said
    assert "git puts it over yours" in said
    assert status(shop.root) == before


def test_git_does_put_the_masked_file_over_an_ignored_one(skc: Skc, shop: Hiding) -> None:
    """That is why the plan warns of it: git takes what is ignored for expendable."""
    value = word()
    shop.commit("api/.env", env(value), "leak")
    scrub(skc, shop.root, [value], KEEP)
    shop.git("commit", "-q", "-m", "Stop following api/.env")
    shop.git("checkout", "-q", "HEAD~")
    assert (shop.root / "api/.env").read_text() == env("***REMOVED***")


def test_without_the_option_the_refusal_names_it(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("api/.env", env(value), "leak")
    ran = scrub(skc, shop.root, [value])
    assert ran.code == 3, ran.stderr
    assert "--keep-current" in ran.stderr


def test_every_followed_file_that_holds_a_value_stays(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("src/db.js", line(value), "leak")
    shop.commit("src/app.js", "listen(3000)\n", "innocent")
    (shop.root / "link").symlink_to(f"/nowhere/{value}")
    shop.git("add", "link")
    shop.git("commit", "-q", "-m", "link")
    told = facts(scrub(skc, shop.root, [value], KEEP))
    assert (shop.root / "src/db.js").read_text() == line(value)
    assert str((shop.root / "link").readlink()) == f"/nowhere/{value}"
    assert status(shop.root) == "D  link\nD  src/db.js\n"
    assert excluded(shop) == ["/link", "/src/db.js"]
    assert shop.git("show", "HEAD:src/db.js") == line("***REMOVED***").rstrip("\n")
    assert sorted(one["subject"] for one in told["left"]) == ["link", "src/db.js"]


def test_a_second_run_is_a_no_op_without_any_consent(skc: Skc, shop: Hiding) -> None:
    """What the first one has staged is nobody's change, even where changes are refused."""
    value = word()
    shop.commit("api/.env", env(value), "leak")
    facts(scrub(skc, shop.root, [value], KEEP))
    before = (judge.git(shop.root, "for-each-ref"), status(shop.root), excluded(shop))
    words = ("--values-from", str(shop.root.parent / "values-of-shop"), "--not-rotated-yet")
    again = skc("scrub", *words, KEEP, "--plain-bundle", "--yes", cwd=shop.root)
    assert again.code == 0, again.stderr
    assert "nothing to do" in again.stderr
    assert (judge.git(shop.root, "for-each-ref"), status(shop.root), excluded(shop)) == before
    shop.git("rm", "-q", "--cached", "README.md")
    other = skc("scrub", *words, KEEP, "--plain-bundle", "--yes", cwd=shop.root)
    assert other.code == 3, other.stderr
    assert "README.md" in other.stderr
    assert ".env" not in other.stderr


@pytest.mark.parametrize("when", ["--index-info", "--refresh", "pack-objects"])
def test_a_death_at_the_index_is_resumed(
    skc: Skc, skc_process: Skc, shop: Hiding, tmp_path: Path, when: str
) -> None:
    value = word()
    shop.commit("api/.env", env(value), "leak")
    here = tmp_path / "bin"
    here.mkdir()
    (here / "armed").touch()
    (here / "git").write_text(KILLER.format(here=here, git=REAL_GIT, when=when))
    (here / "git").chmod(0o755)
    path = {"PATH": f"{here}:{os.environ['PATH']}"}
    values = tmp_path / "values"
    values.write_text(f"{value}\n")
    words = ("--values-from", str(values), "--not-rotated-yet", "--plain-bundle")
    agreed = ("--yes", "--confirm", shop.root.name)
    died = skc_process("scrub", *words, KEEP, *agreed, cwd=shop.root, env=path)
    assert died.code == -9, died.stderr
    (found,) = (tmp_path / "state").rglob("journal/*")
    resumed = skc_process("journal", "resume", found.name, "--yes", cwd=shop.root)
    assert resumed.code == 0, resumed.stderr
    assert (shop.root / "api/.env").read_text() == env(value)
    assert status(shop.root) == "D  api/.env\n"
    assert excluded(shop) == ["/api/.env"]
    assert in_history(shop, value) == []
    assert judge.clean(shop.root) == ""


def test_undo_follows_the_file_again_and_does_not_touch_it(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("api/.env", env(value), "leak")
    was = judge.git(shop.root, "for-each-ref")
    exclude = shop.root / ".git/info/exclude"
    rules = exclude.read_bytes() if exclude.exists() else None
    facts(scrub(skc, shop.root, [value], KEEP))
    back = skc("scrub", "undo", "--yes", cwd=shop.root)
    assert back.code == 0, back.stderr
    assert (shop.root / "api/.env").read_text() == env(value)
    assert judge.git(shop.root, "for-each-ref") == was
    assert status(shop.root) == ""
    assert shop.git("ls-files") == "README.md\napi/.env"
    assert (exclude.read_bytes() if exclude.exists() else None) == rules


def test_undo_takes_away_a_list_that_was_not_there(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("api/.env", env(value), "leak")
    shutil.rmtree(shop.root / ".git/info", ignore_errors=True)
    facts(scrub(skc, shop.root, [value], KEEP))
    assert excluded(shop) == ["/api/.env"]
    back = skc("scrub", "undo", "--yes", cwd=shop.root)
    assert back.code == 0, back.stderr
    assert not (shop.root / ".git/info/exclude").exists()
    assert (shop.root / "api/.env").read_text() == env(value)


def test_undo_after_the_commit_keeps_the_file(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("api/.env", env(value), "leak")
    facts(scrub(skc, shop.root, [value], KEEP))
    shop.git("commit", "-q", "-m", "Stop following api/.env")
    back = skc("scrub", "undo", "--yes", cwd=shop.root)
    assert back.code == 3, back.stderr
    fix = back.stderr.partition("fix:   ")[2].partition("   #")[0]
    subprocess.run(fix, shell=True, check=True, cwd=shop.root, capture_output=True)
    back = skc("scrub", "undo", "--yes", cwd=shop.root)
    assert back.code == 0, back.stderr
    assert (shop.root / "api/.env").read_text() == env(value)
    assert shop.git("show", "main:api/.env") == env(value).strip()


def test_every_work_tree_keeps_its_own_file(skc: Skc, shop: Hiding, tmp_path: Path) -> None:
    value = word()
    shop.commit("api/.env", env(value), "leak")
    linked = tmp_path / "linked"
    shop.git("worktree", "add", "-q", "-b", "side", str(linked))
    (linked / "api/.env").write_text(env(value) + "MORE=1\n")
    shop.git("-C", str(linked), "commit", "-q", "-a", "-m", "more")
    ran = scrub(skc, shop.root, [value], KEEP, "--format", "table")
    assert ran.code == 0, ran.stderr
    assert (shop.root / "api/.env").read_text() == env(value)
    assert (linked / "api/.env").read_text() == env(value) + "MORE=1\n"
    assert status(shop.root) == status(linked) == "D  api/.env\n"
    assert excluded(shop) == ["/api/.env"]
    for root in (shop.root, linked):
        assert f"git -C {root} commit -m 'Stop following api/.env'" in ran.stdout
    assert judge.clean(shop.root) == ""


def test_a_file_that_goes_by_its_path_is_listed(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("api/.env", env(value), "leak")
    ran = scrub(skc, shop.root, [], "--path", "api/.env", KEEP)
    told = facts(ran)
    assert (shop.root / "api/.env").read_text() == env(value)
    assert status(shop.root) == ""
    assert excluded(shop) == ["/api/.env"]
    assert [(one["path"], one["followed"]) for one in told["kept"]] == [("api/.env", False)]
    assert not any("commit" in each for each in ran.json["next"])


def test_a_file_that_is_followed_no_longer_is_listed_if_nothing_else_does(
    skc: Skc, shop: Hiding
) -> None:
    shop.commit("a/.env", env(word()), "leak")
    shop.commit("b/.env", env(word()), "leak")
    shop.git("rm", "-q", "--cached", "a/.env", "b/.env")
    shop.commit(".gitignore", "/b/\n", "ignore one of them")
    facts(scrub(skc, shop.root, [], "--path", "**/.env", KEEP))
    assert excluded(shop) == ["/a/.env"]


def test_an_env_file_that_holds_others_by_now_is_followed_no_longer(skc: Skc, shop: Hiding) -> None:
    """A rotation wrote the new value there, and the next commit would bring it."""
    old, new = word(), word()
    shop.commit("api/.env", env(old), "leak")
    (shop.root / "api/.env").write_text(env(new))
    facts(scrub(skc, shop.root, [old], KEEP))
    assert (shop.root / "api/.env").read_text() == env(new)
    assert status(shop.root) == "D  api/.env\n"


def test_other_files_that_were_changed_are_judged_by_what_they_hold(skc: Skc, shop: Hiding) -> None:
    value = word()
    for name in ("mended.js", "still.js", "new.js"):
        shop.commit(name, line(value if name != "new.js" else "nothing"), name)
    (shop.root / "mended.js").write_text("export const url = process.env.URL\n")
    (shop.root / "still.js").write_text("// changed\n" + line(value))
    (shop.root / "new.js").write_text(line(value))
    facts(scrub(skc, shop.root, [value], KEEP))
    assert status(shop.root) == " M mended.js\n M new.js\nD  still.js\n"
    assert (shop.root / "still.js").read_text() == "// changed\n" + line(value)


def test_what_is_staged_and_changed_again_stays_staged(skc: Skc, shop: Hiding) -> None:
    """What is in the index alone would be lost with it."""
    value = word()
    shop.commit("api/.env", env(value), "leak")
    (shop.root / "api/.env").write_text(env(value) + "STAGED=1\n")
    shop.git("add", "api/.env")
    (shop.root / "api/.env").write_text(env(value) + "STAGED=1\nCHANGED=1\n")
    facts(scrub(skc, shop.root, [value], KEEP))
    assert status(shop.root) == "MM api/.env\n"
    assert shop.git("show", ":api/.env").endswith("STAGED=1")
    assert (shop.root / "api/.env").read_text() == env(value) + "STAGED=1\nCHANGED=1\n"


def test_a_file_whose_name_holds_the_value_gets_another_one(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit(f"keys/{value}.pem", line(value), "leak")
    told = facts(scrub(skc, shop.root, [value], KEEP))
    assert (shop.root / "keys/REMOVED.pem").read_text() == line(value)
    assert status(shop.root) == "D  keys/REMOVED.pem\n"
    assert excluded(shop) == ["/keys/REMOVED.pem"]
    assert told["proof"]["holds"]


def test_a_rule_that_takes_it_back_is_told(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("api/.env", env(value), "leak")
    shop.commit(".gitignore", "!.env\n", "take env files in")
    ran = scrub(skc, shop.root, [value], KEEP)
    assert [one["ignored"] for one in facts(ran)["kept"]] == [False]


@pytest.mark.parametrize(
    "name",
    ["a b", " lead", "trail ", "trail  ", "#x", "!x", "a*", "a?b", "[a]", "a\\b", "a\\", "a\nb",
     "a\r", "tab\t", "{a,b}", "-x", os.fsdecode(b"caf\xe9")],
)  # fmt: skip
def test_git_reads_a_rule_as_that_very_name(shop: Hiding, name: str) -> None:
    (shop.root / name).write_text("x\n")
    (shop.root / "deep").mkdir()
    (shop.root / "deep" / name).write_text("x\n")
    (shop.root / "other").write_text("x\n")
    (shop.root / ".git/info").mkdir(exist_ok=True)
    (shop.root / ".git/info/exclude").write_bytes(rule(os.fsencode(name)) + b"\n")
    told = judge.git(shop.root, "ls-files", "--others", "--exclude-standard", "-z")
    assert set(told.split(b"\0")[:-1]) == {b"deep/" + os.fsencode(name), b"other"}
