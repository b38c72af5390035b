"""The way back of one variable: what somebody else wrote in between is not lost. Pure."""

from pathlib import Path

from skillconnect_ops.envfile.errors import EditedMeanwhile
from skillconnect_ops.envfile.file import parse


def put_back(
    now: bytes | None, *, path: Path, name: str, value: str, old: bytes | None, wrote: bytes
) -> bytes | None:
    """What the file shall hold once the writing of one variable is undone.

    The file as it was where nobody else wrote it since, else only the variable.

    Args:
        now: what it holds (None: no file).
        path: where it is, for an error.
        name: the variable.
        value: what was written.
        old: what the file held before.
        wrote: what it held right after.

    Raises:
        EditedMeanwhile: the variable holds neither the one value nor the other.
    """
    if now in (None, old) or now is None:
        return now
    if now == wrote:
        return old
    was, found = parse(old or b""), parse(now)
    if found.get(name) == was.get(name) != value:
        return now
    if found.get(name) != value:
        raise EditedMeanwhile(path, name)
    restored = found.restored(name, was)
    if restored is None:
        raise EditedMeanwhile(path, name)
    return restored.bytes()
