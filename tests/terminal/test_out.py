"""`--out FILE`: looked at before the command, written whole, on every exit but 1, 2 and signals."""

import os
import stat
from pathlib import Path

import pytest

from skillconnect_ops import app
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.disk.system import Chunk
from tests.conftest import Skc
from tests.terminal.conftest import mode_of

OLD = "what stood there\n"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    path = tmp_path / "report"
    path.write_text(OLD)
    path.chmod(0o640)
    return path


def test_the_report_goes_to_the_file_and_not_to_stdout(program: Skc, out: Path) -> None:
    shown = program("shelf", "list").stdout
    ran = program("shelf", "list", "--out", str(out))
    assert ran.code == 0
    assert ran.stdout == ""
    assert out.read_text() == shown
    assert ran.stderr == "next: skc shelf show ID\n"


def test_json_goes_there_too(program: Skc, out: Path) -> None:
    program("shelf", "list", "--format", "json", "--out", str(out))
    assert '"schema": "skc/report/1"' in out.read_text()


@pytest.mark.parametrize(
    ("argv", "code", "written"),
    [
        (("end", "error", "refused"), 3, True),
        (("end", "error", "precondition"), 4, True),
        (("end", "error", "rolled_back"), 5, True),
        (("end", "error", "needs_person"), 6, True),
        (("end", "findings"), 12, True),
        (("end", "bug"), 1, False),
        (("end", "error", "usage"), 2, False),
        (("end", "error"), 2, False),
        (("end", "stop"), 143, False),
    ],
)
@pytest.mark.parametrize("report_format", ["table", "json"])
def test_it_is_written_on_every_exit_but_bugs_usage_and_signals(
    program: Skc,
    out: Path,
    argv: tuple[str, ...],
    code: int,
    written: bool,
    report_format: str,
) -> None:
    ran = program(*argv, "--out", str(out), "--format", report_format)
    assert ran.code == code
    assert (out.read_text() != OLD) is written
    if code < 10 and written:
        assert "it broke" in out.read_text()
        assert "it broke" in ran.stderr


def test_an_existing_file_keeps_its_mode(program: Skc, out: Path) -> None:
    program("shelf", "list", "--out", str(out))
    assert mode_of(out) == 0o640


def test_a_new_file_gets_the_mode_of_the_umask(program: Skc, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        program("shelf", "list", "--out", str(tmp_path / "new"))
    finally:
        assert os.umask(before) == 0o027
    assert mode_of(tmp_path / "new") == 0o640


def test_a_link_is_followed_and_stays_a_link(program: Skc, out: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(out)
    program("shelf", "list", "--out", str(link))
    assert link.is_symlink()
    assert out.read_text() != OLD


def test_a_relative_path_is_below_the_working_folder(program: Skc, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    program("shelf", "list", "--out", "here", cwd=folder)
    assert (folder / "here").exists()


@pytest.mark.parametrize("path", ["missing/report", "file/report", ".", "fifo", "loop"])
def test_a_place_that_takes_no_file_is_found_before_the_command(
    program: Skc, tmp_path: Path, path: str
) -> None:
    (tmp_path / "file").write_text("x")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    ran = program("ask", "work", "--out", path)
    assert ran.code == 4
    assert ran.stdout == ""
    assert ran.stderr.startswith("error: --out ")
    assert "the command did not begin" in ran.stderr
    assert "half a note" not in ran.stderr
    assert stat.S_ISFIFO((tmp_path / "fifo").stat().st_mode)


def test_a_device_is_not_replaced(program: Skc) -> None:
    ran = program("shelf", "list", "--out", "/dev/null")
    assert ran.code == 4
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_the_trial_leaves_no_trace(program: Skc, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    program("end", "bug", "--out", str(folder / "report"))
    assert list(folder.iterdir()) == []


class FullDisk(Disk):
    def replace(self, path: Path, data: Chunk, *, mode: int = 0o600) -> None:
        raise OSError(28, "No space left on device", str(path))


def test_a_file_that_fails_at_the_end_loses_nothing(
    program: Skc, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "Disk", FullDisk)
    ran = program("shelf", "list", "--out", str(out))
    assert ran.code == 6
    assert out.read_text() == OLD
    assert f"error: the report is not in {out}\n" in ran.stderr
    assert "No space left on device" in ran.stderr
    assert "2026-11-22T15-44-03Z-app" in ran.stdout


def test_a_file_that_fails_at_the_end_keeps_a_worse_exit(
    program: Skc, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "Disk", FullDisk)
    assert program("end", "findings", "--out", str(out)).code == 12


def test_the_file_is_replaced_and_never_half_written(
    program: Skc, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inode = out.stat().st_ino
    reader = out.open()
    program("end", "flood", "--out", str(out))
    assert out.stat().st_ino != inode
    assert reader.read() == OLD
    reader.close()
