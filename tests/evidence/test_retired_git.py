"""Several people retire secrets; git merges, branches forget, and nothing is missed."""

import shutil
from pathlib import Path

import pytest

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.evidence.errors import ChainIsForked, MergeIsUnfinished
from tests.evidence.bench import ledger
from tests.evidence.shelves import both, chains, knows, retire, shelf, strong
from tests.evidence.test_git import clone, commit, git


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A project under git, with one retired secret."""
    folder = tmp_path / "here"
    books, evidence = both(folder)
    git(folder / "repo", "init", "-q", "-b", "main")
    retire(books, strong(), evidence=evidence)
    commit(folder)
    return folder


def share_key(giver: Path, taker: Path) -> None:
    shelf(taker).take_key(Secret((giver / "state" / "ledger.key").read_text()))


def test_ledgers_of_several_people_merge_without_conflict(here: Path) -> None:
    people = [here, *(clone(here, name) for name in ("ana", "ben", "cem"))]
    values: list[str] = []
    for folder in people[1:]:
        share_key(here, folder)
    for folder in people:
        books, evidence = both(folder)
        evidence.enroll(folder.name)
        for _ in range(3):
            values.append(strong())
            retire(books, values[-1], evidence=evidence)
        commit(folder)
    for folder in people[1:]:
        git(here / "repo", "pull", "-q", "--no-rebase", "--no-edit", str(folder / "repo"), "main")
    for folder in people[1:]:
        git(folder / "repo", "pull", "-q", "--no-rebase", "--no-edit", str(here / "repo"), "main")
    for folder in people:
        books = shelf(folder)
        assert all(knows(books, value) for value in values)
        assert len(books.read().entries) == 13
        assert {entry.signer for entry in books.read().entries} == {f.name for f in people}
        assert not knows(books, strong())


def test_two_keys_that_began_apart_come_together(here: Path, tmp_path: Path) -> None:
    there = clone(here, "there")
    mine, theirs = shelf(here), shelf(there)
    one, two = strong(), strong()
    theirs.ensure_key(anew=True)
    retire(mine, one)
    retire(theirs, two)
    commit(here)
    commit(there)
    git(there / "repo", "pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
    share_key(here, there)
    assert knows(theirs, one)
    assert knows(theirs, two)
    assert not knows(theirs, strong())


def test_what_was_retired_on_another_branch_is_still_retired(here: Path) -> None:
    books, evidence = both(here)
    git(here / "repo", "switch", "-qc", "topic")
    value, other = strong(), strong()
    retire(books, value, evidence=evidence)
    commit(here)
    git(here / "repo", "switch", "-q", "main")
    assert knows(books, value)
    (gap,) = books.read().gaps
    assert "the last 1 of 2 are not there" in gap
    retire(books, other, evidence=evidence)
    commit(here)
    assert len(chains(here)) == 2
    git(here / "repo", "merge", "-q", "--no-edit", "topic")
    shelf_now = books.read()
    assert shelf_now.gaps == ()
    assert len(shelf_now.entries) == 3
    assert knows(books, value)
    assert knows(books, other)


def test_the_same_value_retired_on_two_branches_is_in_both(here: Path) -> None:
    books, evidence = both(here)
    value = strong()
    git(here / "repo", "switch", "-qc", "topic")
    retire(books, value, evidence=evidence)
    commit(here)
    git(here / "repo", "switch", "-q", "main")
    retire(books, value, evidence=evidence)
    commit(here)
    fresh = clone(here, "fresh")
    share_key(here, fresh)
    assert knows(shelf(fresh), value)
    git(here / "repo", "merge", "-q", "--no-edit", "topic")
    assert knows(books, value)


def test_clones_that_share_a_signing_key_are_found_out(here: Path) -> None:
    there = clone(here, "there")
    shutil.copytree(here / "state", there / "state")
    retire(shelf(here), strong())
    retire(shelf(there), strong())
    commit(here)
    commit(there)
    with pytest.raises(AssertionError, match="CONFLICT"):
        git(there / "repo", "pull", "-q", "--no-rebase", "origin", "main")
    with pytest.raises((MergeIsUnfinished, ChainIsForked)):
        shelf(there).read()


def test_line_ends_survive_a_checkout_that_converts_them(here: Path) -> None:
    git(here / "repo", "config", "core.autocrlf", "true")
    (path,) = chains(here)
    path.unlink()
    git(here / "repo", "checkout", "-q", "--", ".")
    assert b"\r" not in path.read_bytes()


def test_a_project_of_an_older_version_gets_the_missing_attributes(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    ledger(folder)
    attributes = folder / "repo" / ".skc" / ".gitattributes"
    attributes.parent.mkdir(parents=True)
    attributes.write_text("evidence/*.jsonl -text\n# mine")
    retire(shelf(folder), strong())
    lines = attributes.read_text().splitlines()
    assert lines[:2] == ["evidence/*.jsonl -text", "# mine"]
    assert "retired/*.jsonl -text" in lines
    assert len(lines) == len(set(lines))
