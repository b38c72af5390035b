"""The log: torn ends are repaired, altered text stops everything, a failed line leaves no doubt."""

import errno
from pathlib import Path

import pytest
from msgspec import Raw

from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.disk.errors import DeviceFailed, DiskFull
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.disk.lock import this_process
from skillconnect_ops.journal.errors import BrokenJournal
from skillconnect_ops.journal.events import Begin, Final, Intent, RolledBack, Undo
from skillconnect_ops.journal.log import FILE, Log
from skillconnect_ops.journal.model import Progress
from tests.campaigns.world import RealClock
from tests.faults import Faulty

CLOCK = RealClock()
BEGIN = Begin(
    plan=Raw(b"{}"),
    resources=(),
    owner=this_process(command="change", since=CLOCK.now()),
    chain="c",
    version="0",
)


def begun(folder: Path, disk: Disk | None = None) -> Log:
    log = Log(folder, disk=disk or Disk(), clock=CLOCK)
    log.append(BEGIN)
    return log


def again(folder: Path) -> Log:
    return Log(folder, disk=Disk(), clock=CLOCK)


def test_a_torn_line_is_cut_off_before_the_next_one(tmp_path: Path) -> None:
    begun(tmp_path).append(Intent(key="a", image={}))
    with (tmp_path / FILE).open("ab") as file:
        file.write(b'{"n":3,"at":"20')
    log = again(tmp_path)
    log.append(Undo(key="a"))
    assert again(tmp_path).history.progress("a") is Progress.UNDOING
    assert b'"20{' not in (tmp_path / FILE).read_bytes()


def test_an_altered_line_names_the_journal_and_the_line(tmp_path: Path) -> None:
    folder = tmp_path / "2026-x"
    folder.mkdir()
    log = begun(folder)
    log.append(Intent(key="a", image={"text": "old"}))
    log.append(Final())
    text = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(text.replace(b"old", b"0ld"))
    with pytest.raises(BrokenJournal) as caught:
        again(folder)
    assert caught.value.journal == "2026-x"
    assert "line 2 is damaged" in caught.value.why
    assert "skc journal show 2026-x" in caught.value.fix


def test_the_first_image_wins(tmp_path: Path) -> None:
    log = begun(tmp_path)
    log.append(Intent(key="a", image={"text": "first"}))
    log.append(Intent(key="a", image={"text": "second"}))
    assert log.history.images["a"] == {"text": "first"}
    assert again(tmp_path).history.images["a"] == {"text": "first"}


def test_an_image_is_what_json_makes_of_it(tmp_path: Path) -> None:
    log = begun(tmp_path)
    log.append(Intent(key="a", image={"names": ("x", "y")}))
    assert log.history.images["a"] == again(tmp_path).history.images["a"] == {"names": ["x", "y"]}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_line_that_failed_is_there_or_not_and_settle_says_which(
    tmp_path: Path, after: bool
) -> None:
    error = OSError(errno.EIO, "Input/output error")
    disk = Faulty(Disk(), at=2, error=error, after=after, only={"append"})
    log = begun(tmp_path, disk)
    with pytest.raises(DeviceFailed):
        log.append(Final())
    assert log.doubtful
    log.settle()
    assert log.history.turned is after
    log.append(RolledBack())
    assert again(tmp_path).history.rolled_back


def test_while_nothing_can_be_read_the_doubt_stays(tmp_path: Path) -> None:
    error = OSError(errno.EIO, "Input/output error")
    disk = Faulty(Disk(), at=3, error=error, lasting=True, only={"append", "read"})
    log = begun(tmp_path, disk)
    with pytest.raises(SkcError):
        log.append(Final())
    with pytest.raises(SkcError):
        log.settle()
    assert log.doubtful


def test_the_reserve_is_given_up_only_to_close(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    disk = Faulty(Disk(), at=2, error=full, only={"append"})
    log = begun(tmp_path, disk)
    log.reserve()
    with pytest.raises(DiskFull):
        log.append(Final())
    assert (tmp_path / "reserve").exists()
    disk = Faulty(Disk(), at=1, error=full, only={"append"})
    Log(tmp_path, disk=disk, clock=CLOCK).append(RolledBack(), closing=True)
    assert not (tmp_path / "reserve").exists()
    assert again(tmp_path).history.rolled_back


def test_an_undo_takes_the_turn_back(tmp_path: Path) -> None:
    log = begun(tmp_path)
    log.append(Intent(key="a", image={}))
    log.append(Final())
    assert log.history.turned
    log.append(Undo(key="a"))
    assert not again(tmp_path).history.turned


def test_what_json_cannot_hold_is_refused_before_it_counts(tmp_path: Path) -> None:
    log = begun(tmp_path)
    with pytest.raises(TypeError):
        log.append(Intent(key="a", image={"x": object()}))
    assert not log.doubtful
    log.append(Intent(key="a", image={}))
    assert again(tmp_path).history.progress("a") is Progress.OPEN
