"""`skc scrub undo` and refs that are not where, or not called as, the scrub left them."""

from pathlib import Path
from typing import Any

import pytest

from tests.commands.scrub import judge
from tests.commands.scrub.hiding import Hiding, word
from tests.commands.scrub.scrubbing import facts, scrub
from tests.conftest import Skc

pytestmark = pytest.mark.timeout(120)


def refs(shop: Hiding) -> dict[str, str]:
    lines = judge.git(shop.root, "for-each-ref", "--format=%(refname) %(objectname)").decode()
    return dict(line.split() for line in lines.splitlines())


def head(root: Path) -> str:
    return judge.git(root, "symbolic-ref", "HEAD").decode().strip()


def back(skc: Skc, shop: Hiding, *words: str) -> Any:
    ran = skc("scrub", "undo", *(words or ("--yes",)), "--format", "json", cwd=shop.root)
    assert ran.code == 0, ran.stderr
    judge.git(shop.root, "fsck", "--full", "--strict")
    return ran


@pytest.fixture
def value() -> str:
    return word()


@pytest.fixture
def named(shop: Hiding, value: str) -> Hiding:
    """A shop whose branches, one of them checked out, and a tag are called by the value."""
    shop.commit("a.js", f"{value}\n", "leak")
    shop.git("branch", f"fix/{value}")
    shop.git("tag", f"v-{value}")
    shop.git("branch", "other")
    shop.git("checkout", "-q", "-b", f"on-{value}")
    shop.commit("b.js", "1\n", "more")
    shop.git("config", f"branch.fix/{value}.description", "mends it")
    return shop


def test_refs_that_were_renamed_have_their_names_back_and_no_others_are_left(
    skc: Skc, named: Hiding, value: str
) -> None:
    before, at, log = refs(named), head(named.root), judge.git(named.root, "reflog", f"fix/{value}")
    facts(scrub(skc, named.root, [value]))
    assert not any(value in name for name in refs(named))
    ran = back(skc, named)
    assert value not in ran.stdout + ran.stderr
    assert refs(named) == before
    assert head(named.root) == at
    assert judge.git(named.root, "reflog", f"fix/{value}") == log
    assert judge.git(named.root, "config", f"branch.fix/{value}.description") == b"mends it\n"
    assert judge.git(named.root, "status", "--porcelain") == b""
    assert not any((named.root / ".git/logs/refs").rglob("*REMOVED*"))


def test_a_renamed_branch_that_has_moved_on_stays_beside_the_old_one(
    skc: Skc, named: Hiding, value: str
) -> None:
    before = refs(named)
    facts(scrub(skc, named.root, [value]))
    on = head(named.root)
    named.commit("c.js", "2\n", "gone on")
    tip = refs(named)[on]
    ran = back(skc, named)
    assert ran.json["facts"]["undo"]["stay"] == [on]
    assert refs(named) == {**before, on: tip}
    assert head(named.root) == on


def test_a_branch_that_somebody_made_under_the_old_name_stays_and_so_does_the_renamed_one(
    skc: Skc, named: Hiding, value: str
) -> None:
    before = refs(named)
    facts(scrub(skc, named.root, [value]))
    (new,) = (name for name in refs(named) if name.startswith("refs/heads/fix/"))
    tip = refs(named)[new]
    named.git("branch", f"fix/{value}", "main~1")
    mine = refs(named)[f"refs/heads/fix/{value}"]
    ran = back(skc, named)
    assert value not in ran.stdout + ran.stderr
    assert ran.json["facts"]["undo"]["stay"] == ["refs/heads/fix/REMOVED"]
    assert refs(named) == {**before, f"refs/heads/fix/{value}": mine, new: tip}


def test_the_head_of_a_linked_worktree_comes_back_with_its_branch(
    skc: Skc, named: Hiding, value: str, tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    named.git("worktree", "add", "-q", str(linked), f"fix/{value}")
    before = refs(named)
    facts(scrub(skc, named.root, [value]))
    assert value not in head(linked)
    back(skc, named)
    assert refs(named) == before
    assert head(linked) == f"refs/heads/fix/{value}"
    assert judge.git(linked, "status", "--porcelain") == b""


def test_a_branch_that_was_deleted_since_is_named_before_it_is_made_again(
    skc: Skc, named: Hiding, value: str
) -> None:
    before = refs(named)
    facts(scrub(skc, named.root, [value]))
    named.git("branch", "-D", "other")
    named.git("branch", "-D", *(name[11:] for name in refs(named) if "fix/" in name))
    looked = back(skc, named, "--dry-run")
    assert "deleted since the scrub, and made again" in looked.stderr
    assert "refs/heads/other" in looked.stderr
    assert value not in looked.stderr
    assert refs(named) != before
    ran = back(skc, named)
    assert sorted(ran.json["facts"]["undo"]["again"]) == [
        "refs/heads/fix/REMOVED",
        "refs/heads/other",
    ]
    assert refs(named) == before


def test_a_look_at_a_sealed_bundle_says_what_it_cannot_tell(
    skc: Skc, shop: Hiding, clean_environment: dict[str, str]
) -> None:
    value = word()
    shop.commit("a.js", f"{value}\n", "leak")
    shop.git("branch", "other")
    file = shop.root.parent / "values"
    file.write_text(value)
    sealed = {**clean_environment, "SKC_SCRUB_PASSPHRASE": "fake passphrase"}
    words = ("--values-from", str(file), "--not-rotated-yet", "--confirm", "shop")
    assert skc("scrub", *words, cwd=shop.root, env=sealed).code == 0
    shop.git("branch", "-D", "other")
    looked = back(skc, shop, "--dry-run")
    assert "told once it is opened" in looked.stderr
    opened = skc("scrub", "undo", "--dry-run", cwd=shop.root, env=sealed)
    assert "made again: refs/heads/other" in opened.stderr
