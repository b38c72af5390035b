"""Programs that run until they are told to end: heard, and gone with all that they started."""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from skillconnect_ops.adapters.services import KeptServices
from skillconnect_ops.core.ports.services import AddressUnusable, Service, Services
from skillconnect_ops.core.secret import Secret

SERVICES: Services = KeptServices()
PATIENCE_S = 20
DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.close(1), os.close(2)
        time.sleep(600)
    os._exit(0)
print("started", flush=True)
time.sleep({seconds})
"""


@contextmanager
def started(
    folder: Path, code: str, *, heard: list[str], hidden: tuple[Secret, ...] = ()
) -> Iterator[Service]:
    with SERVICES.start(
        *(sys.executable, "-c", code, str(folder)),
        folder=folder,
        variables={"PATH": os.environ["PATH"]},
        heard=heard.append,
        hidden=hidden,
    ) as service:
        yield service


def processes_of(folder: Path) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (place / "cwd").readlink() == folder or str(folder) in (
                place / "cmdline"
            ).read_text():
                found.append(int(place.name))
        except OSError:
            continue
    return found


def until_heard(service: Service, heard: list[str], line: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while line not in heard:
        assert service.wait(0.05) is None
        assert time.monotonic() < until


@pytest.mark.parametrize(
    ("code", "ended"),
    [("pass", 0), ("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", -9)],
)
def test_how_it_ended_is_told(tmp_path: Path, code: str, ended: int) -> None:
    with started(tmp_path, code, heard=[]) as service:
        assert service.wait(PATIENCE_S) == ended
        assert service.wait(0) == ended
        service.ask_to_end()
        service.kill()
    assert processes_of(tmp_path) == []


def test_what_it_prints_is_heard_by_the_line_whichever_stream_it_takes(tmp_path: Path) -> None:
    heard: list[str] = []
    code = (
        "import os; os.write(1, b'one\\r\\ntw');"
        "os.write(2, b'o\\n'); os.write(2, b'\\xff bad\\n');"
        "os.write(1, b'x' * 200_000 + b'\\nlast, without an end')"
    )
    with started(tmp_path, code, heard=heard) as service:
        assert service.wait(PATIENCE_S) == 0
    assert heard[:3] == ["one", "two", "\ufffd bad"]
    assert heard[-1] == "last, without an end"
    assert "".join(heard[3:-1]) == "x" * 200_000


def test_a_secret_in_a_line_is_masked(tmp_path: Path) -> None:
    heard: list[str] = []
    password = Secret(os.urandom(12).hex())
    code = f"print('login', {password.reveal()!r}, 'failed')"
    with started(tmp_path, code, heard=heard, hidden=(password,)) as service:
        assert service.wait(PATIENCE_S) == 0
    assert heard == ["login *** failed"]


@pytest.mark.parametrize("seconds", [0, 600])
def test_one_that_left_its_group_ends_as_well(tmp_path: Path, seconds: int) -> None:
    heard: list[str] = []
    with started(tmp_path, DAEMON.format(seconds=seconds), heard=heard) as service:
        if seconds == 0:
            assert service.wait(PATIENCE_S) == 0
        else:
            until_heard(service, heard, "started")
            assert len(processes_of(tmp_path)) == 3  # the keeper, the program, its daemon
    assert processes_of(tmp_path) == []


def test_it_ends_with_the_block_though_it_does_not_want_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skillconnect_ops.adapters.services._ENDS_WITHIN_S", 0.3)
    heard: list[str] = []
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('deaf', flush=True); time.sleep(600)"
    )

    def left_by_an_error() -> None:
        with started(tmp_path, code, heard=heard) as service:
            until_heard(service, heard, "deaf")
            raise KeyError

    with pytest.raises(KeyError):
        left_by_an_error()
    assert processes_of(tmp_path) == []


def test_it_is_asked_to_end_and_may_take_its_time(tmp_path: Path) -> None:
    heard: list[str] = []
    code = (
        "import signal, sys, time\n"
        "def end(*_): print('ending'); sys.exit(5)\n"
        "signal.signal(signal.SIGTERM, end); print('up', flush=True); time.sleep(600)"
    )
    with started(tmp_path, code, heard=heard) as service:
        until_heard(service, heard, "up")
        service.ask_to_end()
        assert service.wait(PATIENCE_S) == 5
    assert heard == ["up", "ending"]


def test_it_gets_the_variables_that_it_is_given_and_no_other(tmp_path: Path) -> None:
    heard: list[str] = []
    code = "import os; print(*sorted(set(os.environ) - {'LC_CTYPE'}))"
    with started(tmp_path, code, heard=heard) as service:
        service.wait(PATIENCE_S)
    assert heard == ["PATH"]


def test_a_port_that_was_just_left_is_free(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        server.bind(("127.0.0.1", 0))
        server.listen()
        host, port = server.getsockname()
        with pytest.raises(AddressUnusable, match="is taken"):
            SERVICES.ensure_free(host, port)
        with socket.create_connection((host, port)), server.accept()[0] as accepted:
            accepted.shutdown(socket.SHUT_RDWR)  # what closes first is in TIME_WAIT
    SERVICES.ensure_free(host, port)


def test_the_keeper_does_not_hear_the_terminal(tmp_path: Path) -> None:
    heard: list[str] = []
    with started(
        tmp_path, "print('up', flush=True); import time; time.sleep(600)", heard=heard
    ) as it:
        until_heard(it, heard, "up")
        groups = {os.getpgid(number) for number in processes_of(tmp_path)}
        assert len(groups) == 2
        assert os.getpgid(0) not in groups
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            keeper = min(processes_of(tmp_path))
            os.kill(keeper, number)
        assert it.wait(0.3) is None
