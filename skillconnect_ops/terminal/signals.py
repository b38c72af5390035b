"""SIGTERM and a closed terminal end a command as Ctrl-C does: on the way up, things are put back.

A plan that is walked has its own handlers (`journal.signals`), which wait for a good moment.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from skillconnect_ops.core.errors import Stop
from skillconnect_ops.core.exits import Exit

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def caught() -> Iterator[None]:
    """Turn the signals into `Stop`; what is ignored (`nohup`) stays ignored.

    Only the main thread can take signals; elsewhere nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    taken = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    try:
        for number in taken:
            signal.signal(number, _stop)
        yield
    finally:
        for number in taken:
            signal.signal(number, before[number] or signal.SIG_DFL)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stop(Exit.SIGTERM)
