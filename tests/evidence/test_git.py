"""Clones, branches, worktrees: git merges the ledger without a word."""

import shutil
import subprocess
from pathlib import Path

import pytest

from skillconnect_ops.evidence.errors import ChainIsForked, MergeIsUnfinished
from skillconnect_ops.evidence.ledger import Ledger
from tests.evidence.bench import chains, ledger, numbers, proof


def git(folder: Path, *argv: str) -> str:
    names = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.autocrlf=true"]
    done = subprocess.run(
        ["git", *names, *argv], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commit(folder: Path) -> None:
    git(folder / "repo", "add", "-A")
    git(folder / "repo", "commit", "-qm", "ledger")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A project under git, with a ledger that has one record."""
    folder = tmp_path / "here"
    books = ledger(folder)
    git(folder / "repo", "init", "-q", "-b", "main")
    books.record([proof(0)], command="backup")
    commit(folder)
    return folder


def clone(here: Path, name: str) -> Path:
    there = here.parent / name
    there.mkdir()
    git(there, "clone", "-q", str(here / "repo"), "repo")
    return there


def record(books: Ledger, *wanted: int) -> None:
    for number in wanted:
        books.record([proof(number)], command="backup")


def test_clones_with_keys_of_their_own_merge(here: Path) -> None:
    there = clone(here, "there")
    mine, theirs = ledger(here), ledger(there)
    for number, (folder, books, name) in enumerate(
        [(here, mine, "one"), (there, theirs, "two")], start=1
    ):
        books.enroll(name)
        record(books, number * 10, number * 10 + 1)
        commit(folder)
    git(there / "repo", "pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
    assert sorted(numbers(theirs)) == [0, 10, 11, 20, 21]
    assert {entry.signer for entry in theirs.read()} == {"one", "two"}
    git(here / "repo", "pull", "-q", "--ff-only", str(there / "repo"), "main")
    record(mine, 12)
    assert sorted(numbers(mine)) == [0, 10, 11, 12, 20, 21]
    assert len(chains(here)) == 2


def test_branches_of_one_clone_merge(here: Path) -> None:
    books = ledger(here)
    git(here / "repo", "switch", "-qc", "topic")
    record(books, 1, 2)
    commit(here)
    git(here / "repo", "switch", "-q", "main")
    record(books, 3)
    commit(here)
    git(here / "repo", "merge", "-q", "--no-edit", "topic")
    assert sorted(numbers(books)) == [0, 1, 2, 3]
    record(books, 4)
    assert sorted(numbers(books)) == [0, 1, 2, 3, 4]


def test_worktrees_of_one_clone_merge(here: Path) -> None:
    beside = here.parent / "beside"
    beside.mkdir()
    git(here / "repo", "worktree", "add", "-q", "-b", "topic", str(beside / "repo"))
    first, second = ledger(here), ledger(beside, state=here / "state")
    record(first, 1)
    record(second, 2)
    record(first, 3)
    record(second, 4)
    commit(here)
    commit(beside)
    git(here / "repo", "merge", "-q", "--no-edit", "topic")
    assert sorted(numbers(first)) == [0, 1, 2, 3, 4]


def test_a_reset_begins_a_new_chain(here: Path) -> None:
    books = ledger(here)
    record(books, 1)
    git(here / "repo", "reset", "-q", "--hard")
    record(books, 2)
    assert sorted(numbers(books)) == [0, 2]
    assert len(chains(here)) == 2


def test_clones_that_share_a_key_are_found_out(here: Path) -> None:
    there = clone(here, "there")
    shutil.copytree(here / "state", there / "state")
    mine, theirs = ledger(here), ledger(there)
    record(mine, 1)
    record(theirs, 2)
    commit(here)
    commit(there)
    with pytest.raises(AssertionError, match="CONFLICT"):
        git(there / "repo", "pull", "-q", "--no-rebase", "origin", "main")
    (path,) = chains(there)
    with pytest.raises(MergeIsUnfinished, match="record 2"):
        theirs.read()
    both = [line for line in path.read_bytes().split(b"\n") if line.startswith(b"{")]
    assert len(both) == 3
    path.write_bytes(b"\n".join(both) + b"\n")
    with pytest.raises(ChainIsForked, match="record 3") as caught:
        theirs.read()
    assert "share one signing key" in caught.value.why


def test_the_way_out_of_a_fork_works(here: Path) -> None:
    there = clone(here, "there")
    shutil.copytree(here / "state", there / "state")
    mine, theirs = ledger(here), ledger(there)
    record(mine, 1)
    record(theirs, 2)
    commit(here)
    commit(there)
    with pytest.raises(AssertionError):
        git(there / "repo", "pull", "-q", "--no-rebase", "origin", "main")
    with pytest.raises(MergeIsUnfinished) as caught:
        theirs.read()
    git(there / "repo", *caught.value.fix.partition("#")[0].split()[1:])
    assert numbers(theirs) == [0, 2]
    (there / "state" / "signing.key").unlink()
    record(theirs, 3)
    assert sorted(numbers(theirs)) == [0, 2, 3]
    assert len(chains(there)) == 2


def test_line_ends_survive_a_checkout_that_converts_them(here: Path) -> None:
    git(here / "repo", "config", "core.autocrlf", "true")
    (path,) = chains(here)
    path.unlink()
    git(here / "repo", "checkout", "-q", "--", ".")
    assert b"\r" not in path.read_bytes()
    assert numbers(ledger(here)) == [0]
