"""What is logged, by whomever, comes out as lines without a secret; and never fails who logs."""

import asyncio
import json
import logging
import os
import secrets
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import structlog

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api import logs

KEPT = Secret(secrets.token_urlsafe(24))


@pytest.fixture(autouse=True)
def _no_context() -> Iterator[None]:
    with structlog.contextvars.bound_contextvars():
        structlog.contextvars.clear_contextvars()
        yield


@contextmanager
def written(
    folder: Path, *, level: str = "info", development: bool = False
) -> Iterator[list[dict[str, Any]]]:
    """The events that were written in the block; filled at its end."""
    events: list[dict[str, Any]] = []
    with logs.configure(
        folder=folder, level=level, development=development, hidden=lambda: [KEPT]
    ) as output:
        yield events
    assert output.lost == 0
    events += of(folder, "combined")


def of(folder: Path, kind: str) -> list[dict[str, Any]]:
    found = [
        json.loads(line)
        for file in folder.glob(f"{kind}-*.log")
        for line in file.read_bytes().splitlines()
    ]
    assert KEPT.reveal() not in str(found)
    return found


def test_a_line_says_when_how_serious_who_what_and_for_whom(tmp_path: Path) -> None:
    with written(tmp_path) as events:
        structlog.contextvars.bind_contextvars(request_id="r1", user_id="u1")
        logs.get().bind(area="bookings").info("booking created", booking_id="b1", n=1)
    (event,) = events
    stamp = event.pop("timestamp")
    assert stamp.endswith("Z")
    assert len(stamp) == len("2026-03-01T10:11:12.345678Z")
    assert event == {
        "level": "info",
        "service": "skillconnect",
        "event": "booking created",
        "request_id": "r1",
        "user_id": "u1",
        "area": "bookings",
        "booking_id": "b1",
        "n": 1,
    }


def test_errors_stand_in_a_file_of_their_own_as_well(tmp_path: Path) -> None:
    with written(tmp_path) as events:
        log = logs.get()
        log.info("a")
        log.warning("b")
        log.error("c")
        log.critical("d")
        log.exception("e")  # noqa: LOG004 - it is an error without one, too
    assert [each["event"] for each in events] == ["a", "b", "c", "d", "e"]
    assert [each["event"] for each in of(tmp_path, "error")] == ["c", "d", "e"]


@pytest.mark.parametrize(("level", "count"), [("debug", 4), ("info", 3), ("error", 1)])
def test_what_is_below_the_level_is_not_written(tmp_path: Path, level: str, count: int) -> None:
    with written(tmp_path, level=level) as events:
        log = logs.get()
        log.debug("a")
        log.info("b")
        log.warning("c")
        log.error("d")
    assert len(events) == count


def test_an_unknown_level_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="no level 'loud': it is one of debug, info"),
        logs.configure(folder=tmp_path, level="loud", development=False),
    ):
        pass


def test_no_field_takes_the_place_of_what_the_line_says_itself(tmp_path: Path) -> None:
    with written(tmp_path) as events:
        logs.get().info("true", level="critical", service="other", timestamp="never")
    (event,) = events
    assert (event["level"], event["service"], event["event"]) == ("info", "skillconnect", "true")
    assert event["timestamp"] != "never"


