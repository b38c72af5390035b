"""Real `skc` processes that are killed: at a call of the database port, or at a moment.

A small server has loaded everything, and forks; a fresh interpreter a death would cost half a
second of loading, and most of the moments would hit that.
"""

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import Struct

_ROOT = Path(__file__).parents[2]
_TIMEOUT_S = 120


class Order(Struct, frozen=True, kw_only=True):
    """What one child is to do, and when it dies."""

    argv: tuple[str, ...]
    folder: str
    environment: Mapping[str, str]
    at: int = 0
    """At this call of the database port; 0 for none."""
    after: bool = False
    """Once the call took effect."""
    after_s: float | None = None
    """So many seconds after its start, wherever it is."""
    out: str = os.devnull
    """A file for what it says."""


class Ended(Struct, frozen=True, kw_only=True):
    """How a child ended."""

    code: int
    """Its exit code, or minus the signal's number."""
    seconds: float

    @property
    def killed(self) -> bool:
        """Whether it was killed."""
        return self.code == -signal.SIGKILL


class Killer:
    """The process that forks; used as a context manager."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaigns.dying"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, order: Order) -> Ended:
        """Have a child do it, and wait for its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._process.stdout.readline(), type=Ended)


def _serve() -> None:
    import skillconnect_ops.commands.backup.cli  # noqa: PLC0415 - loaded here, once
    import skillconnect_ops.commands.indexes.cli  # noqa: PLC0415
    import skillconnect_ops.wiring  # noqa: F401, PLC0415

    for line in sys.stdin.buffer:
        order = msgspec.json.decode(line, type=Order)
        began = time.monotonic()
        pid = os.fork()
        if pid == 0:
            _obey(order)
        if order.after_s is not None:
            _sleep_until(began + order.after_s, pid)
        _, status = os.waitpid(pid, 0)
        ended = Ended(
            code=os.waitstatus_to_exitcode(status), seconds=round(time.monotonic() - began, 3)
        )
        os.write(1, msgspec.json.encode(ended) + b"\n")


def _sleep_until(moment: float, pid: int) -> None:
    """Kill it then, unless it has ended; a child that nobody waited for keeps its number."""
    time.sleep(max(0.0, moment - time.monotonic()))
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _obey(order: Order) -> None:
    signal.alarm(_TIMEOUT_S)
    code = 1
    try:
        from skillconnect_ops import app  # noqa: PLC0415

        os.chdir(order.folder)
        os.environ.clear()
        os.environ.update(order.environment)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        out = os.open(order.out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for stream in (1, 2):
            os.dup2(out, stream)
        with _fused(order):
            code = int(app.main(order.argv))
    except BaseException:  # noqa: BLE001 - the server must not see it
        traceback.print_exc()
    finally:
        os._exit(code)


@contextmanager
def _fused(order: Order) -> Iterator[None]:
    """Count the calls of the connections of the command itself, and die at one of them."""
    from skillconnect_ops import wiring  # noqa: PLC0415
    from skillconnect_ops.terminal.person import Deputy  # noqa: PLC0415
    from tests.faults import Fuse, die, fused  # noqa: PLC0415

    fuse = Fuse(at=order.at, act=die, after=order.after)
    real = wiring.Wiring.connect

    @contextmanager
    def connect(self: Any, uri: Any, *, settings: Any = None) -> Iterator[Any]:
        with real(self, uri, settings=settings) as database:
            within = isinstance(self.person, Deputy)
            yield database if within or not order.at else fused(database, fuse)

    def indexes(self: Any) -> Any:
        """Of what was fused, the indexes over the same fuse."""
        real = getattr(self.database, "_real", self.database)
        return fused(real.indexes(), fuse) if real is not self.database else real.indexes()

    wiring.Wiring.connect = connect  # type: ignore[method-assign]
    wiring.Connection.indexes = property(indexes)  # type: ignore[assignment]
    yield


if __name__ == "__main__":
    _serve()
