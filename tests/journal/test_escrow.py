"""The escrow: encrypted, private, the first value of a name wins, gone when it is told to go."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.errors import EscrowDamaged
from skillconnect_ops.journal.escrow import ChainEscrow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "escrow" / "chain"


def opened(folder: Path) -> ChainEscrow:
    return ChainEscrow(folder, disk=Disk())


def test_a_value_comes_back_in_another_process(folder: Path) -> None:
    opened(folder).put("MONGO_URI", b"mongodb://hunter2")
    assert opened(folder).get("MONGO_URI") == b"mongodb://hunter2"
    assert opened(folder).get("OTHER") is None


def test_nothing_is_made_before_it_is_needed(folder: Path) -> None:
    assert opened(folder).get("x") is None
    opened(folder).remove()
    assert not folder.parent.exists()


def test_the_first_value_of_a_name_wins(folder: Path) -> None:
    escrow = opened(folder)
    escrow.put("x", b"first")
    escrow.put("x", b"second")
    opened(folder).put("x", b"third")
    assert escrow.get("x") == b"first"


def test_neither_value_nor_name_can_be_read_from_the_files(folder: Path) -> None:
    opened(folder).put("MONGO_URI", b"hunter2" * 20)
    for path in folder.iterdir():
        assert b"hunter2" not in path.read_bytes()
        assert "MONGO" not in path.name
        assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a/b", "ü" * 400, "key"])
def test_any_name_is_a_name(folder: Path, name: str) -> None:
    opened(folder).put(name, b"v")
    assert opened(folder).get(name) == b"v"
    assert {path.parent for path in folder.parent.rglob("*") if path.is_file()} == {folder}


def test_every_flipped_byte_is_noticed(folder: Path) -> None:
    escrow = opened(folder)
    escrow.put("x", b"value")
    for path in folder.iterdir():
        whole = path.read_bytes()
        for at in range(len(whole)):
            altered = bytearray(whole)
            altered[at] ^= 1
            path.write_bytes(altered)
            with pytest.raises(EscrowDamaged):
                escrow.get("x")
        path.write_bytes(whole)
    assert escrow.get("x") == b"value"


def test_a_value_put_under_another_name_is_noticed(folder: Path) -> None:
    escrow = opened(folder)
    escrow.put("x", b"1")
    escrow.put("y", b"2")
    one, two = (path for path in folder.iterdir() if path.name != "key")
    both = one.read_bytes(), two.read_bytes()
    one.write_bytes(both[1])
    two.write_bytes(both[0])
    with pytest.raises(EscrowDamaged):
        escrow.get("x")


def test_without_its_key_nothing_can_be_read(folder: Path) -> None:
    opened(folder).put("x", b"1")
    (folder / "key").unlink()
    with pytest.raises(EscrowDamaged):
        opened(folder).get("x")


def test_threads_do_not_get_into_each_others_way(folder: Path) -> None:
    escrow = opened(folder)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: escrow.put(f"n{n % 10}", b"%d" % (n % 10)), range(80)))
    assert [opened(folder).get(f"n{n}") for n in range(10)] == [b"%d" % n for n in range(10)]


def test_removing_leaves_nothing(folder: Path) -> None:
    opened(folder).put("x", b"1")
    opened(folder).remove()
    assert not folder.exists()
    opened(folder).remove()
