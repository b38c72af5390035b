"""Every change to a chain but a cut-off end is noticed, and named."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skillconnect_ops.core.errors import NeedsPerson
from skillconnect_ops.evidence import chain
from skillconnect_ops.evidence.errors import ChainIsBroken, ChainIsForked, MergeIsUnfinished
from tests.evidence.bench import chains, ledger, numbers, proof

RECORDS = 4


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A chain of some records: its path and its bytes."""
    folder = tmp_path_factory.mktemp("ledger")
    books = ledger(folder)
    for number in range(RECORDS):
        books.record([proof(number)], command="backup", journal="j" if number % 2 else None)
    (path,) = chains(folder)
    data = path.read_bytes()
    assert len(chain.read(path, data).records) == RECORDS
    return path, data


def test_every_single_byte_flipped_is_noticed(whole: tuple[Path, bytes]) -> None:
    path, data = whole
    for place in range(len(data)):
        for bit in (0x01, 0x20):
            changed = bytearray(data)
            changed[place] ^= bit
            with pytest.raises(ChainIsBroken):
                chain.read(path, bytes(changed))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
@given(place=st.integers(0), value=st.integers(0, 255))
def test_any_byte_set_to_anything_is_noticed(
    whole: tuple[Path, bytes], place: int, value: int
) -> None:
    path, data = whole
    changed = bytearray(data)
    changed[place % len(data)] = value
    if bytes(changed) != data:
        with pytest.raises(ChainIsBroken):
            chain.read(path, bytes(changed))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
@given(start=st.integers(0), length=st.integers(1, 3_000))
def test_any_hole_in_the_middle_is_noticed(
    whole: tuple[Path, bytes], start: int, length: int
) -> None:
    path, data = whole
    start %= len(data)
    if start + length < len(data):
        with pytest.raises(ChainIsBroken):
            chain.read(path, data[:start] + data[start + length :])


def _without_third(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], *lines[3:]]


def _swapped(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def _without_first(lines: list[bytes]) -> list[bytes]:
    return lines[1:]


def _empty_line(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], b"", *lines[2:]]


def _spaced(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], lines[-1] + b" "]


def _carriage_returns(lines: list[bytes]) -> list[bytes]:
    return [line + b"\r" for line in lines]


@pytest.mark.parametrize(
    "change", [_without_third, _swapped, _without_first, _empty_line, _spaced, _carriage_returns]
)
def test_a_changed_order_is_noticed(
    whole: tuple[Path, bytes], change: Callable[[list[bytes]], list[bytes]]
) -> None:
    path, data = whole
    lines = data.split(b"\n")[:-1]
    with pytest.raises(ChainIsBroken) as caught:
        chain.read(path, b"\n".join(change(lines)) + b"\n")
    assert not isinstance(caught.value, ChainIsForked)


def test_lines_of_two_histories_cannot_be_mixed(tmp_path: Path) -> None:
    ledger(tmp_path / "a").record([proof(0)], command="backup")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    histories = []
    for name in ("a", "b"):
        for number in (1, 2):
            ledger(tmp_path / name).record([proof(number, of=name)], command="backup")
        (path,) = chains(tmp_path / name)
        histories.append(path.read_bytes().splitlines(keepends=True))
    (one, two) = histories
    with pytest.raises(ChainIsBroken, match="record 3"):
        chain.read(path, b"".join([*one[:2], two[2]]))


def test_a_line_standing_twice_is_told_from_a_fork(whole: tuple[Path, bytes]) -> None:
    path, data = whole
    lines = data.split(b"\n")[:-1]
    with pytest.raises(ChainIsBroken, match="record 4") as caught:
        chain.read(path, b"\n".join([*lines[:3], lines[2], *lines[3:]]) + b"\n")
    assert "twice" in caught.value.why


def test_a_chain_under_another_name_is_noticed(whole: tuple[Path, bytes]) -> None:
    path, data = whole
    with pytest.raises(ChainIsBroken, match="record 1"):
        chain.read(path.with_name("0" * 20 + "-00000000.jsonl"), data)
    with pytest.raises(ChainIsBroken, match="record 1"):
        chain.read(path.with_name(path.stem + "0.jsonl"), data)


def test_a_record_signed_by_another_key_cannot_be_added(tmp_path: Path) -> None:
    mine = ledger(tmp_path)
    mine.record([proof(1)], command="backup")
    (path,) = chains(tmp_path)
    forged = ledger(tmp_path, state=tmp_path / "thief")
    forged.record([proof(2)], command="backup")
    (other,) = (one for one in chains(tmp_path) if one != path)
    path.write_bytes(path.read_bytes() + other.read_bytes())
    other.unlink()
    with pytest.raises(ChainIsBroken, match="record 2"):
        mine.read()


def test_the_markers_of_a_merge_are_named(whole: tuple[Path, bytes]) -> None:
    path, data = whole
    first, second = data.split(b"\n")[:2]
    text = b"<<<<<<< HEAD\n" + second + b"\n=======\n" + second + b"\n>>>>>>> theirs\n"
    with pytest.raises(MergeIsUnfinished, match="record 2") as caught:
        chain.read(path, first + b"\n" + text)
    assert "git checkout --ours .skc/evidence/" in caught.value.fix


def test_the_error_names_file_and_record_and_what_to_type(tmp_path: Path) -> None:
    books = ledger(tmp_path)
    books.record([proof(1), proof(2), proof(3)], command="backup")
    (path,) = chains(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"number":2', b'"number":9'))
    with pytest.raises(NeedsPerson) as caught:
        books.read()
    assert path.name in caught.value.what
    assert "record 2" in caught.value.what
    assert caught.value.fix.startswith(f"git log -p -- .skc/evidence/{path.name}")


def test_a_broken_chain_of_mine_is_not_written_on(tmp_path: Path) -> None:
    books = ledger(tmp_path)
    books.record([proof(1), proof(2)], command="backup")
    (path,) = chains(tmp_path)
    path.write_bytes(broken := path.read_bytes().replace(b'"holds":true', b'"holds":null'))
    with pytest.raises(ChainIsBroken):
        books.record([proof(3)], command="backup")
    assert path.read_bytes() == broken


def test_a_cut_off_end_is_what_a_chain_cannot_show(tmp_path: Path) -> None:
    books = ledger(tmp_path)
    books.record([proof(1), proof(2), proof(3)], command="backup")
    (path,) = chains(tmp_path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    assert numbers(books) == [1, 2]
