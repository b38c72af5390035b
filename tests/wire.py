"""A wire between a client and a real server that loses what it is told to lose."""

import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum


class Loss(Enum):
    """What becomes of a request."""

    NOTHING = "nothing"
    REQUEST = "request"
    """It never arrives; the connection is reset."""
    ANSWER = "answer"
    """It takes effect; the connection is reset in the place of an answer."""
    HALF = "half"
    """It takes effect; the connection is reset in the middle of the answer."""
    STALL = "stall"
    """It takes effect, and no answer comes until the wire is closed."""


Rule = Callable[[bytes], Loss]
Reading = Callable[[socket.socket], bytes]
"""Takes one whole request or answer from a connection."""


def never(_: bytes) -> Loss:
    """Lose nothing."""
    return Loss.NOTHING


class Wire:
    """Passes whole messages on, one request and one answer at a time, as `rule` says."""

    def __init__(
        self, port: int, words: Mapping[bytes, bytes] | None = None, read: Reading | None = None
    ) -> None:
        self._read = read or _message
        self.rule: Rule = never
        self.lost = 0
        self.passed = 0
        self.down = False
        self._words = dict(words or {})
        self._target = ("127.0.0.1", port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._closed = threading.Event()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.getsockname()[1]}"

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def cut(self) -> None:
        """From now on there is no way through, for whoever is connected and whoever comes."""
        self.down = True
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def hiccup(self) -> None:
        """Whoever is connected is cut off; whoever comes next is let through."""
        for one in tuple(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def losing(self, loss: Loss, *verbs: str, times: int = 1) -> Iterator[None]:
        """Within, lose that of the next such commands, or of the next ones that change users."""
        words = [verb.encode() + b"\0" for verb in verbs or CHANGES]
        left = times
        lock = threading.Lock()

        def rule(message: bytes) -> Loss:
            nonlocal left
            with lock:
                if left and any(
                    kind + word in message for word in words for kind in (b"\x02", b"\x03")
                ):
                    left -= 1
                    return loss
                return Loss.NOTHING

        self.rule = rule
        try:
            yield
        finally:
            self.rule = never

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._server.accept()
            except OSError:
                return
            if self.down:
                caller.close()
                continue
            self._open.append(caller)
            thread = threading.Thread(target=self._serve, args=(caller,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, caller: socket.socket) -> None:
        with suppress(OSError), caller, socket.create_connection(self._target) as target:
            while True:
                ready, _, _ = select.select([caller, target], [], [])
                if caller in ready:
                    asked = self._read(caller)
                    loss = self.rule(asked)
                    if loss is Loss.NOTHING:
                        target.sendall(asked)
                        continue
                    self.lost += 1
                    if loss is not Loss.REQUEST:
                        target.sendall(asked)
                        answer = self._read(target)
                    if loss is Loss.HALF:
                        caller.sendall(answer[: len(answer) // 2])
                    if loss is Loss.STALL:
                        self._closed.wait()
                    # an RST, as from a machine that knows nothing of the connection
                    caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                answer = self._read(target)
                for real, other in self._words.items():
                    answer = answer.replace(real, other)
                self.passed += 1
                caller.sendall(answer)


CHANGES = ("createUser", "updateUser", "dropUser", "grantRolesToUser", "revokeRolesFromUser")


def _message(source: socket.socket) -> bytes:
    head = _exactly(source, 4)
    return head + _exactly(source, struct.unpack("<i", head)[0] - 4)


def redis_message(source: socket.socket) -> bytes:
    """One whole request or answer of Redis.

    https://redis.io/docs/latest/develop/reference/protocol-spec/ (RESP2)
    """
    line = _line(source)
    count = int(line[1:-2]) if line[:1] in b"$*" else -1
    if line[:1] == b"$" and count >= 0:
        return line + _exactly(source, count + 2)
    return line + b"".join(redis_message(source) for _ in range(max(0, count)))


def _line(source: socket.socket) -> bytes:
    got = b""
    while not got.endswith(b"\r\n"):
        ahead = source.recv(4096, socket.MSG_PEEK)
        if not ahead:
            raise ConnectionResetError
        end = (got[-1:] + ahead).find(b"\r\n")
        size = len(ahead) if end < 0 else end + 2 - len(got[-1:])
        got += _exactly(source, size)
    return got


def _exactly(source: socket.socket, size: int) -> bytes:
    got = bytearray()
    while len(got) < size:
        part = source.recv(size - len(got))
        if not part:
            raise ConnectionResetError
        got += part
    return bytes(got)


@contextmanager
def wire(
    port: int, words: Mapping[bytes, bytes] | None = None, read: Reading | None = None
) -> Iterator[Wire]:
    """A wire to a server on the loopback address.

    Args:
        port: of the server.
        words: what its answers say -> what the client hears, of the same length.
        read: how it speaks; by default as a mongod.
    """
    made = Wire(port, words, read)
    try:
        yield made
    finally:
        made.close()
