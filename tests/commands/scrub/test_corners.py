"""What stands in the way of a scrub, or beside it, in a small repository."""

import os
import random
import shutil
from pathlib import Path

import pytest

from tests.commands.scrub import judge
from tests.commands.scrub.hiding import Hiding, line, odd, word
from tests.commands.scrub.judge import Affected, Judge, Kept, Repository
from tests.commands.scrub.scrubbing import commit_map, facts, scrub
from tests.conftest import Ran, Skc

pytestmark = pytest.mark.timeout(120)


def scrubbed(skc: Skc, shop: Hiding, *values: str) -> Ran:
    """Scrub; all that the judge can tell of any repository is asked for."""
    told = Judge([value.encode() for value in values])
    was = Repository(shop.root)
    affected = Affected(was, told)
    assert was.refs
    ran = scrub(skc, shop.root, values)
    kept = Kept(was, Repository(shop.root), told, commit_map(ran, shop.root))
    assert kept.trouble_of_refs() == []
    assert kept.trouble_of_commits(affected.reached) == []
    assert judge.clean(shop.root) == ""
    assert judge.leftovers(shop.root) == []
    said = (ran.stdout + ran.stderr).encode()
    assert told.held(said) == []
    return ran


def gone(shop: Hiding, *values: str) -> bool:
    found = Judge([value.encode() for value in values]).places(shop.root)
    assert found == []
    return True


def status(root: Path) -> str:
    return judge.git(root, "status", "--porcelain").decode()


def test_a_name_that_is_not_utf_8(skc: Skc, shop: Hiding) -> None:
    value = word()
    name = b"caf\xe9.js"
    (shop.root / os.fsdecode(name)).write_text(line(value))
    shop.git("add", ".")
    shop.git("commit", "-q", "-m", "leak")
    scrubbed(skc, shop, value)
    assert gone(shop, value)
    assert status(shop.root) == ""


