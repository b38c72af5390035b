"""The first step of every run and the last one: the lock at the server, and the way back."""

import socket
from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.house import Connected
from skillconnect_ops.commands.indexes.hands import Handler, find
from skillconnect_ops.commands.indexes.locking import locked
from skillconnect_ops.commands.indexes.model import IndexLock, IndexUnlock
from skillconnect_ops.core.plan import Image, Walk
from skillconnect_ops.core.ports.indexes import IndexRun, RunStanding, Touched
from skillconnect_ops.journal.errors import PlanIsStale


class LockHandler(Handler[IndexLock]):
    """Carries out `index.lock`."""

    def before(self, step: IndexLock, walk: Walk) -> Image:
        """Nobody else may be at work, and all must be as it was planned for.

        Raises:
            IndexesLocked: somebody is; nothing was touched yet.
            PlanIsStale: an index that is to be changed is another one by now.
        """
        with self._connect(step.target) as connected:
            holder = connected.indexes.lock_holder(step.database)
            if holder is not None and holder.lives and holder.run != walk.id:
                raise locked(step.database, holder.line())
            _must_be_as_planned(connected, step)
        return {}

    def apply(self, step: IndexLock, walk: Walk) -> Mapping[str, Any]:
        """Take the lock, look once more, and write down what is about to change.

        Raises:
            PlanIsStale: somebody was quicker than the lock.
        """
        with self.locked(step, walk) as connected:
            standing = connected.indexes.standing(step.database, run=walk.id)
            if standing is RunStanding.UNKNOWN:  # else some of it may be done already
                _must_be_as_planned(connected, step)
            connected.indexes.keep(
                step.database,
                IndexRun(
                    run=walk.id,
                    host=socket.gethostname(),
                    command=step.command,
                    touched=step.touched,
                    stand_ins=step.stand_ins,
                ),
            )
        return {}

    def undo(self, step: IndexLock, image: Image, walk: Walk) -> None:
        """Where all is as it was there is no way back to keep; else it is known that it is ours."""
        with self._connect(step.target) as connected:
            if _changed(connected, step) is None and not _stand_ins_left(connected, step):
                connected.indexes.forget(step.database, walk.id)
            else:
                connected.indexes.mark_put_back(step.database, walk.id)
            connected.indexes.unlock(step.database, run=walk.id)


class UnlockHandler(Handler[IndexUnlock]):
    """Carries out `index.unlock`, the last step."""

    def before(self, step: IndexUnlock, walk: Walk) -> Image:
        """There is nothing to keep."""
        return {}

    def apply(self, step: IndexUnlock, walk: Walk) -> Mapping[str, Any]:
        """Give it back; a run that was taken back is so from now on."""
        with self._connect(step.target) as connected:
            _keep_after(connected, step.database, walk.id)
            if step.undoes is not None:
                connected.indexes.mark_undone(step.database, step.undoes, undone=True)
                connected.indexes.mark_undone(step.database, walk.id, undone=True)
            connected.indexes.unlock(step.database, run=walk.id)
        return {}

    def undo(self, step: IndexUnlock, image: Image, walk: Walk) -> None:
        """The run that was taken back was not; whoever undoes more takes the lock again."""
        if step.undoes is not None:
            with self._connect(step.target) as connected:
                connected.indexes.mark_undone(step.database, step.undoes, undone=False)


def _must_be_as_planned(connected: Connected, step: IndexLock) -> None:
    other = _changed(connected, step)
    if other is not None:
        raise PlanIsStale(
            "the indexes have changed since the plan was made",
            why=f"{other.collection}.{other.name} is not as it was then",
            fix="skc indexes   # and look at the new plan",
        )


def _changed(connected: Connected, step: IndexLock) -> Touched | None:
    """The first index that is not as it was when the plan was made."""
    now = _as_now(connected, step.database, step.touched)
    pairs = zip(step.touched, now, strict=True)
    return next((was for was, found in pairs if was.exact != found.exact), None)


def _as_now(connected: Connected, database: str, touched: Sequence[Touched]) -> list[Touched]:
    """The same indexes as they are now; each collection is asked for once."""
    names = sorted({one.collection for one in touched})
    there = {name: connected.indexes.collection(database, name) for name in names}
    found = []
    for one in touched:
        collection = there[one.collection]
        index = find(collection, one.name) if collection is not None else None
        found.append(
            Touched(
                collection=one.collection,
                name=one.name,
                exact=index.exact if index is not None else None,
                uuid=collection.uuid if collection is not None else None,
            )
        )
    return found


def _stand_ins_left(connected: Connected, step: IndexLock) -> bool:
    for one in step.stand_ins:
        there = connected.indexes.collection(step.database, one.collection)
        if there is not None and find(there, one.index.called) is not None:
            return True
    return False


def _keep_after(connected: Connected, database: str, run: str) -> None:
    """How the run left what it touched: a later undo takes back no other index of its name."""
    mine = next((one for one in connected.indexes.runs(database) if one.run == run), None)
    if mine is not None:
        after = _as_now(connected, database, mine.touched)
        connected.indexes.keep_after(database, run, after)
