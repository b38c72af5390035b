"""How far long work has come: bars on a terminal, a line now and then elsewhere."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOBase
from typing import TYPE_CHECKING, Any, TextIO, cast

from skillconnect_ops.core.plan import Clock, Ticker
from skillconnect_ops.core.view import duration, size
from skillconnect_ops.terminal.text import one_line

if TYPE_CHECKING:
    from rich.progress import Progress, Task, TaskID

_FLUSH_S = 0.1
_FIRST_LINE_S = 10.0
_LINE_EVERY_S = 30.0


class Bars:
    """Progress bars on one terminal; several may run at once, from any thread."""

    def __init__(self, stream: TextIOBase, *, colour: bool, clock: Clock) -> None:
        self._stream = stream
        self._colour = colour
        self._clock = clock
        self._lock = threading.Lock()
        self._open = 0
        self._progress: Progress | None = None

    @contextmanager
    def bar(self, label: str, *, total: int | None, unit: str) -> Iterator[Ticker]:
        """A bar with amount, rate and remaining time; gone from the screen when it is done."""
        try:
            progress = self._began()
            task = progress.add_task(one_line(label), total=total, unit=unit)
            ticker = _BarTicker(progress, task, label=label, clock=self._clock)
            try:
                yield ticker
            finally:
                ticker.flush()
                progress.remove_task(task)
        finally:  # from the first line on: Ctrl-C may come anywhere, and the cursor is hidden
            self._ended()

    def say(self, text: str) -> bool:
        """Print a line above the bars, if there are any; whether there were."""
        with self._lock:
            if self._progress is None:
                return False
            from rich.text import Text  # noqa: PLC0415 - rich only where bars are shown

            self._progress.console.print(Text(text), soft_wrap=True)
            return True

    def _began(self) -> "Progress":
        with self._lock:
            self._open += 1
            if self._progress is None:
                self._progress = _progress(self._stream, colour=self._colour)
                self._progress.start()
            return self._progress

    def _ended(self) -> None:
        with self._lock:
            self._open = max(self._open - 1, 0)
            if self._open == 0 and self._progress is not None:
                progress, self._progress = self._progress, None
                progress.stop()


class _BarTicker:
    """Adds up ticks and passes them on ten times a second: a tick must cost next to nothing."""

    def __init__(self, progress: "Progress", task: "TaskID", *, label: str, clock: Clock) -> None:
        self._progress = progress
        self._task = task
        self._label = label
        self._clock = clock
        self._lock = threading.Lock()
        self._pending = 0
        self._flushed_at = clock.monotonic()

    def advance(self, amount: int) -> None:
        """So many units more are done."""
        with self._lock:
            self._pending += amount
            if self._clock.monotonic() - self._flushed_at < _FLUSH_S:
                return
            self._pass_on()

    def describe(self, text: str) -> None:
        """What is being worked on now."""
        self._progress.update(self._task, description=one_line(f"{self._label} · {text}"))

    def flush(self) -> None:
        """Pass on what is left."""
        with self._lock:
            self._pass_on()

    def _pass_on(self) -> None:
        amount, self._pending = self._pending, 0
        self._flushed_at = self._clock.monotonic()
        if amount:
            self._progress.advance(self._task, amount)


class LineTicker:
    """Where nobody watches: a line after ten seconds, one every half minute, one at the end."""

    def __init__(
        self, say: Callable[[str], None], *, label: str, total: int | None, unit: str, clock: Clock
    ) -> None:
        self._say = say
        self._label = one_line(label)
        self._total = total
        self._unit = unit
        self._clock = clock
        self._lock = threading.Lock()
        self._done = 0
        self._began_at = clock.monotonic()
        self._due_at = self._began_at + _FIRST_LINE_S
        self._said = False

    def advance(self, amount: int) -> None:
        """So many units more are done."""
        with self._lock:
            self._done += amount
            now = self._clock.monotonic()
            if now < self._due_at:
                return
            self._due_at = now + _LINE_EVERY_S
            self._said = True
            line = self._line(now - self._began_at, of_total=True)
        self._say(line)

    def describe(self, text: str) -> None:
        """Not shown here: lines are few."""

    def end(self) -> None:
        """Say how it came out, where anything was said before."""
        if self._said:
            seconds = self._clock.monotonic() - self._began_at
            self._say(f"{self._line(seconds, of_total=False)} in {duration(seconds)}")

    def _line(self, seconds: float, *, of_total: bool) -> str:
        done = amount_of(self._done, self._unit)
        if of_total and self._total is not None:
            done = f"{done} of {amount_of(self._total, self._unit)}"
        return f"{self._label}: {done}, {rate_of(self._done / max(seconds, 0.001), self._unit)}"


def amount_of(number: float, unit: str) -> str:
    """`1.2 GB`, or `12,000 documents`."""
    return size(number) if unit == "B" else f"{number:,.0f} {unit}"


def rate_of(per_second: float, unit: str) -> str:
    """`85.0 MB/s`, or `1,200 documents/s`."""
    return f"{amount_of(per_second, unit)}/s"


def _progress(stream: TextIOBase, *, colour: bool) -> "Progress":
    """Rich's live display, with columns that speak our units."""
    from rich.console import Console  # noqa: PLC0415 - rich only where bars are shown
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn  # noqa: PLC0415
    from rich.table import Column  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    class Figures(ProgressColumn):
        """Amount, rate and remaining time in one column."""

        def render(self, task: "Task") -> Text:
            return Text(figures(task))

    console = Console(
        file=cast("TextIO", stream),
        force_terminal=True,
        no_color=not colour,
        highlight=False,
        markup=False,
    )
    return Progress(
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
        ),
        BarColumn(bar_width=10),
        Figures(table_column=Column(no_wrap=True)),
        console=console,
        transient=True,
        expand=True,
    )


def figures(task: Any) -> str:
    """` 40%  80.0 of 200.0 MB  85.0 MB/s  2 s left`; what is not known is left out."""
    unit = str(task.fields.get("unit", ""))
    parts = [amount_of(task.completed, unit)]
    if task.total is not None:
        share = task.completed / task.total if task.total else 1.0
        total = amount_of(task.total, unit)
        done, of_what = parts[0].split(" ", 1)
        of_same = total.split(" ", 1)[1] == of_what
        parts = [f"{share:4.0%}", f"{done if of_same else parts[0]} of {total}"]
    if task.speed:
        parts.append(rate_of(task.speed, unit))
    if task.time_remaining is not None and not task.finished:
        rest = task.time_remaining
        parts.append(f"{duration(rest) if rest >= 10 else f'{rest:.0f} s'} left")
    return "  ".join(parts)
