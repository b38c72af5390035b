"""How a secret value comes in: typed unseen, by stdin or by a file descriptor; never by argv.

The words of a command line can be read by every process of the machine (`ps`), and stay in the
history of the shell; the environment of a process goes to its children.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from skillconnect_ops.core.errors import Precondition, Refused, UsageError
from skillconnect_ops.core.plan import Person
from skillconnect_ops.core.secret import Secret

LONGEST = 1_000_000
"""Characters; whatever is longer is a file that was piped in by mistake."""


class NotReadable(Precondition):
    """The value cannot be taken from where it was said to be."""

    def __init__(self, place: str, *, why: str) -> None:
        super().__init__(
            f"the value cannot be read from {place}",
            why=why,
            fix="give the value alone, as UTF-8 text",
        )


class NothingTyped(Precondition):
    """Whoever was asked pressed Enter alone."""

    def __init__(self, label: str) -> None:
        super().__init__(
            f"nothing was typed for {label}",
            why="it is asked for unseen, and Enter alone gives nothing",
            fix="type or paste it at the prompt, and press Enter",
        )


class TwoSources(UsageError):
    """More than one place was named to take the value from."""

    def __init__(self, names: str) -> None:
        super().__init__(
            "the value can come from one place only",
            why=f"{names} were given together",
            fix="choose one of them",
        )


class TypedUnlike(Refused):
    """What was typed the second time is not what was typed first; neither is shown."""

    def __init__(self) -> None:
        super().__init__(
            "the two values are not the same",
            why="it is asked for twice, since nobody sees what is typed; nothing was changed",
            fix="type it again, or pipe it in: --stdin, --fd N",
        )


def taken(
    person: Person,
    *,
    label: str,
    stdin: bool = False,
    fd: int | None = None,
    twice: bool = False,
) -> Secret:
    """The value of `--stdin` or `--fd`, else what the person types; one line end is cut off.

    Args:
        person: who is asked.
        label: what to call the value when asking.
        stdin: whether `--stdin` was given.
        fd: the number of `--fd`; it is read to its end, and left open.
        twice: whether who types it is asked a second time.

    Raises:
        TwoSources: both were given.
        Refused: nobody can be asked, or two values were typed.
        NothingTyped: the person gave no answer.
        NotReadable: nothing came, or it is no text.
    """
    if stdin and fd is not None:
        raise TwoSources("--stdin and --fd")
    if stdin or fd is not None:
        value = person.piped_secret(fd)
        place = "stdin" if fd is None else f"descriptor {fd}"
    else:
        value, place = person.ask_secret(label), "the terminal"
        if twice and value and person.ask_secret(f"{label}, once more") != value:
            raise TypedUnlike
        if not value:
            raise NothingTyped(label)
    if not value:
        raise NotReadable(place, why="nothing came from there")
    if "\0" in value.reveal():
        raise NotReadable(place, why="there is a NUL byte in it, which no variable can hold")
    return value


def without_line_end(text: str) -> Secret:
    """A text less one line end at its end, which a terminal or `echo` put there."""
    return Secret(text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text)


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


def of_stream(stream: TextIO) -> Secret:
    """All of a stream, less one line end; at a terminal it is not shown while it is typed.

    Raises:
        NotReadable: it is closed, no UTF-8 text, or too long.
    """
    with unseen(stream):
        try:
            text = stream.read(LONGEST + 1)
        except (OSError, ValueError):
            # `from None`: the cause would show a piece of the value
            raise NotReadable("stdin", why="it is closed, or no UTF-8 text") from None
    return _fits(text, "stdin")


def of_descriptor(fd: int) -> Secret:
    """All of a file descriptor, less one line end; it is left open.

    Raises:
        NotReadable: it is not open, no UTF-8 text, or too long.
    """
    place = f"descriptor {fd}"
    data = b""
    try:
        while (part := os.read(fd, 65536)) and len(data) <= 4 * LONGEST:
            data += part
        text = data.decode()
    except OSError as error:
        raise NotReadable(place, why=error.strerror or "it cannot be read") from error
    except UnicodeDecodeError:
        raise NotReadable(place, why="it is no UTF-8 text") from None
    return _fits(text, place)


def _fits(text: str, place: str) -> Secret:
    if len(text) > LONGEST:
        raise NotReadable(place, why=f"it gives more than {LONGEST:,} characters")
    return without_line_end(text)
