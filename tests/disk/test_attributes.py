"""What a file carries besides its bytes: access control lists and other extended attributes."""

import errno
import os
import shutil
import stat
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from skillconnect_ops.disk import shared
from skillconnect_ops.disk.acl import ATTRIBUTE, Acl, AclEntry, Tag, parse_acl
from skillconnect_ops.disk.attributes import AttributeNotKept, acl_of, attributes
from tests.faults import Faulty

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has them so")
SOMEBODY = 23456
_ANYBODY = 0xFFFFFFFF


@pytest.fixture
def env(tmp_path: Path) -> Path:
    """An env file where attributes can be kept: an old tmpfs knows none of a user's own."""
    folder = tmp_path / "app"
    folder.mkdir()
    file = folder / ".env"
    file.write_bytes(b"A=old\n")
    file.chmod(0o600)
    try:
        os.setxattr(file, "user.probe", b"x")
    except OSError:
        pytest.skip("this file system keeps no extended attributes")
    os.removexattr(file, "user.probe")
    return file


def new(_: bytes | None) -> bytes:
    return b"A=new\n"


def listing(
    *, somebody: int, group: int = 0, mask: int = 4, others: int = 0, owner: int = 6
) -> bytes:
    """The bytes that Linux's header describes, made without the code that is tried."""
    entries = (
        *((0x01, owner, _ANYBODY), (0x02, somebody, SOMEBODY), (0x04, group, _ANYBODY)),
        *((0x10, mask, _ANYBODY), (0x20, others, _ANYBODY)),
    )
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *each) for each in entries)


def let_in(file: Path, *, default: bool = False) -> None:
    """Let somebody read a file, or all that will be made in a folder."""
    if shutil.which("setfacl"):
        entry = f"{'d:' if default else ''}u:{SOMEBODY}:r"
        subprocess.run(["setfacl", "-m", entry, str(file)], check=True)
        return
    name = "system.posix_acl_default" if default else ATTRIBUTE
    os.setxattr(file, name, listing(somebody=4, owner=7 if default else 6))


def test_attributes_stay(env: Path) -> None:
    given = {"user.origin": b"by hand", "user.empty": b"", "user.raw": b"\0\xff"}
    for name, value in given.items():
        os.setxattr(env, name, value)
    before = attributes(env)
    changed = shared.change(env, new)
    assert env.read_bytes() == b"A=new\n"
    assert attributes(env) == before
    assert before.items() >= given.items()
    assert changed.notices == ()


def test_whom_an_access_control_list_names_stays_in_and_is_told(env: Path) -> None:
    let_in(env)
    before = os.getxattr(env, ATTRIBUTE)
    changed = shared.change(env, new)
    assert os.getxattr(env, ATTRIBUTE) == before
    assert stat.S_IMODE(env.stat().st_mode) == 0o640
    assert changed.notices == (f"the ACL of .env lets user {SOMEBODY} in, as before",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_somebody_whom_it_names_can_read_what_was_written(env: Path) -> None:
    let_in(env)
    shared.change(env, new)
    fd = os.open(env.parent, os.O_PATH)
    pid = os.fork()
    if pid == 0:
        # the folders above may be closed to others: the file is opened from its own
        os.fchmod(os.open(env.parent, os.O_RDONLY), 0o711)
        os.setuid(SOMEBODY)
        try:
            read = os.read(os.open(".env", os.O_RDONLY, dir_fd=fd), 9)
        except OSError:
            os._exit(1)
        os._exit(0 if read == b"A=new\n" else 2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_a_list_that_lets_everybody_in_is_closed(env: Path) -> None:
    os.setxattr(env, ATTRIBUTE, listing(somebody=6, group=6, mask=6, others=4))
    changed = shared.change(env, new)
    acl = acl_of(env)
    assert acl is not None
    rights = {entry.tag: entry.permissions for entry in acl.entries}
    assert rights == {
        Tag.OWNER: 6,
        Tag.USER: 6,
        Tag.OWNING_GROUP: 0,
        Tag.MASK: 6,
        Tag.OTHERS: 0,
    }
    said = f"{changed.path} was open to others; now only to whom its ACL names"
    assert changed.notices[0] == said


def test_a_folders_default_list_opens_no_file_that_had_none(env: Path) -> None:
    let_in(env.parent, default=True)
    env.chmod(0o600)
    shared.change(env, new)
    assert acl_of(env) is None
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    fresh = env.with_name(".env.local")
    shared.change(fresh, new)
    acl = acl_of(fresh)
    assert acl is None or acl.lets_in == ()
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_default_list_does_not_open_what_a_group_may_read(env: Path) -> None:
    let_in(env.parent, default=True)
    os.chown(env, -1, SOMEBODY)
    env.chmod(0o640)
    shared.change(env, new)
    assert acl_of(env) is None
    assert stat.S_IMODE(env.stat().st_mode) == 0o640


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP])
@pytest.mark.parametrize("name", ["user.origin", ATTRIBUTE])
def test_what_cannot_be_kept_is_a_refusal(env: Path, code: int, name: str) -> None:
    if name == ATTRIBUTE:
        let_in(env)
    else:
        os.setxattr(env, name, b"1")
    system: shared.SharedSystem = os
    broken = Faulty(system, at=1, error=OSError(code, os.strerror(code)), only={"setxattr"})
    with pytest.raises(AttributeNotKept, match=name) as caught:
        shared.change(env, new, system=broken)
    assert str(env) in caught.value.fix
    assert env.read_bytes() == b"A=old\n"
    assert name in os.listxattr(env)
    assert [entry.name for entry in env.parent.iterdir()] == [".env"]


def test_where_there_are_none_all_goes_on(env: Path) -> None:
    system: shared.SharedSystem = os
    none = OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
    shared.change(
        env, new, system=Faulty(system, at=1, error=none, lasting=True, only={"listxattr"})
    )
    assert env.read_bytes() == b"A=new\n"


@pytest.mark.skipif(not Path("/proc/self/comm").exists(), reason="no proc")
def test_a_file_system_without_them_has_none() -> None:
    assert attributes(Path("/proc/self/comm")) == {}
    assert acl_of(Path("/proc/self/comm")) is None


def test_a_list_is_read_and_written_alike() -> None:
    raw = listing(somebody=4)
    assert parse_acl(raw).raw() == raw
    assert parse_acl(raw).lets_in == (f"user {SOMEBODY}",)
    assert parse_acl(listing(somebody=4, mask=0)).lets_in == ()
    assert Acl((AclEntry(Tag.GROUP, 4, SOMEBODY),)).lets_in == (f"group {SOMEBODY}",)
    for broken in (b"", b"\1\0\0\0", raw[:-1]):
        with pytest.raises(ValueError, match="access control list"):
            parse_acl(broken)
