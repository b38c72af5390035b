"""A secret in every place of a repository that can hold one: scrubbed, or named as left."""

import base64
import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests.commands.scrub import judge
from tests.commands.scrub.hiding import PLACES, Hiding, Place, borrowing
from tests.commands.scrub.judge import Affected, Found, Judge, Kept, Repository
from tests.commands.scrub.scrubbing import commit_map, facts, scrub
from tests.conftest import Ran, Skc, environment_in, skc_in

pytestmark = pytest.mark.timeout(600)
NUMBERS = range(1, len(PLACES) + 1)


class Scrubbed(Struct, frozen=True, kw_only=True):
    """One repository with all hiding places, before and after."""

    hiding: Hiding
    judge: Judge
    ran: Ran
    again: Ran
    """A second run."""
    was: Repository
    now: Repository
    later: Repository
    """After the second run."""
    found_before: list[Found]
    found_after: list[Found]
    status_before: list[str]
    first: set[str]
    """The first commits that have to change, as the judge sees it."""
    changing: set[str]

    @property
    def root(self) -> Path:
        return self.hiding.root

    @property
    def map(self) -> dict[str, str]:
        return commit_map(self.ran, self.root)

    @property
    def kept(self) -> Kept:
        return Kept(self.was, self.now, self.judge, self.map)

    def place(self, number: int) -> Place:
        for place in self.hiding.places:
            if place.number == number:
                return place
        return pytest.skip("needs the program ssh-keygen")

    def titled(self, title: str) -> Place:
        return next(place for place in self.hiding.places if place.title == title)

    def of(self, place: Place, found: list[Found]) -> list[Found]:
        index = self.hiding.places.index(place)
        return [one for one in found if one.value == index]

    def blobs(self, path: str) -> tuple[bytes, bytes]:
        """The content of a file of the main branch, before and after."""
        return tuple(  # type: ignore[return-value]
            repository.objects[
                repository.files(
                    judge.parsed(repository.objects[repository.refs["refs/heads/main"]][1])[0][
                        b"tree"
                    ][0]
                )[path.encode()][1]
            ][1]
            for repository in (self.was, self.now)
        )


@pytest.fixture(scope="module")
def scrubbed(tmp_path_factory: pytest.TempPathFactory) -> Scrubbed:
    folder = tmp_path_factory.mktemp("scrubbed")
    hiding = Hiding(folder)
    places = hiding.hide()
    told = Judge([place.value.encode() for place in places])
    was = read(hiding.root)
    affected = Affected(was, told)
    before = told.places(hiding.root)
    status = [git_status(tree) for tree in was.work_trees]
    skc = skc_in(folder, environment_in(folder))
    values = [place.value for place in places]
    ran = scrub(skc, hiding.root, values)
    found, now = told.places(hiding.root), read(hiding.root)
    return Scrubbed(
        hiding=hiding,
        judge=told,
        ran=ran,
        again=scrub(skc, hiding.root, values),
        was=was,
        now=now,
        later=read(hiding.root),
        found_before=before,
        found_after=found,
        status_before=status,
        first=affected.first,
        changing=affected.commits,
    )


def read(root: Path) -> Repository:
    """All of it as it is now, whatever happens to it afterwards."""
    repository = Repository(root)
    assert repository.objects
    assert repository.refs
    assert repository.reflogs
    assert repository.pseudo_refs
    return repository


def git_status(root: Path) -> str:
    return judge.git(root, "status", "--porcelain", "--ignore-submodules=none").decode()


@pytest.mark.parametrize("number", NUMBERS)
def test_the_judge_finds_a_hiding_place_before(scrubbed: Scrubbed, number: int) -> None:
    place = scrubbed.place(number)
    found = scrubbed.of(place, scrubbed.found_before)
    assert any(one.place.startswith(place.where) and one.form == place.form for one in found), found


@pytest.mark.parametrize("number", NUMBERS)
def test_a_hiding_place_is_empty_afterwards_or_named_as_left(
    scrubbed: Scrubbed, number: int
) -> None:
    place = scrubbed.place(number)
    still = scrubbed.of(place, scrubbed.found_after)
    left = facts(scrubbed.ran)["left"]
    if place.left is None:
        assert still == [], place.title
        return
    assert any(place.left in one["subject"] and one["reason"] for one in left), (place.title, left)
    assert {one.place for one in still} <= {
        one.place for one in scrubbed.of(place, scrubbed.found_before)
    }


