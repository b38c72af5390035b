"""An API as a child of `skc api`, the real one or a stand-in that fails as told."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import httpx
import pytest

from skillconnect_ops.adapters.embedded.process import free_port
from skillconnect_ops.commands.api import program

STANDIN = Path(__file__).with_name("standin.py")
DRIVER = """
import sys
from skillconnect_ops.app import main
from skillconnect_ops.commands.api import program, run
fault, drained_s, *argv = sys.argv[1:]
if fault:
    program.START = (sys.executable, {standin!r}, fault)
run.DRAINED_S = float(drained_s)
sys.exit(main(argv))
"""
PATIENCE_S = 60


def processes_of(folder: Path) -> dict[int, str]:
    """The processes that know the folder: by their command line, environment or working folder."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            line = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            known = line + (place / "environ").read_bytes().decode(errors="replace")
            known += str((place / "cwd").readlink())
        except OSError:
            continue
        if str(folder) in known and int(place.name) != os.getpid():
            found[int(place.name)] = line
    return found


def wait_until_gone(folder: Path) -> None:
    """Wait until no process knows the folder."""
    until = time.monotonic() + PATIENCE_S
    while found := processes_of(folder):
        assert time.monotonic() < until, found
        time.sleep(0.05)


class Running:
    """A `skc api` that runs."""

    def __init__(self, process: subprocess.Popen[str], errors: Path, output: IO[str]) -> None:
        self.process = process
        self._errors = errors
        self._output = output

    @property
    def said(self) -> str:
        """What it has written on stderr until now."""
        return self._errors.read_text()

    @property
    def data(self) -> str:
        """What it has written on stdout."""
        self._output.seek(0)
        return self._output.read()

    def until(self, text: str) -> str:
        """Wait until it has said something; gives all of it."""
        until = time.monotonic() + PATIENCE_S
        while text not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until, self.said
            time.sleep(0.02)
        return self.said

    def ends(self, number: signal.Signals | None = None) -> int:
        """Send it a signal, and wait until it has ended; gives its exit code."""
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


Start = Callable[..., Running]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with an env file, whose key is random."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / ".env").write_text(f"PORT={free_port()}\nJWT_SECRET_KEY={secrets.token_hex(32)}\n")
    return folder


@pytest.fixture
def start(project: Path, tmp_path: Path, clean_environment: dict[str, str]) -> Iterator[Start]:
    """Starts a `skc api` in the project, and kills it if it still runs when the test has ended."""
    temporary = tmp_path / "t"
    temporary.mkdir()
    with ExitStack() as opened:

        def run(
            *argv: str, fault: str = "", drained_s: float = 15, env: dict[str, str] | None = None
        ) -> Running:
            errors = tmp_path / f"stderr-{secrets.token_hex(3)}"
            output = opened.enter_context(errors.with_suffix(".out").open("w+"))
            words = (DRIVER.format(standin=str(STANDIN)), fault, str(drained_s), "api", *argv)
            with errors.open("w") as sink:
                process = subprocess.Popen(
                    [sys.executable, "-c", *words],
                    env={**clean_environment, "TMPDIR": str(temporary), **(env or {})},
                    cwd=project,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=sink,
                    text=True,
                )
            opened.callback(process.wait)
            opened.callback(process.kill)
            return Running(process, errors, output)

        yield run
    wait_until_gone(project)


@pytest.fixture
def standin(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts the stand-in in the API's place, for commands in this process."""

    def put(fault: str) -> None:
        monkeypatch.setattr(program, "START", (sys.executable, str(STANDIN), fault))

    return put


def status(url: str) -> int | None:
    """How a URL answers; None where nobody does."""
    try:
        return httpx.get(url, trust_env=False, timeout=10).status_code
    except httpx.TransportError:
        return None
