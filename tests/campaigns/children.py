"""Real processes to be killed, forked by a small server that has loaded everything already.

A test process has threads, and must not fork; a fresh interpreter a death would cost a second each.
"""

import atexit
import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.campaigns.world import Arena, Fault

_ROOT = Path(__file__).parents[2]
_TIMEOUT_S = 60


class Order(Struct, frozen=True, kw_only=True):
    """What one child is to do."""

    root: str
    what: str
    fault: Fault
    final: bool
    steps: bool


class Server:
    """The process that forks; ended with this one."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaigns.children"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        atexit.register(self._end)

    def run(self, order: Order) -> int:
        """Have a child do it; its exit code, or minus the signal's number if one ended it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def _end(self) -> None:
        self._process.communicate()


_servers: list[Server] = []


def run(arena: Arena, what: str, fault: Fault) -> int:
    """Do something in an arena, in a process of its own.

    Returns:
        Its exit code; minus the signal's number if one ended it.
    """
    if not _servers:
        _servers.append(Server())
    order = Order(
        root=str(arena.root),
        what=what,
        fault=fault,
        final=bool(arena.final),
        steps=bool(arena.steps),
    )
    return _servers[0].run(order)


def _serve() -> None:
    import importlib.metadata  # noqa: F401, PLC0415 - loaded here, not by every child anew

    from cryptography.hazmat.primitives.ciphers import aead  # noqa: F401, PLC0415

    for line in sys.stdin.buffer:
        order = msgspec.json.decode(line, type=Order)
        pid = os.fork()
        if pid == 0:
            _obey(order)
        _, status = os.waitpid(pid, 0)
        os.write(1, b"%d\n" % os.waitstatus_to_exitcode(status))


def _obey(order: Order) -> None:
    signal.alarm(_TIMEOUT_S)
    code = 1
    try:
        arena = Arena(Path(order.root), final=order.final, steps=order.steps)
        arena.child(order.what, order.fault)
        code = 0
    except BaseException:  # noqa: BLE001 - the server must not see it
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve()
