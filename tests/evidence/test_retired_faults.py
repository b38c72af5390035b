"""A disk that fails under the ledger of retired secrets."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from skillconnect_ops.disk.errors import DiskFull
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.disk.system import System
from tests.evidence.shelves import chains, knows, private, retire, retirement, shelf, strong
from tests.evidence.test_crash import Failing


@pytest.mark.parametrize("weak", [False, True])
def test_a_full_disk_leaves_the_ledger_as_it_was(tmp_path: Path, weak: bool) -> None:
    books = shelf(tmp_path)
    first, second = ("letmein1", "letmein2") if weak else (strong(), strong())
    retire(books, first)
    (path,) = private(tmp_path) if weak else chains(tmp_path)
    before = path.read_bytes()
    fails = Failing(errno.ENOSPC, ".jsonl")
    system = SimpleNamespace(**{**vars(os), "open": fails.open, "write": fails.write})
    full = shelf(tmp_path, disk=Disk(system=cast("System", system)))
    with pytest.raises(DiskFull):
        full.add(retirement(books, second), command="x")
    assert path.read_bytes() == before
    assert knows(books, first)
    assert not knows(books, second)
    retire(books, second)
    assert knows(books, second)