def test_nothing_is_named_as_left_that_is_not(scrubbed: Scrubbed) -> None:
    """What stays and holds a value is untracked, ignored, an LFS object or a submodule's."""
    subjects = " ".join(one["subject"] for one in facts(scrubbed.ran)["left"])
    staying = [place.left for place in scrubbed.hiding.places if place.left]
    for place in staying:
        assert place in subjects
    assert len(facts(scrubbed.ran)["left"]) == len(staying), subjects


def test_git_finds_nothing_wrong(scrubbed: Scrubbed) -> None:
    assert facts(scrubbed.ran)
    assert judge.clean(scrubbed.root) == ""
    assert judge.leftovers(scrubbed.root) == []


def test_innocent_commits_and_refs_keep_their_ids(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    assert scrubbed.hiding.innocent
    for oid in scrubbed.hiding.innocent:
        assert scrubbed.now.objects[oid] == scrubbed.was.objects[oid]
        assert scrubbed.map.get(oid, oid) == oid
    kept = {name: scrubbed.now.refs.get(name) for name in scrubbed.hiding.innocent_refs}
    assert kept == scrubbed.hiding.innocent_refs


def test_the_signatures_of_innocent_commits_and_tags_are_good(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    if scrubbed.hiding.signer is None:
        pytest.skip("needs the program ssh-keygen")
    scrubbed.hiding.signed("verify-commit", "v0-signed^{commit}")
    scrubbed.hiding.signed("verify-tag", "v0-signed")


def test_no_signature_stands_on_what_was_rewritten(scrubbed: Scrubbed) -> None:
    """It would be false: git would say that somebody forged the commit."""
    for old, new in scrubbed.map.items():
        if old != new and new in scrubbed.now.objects:
            assert b"\ngpgsig" not in scrubbed.now.objects[new][1].partition(b"\n\n")[0]
    tag = (
        scrubbed.now.objects[scrubbed.now.refs["refs/tags/v3"]][1]
        if scrubbed.hiding.signer
        else b""
    )
    assert b"-----BEGIN" not in tag


def test_exactly_the_commits_change_that_hold_a_value_or_reach_one(scrubbed: Scrubbed) -> None:
    changed = {old for old, new in scrubbed.map.items() if old != new}
    reachable = judge.git(scrubbed.root, "rev-list", "--all").decode().split()
    assert scrubbed.changing <= changed
    kept = set(reachable) & set(scrubbed.was.commits())
    assert kept.isdisjoint(scrubbed.changing)
    assert set(facts(scrubbed.ran)["first_changed"]) >= scrubbed.first


def test_every_commit_is_as_it_was_but_for_the_values(scrubbed: Scrubbed) -> None:
    assert scrubbed.kept.trouble_of_commits(sorted(scrubbed.changing)) == []


def test_every_ref_is_there_and_as_it_was_but_for_the_values(scrubbed: Scrubbed) -> None:
    assert facts(scrubbed.ran)
    assert scrubbed.kept.trouble_of_refs() == []


def test_every_branch_has_as_many_commits_as_before(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    checked = 0
    for name, oid in scrubbed.was.refs.items():
        if name in scrubbed.now.refs and scrubbed.was.kind(oid) == "commit":
            if name.startswith("refs/replace/"):
                continue
            said = judge.git(scrubbed.root, "rev-list", "--count", name)
            assert int(said) == _reached(scrubbed.was, oid), name
            checked += 1
    assert checked > 15


def _reached(repository: Repository, oid: str) -> int:
    seen, todo = set(), [oid]
    while todo:
        if (one := todo.pop()) not in seen:
            seen.add(one)
            todo += judge.parsed(repository.objects[one][1])[0][b"parent"]
    return len(seen)


def test_notes_hang_on_the_commits_that_took_their_commits_places(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    for commit, text in scrubbed.hiding.noted.items():
        now = scrubbed.map.get(commit, commit)
        assert judge.git(scrubbed.root, "notes", "show", now).decode().strip() == text
    said = judge.git(scrubbed.root, "notes", "--ref", "review", "list").decode().split()
    (noted,) = said[1::2]
    assert noted in scrubbed.map.values()


def test_every_stash_is_there_and_can_be_shown(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    before = scrubbed.was.reflogs["logs/refs/stash"]
    assert len(before) == 5
    listed = judge.git(scrubbed.root, "stash", "list", "--format=%H").decode().split()
    assert listed == [scrubbed.map.get(new, new) for _, new, _ in reversed(before)]
    assert scrubbed.kept.trouble_of_commits([new for _, new, _ in before]) == []
    for number in range(len(listed)):
        shown = judge.git(scrubbed.root, "stash", "show", "-p", "-u", f"stash@{{{number}}}")
        assert b"diff --git" in shown


def test_every_entry_of_a_reflog_is_kept_with_its_ids_mapped(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    now, kept = scrubbed.now.reflogs, scrubbed.kept
    for name, entries in scrubbed.was.reflogs.items():
        named = name if name in now else None
        if named is None:
            continue  # the log of a ref whose name held a value
        ids = [(scrubbed.map.get(o, o), scrubbed.map.get(n, n)) for o, n, _ in entries]
        assert [(old, new) for old, new, _ in now[named]][: len(ids)] == ids, name
        for (_, _, was), (_, _, text) in zip(entries, now[named], strict=False):
            assert kept.alike(kept.renamed(was), kept.renamed(text)), (name, was, text)
    assert len(now["logs/HEAD"]) >= len(scrubbed.was.reflogs["logs/HEAD"]) > 100


def test_what_only_a_reflog_keeps_is_kept(scrubbed: Scrubbed) -> None:
    (entry,) = [
        new
        for _, new, _ in scrubbed.was.reflogs["logs/refs/heads/reset"]
        if new != scrubbed.was.refs["refs/heads/reset"]
        and b"reset.js" in b"".join(scrubbed.was.files(_tree(scrubbed.was, new)))
    ]
    assert scrubbed.kept.trouble_of_commits([entry]) == []


def _tree(repository: Repository, commit: str) -> str:
    return judge.parsed(repository.objects[commit][1])[0][b"tree"][0]


def test_a_replaced_commit_is_still_replaced(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    old, new = scrubbed.hiding.replaced
    named = f"refs/replace/{scrubbed.map[old]}"
    assert scrubbed.now.refs[named] == scrubbed.map[new]


def test_ids_of_rewritten_commits_in_messages_are_the_new_ones(scrubbed: Scrubbed) -> None:
    place = scrubbed.titled("a message that names a rewritten commit")
    old = place.where.removeprefix("commit ")
    (named,) = re.findall(rb"\n([0-9a-f]{40}):", scrubbed.was.objects[old][1])
    text = scrubbed.now.objects[scrubbed.map[old]][1]
    new = scrubbed.map[named.decode()].encode()
    assert b"\n" + new + b": " in text
    assert b"revert " + new[:10] + b"\n" in text


def test_the_work_trees_are_as_clean_or_dirty_as_before(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    assert [git_status(tree) for tree in scrubbed.now.work_trees] == scrubbed.status_before


def test_a_linked_worktree_stands_on_the_new_commit_with_its_staged_change(
    scrubbed: Scrubbed,
) -> None:
    facts(scrubbed.ran)
    before = scrubbed.was.pseudo_refs["worktrees/linked/HEAD"]
    assert scrubbed.now.pseudo_refs["worktrees/linked/HEAD"] == scrubbed.map[before]
    linked = scrubbed.hiding.outside / "linked"
    assert b"***REMOVED***" in judge.git(linked, "cat-file", "blob", ":staged.js")
    on_a_branch = scrubbed.hiding.outside / "on-a-branch"
    name = judge.git(on_a_branch, "symbolic-ref", "HEAD").decode().strip()
    assert name in scrubbed.now.refs


def test_a_symbolic_ref_points_at_a_branch_that_is_there(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    said = judge.git(scrubbed.root, "symbolic-ref", "refs/remotes/origin/HEAD").decode().strip()
    assert said in scrubbed.now.refs
    assert scrubbed.now.refs["refs/remotes/origin/HEAD"] == scrubbed.now.refs[said]


def test_the_settings_can_be_read_and_a_branch_has_its_own(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    listed = judge.git(scrubbed.root, "config", "--list", "--local").decode()
    (merged,) = re.findall(r"^branch\.up/.*\.merge=(.*)$", listed, re.MULTILINE)
    assert merged in scrubbed.now.refs
    assert f"branch.{merged.removeprefix('refs/heads/')}.merge" in listed
    assert "remote.deploy.url=https://deploy:" in listed


def test_orig_head_names_the_new_commit(scrubbed: Scrubbed) -> None:
    before = scrubbed.was.pseudo_refs["ORIG_HEAD"]
    assert scrubbed.now.pseudo_refs["ORIG_HEAD"] == scrubbed.map[before]


def test_a_hook_is_still_one(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    hook = scrubbed.root / ".git/hooks/post-commit"
    assert hook.stat().st_mode & 0o777 == 0o755
    assert hook.read_text().startswith("#!/bin/sh\nURL='")


def test_offsets_in_a_binary_file_hold(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    was, now = scrubbed.blobs("core.bin")
    assert len(was) == len(now)
    assert was[:5000] == now[:5000]
    assert was[-5000:] == now[-5000:]


def test_archives_keep_all_but_the_value(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    was, now = (zipfile.ZipFile(io.BytesIO(one)) for one in scrubbed.blobs("old.zip"))
    assert now.testzip() is None
    assert now.comment == was.comment
    for before, after in zip(was.infolist(), now.infolist(), strict=True):
        for name in ("filename", "date_time", "compress_type", "external_attr", "extra"):
            assert getattr(before, name) == getattr(after, name)
    assert now.read("backup/readme") == b"nothing\n"
    assert b"***REMOVED***" in now.read("backup/db.js")
    packed, again = scrubbed.blobs("old.gz")
    assert packed[:10] == again[:10]
    assert b"dump.sql\0" in again[10:20]


def test_base64_still_decodes_to_what_stood_around(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    for title, around in (("base64, offset 2", b"xx"), ("base64url, offset 1", b"x")):
        old = scrubbed.titled(title).where.removeprefix("blob ")
        was = scrubbed.was.objects[old][1]
        (now,) = [
            content
            for kind, content in scrubbed.now.objects.values()
            if kind == "blob"
            and len(content) == len(was)
            and content[:12] == was[:12]
            and content.startswith(
                b"data:\n  url: " + base64.b64encode(around + b"*")[: len(around)]
            )
        ][:1]
        plain = base64.urlsafe_b64decode(now.split()[-1].replace(b"+", b"-").replace(b"/", b"_"))
        assert plain.startswith(around)
        assert plain.endswith(b"\n")


def test_the_backup_is_outside_the_repository(scrubbed: Scrubbed) -> None:
    bundle = Path(facts(scrubbed.ran)["bundle"])
    assert bundle.exists()
    assert not bundle.resolve().is_relative_to(scrubbed.root.resolve())


def test_no_output_holds_a_value(scrubbed: Scrubbed) -> None:
    said = (scrubbed.ran.stdout + scrubbed.ran.stderr).encode()
    assert facts(scrubbed.ran)
    assert [scrubbed.hiding.places[one.value].title for one in scrubbed.judge.held(said)] == []


def test_the_proof_says_the_same_as_the_judge(scrubbed: Scrubbed) -> None:
    proof: Any = facts(scrubbed.ran)["proof"]
    assert proof["holds"] is True
    assert proof["objects"] >= len(scrubbed.now.objects)


def test_a_second_run_changes_nothing(scrubbed: Scrubbed) -> None:
    facts(scrubbed.ran)
    assert scrubbed.again.code == 0, scrubbed.again.stderr
    assert scrubbed.again.json["steps"] == []
    assert scrubbed.later.refs == scrubbed.now.refs
    assert scrubbed.later.objects == scrubbed.now.objects
    assert scrubbed.later.reflogs == scrubbed.now.reflogs
    assert scrubbed.later.pseudo_refs == scrubbed.now.pseudo_refs


@pytest.mark.timeout(120)
def test_a_borrowed_object_is_named_as_left_and_its_lender_is_not_touched(
    skc: Skc, tmp_path: Path
) -> None:
    lender, clone, lent, own = borrowing(tmp_path / "made")
    told = Judge([lent.encode(), own.encode()])
    before = told.places(clone)
    assert any(one.place.startswith("borrowed blob") for one in before)
    assert any(one.value == 1 and one.place.startswith("blob") for one in before)
    objects, refs = Repository(lender.root).objects, Repository(lender.root).refs
    ran = scrub(skc, clone, [lent, own])
    left = facts(ran)["left"]
    assert any("alternate" in f"{one['subject']} {one['reason']}" for one in left), left
    found = told.places(clone)
    assert [one for one in found if not one.place.startswith("borrowed ")] == []
    assert [one for one in found if one.value == 1] == []
    reachable = judge.git(clone, "rev-list", "--objects", "--no-object-names", "--all").decode()
    held = {one.place.rpartition(" ")[2] for one in found}
    assert held.isdisjoint(reachable.split())
    assert judge.clean(clone) == ""
    assert Repository(lender.root).objects == objects
    assert Repository(lender.root).refs == refs


@pytest.mark.timeout(120)
def test_undo_gives_every_ref_back(skc: Skc, tmp_path: Path) -> None:
    hiding = Hiding(tmp_path / "made")
    hiding.git("init", "-q", "-b", "main")
    hiding.commit("README.md", "# A shop\n", "begin")
    value = "x" * 4 + hiding.git("hash-object", "--stdin", given=str(tmp_path).encode()) + "Z"
    hiding.commit("src/db.js", f"let url = '{value}'\n", "leak")
    hiding.git("tag", "-a", "v1", "-m", "release")
    hiding.git("branch", "other")
    before = Repository(hiding.root).refs
    facts(scrub(skc, hiding.root, [value]))
    assert Repository(hiding.root).refs != before
    undone = skc("scrub", "undo", "--yes", "--format", "json", cwd=hiding.root)
    assert undone.code == 0, undone.stderr
    assert Repository(hiding.root).refs == before
    assert value in (hiding.root / "src/db.js").read_text()
    assert judge.git(hiding.root, "status", "--porcelain") == b""
    assert judge.clean(hiding.root) == ""


@pytest.mark.timeout(120)
def test_verify_finds_a_value_before_and_holds_afterwards(skc: Skc, tmp_path: Path) -> None:
    hiding = Hiding(tmp_path / "made")
    hiding.git("init", "-q", "-b", "main")
    value = "Zx" + hiding.git("hash-object", "--stdin", given=str(tmp_path).encode())
    hiding.past(".env", f"URL={value}\n")
    file = tmp_path / "values"
    file.write_text(f"{value}\n")
    told = ("scrub", "verify", "--values-from", str(file), "--format", "json")
    ran = skc(*told, cwd=hiding.root)
    assert ran.code == 13, ran.stderr
    assert ran.json["facts"]["proof"]["holds"] is False
    facts(scrub(skc, hiding.root, [value]))
    ran = skc(*told, cwd=hiding.root)
    assert ran.code == 0, ran.stderr
    assert ran.json["facts"]["proof"]["holds"] is True


def test_the_judge_tells_what_is_broken(tmp_path: Path) -> None:
    hiding = Hiding(tmp_path / "made")
    hiding.git("init", "-q", "-b", "main")
    hiding.commit("a.js", "let a\n")
    assert judge.clean(hiding.root) == ""
    blob = hiding.git("rev-parse", ":a.js")
    (hiding.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert blob in judge.clean(hiding.root)
    (hiding.root / ".git/objects/pack/tmp_pack_x").write_bytes(b"")
    (hiding.root / ".git/index.lock").write_bytes(b"")
    assert judge.leftovers(hiding.root) == ["index.lock", "objects/pack/tmp_pack_x"]


def test_the_judge_reads_packs_that_were_begun(tmp_path: Path) -> None:
    hiding = Hiding(tmp_path / "made")
    hiding.git("init", "-q", "-b", "main")
    oid = hiding.commit("a.js", "let secret = 'Zx81nn29qq'\n")
    names = hiding.git("rev-list", "--objects", "--no-object-names", oid)
    hiding.git("pack-objects", "-q", str(tmp_path / "made"), given=f"{names}\n".encode())
    (pack,) = tmp_path.glob("made-*.pack")
    pack.rename(hiding.root / ".git/objects/pack/tmp_pack_x")
    (pack.with_suffix(".idx")).unlink()
    places = [one.place for one in Judge([b"Zx81nn29qq"]).places(hiding.root)]
    assert "file objects/pack/tmp_pack_x" in places


def test_ssh_signing_is_real(tmp_path: Path) -> None:
    """The signatures of the hiding places can be told from false ones."""
    hiding = Hiding(tmp_path / "made")
    if hiding.signer is None:
        pytest.skip("needs the program ssh-keygen")
    hiding.git("init", "-q", "-b", "main")
    hiding.write("a.js", "let a\n")
    hiding.signed("commit", "-q", "-S", "-m", "signed")
    hiding.signed("verify-commit", "HEAD")
    text = hiding.git("cat-file", "commit", "HEAD") + " and forged\n"
    forged = hiding.git("hash-object", "-t", "commit", "-w", "--stdin", given=text.encode())
    with pytest.raises(AssertionError):
        hiding.signed("verify-commit", forged)
