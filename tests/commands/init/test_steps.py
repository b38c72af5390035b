"""The one step of `init`: what undo gives back, and what it does not throw away."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.commands.init.steps import FileWrite
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.journal.writing import EditedMeanwhile, WriteFile

STEP = FileWrite(key="write:skc.yaml", path="skc.yaml", text="new\n", replaces=True)


class Kept:
    """An escrow in memory; the first value of a name wins."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def put(self, name: str, value: bytes) -> None:
        self.values.setdefault(name, value)

    def get(self, name: str) -> bytes | None:
        return self.values.get(name)


class Walking:
    """As much of a walk as the step looks at."""

    id = "j"
    person: Any = None
    clock: Any = None

    def __init__(self) -> None:
        self.escrow = Kept()
        self.begun = datetime.now(UTC)

    def stopped(self) -> bool:
        return False

    def waived(self, name: str) -> bool:
        return False


@pytest.fixture
def handler(tmp_path: Path) -> WriteFile:
    return WriteFile(Disk(), tmp_path)


def test_undo_restores_bytes_and_mode(handler: WriteFile, tmp_path: Path) -> None:
    file, walk = tmp_path / "skc.yaml", Walking()
    file.write_bytes(b"old \xff")
    file.chmod(0o640)
    image = handler.before(STEP, walk)
    assert "old" not in repr(image)
    handler.apply(STEP, walk)
    assert all(proof.holds for proof in handler.verify(STEP, walk))
    for _ in range(2):
        handler.undo(STEP, image, walk)
        assert file.read_bytes() == b"old \xff"
        assert file.stat().st_mode & 0o777 == 0o640


def test_undo_removes_what_was_not_there(handler: WriteFile, tmp_path: Path) -> None:
    walk = Walking()
    image = handler.before(STEP, walk)
    handler.undo(STEP, image, walk)
    handler.apply(STEP, walk)
    handler.undo(STEP, image, walk)
    assert not list(tmp_path.iterdir())


def test_undo_keeps_somebody_elses_edit(handler: WriteFile, tmp_path: Path) -> None:
    walk = Walking()
    image = handler.before(STEP, walk)
    handler.apply(STEP, walk)
    (tmp_path / "skc.yaml").write_text("edited\n")
    with pytest.raises(EditedMeanwhile):
        handler.undo(STEP, image, walk)
    assert (tmp_path / "skc.yaml").read_text() == "edited\n"


def test_verify_asks_the_file(handler: WriteFile, tmp_path: Path) -> None:
    walk = Walking()
    handler.apply(STEP, walk)
    (tmp_path / "skc.yaml").write_text("edited\n")
    assert not any(proof.holds for proof in handler.verify(STEP, walk))
