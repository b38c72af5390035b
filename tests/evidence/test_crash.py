"""Processes that die while they append, disks that are full, many writers at once."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from skillconnect_ops.disk.errors import DiskFull, ReadOnly
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.disk.system import Chunk, StrPath, System
from skillconnect_ops.evidence import chain
from tests.evidence.bench import chains, ledger, numbers, proof

ROOT = Path(__file__).parents[2]
WRITER = """
import os, signal, sys, time
from pathlib import Path
from skillconnect_ops.disk.files import Disk
from tests.evidence.bench import StillClock, ledger, proof

class RealClock(StillClock):
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)

class Dies:
    def __getattr__(self, name):
        return getattr(os, name)
    def write(self, fd, data, /):
        if dies and os.readlink(f"/proc/self/fd/{fd}").endswith(".jsonl"):
            os.write(fd, bytes(data)[:dies])
            os.kill(os.getpid(), signal.SIGKILL)
        return os.write(fd, data)

folder, first, last, dies = Path(sys.argv[1]), *map(int, sys.argv[2:])
books = ledger(folder, clock=RealClock(), disk=Disk(system=Dies()))
for number in range(first, last):
    books.record([proof(number)], command="backup")
"""


def writer(folder: Path, first: int, last: int, *, dies: int = 0) -> subprocess.Popen[bytes]:
    """A process that records proofs `first` to `last`; it may die after so many bytes."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(first), str(last), str(dies)], cwd=ROOT
    )


class Failing:
    """The system's calls, of which one kind fails on files of a name's ending."""

    def __init__(self, code: int, ending: str) -> None:
        self._code = code
        self._ending = ending

    def open(self, path: StrPath, flags: int, mode: int = 0o777) -> int:
        if self._code == errno.EROFS and flags & (os.O_WRONLY | os.O_RDWR) and self._hits(path):
            raise OSError(self._code, os.strerror(self._code), str(path))
        return os.open(path, flags, mode)

    def write(self, fd: int, data: Chunk, /) -> int:
        if self._code == errno.ENOSPC and self._hits(f"/proc/self/fd/{fd}"):
            os.write(fd, bytes(data)[:7])
            raise OSError(self._code, os.strerror(self._code))
        return os.write(fd, data)

    def _hits(self, path: StrPath) -> bool:
        return Path(path).resolve().name.endswith(self._ending)


def failing(code: int, ending: str) -> Disk:
    """A disk of which writes fail on files whose name ends so."""
    fails = Failing(code, ending)
    calls = SimpleNamespace(**{name: getattr(os, name) for name in vars(System) if name in dir(os)})
    calls.open, calls.write = fails.open, fails.write
    return Disk(system=cast("System", calls))


def test_a_process_killed_while_it_appends_leaves_a_ledger_that_works(tmp_path: Path) -> None:
    books = ledger(tmp_path)
    books.record([proof(0)], command="backup")
    size_bytes = chains(tmp_path)[0].stat().st_size
    for number, dies in enumerate((1, 40, 300, size_bytes - 1), start=1):
        with writer(tmp_path, 100, 101, dies=dies) as child:
            assert child.wait(60) == -signal.SIGKILL
        (path,) = chains(tmp_path)
        assert chain.read(path, path.read_bytes()).torn
        assert numbers(books) == list(range(number))
        books.record([proof(number)], command="backup")
        assert numbers(books) == list(range(number + 1))


def test_every_beginning_of_a_line_is_a_torn_one(tmp_path: Path) -> None:
    books = ledger(tmp_path)
    books.record([proof(0)], command="backup")
    books.record([proof(1)], command="backup")
    (path,) = chains(tmp_path)
    data = path.read_bytes()
    start = data.index(b"\n") + 1
    for end in range(start + 1, len(data)):
        found = chain.read(path, data[:end])
        assert (found.torn, len(found.records)) == (True, 1)


def test_processes_that_append_at_once_lose_nothing(tmp_path: Path) -> None:
    books = ledger(tmp_path)
    children = [writer(tmp_path, first, first + 15) for first in (0, 100, 200)]
    for child in children:
        assert child.wait(120) == 0
    assert sorted(numbers(books)) == [first + n for first in (0, 100, 200) for n in range(15)]
    assert len(chains(tmp_path)) == 1
    assert len(list((tmp_path / "state").glob("signing.key*"))) == 1


@pytest.mark.parametrize("ending", [".jsonl", ".skc"])
def test_a_full_disk_leaves_the_ledger_as_it_was(tmp_path: Path, ending: str) -> None:
    books = ledger(tmp_path)
    books.record([proof(0)], command="backup")
    full = ledger(tmp_path, disk=failing(errno.ENOSPC, ending))
    with pytest.raises(DiskFull, match="record the evidence"):
        full.record([proof(1)], command="backup")
    assert numbers(books)[:1] == [0]
    books.record([proof(2)], command="backup")
    assert numbers(books)[-1] == 2
    assert len(chains(tmp_path)) == 1


def test_a_full_disk_at_first_use_leaves_no_half_key(tmp_path: Path) -> None:
    full = ledger(tmp_path, disk=failing(errno.ENOSPC, ".skc"))
    with pytest.raises(DiskFull):
        full.record([proof(0)], command="backup")
    assert not (tmp_path / "state" / "signing.key").exists()
    ledger(tmp_path).record([proof(0)], command="backup")


def test_a_read_only_repository_is_said(tmp_path: Path) -> None:
    books = ledger(tmp_path, disk=failing(errno.EROFS, ".jsonl"))
    with pytest.raises(ReadOnly, match="record the evidence"):
        books.record([proof(0)], command="backup")
    assert numbers(ledger(tmp_path)) == []
