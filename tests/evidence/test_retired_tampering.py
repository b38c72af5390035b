"""Whatever is done to the ledger of retired secrets, no retired value passes for a good one."""

import shutil
from pathlib import Path

import pytest

from skillconnect_ops.core.errors import NeedsPerson
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.evidence.errors import ChainIsBroken, RecordsAreGone
from tests.evidence.shelves import both, chains, knows, private, retire, shelf, strong


@pytest.fixture
def values(tmp_path: Path) -> list[str]:
    """Four retired values in one chain, and the evidence of each."""
    books, evidence = both(tmp_path)
    values = [strong() for _ in range(4)]
    for value in values:
        retire(books, value, evidence=evidence)
    return values


def elsewhere(folder: Path) -> Path:
    """The same working tree on a machine that never saw it, with the key alone."""
    shutil.copytree(folder / "repo", folder / "other" / "repo")
    shelf(folder / "other").take_key(Secret((folder / "state" / "ledger.key").read_text()))
    return folder / "other"


def test_a_changed_byte_anywhere_is_noticed(tmp_path: Path, values: list[str]) -> None:
    (path,) = chains(tmp_path)
    good = path.read_bytes()
    for place in range(0, len(good) - 1, 37):
        if good[place] == 0x0A:
            continue
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(NeedsPerson):
            shelf(tmp_path).read()
    path.write_bytes(good)
    assert knows(shelf(tmp_path), values[0])


@pytest.mark.parametrize("line", range(3))
def test_a_removed_record_is_noticed(tmp_path: Path, values: list[str], line: int) -> None:
    (path,) = chains(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:line] + lines[line + 1 :]))
    with pytest.raises(ChainIsBroken, match=f"from record {line + 1} on"):
        shelf(tmp_path).read()
    with pytest.raises(ChainIsBroken):
        shelf(elsewhere(tmp_path)).read()


@pytest.mark.parametrize("left", range(4))
def test_a_cut_end_is_noticed_where_it_was_never_seen(
    tmp_path: Path, values: list[str], left: int
) -> None:
    (path,) = chains(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:left]))
    with pytest.raises(RecordsAreGone, match=f"from record {left + 1} on") as caught:
        shelf(elsewhere(tmp_path)).read()
    assert "cut off" in caught.value.why


def test_a_removed_file_is_noticed(tmp_path: Path, values: list[str]) -> None:
    (path,) = chains(tmp_path)
    path.unlink()
    with pytest.raises(RecordsAreGone):
        shelf(elsewhere(tmp_path)).read()


def test_this_machine_still_knows_what_was_cut_off(tmp_path: Path, values: list[str]) -> None:
    shelf(tmp_path).read()
    (path,) = chains(tmp_path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:1]))
    books = shelf(tmp_path)
    assert all(knows(books, value) for value in values)
    (gap,) = books.read().gaps
    assert "the last 3 of 4 are not there" in gap


def test_half_a_cut_line_is_a_crash_and_the_record_still_missed(
    tmp_path: Path, values: list[str]
) -> None:
    (path,) = chains(tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RecordsAreGone):
        shelf(elsewhere(tmp_path)).read()


def test_a_chain_of_the_evidence_is_none_of_retirements(tmp_path: Path, values: list[str]) -> None:
    folder = tmp_path / "repo" / ".skc"
    (evidence,) = (folder / "evidence").glob("*.jsonl")
    shutil.copy(evidence, folder / "retired")
    with pytest.raises(ChainIsBroken) as caught:
        shelf(tmp_path).read()
    assert "another ledger" in caught.value.why


def test_retirements_are_no_evidence(tmp_path: Path, values: list[str]) -> None:
    (path,) = chains(tmp_path)
    shutil.copy(path, tmp_path / "repo" / ".skc" / "evidence")
    _, evidence = both(tmp_path)
    with pytest.raises(ChainIsBroken):
        evidence.read()


@pytest.mark.parametrize("left", [0, 1, None])
def test_a_cut_end_in_the_private_state_is_noticed(tmp_path: Path, left: int | None) -> None:
    books = shelf(tmp_path)
    for value in ("hunter2", "letmein99"):
        retire(books, value)
    (path,) = private(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    if left is None:
        path.unlink()
    else:
        path.write_bytes(b"".join(lines[:left]))
    with pytest.raises(RecordsAreGone) as caught:
        shelf(tmp_path).read()
    assert "git has no copy" in caught.value.fix
    assert str(path) in caught.value.fix


def test_a_writer_s_name_cannot_lead_out_of_the_folder(tmp_path: Path, values: list[str]) -> None:
    (path,) = chains(tmp_path)
    path.rename(path.with_name("x-retired-../../y.jsonl".replace("/", "_")))
    with pytest.raises(ChainIsBroken):
        shelf(tmp_path).read()