def test_a_folder_in_the_index_whose_name_holds_a_value(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit(f"src/{value}/x.js", "let x\n")
    shop.git("status")  # which writes what the index knows of folders
    scrubbed(skc, shop, value)
    assert gone(shop, value)
    assert status(shop.root) == ""
    assert (shop.root / "src/REMOVED/x.js").read_text() == "let x\n"


def test_a_submodule_that_is_not_here_at_a_path_that_holds_a_value(skc: Skc, shop: Hiding) -> None:
    value = word()
    entry = f"160000,{shop.git('rev-parse', 'HEAD')},lib/{value}"
    shop.git("update-index", "--add", "--cacheinfo", entry)
    shop.git("commit", "-q", "-m", "library")
    (shop.root / "lib" / value).mkdir(parents=True)
    scrubbed(skc, shop, value)
    assert gone(shop, value)
    assert status(shop.root) == ""


@pytest.mark.parametrize("mode", ["160000", "100644"])
def test_folders_above_that_were_called_as_a_value_go_as_well(
    skc: Skc, shop: Hiding, mode: str
) -> None:
    value = word()
    path = f"lib/{value}/deep/x"
    (shop.root / path).parent.mkdir(parents=True)
    oid = shop.git("rev-parse", "HEAD")
    if mode == "160000":
        (shop.root / path).mkdir()
    else:
        (shop.root / path).write_text("let x\n")
        oid = shop.git("hash-object", "-w", path)
    shop.git("update-index", "--add", "--cacheinfo", f"{mode},{oid},{path}")
    shop.git("commit", "-q", "-m", "library")
    scrubbed(skc, shop, value)
    assert gone(shop, value)
    assert [each.name for each in (shop.root / "lib").iterdir()] == ["REMOVED"]
    assert status(shop.root) == ""


def test_a_mask_that_stands_at_the_head_of_a_file_is_no_trouble_to_the_proof(
    skc: Skc, shop: Hiding
) -> None:
    """A stretch that is known to be there shows that the search works, and it may be the mask."""
    value = word()
    files = [path for path in shop.root.iterdir() if path.name != ".git"]
    shop.git("rm", "-q", *(path.name for path in files))
    shop.git("commit", "-q", "--amend", "--allow-empty", "-m", value)
    shop.git("reflog", "expire", "--expire=now", "--all")
    shop.git("gc", "-q", "--prune=now")
    shop.commit("leak", value, value)
    ran = scrubbed(skc, shop, value)
    assert facts(ran)["proof"]["holds"]
    assert gone(shop, value)


def test_a_value_that_is_the_mask_of_names_is_refused(skc: Skc, shop: Hiding) -> None:
    shop.commit("leak", "REMOVED\n", "leak")
    ran = scrub(skc, shop.root, ["REMOVED"], "--replacement", "nothing")
    assert ran.code == 2, ran.stderr
    assert "error:" in ran.stderr


def test_an_env_file_that_git_follows_is_not_masked(skc: Skc, shop: Hiding) -> None:
    """The app that reads it would lose its secret at once."""
    value = word()
    shop.commit("api/.env", f"TOKEN={value}\n", "leak")
    before = judge.git(shop.root, "for-each-ref")
    ran = scrub(skc, shop.root, [value])
    assert ran.code == 3, ran.stderr
    assert "git follows api/.env" in ran.stderr
    assert (shop.root / "api/.env").read_text() == f"TOKEN={value}\n"
    assert judge.git(shop.root, "for-each-ref") == before


def test_an_untracked_file_in_the_way_is_kept(skc: Skc, shop: Hiding) -> None:
    """It is called as a tracked file will be."""
    value = word()
    shop.commit(f"keys/{value}.pem", "tracked\n")
    (shop.root / "keys/REMOVED.pem").write_text("of the user's own\n")
    (shop.root / "keys/REMOVED").mkdir()
    (shop.root / "keys/REMOVED/kept").write_text("of the user's own, too\n")
    before = status(shop.root)
    refused = scrub(skc, shop.root, [value])
    assert refused.code == 4, refused.stderr
    assert "is in the way" in refused.stderr
    assert value not in refused.stderr
    assert (shop.root / f"keys/{value}.pem").read_text() == "tracked\n"
    assert status(shop.root) == before
    (shop.root / "keys/REMOVED.pem").rename(shop.root / "keys/own.pem")
    scrubbed(skc, shop, value)
    contents = {path.read_text() for path in (shop.root / "keys").rglob("*") if path.is_file()}
    assert "of the user's own\n" in contents
    assert "of the user's own, too\n" in contents
    assert gone(shop, value)


def test_names_that_change_places(skc: Skc, shop: Hiding) -> None:
    """The masked name of one is the name that another one has."""
    first, second = sorted((word(), word()))
    shop.commit(f"k/{first}.pem", "first\n")
    shop.commit(f"k/{second}.pem", "second\n")
    shop.commit("k/REMOVED.pem", "third\n")
    shop.commit("k/REMOVED-2.pem", "fourth\n")
    scrubbed(skc, shop, first, second)
    assert gone(shop, first, second)
    assert status(shop.root) == ""
    assert sorted(path.read_text() for path in (shop.root / "k").iterdir()) == [
        "first\n",
        "fourth\n",
        "second\n",
        "third\n",
    ]


def test_a_file_and_a_folder_that_would_be_called_alike(skc: Skc, shop: Hiding) -> None:
    one, other = word(), word()
    shop.commit(f"k/{one}", "file\n")
    shop.commit(f"k/{other}/in.js", "in a folder\n")
    scrubbed(skc, shop, one, other)
    assert gone(shop, one, other)
    assert status(shop.root) == ""


@pytest.mark.parametrize("tracked", [False, True])
def test_the_name_of_a_file_that_is_not_committed_is_named_as_left(
    skc: Skc, shop: Hiding, tracked: bool
) -> None:
    """Untracked; or tracked, and changed since."""
    value = word()
    shop.commit("src/db.js", line(value))
    path = shop.root / f"dump-of-{value}.txt"
    path.write_text("nothing\n")
    if tracked:
        shop.git("add", path.name)
        shop.git("commit", "-q", "-m", "dump")
        path.write_text("changed since\n")
    ran = scrubbed(skc, shop, value)
    found = Judge([value.encode()]).places(shop.root)
    if found:
        assert any("dump-of-" in one["subject"] for one in facts(ran)["left"])
    texts = {one.read_text() for one in shop.root.glob("dump-of-*")}
    assert ("changed since\n" if tracked else "nothing\n") in texts


def test_changes_that_are_not_committed_stay(skc: Skc, shop: Hiding) -> None:
    value = odd()
    shop.commit("src/a.js", line(value))
    shop.commit("src/b.js", f"{line(value)}let b\n")
    shop.commit("src/c.js", "let c\n")
    shop.write("src/c.js", f"let c\n{line(value)}")  # staged
    (shop.root / "src/b.js").write_text(f"{line(value)}let b = 2\n")
    ran = scrubbed(skc, shop, value)
    assert "let b = 2\n" in (shop.root / "src/b.js").read_text()
    assert status(shop.root).splitlines()[0] == " M src/b.js"
    assert "M" in next(one for one in status(shop.root).splitlines() if "src/c.js" in one)
    still = {one.place for one in Judge([value.encode()]).places(shop.root)}
    assert still <= {"work tree shop/src/b.js", "work tree shop/src/c.js"}
    subjects = " ".join(one["subject"] for one in facts(ran)["left"])
    for place in still:
        assert place.removeprefix("work tree shop/") in subjects


def test_a_conflict_in_the_index_refuses_or_stays(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("src/a.js", line(value))
    blobs = [shop.blob(f"let {side} = '{value}'\n") for side in "abc"]
    lines = "".join(f"100644 {oid} {n}\tsrc/x.js\n" for n, oid in enumerate(blobs, start=1))
    shop.git("update-index", "--index-info", given=lines.encode())
    before = Repository(shop.root)
    assert before.refs
    assert before.objects
    ran = scrub(skc, shop.root, [value])
    if ran.code in {3, 4}:
        after = Repository(shop.root)
        assert (after.refs, after.objects) == (before.refs, before.objects)
        return
    assert facts(ran)
    assert gone(shop, value)
    assert len(judge.git(shop.root, "ls-files", "-u").splitlines()) == 3


def test_a_value_that_is_not_there_changes_nothing(skc: Skc, shop: Hiding) -> None:
    before = Repository(shop.root)
    assert before.refs
    assert before.objects
    assert before.reflogs
    ran = scrub(skc, shop.root, [word()])
    assert ran.code == 0, ran.stderr
    after = Repository(shop.root)
    assert after.refs == before.refs
    assert after.objects == before.objects
    assert after.reflogs == before.reflogs


def test_an_index_of_version_4_and_a_commit_graph(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.git("update-index", "--index-version", "4")
    for turn in range(5):
        shop.commit(f"src/{value}-{turn}.js", line(value))
    shop.git("commit-graph", "write", "--reachable")
    shop.git("repack", "-adq", "--write-bitmap-index")
    shop.git("multi-pack-index", "write")
    scrubbed(skc, shop, value)
    assert gone(shop, value)
    assert status(shop.root) == ""
    assert shop.git("rev-list", "--count", "main") == "6"
    judge.git(shop.root, "commit-graph", "verify")


def test_a_kept_pack_and_a_cruft_pack_are_cleaned(skc: Skc, shop: Hiding) -> None:
    value = word()
    shop.commit("src/a.js", line(value))
    shop.git("repack", "-adq")
    (pack,) = (shop.root / ".git/objects/pack").glob("*.pack")
    pack.with_suffix(".keep").write_text("")
    shop.commit("src/a.js", f"{line(value)}let more\n")
    shop.git("reset", "-q", "--hard", "HEAD~1")
    shop.git("reflog", "expire", "--expire=now", "--all")
    shop.git("repack", "--cruft", "-dq")
    scrubbed(skc, shop, value)
    assert gone(shop, value)


def test_a_bare_repository(skc: Skc, shop: Hiding, tmp_path: Path) -> None:
    value = odd()
    shop.commit("src/a.js", line(value))
    shop.git("tag", "-a", "v1", "-m", f"with {value}")
    bare = tmp_path / "bare.git"
    shop.git("clone", "-q", "--mirror", str(shop.root), str(bare))
    ran = scrub(skc, bare, [value])
    assert facts(ran)
    assert Judge([value.encode()]).places(bare) == []
    assert judge.clean(bare) == ""


def test_sha_256(skc: Skc, tmp_path: Path) -> None:
    hiding = Hiding(tmp_path / "made")
    hiding.git("init", "-q", "-b", "main", "--object-format=sha256")
    value = odd()
    hiding.commit("README.md", "# A shop\n", "begin")
    hiding.commit("src/a.js", line(value), f"with {value}")
    hiding.git("notes", "add", "-m", "noted", "HEAD")
    hiding.git("tag", "-a", "v1", "-m", f"with {value}")
    scrubbed(skc, hiding, value)
    assert gone(hiding, value)


def test_a_sparse_checkout(skc: Skc, shop: Hiding) -> None:
    value = odd()
    shop.commit("in/a.js", line(value))
    shop.commit("out/b.js", line(value))
    shop.git("sparse-checkout", "set", "in")
    assert not (shop.root / "out").exists()
    scrubbed(skc, shop, value)
    assert gone(shop, value)
    assert status(shop.root) == ""
    assert not (shop.root / "out").exists()


def test_files_that_git_turns_on_their_way(skc: Skc, shop: Hiding) -> None:
    """In the work tree lines end in CRLF, in the repository they do not."""
    value = odd()
    shop.commit(".gitattributes", "*.bat text eol=crlf\n")
    (shop.root / "a.bat").write_bytes(f"set A={value}\r\n".encode())
    shop.git("add", "a.bat")
    shop.git("commit", "-q", "-m", "batch")
    scrubbed(skc, shop, value)
    assert gone(shop, value)
    assert (shop.root / "a.bat").read_bytes() == b"set A=***REMOVED***\r\n"
    assert status(shop.root) == ""


def test_an_executable_file_and_a_read_only_one_keep_their_modes(skc: Skc, shop: Hiding) -> None:
    value = word()
    for name, mode in (("run", 0o755), ("kept", 0o444), ("own", 0o600)):
        shop.write(name, line(value))
        (shop.root / name).chmod(mode)
    shop.git("add", ".")
    shop.git("commit", "-q", "-m", "modes")
    scrubbed(skc, shop, value)
    assert gone(shop, value)
    assert [(shop.root / n).stat().st_mode & 0o777 for n in ("run", "kept", "own")] == [
        0o755,
        0o444,
        0o600,
    ]


def test_a_branch_s_name_between_other_branches(skc: Skc, shop: Hiding) -> None:
    """The masked name would be a folder of branches, or lie below a branch."""
    one, other = word(), word()
    shop.commit("src/a.js", line(one))
    for name in (f"x/{one}", "x/REMOVED/deep", f"y/{other}/deep", "y/REMOVED"):
        shop.git("branch", name)
    shop.git("checkout", "-q", f"x/{one}")
    scrubbed(skc, shop, one, other)
    assert gone(shop, one, other)
    assert {"refs/heads/x/REMOVED/deep", "refs/heads/y/REMOVED"} <= set(Repository(shop.root).refs)
    at = judge.git(shop.root, "symbolic-ref", "HEAD").decode().strip()
    assert at in Repository(shop.root).refs


def test_hundreds_of_notes_in_folders(skc: Skc, shop: Hiding) -> None:
    """With many notes git keeps them in folders by the first digits of the ids."""
    value = odd()
    shop.commit("src/a.js", line(value))
    tree, parent = shop.git("rev-parse", "HEAD^{tree}"), shop.git("rev-parse", "HEAD")
    stream = [
        f"commit refs/heads/main\nmark :{number}\n"
        f"committer A <a@b> 17000{number:05} +0000\ndata 1\nx\n"
        + (f"from {parent}\n" if number == 1 else "")
        + f"M 040000 {tree} \n"
        for number in range(1, 601)
    ]
    stream.append("commit refs/notes/commits\ncommitter A <a@b> 1800000000 +0000\ndata 1\nx\n")
    for number in range(1, 601):
        text = f"note {number}" + (f" {value}" if number % 7 == 0 else "")
        stream.append(f"N inline :{number}\ndata {len(text.encode())}\n{text}\n")
    shop.git("fast-import", "--quiet", given="".join(stream).encode())
    shop.git("reset", "-q", "--hard")
    assert b"/" in b"".join(
        Repository(shop.root).files(shop.git("rev-parse", "refs/notes/commits^{tree}"))
    )
    scrubbed(skc, shop, value)
    assert gone(shop, value)
    shown = judge.git(shop.root, "log", "--format=%N", "main").decode()
    assert shown.count("note ") == 600


def test_a_merge_whose_sides_became_alike(skc: Skc, shop: Hiding) -> None:
    """Two commits that differ by the value alone become one; the merge keeps two parents."""
    one, other = word(), word()
    base = shop.git("rev-parse", "HEAD")
    made = []
    for value in (one, other):
        tree = shop.git("mktree", given=f"100644 blob {shop.blob(line(value))}\tdb.js\n".encode())
        made.append(
            shop.git(
                *("commit-tree", tree, "-p", base, "-m", "leak"),
                GIT_AUTHOR_DATE="1700000000 +0000",
                GIT_COMMITTER_DATE="1700000000 +0000",
            )
        )
    tree = shop.git("rev-parse", f"{made[0]}^{{tree}}")
    merge = shop.git("commit-tree", tree, "-p", made[0], "-p", made[1], "-m", "merge")
    shop.git("reset", "-q", "--hard", merge)
    scrubbed(skc, shop, one, other)
    assert gone(shop, one, other)


def test_a_random_stretch_of_history_by_many_hands(skc: Skc, shop: Hiding) -> None:
    """Objects in several packs, with deltas against what goes."""
    chance, value = random.Random(5), odd()
    text = [f"const line{n} = {chance.random()};" for n in range(300)]
    for turn in range(12):
        text[chance.randrange(300)] = f"const at{turn} = '{value if turn > 3 else 'none'}'"
        shop.commit("src/big.js", "\n".join(text))
        if turn % 4 == 3:
            shop.git("repack", "-dq")
    innocent = shop.git("rev-parse", "HEAD~8")
    scrubbed(skc, shop, value)
    assert gone(shop, value)
    assert shop.git("rev-parse", "HEAD~8") == innocent


def test_a_copy_can_be_cloned_and_pushed(skc: Skc, shop: Hiding, tmp_path: Path) -> None:
    value = odd()
    shop.commit("src/a.js", line(value))
    shop.commit("src/b.js", "let b\n")
    scrubbed(skc, shop, value)
    clone = tmp_path / "clone"
    shop.git("clone", "-q", "--no-local", str(shop.root), str(clone))
    assert Judge([value.encode()]).places(clone) == []
    shutil.rmtree(clone)


def test_refs_that_were_packed_are_packed_again(skc: Skc, shop: Hiding) -> None:
    """A clone has them in one file; thousands of small ones would slow everything after."""
    value = word()
    shop.commit("src/a.js", line(value))
    for number in range(20):
        shop.git("branch", f"topic/{number}")
    shop.git("pack-refs", "--all")
    facts(scrub(skc, shop.root, [value]))
    assert [one for one in (shop.root / ".git/refs/heads").rglob("*") if one.is_file()] == []
    assert gone(shop, value)
    assert skc("scrub", "undo", "--yes", cwd=shop.root).code == 0
    assert shop.git("show", "topic/7:src/a.js") == line(value).strip()
