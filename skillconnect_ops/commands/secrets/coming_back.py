"""Retired values on their way back, as the scan tells of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.retired import returning
from skillconnect_ops.commands.secrets.scan_model import Scan


def coming_back(house: House, contents: Iterable[tuple[str, bytes, int]]) -> Scan:
    """Hold contents, each with its path and first line, against the ledger, where there is one."""
    return _scan(returning.in_contents(house, contents))


def lying_there(house: House, paths: Sequence[Path], *, root: Path) -> Scan:
    """Hold all files of these, and of these folders, against the ledger, where there is one.

    Raises:
        SkcError: one that was named itself cannot be read.
    """
    return _scan(returning.below(house, paths, root=root))


def _scan(returned: returning.Returned) -> Scan:
    if not returned.found:  # a hook that only looks has no use for keys and chains
        return Scan(unknown=returned.unknown, broken=returned.broken, mends=returned.mends)
    from skillconnect_ops.commands.secrets import shown  # noqa: PLC0415 - slow to load for a hook

    return Scan(
        retired=tuple(map(shown.found, returned.found)),
        unknown=returned.unknown,
        broken=returned.broken,
        mends=returned.mends,
    )
