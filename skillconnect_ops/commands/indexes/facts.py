"""What a plan is decided from, besides what is declared and found."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.commands.indexes.difference import Row
from skillconnect_ops.commands.indexes.expiry import expires_more
from skillconnect_ops.commands.indexes.model import Facts
from skillconnect_ops.core.outcome import Fact, Known
from skillconnect_ops.core.ports.indexes import Listing


def facts_of(
    house: House, connected: Connected, rows: Sequence[Row], found: Listing, *, uses: bool
) -> Facts:
    """What a plan is decided from, besides what is declared and found."""
    drifting = sorted({row.collection for row in rows if row.declared is None or row.drifts})
    there = [name for name in drifting if found.find(name) is not None]
    figures = connected.indexes.figures(connected.name, there, uses=uses)
    return Facts(
        version=version_of(connected),
        now=house.clock.now(),
        figures=figures.collections,
        uses_known=not figures.uses_unknown,
        watched=tuple(connected.indexes.watched(connected.name)),
        stand_ins=tuple(
            one for run in connected.indexes.runs(connected.name) for one in run.stand_ins
        ),
        expiring=dict(_expiring(house, connected, rows, found)),
    )


def _expiring(
    house: House, connected: Connected, rows: Sequence[Row], found: Listing
) -> Iterator[tuple[tuple[str, str], Fact[int]]]:
    """How many documents would go at once by indexes that expire them."""
    for row in rows:
        after_s = row.index.expire_after_s
        if after_s is not None and expires_more(row):
            number: Fact[int] = Known(0)
            if found.find(row.collection) is not None:
                before = house.clock.now() - timedelta(seconds=after_s)
                number = connected.indexes.expired(
                    connected.name, row.collection, row.index, before=before
                )
            yield (row.collection, row.index.called), number


def version_of(connected: Connected) -> tuple[int, ...]:
    """The server's version, to be compared."""
    text = connected.database.server().version
    return tuple(int(part) for part in text.split("-")[0].split(".")[:2])
