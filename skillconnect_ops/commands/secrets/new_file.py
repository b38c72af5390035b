"""A file that holds a secret and was not there before: written once, for its owner alone."""

from contextlib import suppress
from pathlib import Path

from skillconnect_ops.core.errors import Refused
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.disk.files import Disk


class KeyFileTaken(Refused):
    """The file for the new secret is there already."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is there already",
            why="a secret is never written over a file; nothing was made",
            fix="name another file with --out-key",
        )


def write_new(path: Path, data: bytes, *, disk: Disk) -> None:
    """A new file, 0600 from its first byte on; whole, or not there at all.

    Raises:
        KeyFileTaken: something of that name is there, be it a link to nowhere.
        Precondition: it cannot be written; no part of it is left.
    """
    try:
        writer = disk.writer(path)
    except FileExistsError as error:
        raise KeyFileTaken(path) from error
    except OSError as error:
        raise explain(error, "write the new secret") from error
    try:
        with writer:
            writer.write(data)
    except BaseException as error:
        with suppress(OSError):
            disk.remove(path)
        if isinstance(error, OSError):
            raise explain(error, "write the new secret") from error
        raise
