"""The steps of `init` that write files: what undo gives back, and what it does not throw away."""

from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from skillconnect_ops.commands.init.insertion import inserted
from skillconnect_ops.commands.init.steps import (
    FileIsAnother,
    FileWrite,
    InsertLines,
    LinesInsert,
    WriteInFolder,
)
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


DEEP = FileWrite(key="write:a/b/c.yml", path="a/b/c.yml", text="new\n", replaces=False)


def test_folders_that_were_made_go_again_and_those_that_were_there_stay(tmp_path: Path) -> None:
    handler, walk = WriteInFolder(Disk(), tmp_path), Walking()
    (tmp_path / "a").mkdir()
    image = handler.before(DEEP, walk)
    handler.apply(DEEP, walk)
    assert all(proof.holds for proof in handler.verify(DEEP, walk))
    for _ in range(2):
        handler.undo(DEEP, image, walk)
        assert [path.name for path in tmp_path.rglob("*")] == ["a"]


def test_a_folder_that_somebody_uses_meanwhile_stays(tmp_path: Path) -> None:
    handler, walk = WriteInFolder(Disk(), tmp_path), Walking()
    image = handler.before(DEEP, walk)
    handler.apply(DEEP, walk)
    (tmp_path / "a" / "theirs").write_text("x")
    handler.undo(DEEP, image, walk)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "theirs"]


def test_to_undo_what_never_began_is_nothing(tmp_path: Path) -> None:
    handler, walk = WriteInFolder(Disk(), tmp_path), Walking()
    handler.undo(DEEP, handler.before(DEEP, walk), walk)
    assert list(tmp_path.iterdir()) == []


OLD = b"repos: # \xc3\xa4\n  - repo: a\n"


@pytest.fixture
def insert(tmp_path: Path) -> LinesInsert:
    (tmp_path / "hooks.yaml").write_bytes(OLD)
    place = inserted(OLD, key="repos", item="- repo: b\n")
    return LinesInsert(
        key="insert:hooks.yaml",
        path="hooks.yaml",
        insertion=place,
        was=sha256(OLD).hexdigest(),
        becomes=sha256(OLD + b"  - repo: b\n").hexdigest(),
    )


def test_lines_are_put_in_and_taken_out_again(tmp_path: Path, insert: LinesInsert) -> None:
    file, handler, walk = tmp_path / "hooks.yaml", InsertLines(Disk(), tmp_path), Walking()
    file.chmod(0o600)
    image = handler.before(insert, walk)
    assert "repo" not in repr(image)
    for _ in range(2):  # a run that died after the effect walks it again
        handler.apply(insert, walk)
        assert file.read_bytes() == OLD + b"  - repo: b\n"
    assert all(proof.holds for proof in handler.verify(insert, walk))
    for _ in range(2):
        handler.undo(insert, image, walk)
        assert file.read_bytes() == OLD
    assert file.stat().st_mode & 0o777 == 0o600
    assert not all(proof.holds for proof in handler.verify(insert, walk))


def test_nobody_s_edit_is_lost(tmp_path: Path, insert: LinesInsert) -> None:
    file, handler, walk = tmp_path / "hooks.yaml", InsertLines(Disk(), tmp_path), Walking()
    image = handler.before(insert, walk)
    file.write_bytes(b"repos: []\n")
    for attempt in (handler.before, handler.apply):
        with pytest.raises(FileIsAnother):
            attempt(insert, walk)
    with pytest.raises(EditedMeanwhile):
        handler.undo(insert, image, walk)
    assert file.read_bytes() == b"repos: []\n"
    file.unlink()
    with pytest.raises(EditedMeanwhile):
        handler.undo(insert, image, walk)
