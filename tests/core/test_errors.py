"""An error that a person must read stays the same on its way out of a child process."""

import pickle
from pathlib import Path

import pytest

from skillconnect_ops.core.errors import SkcError, UsageError
from skillconnect_ops.core.ports.rewriting import Locked, Locks
from skillconnect_ops.disk.errors import DiskFull


@pytest.mark.parametrize(
    "error",
    [
        UsageError("it is odd", why="because", fix="do it", journal="one"),
        DiskFull("cannot write", why="it is full", fix="free some"),
        Locked(Locks(folder=Path("/x"))),
    ],
)
def test_an_error_comes_whole_out_of_a_child(error: SkcError) -> None:
    error.past = ("--without", "this")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert again.args == error.args
    assert vars(again) == vars(error)
