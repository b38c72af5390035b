"""Programs that run until they are told to end, each under a keeper of its own."""

import errno
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from skillconnect_ops.adapters.services import keeper
from skillconnect_ops.core.ports.services import AddressUnusable, ServiceNotStarted
from skillconnect_ops.core.redaction import Mask
from skillconnect_ops.core.secret import Secret

_LONGEST_LINE = 1 << 16
_ENDS_WITHIN_S = 5.0
_AT_LAST_S = 0.5
"""How long its last words are waited for, should something still hold their pipe."""


class KeptServices:
    """Implements `core.ports.services.Services`."""

    @contextmanager
    def start(
        self,
        *argv: str,
        folder: Path,
        variables: Mapping[str, str],
        heard: Callable[[str], None],
        hidden: Sequence[Secret] = (),
    ) -> Iterator["KeptService"]:
        """Run a program while the block runs."""
        with subprocess.Popen(
            [sys.executable, "-I", "-S", keeper.__file__, *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=dict(variables),
            cwd=folder,
            start_new_session=True,
        ) as process:
            service = KeptService(process, heard, Mask(hidden))
            try:
                service.begin(Path(argv[0]).name)
                yield service
            finally:
                service.end()

    def ensure_free(self, host: str, port: int) -> None:
        """See that something could listen there."""
        try:
            (family, kind, _, _, address), *_ = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
            with socket.socket(family, kind) as probe:
                # as a server does: what the last one left in TIME_WAIT is in nobody's way
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
                probe.listen(1)
        except OSError as error:
            raise _unusable(host, port, error) from error


class KeptService:
    """Implements `core.ports.services.Service`."""

    def __init__(
        self, process: subprocess.Popen[bytes], heard: Callable[[str], None], mask: Mask
    ) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise AssertionError("all three are pipes")
        self._process = process
        self._lifeline = process.stdin
        self._told = _Lines(process.stdout)
        self._said = _Lines(process.stderr)
        self._heard = heard
        self._mask = mask
        self._words: list[bytes] = []
        self._group: int | None = None
        self._code: int | None = None

    def begin(self, name: str) -> None:
        """Wait until it runs.

        Raises:
            ServiceNotStarted: it does not.
        """
        while not self._words and self._told.open:
            self._words += self._told.read()
        first: dict[str, Any] = json.loads(self._words.pop(0)) if self._words else {}
        if "pid" not in first:
            raise ServiceNotStarted(
                f"{name} cannot be run",
                why=first.get("error") or "the process that was to keep it has ended",
                fix=f"install {name}, or put it on PATH",
            )
        self._group = first["pid"]

    def wait(self, patience_s: float) -> int | None:
        """Pass on what it prints, until it has ended or the time is over."""
        until = time.monotonic() + patience_s
        while self._code is None and (left := until - time.monotonic()) > 0:
            if not self._words and self._told.open:
                self._listen(left)
            else:
                self._take()
        return self._code

    def ask_to_end(self) -> None:
        """SIGTERM, by way of its keeper."""
        self._send(b"T")

    def kill(self) -> None:
        """SIGKILL for all of it."""
        self._send(b"K")

    def end(self) -> None:
        """End it if it runs, first with a word; then by force."""
        if self._group is None:
            return  # its keeper ends with its input, and what it may have started with it
        for word in (b"T", b"K"):
            if self._code is None:
                self._send(word)
                self.wait(_ENDS_WITHIN_S)
        if self._code is None:
            self._process.kill()
            self._kill_group()

    def _send(self, letter: bytes) -> None:
        with suppress(OSError):
            self._lifeline.write(letter)

    def _listen(self, patience_s: float) -> None:
        with selectors.DefaultSelector() as selector:
            for lines in (self._told, self._said):
                if lines.open:
                    selector.register(lines.pipe, selectors.EVENT_READ, lines)
            ready = [key.data for key, _ in selector.select(patience_s)]
        if self._said in ready:
            self._pass_on(self._said.read())
        if self._told in ready:
            self._words += self._told.read()

    def _take(self) -> None:
        """What its keeper says last; one that was killed says nothing, and leaves workers."""
        if self._words:
            self._code = json.loads(self._words.pop(0))["code"]
        else:
            self._kill_group()
            self._code = -signal.SIGKILL
        self._hear_the_rest()

    def _hear_the_rest(self) -> None:
        until = time.monotonic() + _AT_LAST_S
        with selectors.DefaultSelector() as selector:
            selector.register(self._said.pipe, selectors.EVENT_READ)
            while self._said.open and (left := until - time.monotonic()) > 0:
                if selector.select(left):
                    self._pass_on(self._said.read())

    def _pass_on(self, lines: list[bytes]) -> None:
        for line in lines:
            self._heard(self._mask.over(line.decode("utf-8", errors="replace").rstrip("\r")))

    def _kill_group(self) -> None:
        if self._group is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._group, signal.SIGKILL)


class _Lines:
    """The lines that come by a pipe; what has no end yet, or is too long, is one as well."""

    def __init__(self, pipe: Any) -> None:
        self.pipe: BinaryIO = pipe
        self.open = True
        self._rest = b""

    def read(self) -> list[bytes]:
        """Those that are whole by now; waits for something to come."""
        read = os.read(self.pipe.fileno(), _LONGEST_LINE)
        self.open = bool(read)
        *lines, self._rest = (self._rest + read).split(b"\n")
        if self._rest and (not read or len(self._rest) >= _LONGEST_LINE):
            lines, self._rest = [*lines, self._rest], b""
        return lines


def _unusable(host: str, port: int, error: OSError) -> AddressUnusable:
    what = f"nothing can listen on {host}, port {port}"
    if error.errno == errno.EADDRINUSE:
        return AddressUnusable(
            f"port {port} of {host} is taken",
            why="another process listens there, or has just ended",
            fix=f"ss -ltnp 'sport = :{port}'   # says which; or take another one with --port",
        )
    if error.errno == errno.EACCES:
        return AddressUnusable(
            what, why="this user may not take that port", fix="take one above 1023 with --port"
        )
    return AddressUnusable(
        what,
        why=error.strerror or type(error).__name__,
        fix="ip -brief address   # lists this machine's addresses; name one with --host",
    )
