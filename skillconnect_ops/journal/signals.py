"""Ctrl-C and SIGTERM while a plan is walked: a wish to stop, granted where it does no harm."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from skillconnect_ops.core.errors import Stop
from skillconnect_ops.core.exits import Exit

_EXITS = {
    signal.SIGINT: Exit.SIGINT,
    signal.SIGTERM: Exit.SIGTERM,
    signal.SIGHUP: Exit.SIGTERM,
}


class Watch:
    """The signals of one walk. The first one counts; of those after it, that they came."""

    def __init__(self) -> None:
        self._first: Exit | None = None
        self._again = False
        self._interruptible = False

    @property
    def first(self) -> Exit | None:
        """The exit code of the first signal, or None while there was none."""
        return self._first

    @property
    def again(self) -> bool:
        """Whether another signal came after the first one: somebody does not want to wait."""
        return self._again

    def stopped(self) -> bool:
        """Whether a signal came."""
        return self._first is not None

    def notice(self, exit_code: Exit) -> None:
        """A signal came. Inside an interruptible block the first one raises at once.

        Raises:
            Stop: the block is to be left.
        """
        self._again = self._first is not None
        if self._first is None:
            self._first = exit_code
            if self._interruptible:
                raise Stop(exit_code)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let the first signal raise `Stop` in the middle of this block, or now if it came before.

        Raises:
            Stop: a signal came.
        """
        try:
            self._interruptible = True
            self.check()
            yield
        finally:
            self._interruptible = False

    def check(self) -> None:
        """Raise if a signal came.

        Raises:
            Stop: one did.
        """
        if self._first is not None:
            raise Stop(self._first)


class Signals:
    """The signals of this process, as one command meets them."""

    def __init__(self) -> None:
        self.came: Exit | None = None
        """The exit code of the first signal of the last walk that one came in."""

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        """Take over SIGINT, SIGTERM and SIGHUP for a walk, and give them back afterwards.

        Only the main thread gets signals; elsewhere nothing is taken over. What was ignored
        (`nohup`, a background job) stays ignored.
        """
        watch = Watch()
        if threading.current_thread() is not threading.main_thread():
            yield watch
            return

        def caught(number: int, _frame: FrameType | None) -> None:
            watch.notice(_EXITS[signal.Signals(number)])

        before = {number: signal.getsignal(number) for number in _EXITS}
        taken = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
        try:
            for number in taken:
                signal.signal(number, caught)
            yield watch
        finally:
            for number in taken:
                signal.signal(number, before[number] or signal.SIG_DFL)
            self.came = watch.first or self.came
