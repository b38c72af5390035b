"""Durable files: whole or not at all, private from the first byte, and really on the disk."""

import errno
import os
import stat
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skillconnect_ops.disk.errors import (
    Absent,
    DiskFull,
    NotPermitted,
    NotPrivate,
    ReadOnly,
    explain,
    explained,
)
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.disk.system import System
from tests.faults import Dying, Faulty, Fuse, fused
from tests.platter import Platter


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def calls_of(fuse: Fuse) -> list[str]:
    return [name for name in fuse.calls if name not in {"close", "fchmod"}]


@pytest.fixture
def fuse() -> Fuse:
    return Fuse(at=0, act=lambda: None)


@pytest.fixture
def watched(fuse: Fuse) -> Disk:
    """A disk whose system calls are counted."""
    system: System = os
    return Disk(system=fused(system, fuse))


def test_a_replacement_is_synced_before_it_takes_the_name(
    tmp_path: Path, watched: Disk, fuse: Fuse
) -> None:
    watched.replace(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert calls_of(fuse) == ["open", "write", "fsync", "replace", "open", "fsync"]


def test_an_append_is_synced_and_so_is_a_new_name(
    tmp_path: Path, watched: Disk, fuse: Fuse
) -> None:
    watched.append(tmp_path / "a", b"one")
    assert calls_of(fuse) == ["open", "open", "fsync", "write", "fsync"]
    watched.append(tmp_path / "a", b"two")
    assert calls_of(fuse)[5:] == ["open", "write", "fsync"]
    assert (tmp_path / "a").read_bytes() == b"onetwo"


def test_what_returned_survives_a_loss_of_power(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    platter = Platter(root, at_call=lambda _: None)
    disk = Disk(system=platter)
    disk.make_private(root / "x" / "y")
    disk.replace(root / "x" / "a", b"a")
    disk.append(root / "x" / "y" / "b", b"b")
    with disk.writer(root / "c") as writer:
        writer.write(b"c1")
        writer.write(memoryview(b"c2"))
    disk.rename(root / "c", root / "x" / "d")
    disk.replace(root / "gone", b"gone")
    disk.remove(root / "gone")
    disk.make_private(root / "tree" / "twig")
    disk.remove_tree(root / "tree")
    platter.leave(tmp_path / "left")
    left = tmp_path / "left"
    files = {str(p.relative_to(left)): p.read_bytes() for p in left.rglob("*") if p.is_file()}
    assert files == {"x/a": b"a", "x/y/b": b"b", "x/d": b"c1c2"}
    assert not (left / "tree").exists()


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o027])
def test_files_and_folders_are_private_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    disk = Disk()
    before = os.umask(umask)
    try:
        disk.make_private(tmp_path / "p" / "q")
        disk.replace(tmp_path / "p" / "a", b"")
        disk.append(tmp_path / "p" / "b", b"x")
        disk.replace(tmp_path / "p" / "public", b"", mode=0o644)
        with disk.writer(tmp_path / "p" / "c"):
            assert mode_of(tmp_path / "p" / "c") == 0o600
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "p") == mode_of(tmp_path / "p" / "q") == 0o700
    for name in "abc":
        assert mode_of(tmp_path / "p" / name) == 0o600
    assert mode_of(tmp_path / "p" / "public") == 0o644


def test_an_append_that_fails_leaves_nothing_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "log"
    Disk().append(path, b"whole\n")
    system: System = os
    for name in ("write", "fsync"):
        for after in (False, True):
            error = OSError(errno.ENOSPC, "full")
            disk = Disk(system=Faulty(system, at=1, error=error, after=after, only={name}))
            with pytest.raises(OSError, match="full"):
                disk.append(path, b"never\n")
            assert path.read_bytes() == b"whole\n"


