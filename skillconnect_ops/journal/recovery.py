"""Runs whose process died: the next run that needs what they held brings them to an end."""

from collections.abc import Sequence
from contextlib import suppress

from skillconnect_ops.core.errors import SkcError, Stop
from skillconnect_ops.core.plan import Person
from skillconnect_ops.disk.lock import Owner
from skillconnect_ops.journal.closing import Closing, Ground
from skillconnect_ops.journal.model import JournalState, Standing
from skillconnect_ops.journal.resources import Resource
from skillconnect_ops.journal.runs import Runs

_OLD_S = 3600.0


class Recovery:
    """Looks after what earlier runs left."""

    def __init__(self, ground: Ground, runs: Runs) -> None:
        self._clock = ground.clock
        self._closing = Closing(ground)
        self._runs = runs

    def pending(self, resources: Sequence[Resource]) -> Sequence[JournalState]:
        """The dead runs that hold one of these resources and are not over, oldest first."""
        return [
            state for state in self._in_the_way(resources) if state.standing is not Standing.RUNNING
        ]

    def recover(self, resources: Sequence[Resource], *, person: Person, owner: Owner) -> bool:
        """Bring dead runs to an end: put back, or walked on where there is no way back.

        The locks of the resources are held.

        Returns:
            Whether there was one, so that the world is now another.

        Raises:
            BrokenJournal: one cannot be read.
            SkcError: one could not be brought to its end, as `Runs.take` says.
            Stop: a signal came meanwhile; that run was brought to its end.
        """
        found = self._in_the_way(resources)
        for state in found:
            back = state.standing is not Standing.FORWARD_ONLY
            person.note(_said(state, back=back))
            walked = self._runs.take(state, person=person, owner=owner, back=back, held=resources)
            if walked.late is not None:
                raise Stop(walked.late)
        return bool(found)

    def tidy(self, *, person: Person, owner: Owner) -> None:
        """Try again what runs that are over left undone, and sweep away those that never began."""
        shelf = self._runs.shelf
        for name in shelf.open_names():
            state = shelf.state(name)
            if state is None and self._is_old(name):
                with suppress(SkcError, OSError), self._runs.own(name, owner) as log:
                    log.discard()
            if state is not None and state.standing.over and state.trouble is None:
                with suppress(SkcError), self._runs.own(name, owner) as log:
                    self._closing.close(log, person=person)

    def _is_old(self, name: str) -> bool:
        """A folder without a beginning may be that of a run which is just about to begin."""
        changed_s = self._runs.shelf.folder(name).stat().st_mtime
        return self._clock.now().timestamp() - changed_s > _OLD_S

    def _in_the_way(self, resources: Sequence[Resource]) -> Sequence[JournalState]:
        return [state for state in self._open() if _holds_any(state, resources)]

    def _open(self) -> Sequence[JournalState]:
        shelf = self._runs.shelf
        return [state for name in shelf.open_names() if (state := shelf.state(name)) is not None]


def _holds_any(state: JournalState, resources: Sequence[Resource]) -> bool:
    if state.standing.over:
        return False
    # Of a journal whose first line is lost nobody knows what it holds.
    lost = state.standing is Standing.BROKEN and not state.resources
    return lost or not set(state.resources).isdisjoint(resources)


def _said(state: JournalState, *, back: bool) -> str:
    how = "putting it back first" if back else "finishing it first, since it has no way back"
    return f"the run {state.id} did not come to its end; {how}"
