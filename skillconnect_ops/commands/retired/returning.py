"""Retired values on their way back: contents and files, held against the ledger where there is one.

A hook is in a hurry, so nothing is loaded before it is clear that this project has a ledger.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.retired import TAKE_KEY, has_ledger
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.report import Unknown

if TYPE_CHECKING:
    from skillconnect_ops.commands.retired.search import Found, Searched
    from skillconnect_ops.evidence.matching import Matcher
    from skillconnect_ops.evidence.retired import Shelf


class Returned(Struct, frozen=True, kw_only=True):
    """What came of it."""

    found: "tuple[Found, ...]" = ()
    unknown: tuple[Unknown, ...] = ()
    files: int = 0
    has_ledger: bool = True
    """Whether anything is retired at all, as far as can be told."""
    broken: bool = False
    """Whether a whole part of the ledger says nothing here."""
    mends: tuple[str, ...] = ()
    """What to type about that."""


def in_contents(house: House, contents: Iterable[tuple[str, bytes, int]]) -> Returned:
    """Hold contents against the ledger.

    Args:
        house: knows the ledger.
        contents: each with its path, and the number of its first line; the parts of a large one
            may overlap.
    """

    def search(matcher: "Matcher") -> "Searched":
        from skillconnect_ops.commands.retired.search import (  # noqa: PLC0415 - slow to load
            Retirees,
            Searched,
        )

        retirees = Retirees(matcher)
        paths = set()
        found = {}
        for path, content, line in contents:
            paths.add(path)
            for one in retirees.look(path, content):
                at = replace(one, line=one.line + line - 1)
                found[path, at.line, at.retired.writer, at.retired.seq, at.form] = at
        return Searched(found=tuple(found.values()), gaps=(), files=len(paths))

    return _returned(house, search)


def below(house: House, paths: Sequence[Path], *, root: Path) -> Returned:
    """Hold all files of these, and of these folders, against the ledger.

    Raises:
        SkcError: one that was named itself cannot be read.
    """

    def search(matcher: "Matcher") -> "Searched":
        from skillconnect_ops.commands.retired.search import (  # noqa: PLC0415 - slow to load
            search_files,
        )

        return search_files(house, paths, matcher, root=root)

    return _returned(house, search)


def in_files(house: House, files: Callable[[], Iterable[tuple[str, Path]]]) -> Returned:
    """Hold these files alone against the ledger; they are not listed where there is none."""

    def search(matcher: "Matcher") -> "Searched":
        from skillconnect_ops.commands.retired.search import (  # noqa: PLC0415 - slow to load
            search_listed,
        )

        return search_listed(files(), matcher)

    return _returned(house, search)


def _returned(house: House, search: "Callable[[Matcher], Searched]") -> Returned:
    shelf = _shelf(house)
    if isinstance(shelf, Returned):
        return shelf
    if not shelf.entries:
        return Returned(has_ledger=False)
    matcher = shelf.matcher()
    searched = search(matcher)
    gaps = (Unknown(gap.subject, gap.reason) for gap in searched.gaps)
    return Returned(
        found=searched.found,
        unknown=(*gaps, *_unread(shelf, matcher)),
        files=searched.files,
        broken=bool(matcher.unread),
        mends=(TAKE_KEY,) if matcher.unread else (),
    )


def _shelf(house: House) -> "Shelf | Returned":
    """The ledger; or what is said where there is none, or none that can be read."""
    try:
        return house.retired().read() if has_ledger(house) else Returned(has_ledger=False)
    except SkcError as error:
        why = Unknown("retired secrets", f"{error.what}: {error.why}; {error.fix}")
        return Returned(unknown=(why,), broken=True)


def _unread(shelf: "Shelf", matcher: "Matcher") -> Iterable[Unknown]:
    """A whole part of the ledger that says nothing here, for want of its key."""
    for key in matcher.unread:
        missing = shelf.missing((key,))
        yield Unknown(f"ledger key {key}", f"{missing.why}; {missing.fix}")
