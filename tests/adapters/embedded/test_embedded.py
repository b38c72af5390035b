"""Servers that we start: private, on the loopback address, and gone with us whatever happens."""

import contextlib
import os
import platform
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from pymongo.errors import OperationFailure
from redis import Redis
from redis.exceptions import AuthenticationError, NoPermissionError

from skillconnect_ops.adapters.embedded import (
    CannotStart,
    EmbeddedServers,
    Mongod,
    MongodOptions,
    NotInstalled,
    RedisOptions,
    mongod,
    process,
    programs,
    run_mongod,
    run_redis,
)
from skillconnect_ops.adapters.mongo import connect
from skillconnect_ops.core.ports.database import Topology
from skillconnect_ops.core.ports.embedded import Embedded, Login
from skillconnect_ops.core.secret import Secret
from tests.servers import put

PATIENCE_S = 20
CHILD = """
import sys, time
from pathlib import Path
from skillconnect_ops.adapters.embedded import EmbeddedServers
with EmbeddedServers().mongodb(Path(sys.argv[1])), EmbeddedServers().redis(Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(600)
"""


def processes_in(folder: Path) -> list[int]:
    """The processes whose command line names the folder, or who work in it."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdecimal() and (
                str(folder) in (entry / "cmdline").read_text()
                or (entry / "cwd").readlink().is_relative_to(folder)
            ):
                found.append(int(entry.name))
    return [number for number in found if number != os.getpid()]


def wait_until_gone(folder: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while processes_in(folder) or folder.exists():
        assert time.monotonic() < until, processes_in(folder)
        time.sleep(0.05)


@pytest.fixture
def child(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process that runs both servers in a folder that it made."""
    folder = tmp_path / "made"
    argv = [sys.executable, "-c", CHILD, str(folder)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "ready\n"
            assert len([one for one in processes_in(folder) if one != running.pid]) == 4
            yield running, folder
        finally:
            running.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_all_ends_with_a_process_that_is_killed(
    child: tuple[subprocess.Popen[str], Path], number: signal.Signals
) -> None:
    running, folder = child
    running.send_signal(number)
    running.wait(PATIENCE_S)
    wait_until_gone(folder)


def test_the_servers_end_with_their_keeper_too(
    child: tuple[subprocess.Popen[str], Path],
) -> None:
    running, folder = child
    keepers = [
        number
        for number in processes_in(folder)
        if "keeper.py" in Path(f"/proc/{number}/cmdline").read_text()
    ]
    assert len(keepers) == 2
    for number in keepers:
        os.kill(number, signal.SIGKILL)
    until = time.monotonic() + PATIENCE_S
    while len(processes_in(folder)) > 1:  # the child itself names the folder
        assert time.monotonic() < until
        time.sleep(0.05)
    assert running.poll() is None


def test_nothing_is_left_of_an_orderly_end(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "deep"
    with run_mongod(folder, MongodOptions()) as servers:
        assert processes_in(folder)
        assert servers.folder.stat().st_mode & 0o777 == 0o700
    assert not processes_in(folder)
    assert list(tmp_path.iterdir()) == []


def test_one_that_ends_leaves_alone_what_began_in_the_same_folder(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "deep"
    with contextlib.ExitStack() as second:
        with EmbeddedServers().redis(folder):
            uri = second.enter_context(EmbeddedServers().redis(folder))
        with Redis.from_url(uri.reveal()) as client:
            assert client.ping()
        assert len(list(folder.iterdir())) == 1
    assert list(folder.iterdir()) == []


def test_a_folder_that_was_there_stays_with_what_it_held(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with EmbeddedServers().redis(tmp_path):
        assert len(list(tmp_path.iterdir())) == 2
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]


def test_passwords_stand_in_no_command_line_and_no_readable_file(
    one_node: Mongod, redis_server: Secret
) -> None:
    words = [
        uri.reveal().partition("@")[0].rpartition(":")[2] for uri in (one_node.uri, redis_server)
    ]
    assert all(len(word) >= 20 for word in words)
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            line = (entry / "cmdline").read_text()
            assert not any(word in line for word in words)
    for file in one_node.folder.glob("*"):
        if file.is_file():
            assert words[0].encode() not in file.read_bytes()
    assert (one_node.folder / "key").stat().st_mode & 0o777 == 0o600


def test_the_servers_listen_on_the_loopback_address_alone(one_node: Mongod) -> None:
    ports = {one_node.ports[0]}
    listening = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            address, state = line.split()[1], line.split()[3]
            host, port = address.split(":")
            if state == "0A" and int(port, 16) in ports:
                listening.add(host)
    assert listening == {"0100007F"}


def test_the_root_user_is_wanted_and_works(one_node: Mongod, redis_server: Secret) -> None:
    with one_node.client(root=False) as stranger, pytest.raises(OperationFailure):
        stranger["app"]["c"].find_one()
    with one_node.client() as root:
        assert root["app"]["c"].find_one() is None
    with Redis.from_url(redis_server.reveal()) as redis:
        assert redis.ping()
    port = int(redis_server.reveal().rpartition(":")[2].partition("/")[0])
    with Redis(port=port) as stranger_too, pytest.raises(AuthenticationError):
        stranger_too.ping()


def test_the_port_is_met(tmp_path: Path) -> None:
    servers: Embedded = EmbeddedServers()
    with servers.mongodb(tmp_path, members=None, auth=False) as uri, connect(uri) as opened:
        assert opened.server().topology is Topology.STANDALONE
        assert opened.server().user is None
    assert list(tmp_path.iterdir()) == []


def test_data_survives_stop_kill_and_start(one_node: Mongod, database: str) -> None:
    with connect(one_node.uri) as opened:
        put(opened, database, "c", {"_id": 1})
        opened.settle()
    for end in (one_node.stop, one_node.kill):
        end()
        with one_node.client() as client, pytest.raises(Exception, match="refused"):
            client.admin.command("ping")
        one_node.start()
        one_node.primary()
    with connect(one_node.uri) as opened, opened.batches(database, "c", at=None) as batches:
        assert sum(len(batch.each) for batch in batches) == 1


def test_a_port_that_is_taken_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = [taken.getsockname()[1], process.free_port(), process.free_port()]
        asked = iter(ports)
        monkeypatch.setattr(mongod, "free_port", lambda: next(asked))
        options = MongodOptions(members=None, auth=False)
        with run_mongod(tmp_path, options) as servers:
            assert servers.ports == [ports[1]]


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    options = MongodOptions(members=None, auth=False, parameters={"noSuchParameter": 1})
    with pytest.raises(CannotStart) as caught, run_mongod(tmp_path, options):
        pass
    assert "noSuchParameter" in caught.value.why
    assert list(tmp_path.iterdir()) == []
    assert not processes_in(tmp_path)


def test_a_program_on_the_path_goes_before_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "mongod"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs.mongod() == own


@pytest.mark.parametrize(("machine", "word"), [("x86_64", "pip install"), ("aarch64", "aarch64")])
def test_where_there_is_no_program_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, machine: str, word: str
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(metadata, "distribution", _nothing)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    for find in (programs.mongod, programs.redis_server):
        with pytest.raises(NotInstalled) as caught:
            find()
        assert word in f"{caught.value.why} {caught.value.fix}"


def _nothing(name: str) -> None:
    raise metadata.PackageNotFoundError(name)


FOLDER = """
import os, sys, time
from pathlib import Path
from skillconnect_ops.adapters.embedded import EmbeddedServers
folder = Path(sys.argv[1])
with EmbeddedServers().folder(folder), EmbeddedServers().redis(folder / "servers"):
    (folder / ".env").write_text("SECRET=1")
    (folder / "link").symlink_to("/")
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_is_cleared_when_its_process_is_killed(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "folder"
    if there:
        folder.mkdir()
    argv = [sys.executable, "-c", FOLDER, str(folder)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        assert folder.stat().st_mode & 0o077 == (0o055 if there else 0)
        running.kill()
    until = time.monotonic() + PATIENCE_S
    while processes_in(folder) or (any(folder.iterdir()) if there else folder.exists()):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert folder.exists() is there


def test_a_folder_that_holds_something_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with (
        pytest.raises(FileExistsError, match="is not empty"),
        EmbeddedServers().folder(tmp_path),
    ):
        pass
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_redis_user_may_use_data_and_manage_nothing(tmp_path: Path) -> None:
    login = Login("app", Secret(secrets.token_hex(16)))
    with EmbeddedServers().redis(tmp_path, users=(login,)) as admin:
        where = admin.reveal().rpartition("@")[2]
        with Redis.from_url(f"redis://app:{login.password.reveal()}@{where}") as client:
            client.client_setname("me")
            assert client.set("k", "v")
            for command in ("CONFIG GET *", "ACL LIST", "CLIENT LIST", "FLUSHALL"):
                with pytest.raises(NoPermissionError):
                    client.execute_command(*command.split())
        with Redis.from_url(admin.reveal()) as client:
            assert client.acl_users() == ["app", "default"]


def test_a_redis_that_is_older_than_users_starts_without_them(tmp_path: Path) -> None:
    old = tmp_path / "redis-server"
    old.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "Redis server v=5.0.7 sha=0" && exit\n'
        f'exec {programs.redis_server()} "$@"\n'
    )
    old.chmod(0o755)
    options = RedisOptions(program=old, users=(Login("app", Secret("p")),))
    with (
        run_redis(tmp_path / "f", options) as server,
        Redis.from_url(server.uri.reveal()) as client,
    ):
        assert client.acl_users() == ["default"]
