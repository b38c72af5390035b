"""Daily files: names, limits, retention, and what goes wrong with disks and folders."""

import os
import stat
from pathlib import Path

import pytest

from skillconnect_ops.reference_api.logs import files as log_files
from skillconnect_ops.reference_api.logs.files import DailyFiles, Stream, open_to_others

DAY = "2026-03-01"


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Today, in a list that a test may change."""
    today = [DAY]
    monkeypatch.setattr(log_files, "_today", lambda: today[0])
    return today


def files(
    folder: Path, *, limit_bytes: int = 100, at_most: int = 10, kind: str = "combined"
) -> DailyFiles:
    return DailyFiles(folder, kind, limit_bytes=limit_bytes, at_most=at_most)


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_and_folder_are_the_owners_alone(tmp_path: Path, day: list[str]) -> None:
    folder = tmp_path / "logs"
    before = os.umask(0)
    try:
        files(folder).write(b"one\n")
    finally:
        os.umask(before)
    assert mode(folder) == 0o700
    assert mode(folder / "combined-2026-03-01.log") == 0o600


def test_a_full_file_is_followed_by_one_with_an_index(tmp_path: Path, day: list[str]) -> None:
    made = files(tmp_path)
    for at in range(5):
        made.write(b"%d" % at + b"x" * 48 + b"\n")
    assert names(tmp_path) == [
        "combined-2026-03-01.1.log",
        "combined-2026-03-01.2.log",
        "combined-2026-03-01.log",
    ]
    assert (tmp_path / "combined-2026-03-01.2.log").read_bytes()[:1] == b"4"
    assert all(each.stat().st_size <= 100 for each in tmp_path.iterdir())


def test_a_line_longer_than_a_file_is_kept_whole(tmp_path: Path, day: list[str]) -> None:
    made = files(tmp_path)
    made.write(b"x" * 300 + b"\n")
    made.write(b"next\n")
    assert (tmp_path / "combined-2026-03-01.log").stat().st_size == 301
    assert (tmp_path / "combined-2026-03-01.1.log").read_bytes() == b"next\n"


def test_a_new_day_begins_a_new_file(tmp_path: Path, day: list[str]) -> None:
    made = files(tmp_path)
    made.write(b"one\n")
    day[0] = "2026-03-02"
    made.write(b"two\n")
    assert (tmp_path / "combined-2026-03-02.log").read_bytes() == b"two\n"


def test_a_restart_goes_on_with_the_last_file_of_the_day(tmp_path: Path, day: list[str]) -> None:
    (tmp_path / "combined-2026-03-01.log").write_bytes(b"a\n")
    (tmp_path / "combined-2026-03-01.10.log").write_bytes(b"b\n")
    (tmp_path / "combined-2026-03-01.9.log").write_bytes(b"c\n")
    files(tmp_path, at_most=20).write(b"d\n")
    assert (tmp_path / "combined-2026-03-01.10.log").read_bytes() == b"b\nd\n"


def test_who_lags_behind_goes_to_the_newest_file_at_once(tmp_path: Path, day: list[str]) -> None:
    slow = files(tmp_path)
    slow.write(b"x" * 90 + b"\n")
    (tmp_path / "combined-2026-03-01.7.log").write_bytes(b"")
    slow.write(b"y" * 90 + b"\n")
    assert (tmp_path / "combined-2026-03-01.7.log").stat().st_size == 91


def test_what_is_older_than_two_weeks_is_deleted(tmp_path: Path, day: list[str]) -> None:
    for name in ("combined-2026-02-14.log", "combined-2026-02-15.log", "error-2026-01-01.log"):
        (tmp_path / name).write_bytes(b"old\n")
    files(tmp_path).write(b"new\n")
    assert names(tmp_path) == ["combined-2026-02-15.log", "combined-2026-03-01.log"]


def test_only_files_of_its_own_kind_are_counted(tmp_path: Path, day: list[str]) -> None:
    for at in range(1, 6):
        (tmp_path / f"error-2026-02-2{at}.log").write_bytes(b"e\n")
    files(tmp_path, at_most=1).write(b"new\n")
    assert len(names(tmp_path)) == 6


def test_nothing_is_deleted_that_is_no_log_file(tmp_path: Path, day: list[str]) -> None:
    others = [
        "access-2020-01-01.log",
        "combined-2020-01-01.log.gz",
        "combined-2020-01-01.txt",
        "combined.log",
        "my-combined-2020-01-01.log",
        "notes.log",
    ]
    for name in others:
        (tmp_path / name).write_bytes(b"mine\n")
    files(tmp_path, at_most=1).write(b"new\n")
    assert names(tmp_path) == sorted([*others, "combined-2026-03-01.log"])


def test_a_flood_takes_only_so_much_of_the_disk(tmp_path: Path, day: list[str]) -> None:
    made = files(tmp_path, at_most=3)
    for _ in range(200):
        made.write(b"x" * 60 + b"\n")
    assert names(tmp_path) == [f"combined-2026-03-01.{index}.log" for index in (197, 198, 199)]
    assert made.lost == 0


def test_files_of_the_future_do_not_cost_the_one_being_written(
    tmp_path: Path, day: list[str]
) -> None:
    for at in range(1, 6):
        (tmp_path / f"combined-2027-01-0{at}.log").write_bytes(b"of a clock that went wrong\n")
    made = files(tmp_path, at_most=3)
    made.write(b"one\n")
    made.write(b"two\n")
    assert (tmp_path / "combined-2026-03-01.log").read_bytes() == b"one\ntwo\n"


def test_a_file_that_was_deleted_is_made_again(tmp_path: Path, day: list[str]) -> None:
    made = files(tmp_path)
    made.write(b"one\n")
    (tmp_path / "combined-2026-03-01.log").unlink()
    made.write(b"two\n")
    assert (tmp_path / "combined-2026-03-01.log").read_bytes() == b"two\n"


def test_a_folder_that_vanished_is_made_again(tmp_path: Path, day: list[str]) -> None:
    folder = tmp_path / "logs"
    made = files(folder)
    made.write(b"one\n")
    (folder / "combined-2026-03-01.log").unlink()
    folder.rmdir()
    made.write(b"two\n")
    assert (folder / "combined-2026-03-01.log").read_bytes() == b"two\n"
    assert made.lost == 0


def test_lines_without_a_place_are_counted_and_said_once(
    tmp_path: Path, day: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    above = tmp_path / "volume"
    folder = above / "logs"
    folder.mkdir(parents=True)
    made = files(folder)
    made.write(b"one\n")
    (folder / "combined-2026-03-01.log").unlink()
    folder.rmdir()
    above.rmdir()
    made.write(b"two\n")
    made.write(b"three\n")
    assert made.lost == 2
    above.mkdir()
    made.write(b"four\n")
    made.write(b"five\n")
    assert (folder / "combined-2026-03-01.log").read_bytes() == b"four\nfive\n"
    said = capfd.readouterr().err.splitlines()
    assert said == [
        f"skillconnect: log lines are being lost: {folder}: No such file or directory",
        f"skillconnect: log lines are kept again: {folder}: 2 lost",
    ]


def test_a_link_is_not_followed(tmp_path: Path, day: list[str]) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"")
    (tmp_path / "combined-2026-03-01.log").symlink_to(target)
    made = files(tmp_path)
    made.write(b"one\n")
    assert target.read_bytes() == b""
    assert made.lost == 1


def test_a_line_that_was_cut_short_ends_before_the_next(tmp_path: Path, day: list[str]) -> None:
    file = tmp_path / "combined-2026-03-01.log"
    file.write_bytes(b'{"event":"the power fa')
    os.utime(file, (0, 0))
    files(tmp_path, limit_bytes=1000).write(b"{}\n")
    assert file.read_bytes() == b'{"event":"the power fa\n{}\n'


def test_of_a_full_stream_the_lines_are_counted(capfd: pytest.CaptureFixture[str]) -> None:
    fd = os.open("/dev/full", os.O_WRONLY)
    stream = Stream(fd, "stdout")
    stream.write(b"one\n")
    stream.write(b"two\n")
    os.close(fd)
    assert stream.lost == 2
    assert capfd.readouterr().err.count("\n") == 1


def test_whose_folder_others_may_write_to_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert not open_to_others(tmp_path)
    tmp_path.chmod(0o770)
    assert open_to_others(tmp_path)
