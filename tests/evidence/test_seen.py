"""What a chain cannot tell: that its end is there."""

import errno
from datetime import timedelta
from pathlib import Path

import pytest

from skillconnect_ops.core.errors import NeedsPerson
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.evidence.errors import ChainIsForked, RecordsAreGone
from skillconnect_ops.evidence.ledger import Ledger
from tests.evidence.bench import StillClock, chains, ledger, proof


@pytest.fixture
def books(tmp_path: Path) -> Ledger:
    books = ledger(tmp_path)
    for number in range(4):
        books.record([proof(number)], command="backup")
    return books


def path_of(folder: Path) -> Path:
    (path,) = chains(folder)
    return path


def cut(path: Path, *, to: int) -> bytes:
    """Cut the end off; gives what was there."""
    data = path.read_bytes()
    path.write_bytes(b"".join(data.splitlines(keepends=True)[:to]))
    return data


def test_what_is_there_is_read_as_ever(books: Ledger) -> None:
    assert books.account({}, branch="main").records == tuple(books.read())
    again = books.account({}, branch="main")
    assert again.gaps == ()
    assert len(again.records) == 4


@pytest.mark.parametrize("left", [0, 1, 3])
def test_an_end_that_this_branch_had_here_and_has_no_more_is_an_error(
    tmp_path: Path, books: Ledger, left: int
) -> None:
    books.account({}, branch="main")
    cut(path_of(tmp_path), to=left)
    assert len(books.read()) == left  # the chain itself tells nothing
    with pytest.raises(RecordsAreGone, match=f"from record {left + 1} on") as raised:
        books.account({}, branch="main")
    assert path_of(tmp_path).name in raised.value.what


def test_what_the_error_says_to_type_puts_the_records_back(tmp_path: Path, books: Ledger) -> None:
    books.account({}, branch="main")
    path = path_of(tmp_path)
    whole = cut(path, to=1)
    path.unlink()
    with pytest.raises(RecordsAreGone) as raised:
        books.account({}, branch="main")
    verb, source, to = raised.value.fix.partition("   #")[0].split()
    assert verb == "cp"
    (tmp_path / "repo" / to).write_bytes(Path(source).read_bytes())
    assert path.read_bytes() == whole
    assert len(books.account({}, branch="main").records) == 4


def test_what_the_last_commit_has_must_be_there_on_any_machine(
    tmp_path: Path, books: Ledger
) -> None:
    path = path_of(tmp_path)
    whole = cut(path, to=2)
    fresh = ledger(tmp_path, state=tmp_path / "elsewhere")
    with pytest.raises(RecordsAreGone, match="from record 3 on"):
        fresh.account({path.name: whole})
    path.unlink()
    with pytest.raises(RecordsAreGone, match="from record 1 on") as raised:
        fresh.account({path.name: whole})
    assert raised.value.fix == f"git checkout HEAD -- .skc/evidence/{path.name}"


def test_on_another_branch_what_was_seen_counts_and_is_told(tmp_path: Path, books: Ledger) -> None:
    books.account({}, branch="main")
    cut(path_of(tmp_path), to=1)
    found = books.account({}, branch="feature")
    assert len(found.records) == 4
    (gap,) = found.gaps
    assert "3 of 4 records" in gap
    path_of(tmp_path).unlink()
    assert len(books.account({}, branch="other").records) == 4
    assert len(books.account({}).records) == 4


def test_a_chain_that_goes_on_otherwise_than_was_seen_is_an_error(
    tmp_path: Path, books: Ledger
) -> None:
    books.account({}, branch="main")
    path = path_of(tmp_path)
    whole = path.read_bytes()
    cut(path, to=2)
    books.record([proof(9)], command="backup")  # a new chain: the old one is left alone
    assert len(chains(tmp_path)) == 2
    path.write_bytes(whole.replace(b"backup", b"bakcup"))
    with pytest.raises(NeedsPerson):
        books.account({}, branch="other")
    other = ledger(tmp_path, state=tmp_path / "state")
    path.write_bytes(whole)
    copy = tmp_path / "state" / "evidence-seen" / path.name
    lines = whole.splitlines(keepends=True)
    copy.write_bytes(lines[0] + lines[2])
    with pytest.raises(ChainIsForked):
        other.account({}, branch="other")


def test_the_latest_time_is_remembered(tmp_path: Path) -> None:
    clock = StillClock()
    books = ledger(tmp_path, clock=clock)
    first = clock.now()
    assert books.account({}).latest is None
    clock.time += timedelta(days=1)
    assert books.account({}).latest == first
    clock.time -= timedelta(days=3)
    assert books.account({}).latest == first + timedelta(days=1)
    assert books.account({}).latest == first + timedelta(days=1)


def test_every_flipped_byte_is_noticed_by_whoever_takes_account(tmp_path: Path) -> None:
    books = ledger(tmp_path)
    books.record([proof(1), proof(2)], command="backup")
    path = path_of(tmp_path)
    data = path.read_bytes()
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 0x04
        path.write_bytes(bytes(changed))
        with pytest.raises(NeedsPerson):
            books.account({}, branch="main")
    path.write_bytes(data)
    assert len(books.account({}, branch="main").records) == 2


class ReadOnly(Disk):
    """A disk that nothing can be written to."""

    def replace(self, path: Path, data: bytes, *, mode: int = 0o600) -> None:
        raise OSError(errno.EROFS, "Read-only file system")


def test_where_nothing_can_be_kept_the_records_are_read(tmp_path: Path, books: Ledger) -> None:
    fixed = ledger(tmp_path, disk=ReadOnly())
    assert len(fixed.account({}, branch="main").records) == 4
    assert fixed.account({}, branch="main").latest is None
