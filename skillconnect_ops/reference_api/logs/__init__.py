"""What the service says about itself: events with fields, one JSON object a line.

    log = logs.get()
    log.info("booking created", booking_id=booking.id)

Whatever `structlog.get_logger()` gave to a module is as good, once this is configured.
`configure` decides once, for a process, where the lines go. Other libraries' loggers (uvicorn,
socketio, pymongo, asyncio, warnings) come the same way and are redacted alike. Nothing here ever
raises into the code that logs: what cannot be written is counted, and said once on stderr.
"""

import logging
import os
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import structlog
from structlog.typing import FilteringBoundLogger

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.reference_api.logs.files import (
    MEGABYTE,
    DailyFiles,
    Lines,
    Stream,
    open_to_others,
)
from skillconnect_ops.reference_api.logs.lines import FRAMES, json_line, pretty_line, told
from skillconnect_ops.reference_api.logs.redaction import Redaction

Event = dict[str, Any]
SERVICE = "skillconnect"
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
COMBINED_LIMIT_BYTES = 20 * MEGABYTE
COMBINED_AT_MOST = 50
ERROR_LIMIT_BYTES = 5 * MEGABYTE
ERROR_AT_MOST = 40
_PIPE_BYTES = 4096
"""Of a pipe only so much is written as a whole (PIPE_BUF of Linux), and workers share one."""
_FILE_BYTES = 256 * 1024
_ERROR = LEVELS["error"]
_QUIET = {
    # their own lines at `info` tell of each packet, at `debug` of each document; a level that is
    # set also keeps socketio from putting up a handler of its own
    **dict.fromkeys(("socketio", "socketio.server", "engineio", "engineio.server"), "warning"),
    **dict.fromkeys(("pymongo", "httpx", "httpcore", "watchfiles", "websockets"), "warning"),
}
_OTHERS = ("uvicorn", "uvicorn.error", "uvicorn.access", *_QUIET)


class Output:
    """Everywhere that this process writes its lines to.

    Args:
        every: where all lines go, as JSON.
        errors: where those of level error and above go as well.
        pretty: where lines for a person go, and whether in colour.
        longest_bytes: a longer line is cut in its values.
    """

    def __init__(
        self,
        *,
        every: Lines | None = None,
        errors: Lines | None = None,
        pretty: tuple[Lines, bool] | None = None,
        longest_bytes: int = _FILE_BYTES,
    ) -> None:
        self._every = every
        self._errors = errors
        self._pretty = pretty
        self._longest_bytes = longest_bytes

    @property
    def lost(self) -> int:
        """How many lines could not be kept, of all that this process wrote."""
        return sum(each.lost for each in (self._every, self._errors) if each is not None)

    def write(self, event: Event) -> None:
        """Write an event that is plain data."""
        if self._every is not None:
            line = json_line(event, self._longest_bytes)
            self._every.write(line)
            if self._errors is not None and LEVELS.get(event["level"], 0) >= _ERROR:
                self._errors.write(line)
        if self._pretty is not None:
            lines, coloured = self._pretty
            lines.write(pretty_line(event, coloured=coloured))

    def close(self) -> None:
        """Close the files."""
        for each in (self._every, self._errors):
            if each is not None:
                each.close()


class _Pipeline:
    """From what was logged to what is written."""

    def __init__(
        self, output: Output, redaction: Redaction, *, level: int, development: bool
    ) -> None:
        self._output = output
        self._redaction = redaction
        self._level = level
        self._development = development

    def run(self, level: str, event: Event) -> None:
        if LEVELS.get(level, _ERROR) < self._level:
            return
        try:
            self._output.write(self._finished(level, event))
        except Exception as error:  # noqa: BLE001 - a line is never worth a request
            with suppress(Exception):
                words = f"an event could not be logged: {type(error).__name__}"
                self._output.write(self._stamped({"event": words}, "error"))

    def _finished(self, level: str, event: Event) -> Event:
        event = structlog.contextvars.get_contextvars() | event
        exc_info, stack_info = event.pop("exc_info", None), event.pop("stack_info", None)
        if exc_info:
            event |= told(exc_info, development=self._development)
        elif stack_info and self._development:
            event["stack"] = "".join(traceback.format_stack(limit=FRAMES))
        return self._stamped(self._redaction.event(event), level)

    def _stamped(self, event: Event, level: str) -> Event:
        """Last, so that no field of that name takes the place of what we say ourselves."""
        head: Event = {"timestamp": _now(), "level": level, "service": SERVICE}
        head["event"] = event.pop("event", "")
        return head | {name: value for name, value in event.items() if name not in head}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


_BEFORE = _Pipeline(
    Output(every=Stream(2, "stderr"), longest_bytes=_PIPE_BYTES),
    Redaction(),
    level=LEVELS["warning"],
    development=False,
)
"""Until `configure`, and after it: what is serious goes to stderr."""
_current: list[_Pipeline] = [_BEFORE]


def _log(_logger: Any, method: str, event: MutableMapping[str, Any]) -> Any:
    _current[-1].run(method, dict(event))
    raise structlog.DropEvent


