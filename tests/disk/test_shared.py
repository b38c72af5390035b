"""A file that others write, too: no update is lost, no fault leaves it half-way."""

import errno
import os
import secrets
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest

from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.disk import shared
from skillconnect_ops.disk.errors import NotPermitted
from skillconnect_ops.disk.shared import KeepsChanging, NotAsWritten, NotOurs, NotPlain
from skillconnect_ops.envfile import parse
from tests.disk import killing, shared_writer
from tests.faults import Faulty, Fuse, fused

ROOT = Path(__file__).parents[2]
LONG = pytest.mark.long


@pytest.fixture
def env(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    file = folder / ".env"
    file.write_bytes(b"A=old\n")
    file.chmod(0o600)
    return file


def new(_: bytes | None) -> bytes:
    return b"A=new\n"


def names(folder: Path | str) -> list[str]:
    return sorted(entry.name for entry in Path(folder).iterdir())


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_change_is_synced_before_it_takes_the_name(env: Path) -> None:
    fuse = Fuse(at=0, act=lambda: None)
    system: shared.SharedSystem = os
    changed = shared.change(env, new, system=fused(system, fuse))
    assert (changed.before, changed.after) == (b"A=old\n", b"A=new\n")
    calls = [name for name in fuse.calls if name not in {"close", "read"}]
    assert calls == [
        *("open", "open"),  # the folder's lock, the file
        *("open", "write", "listxattr", "listxattr", "fchmod", "fsync"),
        *("open", "open"),  # read back, and the file once more
        *("replace", "open", "fsync"),
    ]
    assert names(env.parent) == [".env"]


def test_nothing_is_written_where_nothing_changes(env: Path) -> None:
    before = env.stat()
    shared.change(env, lambda data: data)
    assert env.stat() == before


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EDQUOT])
def test_a_refusal_at_any_call_leaves_the_file_as_it_was(env: Path, code: int) -> None:
    system: shared.SharedSystem = os
    for after in (False, True):
        for at in count(1):
            error = OSError(code, os.strerror(code))
            only = {"open", "read", "write", "fsync", "fchmod", "fchown", "replace"}
            only |= {"listxattr", "getxattr", "setxattr"}
            fuse = Fuse(at=at, act=lambda: None)
            broken = Faulty(fused(system, fuse), at=at, error=error, after=after, only=only)
            env.write_bytes(b"A=old\n")
            with suppress(SkcError):
                shared.change(env, new, system=broken)
                break
            renamed = "replace" in fuse.calls
            assert env.read_bytes() == (b"A=new\n" if renamed else b"A=old\n")
            assert names(env.parent) == [".env"]
        assert at > 10


def test_a_read_only_folder_is_a_refusal() -> None:
    with tempfile.TemporaryDirectory() as name, as_somebody_without_rights(Path(name)):
        file = Path(name) / ".env"
        file.write_bytes(b"A=old\n")
        Path(name).chmod(0o500)
        with pytest.raises(NotPermitted, match="cannot change") as refused:
            shared.change(file, new)
        assert refused.value.why == f"Permission denied: {name}"  # no file of ours, which is gone
        assert file.read_bytes() == b"A=old\n"
        assert names(name) == [".env"]


@contextmanager
def as_somebody_without_rights(folder: Path) -> Iterator[None]:
    """Root may write anywhere, so that it becomes somebody else, who gets the folder."""
    us = os.geteuid()
    if us == 0:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(us)
        folder.chmod(0o700)


@pytest.mark.parametrize("lines", [1, 5])
def test_an_editor_that_saves_in_between_is_not_overwritten(env: Path, lines: int) -> None:
    saves = iter(range(lines))

    def edit(data: bytes | None) -> bytes:
        assert data is not None
        if next(saves, None) is not None:
            env.write_bytes(data + b"B=theirs\n")
        return data.replace(b"old", b"new")

    if lines < 5:
        shared.change(env, edit)
        assert env.read_bytes() == b"A=new\nB=theirs\n"
        return
    with pytest.raises(KeepsChanging):
        shared.change(env, edit)
    assert env.read_bytes() == b"A=old\n" + b"B=theirs\n" * 5
    assert names(env.parent) == [".env"]


def test_what_reads_back_wrongly_takes_no_name(env: Path) -> None:
    with pytest.raises(NotAsWritten):
        shared.change(env, new, check=lambda _: False)
    assert env.read_bytes() == b"A=old\n"
    assert names(env.parent) == [".env"]


