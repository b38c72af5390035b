"""Runs of one's own that did not come to their end: named before anything is said of their traces.

What such a run has left at a server looks like somebody else's; whoever removes it by hand locks
themselves out when the run goes on.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from skillconnect_ops.commands.house import House
from skillconnect_ops.core.errors import Refused, SkcError
from skillconnect_ops.journal.model import JournalState, Standing
from skillconnect_ops.journal.resources import Resource

_DEAD = frozenset({Standing.INTERRUPTED, Standing.FORWARD_ONLY})


class RunPending(Refused):
    """A run comes first, and a look without it says nothing."""

    def __init__(self, state: JournalState, *, instead: SkcError) -> None:
        back = f"; or put it back: skc journal rollback {state.id}"
        super().__init__(
            f"the run {state.id} did not come to its end",
            why=f"it comes first; as long as it is open a look finds its traces: {instead.what}",
            fix=f"skc journal resume {state.id}   # or run this without --dry-run, which looks "
            f"after it{back if state.standing is Standing.INTERRUPTED else ''}",
            journal=state.id,
        )


@contextmanager
def named_first(house: House, resources: Sequence[Resource], *, looks_only: bool) -> Iterator[None]:
    """Within the block a look fails because of such a run, where there is one.

    Args:
        house: the house.
        resources: what the command needs.
        looks_only: whether dead runs are left as they are.

    Raises:
        RunPending: a look failed, and there is such a run.
    """
    try:
        yield
    except SkcError as error:
        dead = _dead(house, resources) if looks_only else None
        if dead is None:
            raise
        raise RunPending(dead, instead=error) from error


def _dead(house: House, resources: Sequence[Resource]) -> JournalState | None:
    """The oldest."""
    held = set(resources)
    found = [
        one
        for one in house.office().journals()
        if one.standing in _DEAD and not held.isdisjoint(one.resources)
    ]
    return found[-1] if found else None
