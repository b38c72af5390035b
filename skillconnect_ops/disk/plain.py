"""Reading a file that somebody else named: a pipe or a device is none, and would never end."""

import errno
import stat
from pathlib import Path


def plain_bytes(path: Path) -> bytes | None:
    """The bytes of a plain file, links followed; None where there is none.

    Raises:
        OSError: it cannot be opened, or is a folder, a device or a pipe.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise OSError(errno.EINVAL, "it is a device or a pipe", str(path))
        return path.read_bytes()
    except FileNotFoundError:
        return None
