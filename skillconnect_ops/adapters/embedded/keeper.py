"""The keeper: a child process that ends our servers when we cannot.

Run as a program of its own (`python -I -S keeper.py whole|inside FOLDER PARENT…`), so it imports
the standard library alone. It has one thread, therefore Linux's parent-death signal, which follows
the *thread* that forked, is safe to use here and would not be in the process that we are called
from. Requests and answers are JSON lines on stdin and stdout. When stdin ends or our parent is
another one, all servers are killed and the folder is removed (or what is in it), and what was made
for it of its parents, if empty.
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
LOOK_AT_PARENT_EVERY_S = 0.5
PATIENCE_S = 15.0


class Children:
    """The servers, by name."""

    def __init__(self) -> None:
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def spawn(self, name: str, argv: list[str], out: str) -> int:
        """Start a server; what it prints goes to the file `out`."""
        me = os.getpid()

        def dies_with_me() -> None:
            if sys.platform == "linux":
                ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != me:
                os._exit(1)

        with Path(out).open("ab") as sink:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                preexec_fn=dies_with_me,  # noqa: PLW1509 - one thread only, see above
            )
        self._running[name] = process
        return process.pid

    def poll(self, name: str) -> int | None:
        """The exit code of a server that has ended."""
        return self._running[name].poll()

    def send(self, name: str, number: int) -> None:
        """Send a signal, and do not wait."""
        self._running[name].send_signal(number)

    def end(self, name: str, number: int, patience_s: float) -> int:
        """Send a signal and wait for the end; killed when it takes too long."""
        process = self._running[name]
        if process.poll() is None:
            process.send_signal(number)
        try:
            return process.wait(patience_s)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def end_all(self) -> None:
        """Kill all, and wait."""
        for process in self._running.values():
            if process.poll() is None:
                process.kill()
        for process in self._running.values():
            process.wait()


def answer(children: Children, request: dict[str, Any]) -> dict[str, Any]:
    """Do what one line asks."""
    operation, turn = request.pop("op"), request.pop("turn")
    try:
        return {"turn": turn, "result": getattr(children, operation)(**request)}
    except OSError as error:
        return {"turn": turn, "error": f"{error.strerror}: {error.filename}"}


def serve(children: Children, parent: int) -> None:
    """Answer requests until stdin ends or our parent does."""
    rest = b""
    while os.getppid() == parent:
        if not select.select([0], [], [], LOOK_AT_PARENT_EVERY_S)[0]:
            continue
        read = os.read(0, 65536)
        if not read:
            return
        *lines, rest = (rest + read).split(b"\n")
        for line in lines:
            reply = json.dumps(answer(children, json.loads(line)))
            os.write(1, reply.encode() + b"\n")


def clear(folder: Path, *, whole: bool) -> None:
    """Remove a folder, or what is in it, whoever is still writing there and about to be ended."""
    until = time.monotonic() + PATIENCE_S
    while folder.exists() and time.monotonic() < until:
        entries = list(folder.iterdir())
        if not entries and not whole:
            return
        for entry in entries:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    entry.unlink()
        with contextlib.suppress(OSError):
            if whole:
                folder.rmdir()
                return
        time.sleep(0.01)


def tidy(made: Sequence[str], parent: int) -> None:
    """Remove the folders that were made, innermost first, where they are empty.

    Another keeper may live there. One of the same parent is about to leave if that was killed.
    """
    until = time.monotonic() + PATIENCE_S
    for part in map(Path, made):
        while part.exists():
            with contextlib.suppress(OSError):
                part.rmdir()
                break
            if os.getppid() == parent or time.monotonic() > until:
                return
            time.sleep(0.05)


def main(extent: str, folder: str, *made: str) -> None:
    """Keep servers; clean up whatever happens."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    children, parent = Children(), os.getppid()
    try:
        with contextlib.suppress(BrokenPipeError):
            serve(children, parent)
    finally:
        children.end_all()
        clear(Path(folder), whole=extent == "whole")
        tidy(made, parent)


if __name__ == "__main__":
    main(*sys.argv[1:])
