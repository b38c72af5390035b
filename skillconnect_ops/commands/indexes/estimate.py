"""How large an index will be: from its neighbours, so that a full disk is no surprise."""

from msgspec import Struct, structs

from skillconnect_ops.commands.indexes.model import IndexCreate
from skillconnect_ops.core.indexes import Index
from skillconnect_ops.core.outcome import Fact, Known
from skillconnect_ops.core.plan import Step
from skillconnect_ops.core.ports.indexes import (
    CollectionFigures,
    DiskSpace,
    FoundCollection,
    Listing,
)
from skillconnect_ops.core.view import count, size

ENTRY_BYTES, FIELD_BYTES = 10, 16
"""Of an entry where no neighbour tells more: the record's number, and a value or an ObjectId."""
BUILD_MEMORY_BYTES = 200_000_000
"""maxIndexBuildMemoryUsageMegabytes, for all indexes of one command; what is more goes to disk."""
WORTH_SAYING_BYTES = 10_000_000


class Estimate(Struct, frozen=True, kw_only=True):
    """What a build takes, about."""

    documents: int
    size_bytes: int

    def says(self) -> str:
        """For people."""
        return f"{count(self.documents, 'document')}, about {size(self.size_bytes)}"


def estimate(step: IndexCreate, figures: CollectionFigures, there: FoundCollection) -> Estimate:
    """All indexes of one build."""
    total = sum(_of(one.index, figures, there) for one in step.builds)
    return Estimate(documents=figures.documents, size_bytes=total)


def estimated(
    steps: tuple[Step, ...], found: Listing, figures: dict[str, CollectionFigures]
) -> tuple[tuple[Step, ...], int]:
    """The steps, saying what they take; and all that is built together, in bytes."""
    told: list[Step] = []
    total = 0
    for step in steps:
        numbers = figures.get(step.collection) if isinstance(step, IndexCreate) else None
        there = found.find(step.collection) if isinstance(step, IndexCreate) else None
        if isinstance(step, IndexCreate) and numbers is not None and there is not None:
            about = estimate(step, numbers, there)
            total += about.size_bytes
            told.append(structs.replace(step, estimate=about.says()))
        else:
            told.append(step)
    return tuple(told), total


def takes(needed: int, disk: Fact[DiskSpace]) -> tuple[str, ...]:
    """What a person should know of the server's memory and disk; nothing where it is little."""
    if needed < WORTH_SAYING_BYTES:
        return ()
    free = f" of {size(disk.value.free_bytes)} free" if isinstance(disk, Known) else ""
    return (
        (
            f"the builds take about {size(needed)} of disk{free}, as much again while they are "
            f"sorted, and up to {size(BUILD_MEMORY_BYTES)} of the server's memory"
        ),
    )


def _of(index: Index, figures: CollectionFigures, there: FoundCollection) -> int:
    """From an index that begins alike and leaves no more out; else by the number of fields."""
    documents = figures.documents
    for one in there.indexes:
        known = figures.index_bytes.get(one.index.called)
        alike = one.index.fields[0] == index.fields[0] and not one.index.is_id
        if known and alike and _leaves_out(one.index) <= _leaves_out(index):
            return known * len(index.fields) // len(one.index.fields)
    return documents * (ENTRY_BYTES + FIELD_BYTES * len(index.fields))


def _leaves_out(index: Index) -> bool:
    """Whether it may hold less than all documents."""
    return index.sparse or index.partial_filter is not None
