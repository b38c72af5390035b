"""Values that regular expressions give: what they match is looked for in any form."""

import re
from collections.abc import Sequence

from msgspec import Struct

from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.scrub.errors import OddPattern
from skillconnect_ops.commands.scrub.model import LEAST_BYTES, Value
from skillconnect_ops.commands.scrub.rewrite import NAME_MASK
from skillconnect_ops.core.ports.objects import Repository
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import count
from skillconnect_ops.history.patterns import compiled, matches

MOST_VALUES = 300
"""Of one pattern; more are no secrets, and each of them has dozens of spellings."""
_FILL = b"*"


class Matched(Struct, frozen=True, kw_only=True):
    """What came of all patterns."""

    values: tuple[Value, ...] = ()
    notes: tuple[str, ...] = ()
    """How many values each gave, for the plan; no pattern and no value is in them."""


def must_be_usable(patterns: Sequence[str]) -> None:
    """Refuse what is no pattern, before anything is read.

    Raises:
        OddPattern: one does not compile, or matches nothing at all.
    """
    for number, pattern in enumerate(patterns, 1):
        try:
            found = compiled(pattern).search(b"")
        except (re.error, OverflowError, RecursionError) as error:
            where = getattr(error, "pos", None)
            said = getattr(error, "msg", "it is too large")
            at = "" if where is None else f" at letter {where + 1}"
            raise OddPattern(number, why=f"{said}{at}") from error
        if found is not None:
            raise OddPattern(number, why="it matches where there is nothing")


def matched(house: House, repository: Repository, wish: Sequence[str], *, mask: str) -> Matched:
    """Search all objects once for each pattern.

    Args:
        house: for the crew, and progress.
        repository: what is searched.
        wish: the patterns.
        mask: what stands where values stood; what holds it was scrubbed before.

    Raises:
        OddPattern: one is none, or takes too little, too much, too many or too long.
    """
    if not wish:
        return Matched()
    must_be_usable(wish)
    with house.person.progress("matching patterns", total=None, unit="B") as ticker:
        found = matches(
            repository,
            wish,
            crew=house.crew,
            ticker=ticker,
            most=MOST_VALUES,
            least_bytes=LEAST_BYTES,
        )
    if found.fault is not None:
        raise OddPattern(found.fault.pattern + 1, why=found.fault.reason)
    values: dict[bytes, Value] = {}
    notes: list[str] = []
    whole = mask.encode(errors="surrogateescape")
    for number, every in enumerate(found.values, 1):
        own = sorted(value for value in every if not _is_masked(value, whole))
        said = f"pattern {number} gives {count(len(own), 'value')}"
        if len(own) < len(every):
            said += f"; {len(every) - len(own):,} that hold a mask were scrubbed before"
        notes.append(said)
        for place, value in enumerate(own, 1):
            secret = Secret(value.decode("utf-8", "surrogateescape"))
            label = f"value {place} of pattern {number}"
            values.setdefault(value, Value(secret=secret, label=label))
    return Matched(values=tuple(values.values()), notes=tuple(notes))


def _is_masked(value: bytes, mask: bytes) -> bool:
    """Whether it holds the mask, or is a part of it, which is cut where lengths must hold."""
    holds = bool(mask) and (mask in value or value in mask)
    return holds or value in NAME_MASK or not value.strip(_FILL)
