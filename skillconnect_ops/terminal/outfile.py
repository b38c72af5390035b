"""`--out FILE`: looked at before the command begins, written whole or not at all."""

import os
import stat
import tempfile
from pathlib import Path

from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.terminal.text import one_line


class OutNotWritable(Precondition):
    """The report could not be written where `--out` wants it, so the command did not begin."""

    def __init__(self, path: Path, *, why: str) -> None:
        super().__init__(
            f"--out {one_line(str(path))} cannot be written",
            why=f"{why}; the command did not begin",
            fix="name a file in a folder that you may write to",
        )


def ensure_writable(path: Path) -> Path:
    """The path to write to, links followed; tried out without leaving a trace.

    Raises:
        OutNotWritable: it is no regular file, or its folder takes no new file.
    """
    try:
        real = path.resolve()
        _check_kind(path, real)
        with tempfile.TemporaryFile(dir=real.parent):
            return real
    except (OSError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise OutNotWritable(path, why=one_line(why)) from error


def write(path: Path, text: str, *, disk: Disk) -> None:
    """Replace the file by the text; a new one gets the mode that the umask gives.

    Raises:
        OSError: it could not be written; what stood there still does.
    """
    disk.replace(path, text.encode("utf-8", "backslashreplace"), mode=_mode(path))


def _check_kind(path: Path, real: Path) -> None:
    if real.is_dir():
        raise OutNotWritable(path, why="it is a folder")
    if real.exists() and not real.is_file():
        raise OutNotWritable(path, why="it is a device or a pipe, which cannot be replaced")


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        mask = os.umask(0o077)
        os.umask(mask)
        return 0o666 & ~mask
