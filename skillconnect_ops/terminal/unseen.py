"""How a secret value comes in: typed unseen, by stdin or by a file descriptor; never by argv.

The words of a command line can be read by every process of the machine (`ps`), and stay in the
history of the shell; the environment of a process goes to its children.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from skillconnect_ops.core.errors import Refused, UsageError
from skillconnect_ops.core.plan import Person
from skillconnect_ops.core.secret import Secret

LONGEST = 1_000_000
"""Characters; whatever is longer is a file that was piped in by mistake."""


class NotReadable(Refused):
    """The value cannot be taken from where it was said to be."""

    def __init__(self, place: str, *, why: str) -> None:
        super().__init__(
            f"the value cannot be read from {place}",
            why=why,
            fix="give the value alone, as UTF-8 text",
        )


class TwoSources(UsageError):
    """More than one place was named to take the value from."""

    def __init__(self, names: str) -> None:
        super().__init__(
            "the value can come from one place only",
            why=f"{names} were given together",
            fix="choose one of them",
        )


def taken(person: Person, *, label: str, stdin: bool = False, fd: int | None = None) -> Secret:
    """The value of `--stdin` or `--fd`, else what the person types; one line end is cut off.

    Args:
        person: who is asked.
        label: what to call the value when asking.
        stdin: whether `--stdin` was given.
        fd: the number of `--fd`; it is read to its end, and left open.

    Raises:
        TwoSources: both were given.
        Refused: nobody can be asked, nothing came, or it is no text.
    """
    if stdin and fd is not None:
        raise TwoSources("--stdin and --fd")
    if fd is not None:
        value, place = _of_descriptor(fd), f"descriptor {fd}"
    elif stdin:
        value, place = person.piped(), "stdin"
    else:
        value, place = person.secret(label), "the terminal"
    text = value.reveal()
    text = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
    if not text:
        raise NotReadable(place, why="nothing came from there")
    if "\0" in text:
        raise NotReadable(place, why="there is a NUL byte in it, which no variable can hold")
    return Secret(text)


@contextmanager
def unseen(stream: TextIO) -> Iterator[None]:
    """Let a terminal not show what is typed on it; anything else is left as it is."""
    import termios  # noqa: PLC0415 - not on every system, and only a terminal needs it

    try:
        number = stream.fileno()
        before = termios.tcgetattr(number)
    except (OSError, ValueError, termios.error):
        yield
        return
    silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(number, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(number, termios.TCSADRAIN, before)


def _of_descriptor(fd: int) -> Secret:
    place = f"descriptor {fd}"
    read: list[bytes] = []
    try:
        while (part := os.read(fd, 65536)) and sum(map(len, read)) <= LONGEST:
            read.append(part)
        text = b"".join(read).decode()
    except OSError as error:
        raise NotReadable(place, why=error.strerror or "it cannot be read") from error
    except UnicodeDecodeError:
        # `from None`: the cause would show a piece of the value
        raise NotReadable(place, why="it is no UTF-8 text") from None
    if len(text) > LONGEST:
        raise NotReadable(place, why=f"it gives more than {LONGEST:,} characters")
    return Secret(text)