@pytest.mark.parametrize("development", [False, True])
def test_an_exception_is_told_without_secrets_and_its_stack_in_development(
    tmp_path: Path, development: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    with written(tmp_path, development=development) as events:
        try:
            raise ConnectionError(f"cannot reach mongodb://me:{KEPT.reveal()}@db/x")  # noqa: TRY301
        except ConnectionError:
            logs.get().exception("it failed")
    (event,) = events
    assert event["exception"]["type"] == "ConnectionError"
    assert event["exception"]["message"] == "cannot reach mongodb://me:***@db/x"
    assert ("stack" in event) is development
    said = capfd.readouterr()
    assert said.out == ""
    assert KEPT.reveal() not in said.err
    assert ("Traceback" in said.err) is development


def test_what_other_libraries_log_comes_the_same_way(tmp_path: Path) -> None:
    with written(tmp_path) as events:
        logging.getLogger("uvicorn.error").info("started %s", 1)
        logging.getLogger("asyncio").warning("slow: Bearer %s", "abc.def")
        logging.getLogger("redis").error("no login with %s", KEPT.reveal())
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("old", DeprecationWarning, stacklevel=1)
        logging.getLogger("odd").error("%d %d", "x")  # noqa: PLE1206
        try:
            raise KeyError("x")  # noqa: TRY301
        except KeyError:
            logging.getLogger("other").exception("failed")
    told = [(each["logger"], each["level"], each["event"]) for each in events]
    assert told[:3] == [
        ("uvicorn.error", "info", "started 1"),
        ("asyncio", "warning", "slow: Bearer ***"),
        ("redis", "error", "no login with ***"),
    ]
    assert told[3][:2] == ("py.warnings", "warning")
    assert told[4:] == [("odd", "error", "%d %d"), ("other", "error", "failed")]
    assert events[5]["exception"]["type"] == "KeyError"


def test_requests_are_not_logged_twice_and_documents_never(tmp_path: Path) -> None:
    with written(tmp_path, level="debug") as events:
        logging.getLogger("uvicorn.access").info("GET /")
        logging.getLogger("uvicorn.access").error("GET /")
        logging.getLogger("pymongo.command").debug("find")
        logging.getLogger("asyncio").debug("selector")
        logs.get().debug("ours")
    assert [each["event"] for each in events] == ["ours"]


def test_socketio_puts_up_no_handler_of_its_own(tmp_path: Path) -> None:
    with written(tmp_path) as events:
        server = import_module("socketio").AsyncServer(async_mode="asgi")
        server.logger.warning("odd packet %s", KEPT.reveal())
        assert not logging.getLogger("socketio.server").handlers
        assert not logging.getLogger("engineio.server").handlers
    assert [each["event"] for each in events] == ["odd packet ***"]


def test_a_thread_that_dies_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def die() -> None:
        raise KeyError(KEPT.reveal())

    with written(tmp_path) as events:
        thread = threading.Thread(target=die, name="worker")
        thread.start()
        thread.join()
    (event,) = events
    assert (event["level"], event["event"], event["thread"]) == (
        "critical",
        "a thread died",
        "worker",
    )
    assert capfd.readouterr().err == ""


def test_each_task_has_a_context_of_its_own(tmp_path: Path) -> None:
    async def request(name: str) -> None:
        structlog.contextvars.bind_contextvars(request_id=name)
        await asyncio.sleep(0)
        logs.get().info("done", name=name)

    async def both() -> None:
        await asyncio.gather(*(request(str(at)) for at in range(5)))

    with written(tmp_path) as events:
        asyncio.run(both())
    assert [each["request_id"] for each in events] == [each["name"] for each in events]
    assert len(events) == 5


def test_all_is_as_before_at_the_end(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, threading.excepthook, warnings.showwarning)
    names = ("uvicorn.access", "socketio", "pymongo")
    levels = [(logging.getLogger(name).level, logging.getLogger(name).propagate) for name in names]
    with written(tmp_path):
        assert root.handlers != before[0]
    assert (root.handlers[:], root.level, threading.excepthook, warnings.showwarning) == before
    assert levels == [
        (logging.getLogger(name).level, logging.getLogger(name).propagate) for name in names
    ]


def test_a_logger_had_before_writes_to_where_it_is_configured_now(tmp_path: Path) -> None:
    log = logs.get()
    for at in range(2):
        with written(tmp_path / str(at)) as events:
            log.info("here", at=at)
        assert [each["at"] for each in events] == [at]


def test_whoever_asks_structlog_for_a_logger_is_given_this_one(tmp_path: Path) -> None:
    log = structlog.get_logger()
    for at in range(2):
        with written(tmp_path / str(at)) as events:
            log.bind(a=1).info("here", at=at, token="x")
            structlog.get_logger().info("there")
        assert [each["event"] for each in events] == ["here", "there"]
        assert (events[0]["a"], events[0]["at"], events[0]["token"]) == (1, at, "***")
    assert not structlog.is_configured()


def test_before_it_is_configured_only_what_is_serious_is_said(
    capfd: pytest.CaptureFixture[str],
) -> None:
    logs.get().info("chatter")
    logs.get().error("trouble", password="x")
    said = capfd.readouterr()
    assert said.out == ""
    event = json.loads(said.err)
    assert (event["event"], event["password"]) == ("trouble", "***")


def test_without_a_folder_lines_go_to_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    with logs.configure(folder=None, level="info", development=False, hidden=lambda: [KEPT]):
        logs.get().info("a", long="x" * 10_000, why=KEPT.reveal())
    said = capfd.readouterr()
    assert said.err == ""
    assert len(said.out) <= 4096  # whole, where workers share a pipe
    assert json.loads(said.out)["why"] == "***"


def test_in_development_a_person_reads_the_same_events_on_stderr(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with written(tmp_path, development=True) as events:
        logs.get().info("hello", path="/a", token="x")
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.endswith("info     hello path=/a token=***\n")
    assert len(events) == 1


ON_A_TERMINAL = """
import sys
from skillconnect_ops.reference_api import logs
with logs.configure(folder=None, level="info", development=True, colour=len(sys.argv) == 1):
    logs.get().info("hello")
"""


@pytest.mark.parametrize("more", [[], ["plain"]])
def test_on_a_terminal_it_is_in_colour_unless_unwanted_and_said_once(more: list[str]) -> None:
    ours, theirs = os.openpty()
    subprocess.run(
        [sys.executable, "-c", ON_A_TERMINAL, *more], stdout=theirs, stderr=theirs, check=True
    )
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    os.close(theirs)
    assert said.count("hello") == 1
    assert ("\x1b[" in said) is (not more)


def test_secrets_that_cannot_be_had_fail_no_request_and_show_no_event(tmp_path: Path) -> None:
    def broken() -> list[Secret]:
        raise KeyError(KEPT.reveal())

    with logs.configure(folder=tmp_path, level="info", development=False, hidden=broken):
        logs.get().info("with a secret", why=KEPT.reveal())
    (event,) = of(tmp_path, "combined")
    assert event["event"] == "an event could not be logged: KeyError"


def test_a_folder_that_others_may_write_to_is_warned_of(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with written(tmp_path) as events:
        pass
    assert [each["event"] for each in events] == ["others may write to the log folder"]


def test_a_folder_that_cannot_be_made_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(OSError, match="file"),
        logs.configure(folder=tmp_path / "file", level="info", development=False),
    ):
        pass


SERVED = """
import sys
from pathlib import Path
import uvicorn
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api import logs

kept = Secret(sys.stdin.readline().strip())

async def app(scope, receive, send):
    if scope["type"] == "http":
        server.should_exit = True
        raise RuntimeError("no login with " + kept.reveal())

async def served():
    await server.startup()
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await server.main_loop()
    await server.shutdown()

with logs.configure(
    folder=Path(sys.argv[1]), level="info", development=False, hidden=lambda: [kept]
):
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="off")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    import asyncio
    asyncio.run(served())
"""


def test_a_real_uvicorn_logs_our_way_and_only_so(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVED, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as served:
        assert served.stdin is not None
        assert served.stdout is not None
        served.stdin.write(KEPT.reveal() + "\n")
        served.stdin.flush()
        port = int(served.stdout.readline())
        asyncio.run(ask(port))
        out, err = served.communicate(timeout=60)
    assert (out, err, served.returncode) == ("", "", 0)
    events = of(tmp_path, "combined")
    failed = next(each for each in events if each["level"] == "error")
    assert failed["logger"] == "uvicorn.error"
    assert failed["exception"]["message"] == "no login with ***"
    assert not [each for each in events if each["logger"] == "uvicorn.access"]


async def ask(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await reader.read()
    writer.close()
    await writer.wait_closed()
