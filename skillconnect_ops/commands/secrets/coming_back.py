"""Retired values on their way back: what is staged or lies there, held against the ledger.

A hook is in a hurry, so nothing is loaded before it is clear that this project has a ledger.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.retired import TAKE_KEY, has_ledger
from skillconnect_ops.commands.secrets.scan_model import Scan
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.report import Unknown

if TYPE_CHECKING:
    from skillconnect_ops.evidence.matching import Matcher
    from skillconnect_ops.evidence.retired import Shelf


def coming_back(house: House, contents: Iterable[tuple[str, bytes]]) -> Scan:
    """Hold contents, each with its path, against the ledger, where there is one."""
    shelf = _shelf(house)
    if isinstance(shelf, Scan):
        return shelf
    from skillconnect_ops.commands.secrets import shown  # noqa: PLC0415 - a hook is in a hurry
    from skillconnect_ops.commands.secrets.retired_search import (  # noqa: PLC0415 - slow to load for a hook
        Retirees,
    )

    matcher = shelf.matcher()
    retirees = Retirees(matcher)
    found = tuple(
        shown.found(one) for path, content in contents for one in retirees.look(path, content)
    )
    return Scan(retired=found) + _unread(shelf, matcher)


def lying_there(house: House, paths: Sequence[Path], *, root: Path) -> Scan:
    """Hold all files of these, and of these folders, against the ledger, where there is one.

    Raises:
        SkcError: one that was named itself cannot be read.
    """
    shelf = _shelf(house)
    if isinstance(shelf, Scan):
        return shelf
    from skillconnect_ops.commands.secrets import shown  # noqa: PLC0415 - slow to load
    from skillconnect_ops.commands.secrets.retired_search import (  # noqa: PLC0415 - slow to load for a hook
        search_files,
    )

    matcher = shelf.matcher()
    if not shelf.entries:
        return Scan()
    searched = search_files(house, paths, matcher, root=root)
    gaps = tuple(Unknown(gap.subject, gap.reason) for gap in searched.gaps)
    found = tuple(map(shown.found, searched.found))
    return Scan(retired=found, unknown=gaps) + _unread(shelf, matcher)


def _shelf(house: House) -> "Shelf | Scan":
    """The ledger; or what a scan says where there is none, or none that can be read."""
    try:
        return house.retired().read() if has_ledger(house) else Scan()
    except SkcError as error:
        why = Unknown("retired secrets", f"{error.what}: {error.why}; {error.fix}")
        return Scan(unknown=(why,), broken=True)


def _unread(shelf: "Shelf", matcher: "Matcher") -> Scan:
    """A whole part of the ledger that says nothing here, for want of its key."""
    if not matcher.unread:
        return Scan()
    unknown = []
    for key in matcher.unread:
        missing = shelf.missing((key,))
        unknown.append(Unknown(f"ledger key {key}", f"{missing.why}; {missing.fix}"))
    return Scan(unknown=tuple(unknown), broken=True, mends=(TAKE_KEY,))