def test_a_short_write_is_gone_on_with(tmp_path: Path) -> None:
    class Short:
        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

        def write(self, fd: int, data: bytes) -> int:
            return os.write(fd, data[:3])

    disk = Disk(system=Short())  # type: ignore[arg-type]
    disk.replace(tmp_path / "a", b"0123456789")
    disk.append(tmp_path / "a", b"abcdefg")
    assert (tmp_path / "a").read_bytes() == b"0123456789abcdefg"


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_replacement_killed_anywhere_leaves_old_or_new_and_no_stray(tmp_path: Path) -> None:
    system: System = os
    for at in count(1):
        for after in (False, True):
            folder = tmp_path / f"{at}-{after}"
            folder.mkdir()
            path = folder / "file"
            Disk().replace(path, b"old")
            pid = os.fork()
            if pid == 0:
                Disk(system=Dying(system, at=at, after=after)).replace(path, b"new")
                os._exit(0)
            _, status = os.waitpid(pid, 0)
            assert path.read_bytes() in {b"old", b"new"}
            Disk().replace(path, b"next")
            assert [entry.name for entry in folder.iterdir()] == ["file"]
            if os.waitstatus_to_exitcode(status) == 0:
                assert at > 8
                return


def test_a_living_writer_is_not_swept_away(tmp_path: Path) -> None:
    class Slow:
        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

        def replace(self, src: Path, dst: Path) -> None:
            Disk().replace(dst, b"other")
            assert Path(src).exists()
            Path(src).replace(dst)

    Disk(system=Slow()).replace(tmp_path / "a", b"mine")  # type: ignore[arg-type]
    assert (tmp_path / "a").read_bytes() == b"mine"


def test_a_writer_never_writes_over_anything(tmp_path: Path) -> None:
    Disk().replace(tmp_path / "a", b"there")
    with pytest.raises(FileExistsError):
        Disk().writer(tmp_path / "a")


def test_a_writer_left_by_an_exception_keeps_no_file_open(tmp_path: Path) -> None:
    writer = Disk().writer(tmp_path / "a")
    writer.write(b"part")
    with pytest.raises(RuntimeError, match="planted"), writer:
        raise RuntimeError("planted")
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"more")


def test_removing_what_is_not_there_is_fine(tmp_path: Path) -> None:
    Disk().remove(tmp_path / "none")
    Disk().remove_tree(tmp_path / "none")
    assert Disk().names(tmp_path / "none") == ()


def test_a_tree_is_removed_without_following_symlinks(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").touch()
    tree = tmp_path / "tree"
    (tree / "deep" / "deeper").mkdir(parents=True)
    (tree / "deep" / "link").symlink_to(outside)
    (tree / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "alias").symlink_to(outside)
    Disk().remove_tree(tree)
    Disk().remove_tree(tmp_path / "alias")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["outside"]
    assert (outside / "precious").exists()


def test_a_folder_open_to_everyone_is_not_private(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(NotPrivate, match="not private"):
        Disk().make_private(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_someone_else_is_not_private(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, -1)
    with pytest.raises(NotPrivate, match="theirs") as caught:
        Disk().make_private(folder)
    assert "12345" in caught.value.why


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        Disk().make_private(tmp_path / "file")


def test_free_space_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    assert Disk().free_bytes(tmp_path / "a" / "b") > 0


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EROFS, ReadOnly),
        (errno.EACCES, NotPermitted),
        (errno.ENOENT, Absent),
    ],
)
def test_an_error_of_the_system_is_explained(number: int, kind: type[Exception]) -> None:
    error = explain(OSError(number, os.strerror(number), "/some/place"), "write the backup")
    assert type(error) is kind
    assert error.what == "cannot write the backup"
    assert error.why == f"{os.strerror(number)}: /some/place"
    assert error.fix


def test_any_error_of_the_system_has_a_sentence_and_a_fix() -> None:
    for number in errno.errorcode:
        error = explain(OSError(number, os.strerror(number)), "do it")
        assert error.what
        assert error.why
        assert "{" not in error.fix
    with pytest.raises(DiskFull), explained("do it"):
        raise OSError(errno.ENOSPC, "full")


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.binary(max_size=300), max_size=8))
def test_appends_add_up(tmp_path: Path, parts: list[bytes]) -> None:
    path = tmp_path / "file"
    Disk().replace(path, b"")
    for part in parts:
        Disk().append(path, part)
    assert Disk().read(path) == b"".join(parts)
