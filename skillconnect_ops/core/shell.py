"""Names as a person can type them into a shell."""

import os
import shlex
from pathlib import Path


def word(name: str | Path) -> str:
    r"""One word of a command line, quoted where need be.

    What cannot be typed (line ends, bytes that are no UTF-8) is spelled `$'\377'`, which bash, zsh,
    ksh and POSIX.1-2024 shells read.
    """
    text = str(name)
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(_spelled(letter) for letter in text) + "'"


def _spelled(letter: str) -> str:
    if letter in "\\'":
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    # three octal digits: a hex escape would take the hex digits behind it for its own
    return "".join(f"\\{byte:03o}" for byte in os.fsencode(letter))
