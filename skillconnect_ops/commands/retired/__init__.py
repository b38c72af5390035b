"""Values held against the ledger of retired secrets, as every command does it.

What could not be compared is said to be so, with the command that mends it: a ledger that cannot be
read here is never "nothing was retired".
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import Target

if TYPE_CHECKING:  # a hook that only looks has no use for keys and chains
    from skillconnect_ops.evidence.matching import Retired

FINDING = "secret-retired"
TAKE_KEY = "skc secrets ledger key --take"
_LEAKED = "leaked"
_SETTINGS = "skc.yaml"
_KEPT = ("retired", "retired-seen")
"""In the private state: what is too weak to be shared, and copies of what is."""
_REMEDY = {
    _LEAKED: "take it out, and revoke it if it still works: others have it",
    "offboarding": "take it out: somebody who left knows it",
    "scheduled": "take it out, and use the value that replaced it",
}


class Compared(Struct, frozen=True, kw_only=True):
    """What came of it."""

    found: "Mapping[Secret, Retired]" = {}
    unread: str | None = None
    """Why not all that is retired could be compared, and what to type."""


def compared(house: House, values: Iterable[Secret], *, parts: bool = True) -> Compared:
    """Which of these values are retired; nothing is read where there is no ledger.

    Args:
        house: knows the ledger.
        values: each one whole.
        parts: whether a URI counts whose password is retired.
    """
    try:
        if not has_ledger(house):
            return Compared()
        shelf = house.retired().read()
    except SkcError as error:
        return Compared(unread=f"{error.what}: {error.why}; {error.fix}")
    matcher = shelf.matcher()
    hits = matcher.match(dict.fromkeys(value for value in values if value), parts=parts)
    missing = shelf.missing(hits.unread) if hits.unread else None
    return Compared(
        found={hit.candidate: hit.retired for hit in hits.hits},
        unread=f"{missing.what}: {missing.why}; {missing.fix}" if missing else None,
    )


def unmet(house: House, values: Iterable[Secret]) -> tuple[str, ...]:
    """The names of retired secrets none of whose values is among these."""
    try:
        if not has_ledger(house):
            return ()
        every = house.retired().read().entries
    except SkcError:  # `compared` says so
        return ()
    met = {entry.retirement.name for entry in compared(house, values).found.values()}
    return tuple(
        dict.fromkeys(one.retirement.name for one in every if one.retirement.name not in met)
    )


class InUse(Struct, frozen=True, kw_only=True):
    """A retired value that an env file holds."""

    path: str
    key: str
    retired: "Retired"


class InFiles(Struct, frozen=True, kw_only=True):
    """What a target's env files hold of retired values."""

    found: tuple[InUse, ...] = ()
    unread: str | None = None
    """Why not all could be compared, and what to type."""


def in_use(house: House, target: Target) -> InFiles:
    """Hold every value of a target's env files against the ledger."""
    if not has_ledger(house):
        return InFiles()
    from skillconnect_ops.disk.plain import plain_bytes  # noqa: PLC0415 - a hook is in a hurry
    from skillconnect_ops.envfile import parse  # noqa: PLC0415 - slow to load for a hook

    lines: list[tuple[str, str, Secret]] = []
    unread: list[str] = []
    for path in target.settings.env_files:
        try:
            entries = parse(plain_bytes(house.project().root / path) or b"").entries
        except OSError as error:
            unread.append(f"{path}: {error.strerror or type(error).__name__}")
            continue
        lines += [(path, entry.key, Secret(entry.value)) for entry in entries]
    held = compared(house, [value for _, _, value in lines])
    found = [
        InUse(path=path, key=key, retired=held.found[value])
        for path, key, value in lines
        if value in held.found
    ]
    why = "; ".join([*unread, *([held.unread] if held.unread else [])])
    return InFiles(found=tuple(found), unread=why or None)


def has_ledger(house: House) -> bool:
    """Whether a folder of one is there, or a trace of one that was.

    Raises:
        SkcError: the settings cannot be read, so nobody knows where it would be.
    """
    folder = house.environment.folder
    if not any((one / _SETTINGS).is_file() for one in (folder, *folder.parents)):
        return False
    project = house.project()
    places = (project.root / ".skc" / "retired", *(project.state / name for name in _KEPT))
    return any(place.is_dir() for place in places)


def is_leaked(entry: "Retired") -> bool:
    """Whether others have it."""
    return entry.retirement.reason == _LEAKED


def severity(entry: "Retired") -> Severity:
    """How bad it is to meet this value again."""
    return Severity.CRITICAL if is_leaked(entry) else Severity.HIGH


def says(entry: "Retired") -> str:
    """What it is: `MONGO_URI (mongodb URI), retired on 2026-11-22: leaked`."""
    what = entry.retirement
    return f"{what.name} ({what.kind}), retired on {entry.at.date().isoformat()}: {what.reason}"


def remedy(entry: "Retired") -> str:
    """What to do about it, wherever it was met."""
    return _REMEDY[entry.retirement.reason]
