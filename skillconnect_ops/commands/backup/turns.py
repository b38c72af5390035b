"""Large batches one at a time, so that what lies in memory is bounded whatever a database holds."""

import threading
from collections.abc import Callable

LARGE_BYTES = 4 << 20
"""From this size on a batch has to wait until no other reader has such a one."""


class Turn:
    """One reader at a time has large batches under way, until a small one or the end."""

    def __init__(self, lock: threading.Lock, go_on: Callable[[], None]) -> None:
        self._lock = lock
        self._go_on = go_on
        self._mine = False

    def take(self, size_bytes: int) -> None:
        """Wait for the turn if a batch of that size needs one."""
        if size_bytes <= LARGE_BYTES:
            self.close()
        while size_bytes > LARGE_BYTES and not self._mine:
            self._go_on()
            self._mine = self._lock.acquire(timeout=0.2)

    def close(self) -> None:
        """Let the next one."""
        if self._mine:
            self._mine = False
            self._lock.release()