_STRUCTLOG: dict[str, Any] = {
    "processors": [_log],
    "wrapper_class": structlog.make_filtering_bound_logger(0),
    "context_class": dict,
    # all that may change is asked for at each line, so that what is remembered stays right
    "cache_logger_on_first_use": True,
}
_LOGGER = structlog.wrap_logger(None, **_STRUCTLOG)


def get() -> FilteringBoundLogger:
    """The logger. It may be had before `configure`, and lives through it."""
    return cast("FilteringBoundLogger", _LOGGER.bind())


class _FromStdlib(logging.Handler):
    """Takes what others log with the standard library."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            words = record.getMessage()
        except Exception:  # noqa: BLE001 - arguments that do not fit their text
            words = str(record.msg)
        event: Event = {"event": words, "logger": record.name, "exc_info": record.exc_info}
        _current[-1].run(_level_name(record.levelno), event)


def _level_name(number: int) -> str:
    fitting = [name for name, least in LEVELS.items() if number >= least]
    return fitting[-1] if fitting else "debug"


@contextmanager
def configure(
    *,
    folder: Path | None,
    level: str,
    development: bool,
    hidden: Callable[[], Iterable[Secret]] = tuple,
    colour: bool = True,
) -> Iterator[Output]:
    """Write this process's lines as long as the block lasts.

    uvicorn must be started with `log_config=None`, or it puts its own handlers back, which redact
    nothing.

    Args:
        folder: for `combined-DAY.log` and `error-DAY.log`; several processes may share it. None
            gives JSON lines on stdout.
        level: the least that is written: debug, info, warning, error or critical.
        development: stacks are written, and lines for a person come on stderr; in colour, and
            without the JSON lines on stdout, where that is a terminal.
        hidden: the secrets in force, to be masked wherever they stand. It is asked for each line;
            the same tuple as before costs nothing.
        colour: False where NO_COLOR is set.

    Yields:
        Output, which counts what was lost.

    Raises:
        ValueError: there is no such level.
        OSError: the folder cannot be made, or is none.
    """
    if level not in LEVELS:
        raise ValueError(f"no level {level!r}: it is one of {', '.join(LEVELS)}")
    output = _output(folder, development=development, colour=colour)
    pipeline = _Pipeline(output, Redaction(hidden), level=LEVELS[level], development=development)
    with _taking_over(level):
        _current.append(pipeline)
        try:
            if folder is not None and open_to_others(folder):
                get().warning("others may write to the log folder", folder=str(folder))
            yield output
        finally:
            _current.remove(pipeline)
            output.close()


def _output(folder: Path | None, *, development: bool, colour: bool) -> Output:
    pretty = (Stream(2, "stderr"), colour and _is_terminal(2))
    shown = pretty if development else None
    if folder is None:
        if development and _is_terminal(1):
            return Output(pretty=shown)
        return Output(every=Stream(1, "stdout"), pretty=shown, longest_bytes=_PIPE_BYTES)
    folder = folder.absolute()  # wherever the process goes
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Output(
        every=DailyFiles(
            folder, "combined", limit_bytes=COMBINED_LIMIT_BYTES, at_most=COMBINED_AT_MOST
        ),
        errors=DailyFiles(folder, "error", limit_bytes=ERROR_LIMIT_BYTES, at_most=ERROR_AT_MOST),
        pretty=shown,
    )


def _is_terminal(fd: int) -> bool:
    try:
        return os.isatty(fd)
    except OSError:
        return False


@contextmanager
def _taking_over(level: str) -> Iterator[None]:
    """Have everybody's loggers, warnings and dying threads come our way; undo it after.

    Below `info` only this service's own events are written: other libraries' tell of documents.
    """
    root = logging.getLogger()
    loggers = [root, *map(logging.getLogger, _OTHERS)]
    before = [(each, each.level, each.handlers[:], each.propagate) for each in loggers]
    hook = threading.excepthook
    loggers_of_structlog = structlog.get_config() if structlog.is_configured() else None
    for each in loggers:
        each.handlers[:] = []
        each.propagate = each.name != "uvicorn.access"  # each request is logged by ourselves
        each.setLevel(_QUIET.get(each.name, "notset").upper())
    root.setLevel(max(LEVELS[level], LEVELS["info"]))
    root.addHandler(_FromStdlib())
    logging.captureWarnings(capture=True)
    threading.excepthook = _thread_died
    structlog.configure(**_STRUCTLOG)
    try:
        yield
    finally:
        structlog.reset_defaults()
        if loggers_of_structlog is not None:
            structlog.configure(**loggers_of_structlog)
        threading.excepthook = hook
        logging.captureWarnings(capture=False)
        for each, was, handlers, propagate in before:
            each.setLevel(was)
            each.handlers[:] = handlers
            each.propagate = propagate


def _thread_died(args: "threading.ExceptHookArgs") -> None:
    if args.exc_type is not SystemExit:
        name = args.thread.name if args.thread is not None else "?"
        get().critical("a thread died", thread=name, exc_info=args.exc_value)
