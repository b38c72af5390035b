"""Locks: of the living, of the dead, of a later process with the same number."""

import fcntl
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from skillconnect_ops.disk.files import Disk
from skillconnect_ops.disk.lock import Locked, Owner, hold, holder, this_process

SINCE = datetime(2026, 11, 22, 15, 44, 3, tzinfo=UTC)


@pytest.fixture
def owner() -> Owner:
    return this_process(command="backup", since=SINCE, journal="j1")


def test_a_held_lock_says_who_holds_it(tmp_path: Path, owner: Owner) -> None:
    path = tmp_path / "locks" / "a.lock"
    with hold(path, owner=owner, disk=Disk()):
        assert holder(path) == owner
        with (
            pytest.raises(Locked) as caught,
            hold(path, owner=owner, disk=Disk(), what="the shop"),
        ):
            raise AssertionError("never")
        assert caught.value.holder == owner
        assert caught.value.what == "the shop is in use"
        assert f"process {os.getpid()}" in caught.value.why
        assert "skc backup, since 2026-11-22T15:44:03Z" in caught.value.why
    assert holder(path) is None
    assert holder(tmp_path / "none") is None


def test_the_file_is_private_and_stays_empty_when_free(tmp_path: Path, owner: Owner) -> None:
    path = tmp_path / "locks" / "a.lock"
    with hold(path, owner=owner, disk=Disk()):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.read_bytes() == b""


def test_an_exception_gives_the_lock_back(tmp_path: Path, owner: Owner) -> None:
    path = tmp_path / "a.lock"
    with pytest.raises(RuntimeError), hold(path, owner=owner, disk=Disk()):
        raise RuntimeError
    with hold(path, owner=owner, disk=Disk()):
        pass


def _held_by_a_child(path: Path, owner: Owner) -> tuple[int, int]:
    """A child that holds the lock until it is killed; its number and a pipe that says so."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        mine = this_process(command="rotate", since=SINCE)
        with hold(path, owner=mine, disk=Disk()):
            os.write(write, b"x")
            signal.pause()
        os._exit(0)
    os.close(write)
    os.read(read, 1)
    return pid, read


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_the_lock_of_a_killed_process_is_free(tmp_path: Path, owner: Owner) -> None:
    path = tmp_path / "a.lock"
    pid, pipe = _held_by_a_child(path, owner)
    try:
        found = holder(path)
        assert found is not None
        assert (found.pid, found.command, found.lives) == (pid, "rotate", True)
        with pytest.raises(Locked), hold(path, owner=owner, disk=Disk()):
            raise AssertionError("never")
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(pipe)
    assert not found.lives
    assert b"rotate" in path.read_bytes(), "the dead one's name is still there"
    assert holder(path) is None
    with hold(path, owner=owner, disk=Disk()):
        assert holder(path) == owner


def test_a_later_process_of_the_same_number_is_not_the_owner(owner: Owner) -> None:
    assert owner.lives
    assert not replace(owner, started="1").lives
    assert not replace(owner, boot_id="another").lives
    assert replace(owner, started="1", host="elsewhere").lives, "nobody can tell from here"


def test_the_name_of_a_dead_one_does_not_keep_a_lock(tmp_path: Path, owner: Owner) -> None:
    """flock is the truth: whatever stands in the file, a lock that nobody holds is free."""
    path = tmp_path / "a.lock"
    path.write_bytes(b'{"pid": 1, "garbage')
    with hold(path, owner=owner, disk=Disk()):
        assert holder(path) == owner


def test_a_glance_at_a_lock_does_not_make_it_fail(tmp_path: Path, owner: Owner) -> None:
    """`holder` takes the lock for an instant; whoever takes it just then waits and gets it."""
    path = tmp_path / "a.lock"
    path.touch()
    glance = os.open(path, os.O_RDONLY)
    fcntl.flock(glance, fcntl.LOCK_SH)
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            os.close(glance)

    with hold(path, owner=owner, disk=Disk(), pause=pause):
        assert len(waited) == 3


def test_a_lock_kept_by_a_nameless_process_fails_in_the_end(tmp_path: Path, owner: Owner) -> None:
    path = tmp_path / "a.lock"
    path.touch()
    other = os.open(path, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    found = holder(path)
    assert found is not None
    assert found.pid == 0
    waited: list[float] = []
    with (
        pytest.raises(Locked, match="in use"),
        hold(path, owner=owner, disk=Disk(), pause=waited.append),
    ):
        raise AssertionError("never")
    assert sum(waited) <= 2
    os.close(other)


def test_a_child_left_behind_is_named_as_such(tmp_path: Path, owner: Owner) -> None:
    path = tmp_path / "a.lock"
    dead = replace(owner, started="1")
    with (
        hold(path, owner=dead, disk=Disk()),
        pytest.raises(Locked) as caught,
        hold(path, owner=owner, disk=Disk(), pause=lambda _: None),
    ):
        raise AssertionError("never")
    assert "left a child" in caught.value.why
