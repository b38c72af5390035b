"""The three streams of a process, and how much they can show."""

import io
import os
import shutil
import sys
from contextlib import suppress
from typing import TextIO

from msgspec import Struct

from skillconnect_ops.core.ports.environment import Environment


class Screen(Struct, frozen=True, kw_only=True):
    """What a stream can show: its width (None: no limit), and whether in colour."""

    width: int | None
    colour: bool


class Streams:
    """Where a person's answers come from, where data goes, and where people are spoken to."""

    def __init__(self, stdin: TextIO, stdout: TextIO, stderr: TextIO) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr

    @classmethod
    def of_process(cls) -> "Streams":
        """The real ones, made to spell out what their encoding cannot say.

        One that was closed (`2>&-`) leads nowhere, and its number is taken, lest the next file to
        be opened gets it and is written to by mistake.
        """
        for name in ("stdin", "stdout", "stderr"):
            if getattr(sys, name) is None:
                mode = "r" if name == "stdin" else "w"
                setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
        for stream in (sys.stdout, sys.stderr):
            reconfigure = getattr(stream, "reconfigure", None)
            if reconfigure is not None:
                reconfigure(errors="backslashreplace")
        return cls(sys.stdin, sys.stdout, sys.stderr)

    def say(self, text: str) -> None:
        """Write lines for people."""
        self.show(f"{text}\n")

    def show(self, text: str) -> None:
        """Write for people. A reader who went away must not fail the work that goes on."""
        try:
            self.stderr.write(text)
            self.stderr.flush()
        except (OSError, ValueError):
            _forget(self.stderr)

    def deliver(self, text: str) -> None:
        """Write data to stdout, whole; a reader who has seen enough (`| head`) is no error.

        Raises:
            OSError: it cannot be written (a full disk behind a redirection).
        """
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except BrokenPipeError:
            _forget(self.stdout)
        except OSError:
            _forget(self.stdout)
            raise

    def can_ask(self) -> bool:
        """Whether somebody sees a question and can answer it."""
        return is_terminal(self.stdin) and is_terminal(self.stderr)


class Tolerant(io.TextIOBase):
    """Stderr as a file, for what draws on it: writing there never fails."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def write(self, text: str) -> int:
        """Show the text."""
        self._streams.show(text)
        return len(text)

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return is_terminal(self._streams.stderr)

    def fileno(self) -> int:
        """The number of the real one."""
        return self._streams.stderr.fileno()


def _forget(stream: TextIO) -> None:
    """Let what is left go nowhere, lest the interpreter's last flush complains (exit 120)."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal; a closed one is not."""
    try:
        return stream.isatty()
    except (ValueError, AttributeError):
        return False


def screen(stream: TextIO, environment: Environment) -> Screen:
    """What a stream shows: without a terminal no colour and no limit, so that nothing is cut.

    `NO_COLOR` is honoured when it is set and not empty (no-color.org).
    """
    if not is_terminal(stream):
        return Screen(width=None, colour=False)
    dumb = environment.get("TERM") in {None, "dumb"}
    return Screen(
        width=_width(stream, environment), colour=not dumb and environment.get("NO_COLOR") is None
    )


def _width(stream: TextIO, environment: Environment) -> int:
    told = environment.get("COLUMNS")
    if told is not None and told.isdecimal() and int(told) > 0:
        return int(told)
    with suppress(OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns or 80
    return shutil.get_terminal_size().columns
