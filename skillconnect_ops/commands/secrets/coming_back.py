"""Retired values on their way back: what is staged, held against the ledger, where there is one.

A hook is in a hurry, so nothing is loaded before it is clear that this project has a ledger.
"""

from collections.abc import Iterable

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.finding import Finding
from skillconnect_ops.core.report import Unknown

_SETTINGS = "skc.yaml"
_KEPT = ("retired", "retired-seen")
"""In the private state: what is too weak to be shared, and copies of what is."""


class ComingBack(Struct, frozen=True):
    """What of the staged contents was retired, and what could not be compared."""

    findings: tuple[Finding, ...] = ()
    unknown: tuple[Unknown, ...] = ()


def coming_back(house: House, contents: Iterable[tuple[str, bytes]]) -> ComingBack:
    """Hold contents against the ledger.

    Args:
        house: knows the ledger.
        contents: each with its path.
    """
    if not _has_ledger(house):
        return ComingBack()
    from skillconnect_ops.commands.secrets import shown  # noqa: PLC0415 - see above
    from skillconnect_ops.commands.secrets.retired_search import Retirees  # noqa: PLC0415

    try:
        shelf = house.retired().read()
    except SkcError as error:
        return ComingBack(unknown=(Unknown("retired secrets", f"{error.what}: {error.why}"),))
    matcher = shelf.matcher()
    retirees = Retirees(matcher)
    findings = tuple(
        shown.found(one) for path, content in contents for one in retirees.look(path, content)
    )
    unknown = tuple(
        Unknown(f"ledger key {key}", f"{shelf.missing((key,)).why}") for key in matcher.unread
    )
    return ComingBack(findings, unknown)


def _has_ledger(house: House) -> bool:
    """Whether a folder of one is there, or a trace of one that was."""
    folder = house.environment.folder
    if not any((one / _SETTINGS).is_file() for one in (folder, *folder.parents)):
        return False
    try:
        project = house.project()
    except SkcError:
        return False  # `skc doctor` tells of it; a commit need not wait for that
    places = (project.root / ".skc" / "retired", *(project.state / name for name in _KEPT))
    return any(place.is_dir() for place in places)
