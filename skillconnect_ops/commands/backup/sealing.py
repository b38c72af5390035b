"""Age files, streamed: one thread pushes what another pulls, through a short queue between.

Age's own functions read a source to its end and write to a sink; a dump pushes its frames, and a
reader pulls documents. So each direction has a thread of its own.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Any, Protocol

import pyrage

_QUEUED = 4
_SLICE = 1 << 20
"""A large frame goes through the queue in copied slices, so that nothing keeps the whole alive."""
_HANDED_OVER = 1 << 18
"""Age hands over 64 KiB at a time; four of them go through the queue at once."""


class Identity(Protocol):
    """A private key of age, as pyrage holds it."""


class Recipient(Protocol):
    """A public key of age, as pyrage holds it."""


class Source(Protocol):
    """What is read piece by piece."""

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; none at the end."""


class Sink(Protocol):
    """What is written piece by piece."""

    def write(self, data: bytes) -> int:
        """Take all of it."""


class PayloadAltered(Exception):
    """A key opened the file, and what it holds is not what was encrypted."""


class Sealing:
    """Encrypts what is written to it into a sink."""

    def __init__(self, sink: Sink, recipients: Sequence[Recipient]) -> None:
        self._queue: Queue[memoryview | None] = Queue(_QUEUED)
        self._rest = memoryview(b"")
        self._failure: BaseException | None = None
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._encrypt, args=(sink, recipients), daemon=True)
        self._thread.start()

    def write(self, frame: bytes) -> None:
        """Hand over some bytes; raises what writing earlier ones failed with."""
        whole = memoryview(frame)
        if len(whole) <= _SLICE:
            self._push(whole)
            return
        for start in range(0, len(whole), _SLICE):
            self._push(memoryview(bytes(whole[start : start + _SLICE])))

    def finish(self) -> None:
        """All of it is in the sink when this returns."""
        self._push(None)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def abandon(self) -> None:
        """End the thread; the sink holds a part."""
        self._abandoned.set()
        self._thread.join()

    def read(self, size: int) -> bytes:
        """What age asks for next; empty at the end."""
        while not self._rest:
            frame = self._pull()
            if frame is None:
                return b""
            self._rest = frame
        piece, self._rest = self._rest[:size], self._rest[size:]
        return bytes(piece)

    def _encrypt(self, sink: Sink, recipients: Sequence[Recipient]) -> None:
        watched = _Watched(sink)
        try:
            pyrage.encrypt_io(self, watched, list(recipients))
        except BaseException as failure:  # noqa: BLE001 - handed to the thread that writes
            self._failure = watched.failure or failure

    def _push(self, frame: memoryview | None) -> None:
        while True:
            if self._failure is not None:
                raise self._failure
            with suppress(Full):
                self._queue.put(frame, timeout=0.2)
                return

    def _pull(self) -> memoryview | None:
        while True:
            if self._abandoned.is_set():
                raise BrokenPipeError  # an InterruptedError would be tried again without end
            try:
                return self._queue.get(timeout=0.2)
            except Empty:
                continue


class _Watched:
    """Keeps the error of a read or write as it was, since age wraps it into one of its own."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.failure: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return bytes(self._real.read(size))
        except BaseException as failure:
            self.failure = failure
            raise

    def write(self, data: bytes) -> int:
        try:
            return int(self._real.write(data))
        except BaseException as failure:
            self.failure = failure
            raise

    def flush(self) -> None:
        """Nothing to flush."""


class Opening:
    """Decrypts a source; what is read from it is clear."""

    def __init__(self, source: Source, identities: Sequence[Identity]) -> None:
        self._queue: Queue[bytes | BaseException | None] = Queue(16)
        self._closed = threading.Event()
        self._gathered = bytearray()
        self._rest = memoryview(b"")
        self._ended = False
        self._thread = threading.Thread(target=self._decrypt, args=(source, identities))
        self._thread.daemon = True
        self._thread.start()

    def read(self, size: int = -1) -> bytes:
        """Decrypted bytes; empty at the end. Raises what age raised."""
        while not self._rest and not self._ended:
            item = self._queue.get()
            if isinstance(item, BaseException):
                raise item
            if item is None:
                self._ended = True
            else:
                self._rest = memoryview(item)
        taken = len(self._rest) if size < 0 else size
        piece, self._rest = self._rest[:taken], self._rest[taken:]
        return bytes(piece)

    def write(self, data: bytes) -> int:
        """What age hands over, gathered into larger pieces."""
        if self._closed.is_set():
            raise BrokenPipeError
        self._gathered += data
        if len(self._gathered) >= _HANDED_OVER:
            self._hand_over()
        return len(data)

    def flush(self) -> None:
        """The end of the stream is what hands the rest over."""

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        while self._thread.is_alive():
            try:
                self._queue.get(timeout=0.05)
            except Empty:
                continue
        self._thread.join()

    def _decrypt(self, source: Source, identities: Sequence[Identity]) -> None:
        watched = _Watched(source)
        try:
            pyrage.decrypt_io(watched, self, list(identities))
            self._hand_over()
            self._put(None)
        except pyrage.DecryptError as failure:
            self._put(watched.failure or failure)
        except BaseException as failure:  # noqa: BLE001 - age tells damage as an OSError
            self._put(watched.failure or PayloadAltered(str(failure)))

    def _hand_over(self) -> None:
        if self._gathered:
            self._put(bytes(self._gathered))
            self._gathered.clear()

    def _put(self, item: bytes | BaseException | None) -> None:
        while not self._closed.is_set():
            with suppress(Full):
                self._queue.put(item, timeout=0.2)
                return
