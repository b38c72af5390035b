"""Our end of the keeper, and free ports."""

import contextlib
import errno
import json
import secrets
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from skillconnect_ops.adapters.embedded import keeper
from skillconnect_ops.core.errors import Precondition

FIRST_PORT, LAST_PORT = 20_000, 32_000
"""Below Linux's ephemeral range, so that no outgoing connection takes the port of a restart."""


class CannotStart(Precondition):
    """A server that should run on this machine does not."""


class Keeper:
    """Starts servers in a folder, through a child that outlives us long enough to end them.

    The child ends the servers and removes the folder when this object is closed, and also when our
    process is killed; the servers die with the child as well (Linux). The folder is new, or empty;
    one that was there before stays, and is empty again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        there = folder.exists()
        if there and any(folder.iterdir()):
            raise FileExistsError(errno.ENOTEMPTY, "is not empty", str(folder))
        self._extent = "inside" if there else "whole"
        self._made = [part for part in folder.parents if not part.exists()]
        """What of its parents did not exist; another keeper may live in them by now."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=there)
        self._lock = threading.Lock()
        self._turn = 0
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", keeper.__file__, self._extent, str(folder)),
                *map(str, self._made),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
            cwd="/",
            start_new_session=True,
        )

    def spawn(self, name: str, argv: list[str]) -> int:
        """Start a server; returns its process id."""
        return int(self._ask("spawn", name=name, argv=argv, out=str(self.printed(name))))

    def printed(self, name: str) -> Path:
        """The file that holds what a server printed."""
        return self.folder / f"{name}.out"

    def poll(self, name: str) -> int | None:
        """The exit code of a server, None while it runs."""
        code: int | None = self._ask("poll", name=name)
        return code

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a server, and do not wait."""
        self._ask("send", name=name, number=int(number))

    def end(self, name: str, number: signal.Signals, *, patience_s: float = 20) -> None:
        """Send a signal to a server, and wait until it has ended."""
        self._ask("end", name=name, number=int(number), patience_s=patience_s)

    def close(self) -> None:
        """End all servers and remove the folder. May be called twice."""
        with self._lock:
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process.wait(60)
        keeper.clear(self.folder, whole=self._extent == "whole")
        with contextlib.suppress(OSError):
            for part in self._made:
                part.rmdir()  # only while it is empty

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, operation: str, **request: Any) -> Any:
        with self._lock:
            self._turn += 1
            try:
                answer = self._exchange({"op": operation, "turn": self._turn, **request})
            except (OSError, ValueError):
                answer = {"error": "the process that keeps the servers has ended"}
        if "error" in answer:
            raise CannotStart(
                f"cannot {operation} {request['name']}", why=answer["error"], fix="try again"
            )
        return answer["result"]

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        """One request and its answer; that of an earlier, interrupted turn is skipped."""
        requests, answers = self._process.stdin, self._process.stdout
        if requests is None or answers is None:
            raise AssertionError("both are pipes")
        requests.write(json.dumps(request).encode() + b"\n")
        requests.flush()
        while True:
            answer: dict[str, Any] = json.loads(answers.readline())
            if answer["turn"] == request["turn"]:
                return answer


def free_port() -> int:
    """A port of the loopback address that nobody listens on just now."""
    while True:
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
