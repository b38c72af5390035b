"""A real terminal for a real child: what it shows is read, and answers are typed."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Terminal:
    """The master side of a pty, and the child that sits at its other side."""

    def __init__(self, process: subprocess.Popen[bytes], master: int) -> None:
        self.process = process
        self._master = master
        self.shown = ""

    def until(self, text: str, *, timeout_s: float = 30) -> str:
        """Read until the text is shown."""
        end = time.monotonic() + timeout_s
        while text not in self.shown:
            if time.monotonic() > end or not self._read(end - time.monotonic()):
                raise AssertionError(f"{text!r} never came; shown was:\n{self.shown}")
        return self.shown

    def until_last(self, text: str, *, timeout_s: float = 30) -> str:
        """Read until the text is the last that is shown: a question that waits."""
        end = time.monotonic() + timeout_s
        while not self.shown.endswith(text):
            if time.monotonic() > end or not self._read(end - time.monotonic()):
                raise AssertionError(f"{text!r} never came last; shown was:\n{self.shown}")
        return self.shown

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def ends(self, *, timeout_s: float = 30) -> int:
        """Read to the end; gives the exit code."""
        end = time.monotonic() + timeout_s
        while self._read(max(end - time.monotonic(), 0)):
            pass
        return self.process.wait(timeout=timeout_s)

    def _read(self, timeout_s: float) -> bool:
        if not select.select([self._master], [], [], timeout_s)[0]:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the child's side is closed
            return False
        self.shown += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)


@contextmanager
def at_terminal(
    *argv: str,
    cwd: Path,
    env: Mapping[str, str],
    columns: int = 80,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
    program: str = "tests.terminal.program",
) -> Iterator[Terminal]:
    """Start the program on a terminal; a stream given is not the terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", program, *argv],
        cwd=cwd,
        env={"TERM": "xterm-256color", **env, "PYTHONPATH": str(ROOT)},
        stdin=slave if stdin is None else stdin,
        stdout=slave if stdout is None else stdout,
        stderr=slave if stderr is None else stderr,
        start_new_session=True,
        preexec_fn=_take_terminal if stdin is None else None,  # noqa: PLW1509 - no thread here
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        process.kill()
        process.wait()
        os.close(master)


def _take_terminal() -> None:
    """Make it the controlling terminal, so that a typed Ctrl-C becomes a signal."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
