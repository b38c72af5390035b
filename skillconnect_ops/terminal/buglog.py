"""Where the trace of a bug goes: a private file, never the terminal, and no value in it."""

import os
import platform
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from skillconnect_ops.disk.files import Disk
from skillconnect_ops.terminal.text import redacted


class BugLog:
    """Keeps traces below `<state home>/log/`, one file each, 0600."""

    def __init__(self, state_home: Path, *, disk: Disk) -> None:
        self._folder = state_home / "log"
        self._disk = disk

    def keep(self, error: BaseException, *, command: str, at: datetime) -> str:
        """Write the trace down; says where, or why not."""
        path = self._folder / f"{at:%Y-%m-%dT%H-%M-%SZ}-{os.getpid()}.log"
        try:
            self._disk.make_private(self._folder)
            self._disk.append(path, _text(error, command=command, at=at).encode("utf-8", "replace"))
        except Exception as cause:  # noqa: BLE001 - a bug must not hide behind a second one
            return f"its trace could not be kept ({type(cause).__name__})"
        return f"its trace is in {path}"

    @contextmanager
    def of_threads(self, say: Callable[[str], None]) -> Iterator[None]:
        """Keep what a thread dies of, too, instead of showing it with all its values."""

        def keep(died: threading.ExceptHookArgs) -> None:
            if died.exc_value is not None:
                kept = self.keep(died.exc_value, command="(a thread)", at=datetime.now(UTC))
                say(f"a thread of skc ended with {died.exc_type.__name__}; {kept}")

        before, threading.excepthook = threading.excepthook, keep
        try:
            yield
        finally:
            threading.excepthook = before


def _text(error: BaseException, *, command: str, at: datetime) -> str:
    """The trace: places in our code and messages with secrets masked, no variable's value."""
    from importlib.metadata import version  # noqa: PLC0415 - slow, and bugs are rare

    lines = traceback.TracebackException.from_exception(error, capture_locals=False).format()
    head = (
        f"skc {version('skillconnect-ops')}, Python {platform.python_version()}, {sys.platform}\n"
        f"{at:%Y-%m-%dT%H:%M:%SZ} skc {command}\n"
    )
    return head + redacted("".join(lines)) + "\n"