def test_a_new_file_is_private_and_a_removed_one_gone(env: Path) -> None:
    before = os.umask(0)
    try:
        shared.change(env.with_name(".env.local"), new)
    finally:
        os.umask(before)
    assert mode_of(env.with_name(".env.local")) == 0o600
    shared.change(env.with_name(".env.local"), lambda _: None)
    assert names(env.parent) == [".env"]


@pytest.mark.parametrize(
    ("was", "becomes"), [(0o644, 0o600), (0o666, 0o600), (0o600, 0o600), (0o400, 0o400)]
)
def test_what_lets_others_in_goes_with_a_notice(env: Path, was: int, becomes: int) -> None:
    env.chmod(was)
    changed = shared.change(env, new)
    assert mode_of(env) == becomes
    assert bool(changed.notices) == (was != becomes)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_owner_and_a_group_let_in_on_purpose_stay(env: Path) -> None:
    os.chown(env, 12345, 23456)
    env.chmod(0o640)
    shared.change(env, new)
    found = env.stat()
    assert (found.st_uid, found.st_gid, mode_of(env)) == (12345, 23456, 0o640)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_link_to_another_owners_file_is_not_written_through(env: Path, tmp_path: Path) -> None:
    os.chown(env, 12345, 12345)
    link = tmp_path / ".env"
    link.symlink_to(env)
    with pytest.raises(NotOurs):
        shared.change(link, new)
    own = tmp_path / "own"
    own.write_bytes(b"x")
    foreign = tmp_path / ".env.foreign"
    foreign.symlink_to(own)
    os.lchown(foreign, 12345, 12345)
    with pytest.raises(NotOurs):
        shared.change(foreign, new)
    assert (env.read_bytes(), own.read_bytes()) == (b"A=old\n", b"x")


def test_a_link_is_followed_and_stays(env: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(env)
    assert shared.change(link, new).path == env
    assert link.is_symlink()
    assert env.read_bytes() == b"A=new\n"


def test_what_is_no_plain_file_is_refused(env: Path, tmp_path: Path) -> None:
    os.link(env, tmp_path / "other-name")
    with pytest.raises(NotPlain, match="2 names"):
        shared.change(env, new)
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path):
        with pytest.raises(NotPlain):
            shared.change(place, new)


def test_what_a_dead_run_left_goes_and_a_living_ones_stays(env: Path) -> None:
    stray = env.with_name(f"{shared.TEMPORARY}dead")
    stray.write_bytes(b"A=secret\n")

    def edit(_: bytes | None) -> bytes:
        assert not stray.exists()
        with pytest.raises(shared.Locked):
            shared.sweep(env.parent, patience_s=0.05)
        return b"A=new\n"

    shared.change(env, edit)
    assert names(env.parent) == [".env"]


@pytest.mark.parametrize(("writers", "rounds"), [(10, 20), pytest.param(100, 100, marks=LONG)])
@pytest.mark.timeout(3000)
def test_no_update_of_many_writers_is_lost(env: Path, writers: int, rounds: int) -> None:
    """Each process writes a variable of its own; all of them must stand there at the end."""
    variables = [f"W{number}" for number in range(writers)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", shared_writer.__name__, str(env), name, "v", str(rounds)],
            cwd=ROOT,
        )
        for name in variables
    ]
    assert [process.wait(timeout=2800) for process in running] == [0] * writers
    read = parse(env.read_bytes())
    assert {name: read.get(name) for name in variables} == dict.fromkeys(
        variables, f"v{rounds - 1}"
    )
    assert read.get("A") == "old"
    assert names(env.parent) == [".env"]


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=LONG)])
@pytest.mark.timeout(1800)
def test_a_kill_at_any_system_call_leaves_old_or_new(env: Path, tmp_path: Path, every: int) -> None:
    secret = secrets.token_hex(8)
    argv = (str(ROOT / "tests/disk/shared_writer.py"), str(env), "A", secret, "1")
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, *argv], env=variables, check=True)
    env.write_bytes(b"A=old\n")
    found = killing.points(
        argv, log=tmp_path / "log", env=variables, begin=shared_writer.BEGIN, end=shared_writer.END
    )
    assert len(found) > 20
    before, after = b"A=old\n", f"A={secret}0\n".encode()
    seen, kills = set(), 0
    for point in found[::every]:
        env.write_bytes(before)
        kills += killing.killed(argv, point, env=variables)
        assert env.read_bytes() in {before, after}
        seen.add(env.read_bytes())
        shared.change(env, lambda _: b"A=next\n")
        assert names(env.parent) == [".env"], point
        assert env.read_bytes() == b"A=next\n"
    assert kills >= 0.9 * len(found[::every])
    assert seen == {before, after}
