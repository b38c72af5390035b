"""What is said when something fails: git and the system name files and refs, values in them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.history.needles import Needles


def named_without(in_names: Needles, path: bytes) -> str:
    """A path for people, with no value in it; what is no UTF-8 is shown as such."""
    return in_names.without(path).decode("utf-8", "replace")


@contextmanager
def unseen(in_names: Needles) -> Iterator[None]:
    """Take values out of errors that leave the block."""

    def plain(text: str) -> str:
        return os.fsdecode(in_names.without(os.fsencode(text)))

    try:
        yield
    except SkcError as error:
        error.what, error.why, error.fix = plain(error.what), plain(error.why), plain(error.fix)
        error.args = (error.what,)
        raise
    except OSError as error:
        if error.filename is not None:
            error.filename = plain(os.fsdecode(error.filename))
        if error.filename2 is not None:
            error.filename2 = plain(os.fsdecode(error.filename2))
        raise
