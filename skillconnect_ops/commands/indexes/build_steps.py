"""Steps that build indexes, and drop them."""

from collections.abc import Mapping, Sequence
from typing import Any

from skillconnect_ops.commands.house import Connected
from skillconnect_ops.commands.indexes import following
from skillconnect_ops.commands.indexes.hands import (
    Handler,
    IndexChanged,
    find,
    stands,
    subject_of,
)
from skillconnect_ops.commands.indexes.model import IndexCreate, IndexDrop
from skillconnect_ops.commands.indexes.refused import refused
from skillconnect_ops.core.errors import NeedsPerson, OnlyForward
from skillconnect_ops.core.plan import Image, Proof, Walk
from skillconnect_ops.core.ports.database import CannotConnect, CommandFailed, ServerLost
from skillconnect_ops.core.ports.indexes import Build, FoundCollection
from skillconnect_ops.core.view import listed

UNFINISHED_S = 1.0
NO_SUCH_INDEX = 27


class StandInNeeded(NeedsPerson):
    """What a run has built for a while is all that is left of an index."""

    def __init__(self, collection: str, lacking: Sequence[str]) -> None:
        super().__init__(
            f"{listed([f'{collection}.{name}' for name in lacking])} could not be built again",
            why="what stands in for it stays, so that queries are fast and values unique",
            fix="mend what the build was refused for (see above), and put back again",
        )


class CreateHandler(Handler[IndexCreate]):
    """Carries out `index.create`."""

    def before(self, step: IndexCreate, walk: Walk) -> Image:
        """Which are there, ready or in the making."""
        with self._connect(step.target) as connected:
            there = self.there(connected, step, step.collection)
        return {"names": [one.index.called for one in there.indexes]}

    def apply(self, step: IndexCreate, walk: Walk) -> Mapping[str, Any]:
        """One command; what is there already is fine."""
        with self.locked(step, walk) as connected:
            figures = connected.indexes.figures(
                step.database, [step.collection], uses=False
            ).collections
            try:
                following.build(
                    connected.indexes,
                    step.database,
                    step.collection,
                    step.builds,
                    commit_quorum=step.commit_quorum,
                    documents=figures[step.collection].documents,
                    walk=walk,
                )
            except CommandFailed as error:
                indexes = [one.index for one in step.builds]
                raise refused(error, step.collection, indexes) from error
        return {"built": [one.index.called for one in step.builds]}

    def verify(self, step: IndexCreate, walk: Walk) -> Sequence[Proof]:
        """Each must be listed as it was wanted, and be ready."""
        with self._connect(step.target) as connected:
            there = self.there(connected, step, step.collection)
            subject = subject_of(step, connected, step.collection)
        found = {one.index.called: one for one in there.indexes}
        holds = all(stands(one, found.get(one.index.called), there) for one in step.builds)
        facts = {"indexes": [one.index.called for one in step.builds]}
        return (Proof(claim="index.built", subject=subject, holds=holds, facts=facts),)

    def lasts(self, step: IndexCreate, walk: Walk) -> bool:
        """Whether all that was built is there still, or nobody needs it any more."""
        with self._connect(step.target) as connected:
            there = self.there(connected, step, step.collection)
        return _are_ready(step.builds, there) or (
            bool(step.until) and _are_ready(step.until, there)
        )

    def may_go_back(self, step: IndexCreate, walk: Walk) -> None:
        """A server that does not answer builds on: nothing can be put back, and need not be.

        Raises:
            OnlyForward: it does not answer.
        """
        try:
            with self._connect(step.target) as connected:
                connected.indexes.lock_holder(step.database)
        except (CannotConnect, ServerLost) as error:
            raise OnlyForward(
                f"the build on {step.collection} cannot be followed",
                why=f"{error.what}; what the server was told it goes on with when it can",
                fix="skc indexes   # again, when the server answers: it follows the build",
            ) from error

    def undo(self, step: IndexCreate, image: Image, walk: Walk) -> None:
        """Drop what was not there before, also in the midst of its build.

        A collection that came with its first index stays, and is empty: between a look at it and
        its drop somebody might put a document in.
        """
        with self.locked(step, walk) as connected:
            there = self.there(connected, step, step.collection)
            lacking = [name for name in step.stand_for if find(there, name) is None]
            if lacking and there.uuid is not None:
                raise StandInNeeded(step.collection, lacking)
            mine = [
                one.index.called
                for one in step.builds
                if one.index.called not in image["names"] and not _is_others(one, there)
            ]
            if mine:
                self._drop(connected, step, mine, walk)

    def _drop(
        self, connected: Connected, step: IndexCreate, names: Sequence[str], walk: Walk
    ) -> None:
        """One of several that are built together cannot be dropped alone, and is waited for."""
        while True:
            try:
                return connected.indexes.drop(step.database, step.collection, names)
            except CommandFailed as error:
                if error.code != NO_SUCH_INDEX:
                    raise
                walk.clock.sleep(UNFINISHED_S)


class DropHandler(Handler[IndexDrop]):
    """Carries out `index.drop`, as a step that goes back or as a final one."""

    def before(self, step: IndexDrop, walk: Walk) -> Image:
        """All that is dropped, to the letter."""
        with self._connect(step.target) as connected:
            there = self.there(connected, step, step.collection)
        found = (find(there, name) for name in step.names)
        return {"exact": [one.exact for one in found if one is not None]}

    def apply(self, step: IndexDrop, walk: Walk) -> Mapping[str, Any]:
        """Those that are gone are fine.

        Raises:
            IndexChanged: one is not the one that was planned for, and there is a way back.
        """
        with self.locked(step, walk) as connected:
            there = self.there(connected, step, step.collection)
            mine = [name for name in step.names if not _was_changed(step, name, there)]
            for name in step.names:
                if name not in mine and not step.leaves:
                    raise IndexChanged(f"{step.collection}.{name}")
                if name not in mine:
                    walk.person.note(
                        f"{step.collection}.{name}: not dropped, since somebody changed it or put "
                        "it back in sight meanwhile"
                    )
            if step.successors:
                _try_out(connected, step, there)
            if mine:
                connected.indexes.drop(step.database, step.collection, mine)
            for name in step.names:
                connected.indexes.unwatch(step.database, step.collection, name)
        return {"dropped": mine}

    def verify(self, step: IndexDrop, walk: Walk) -> Sequence[Proof]:
        """None of them may be listed."""
        with self._connect(step.target) as connected:
            there = self.there(connected, step, step.collection)
            subject = subject_of(step, connected, step.collection)
        gone = all(
            find(there, name) is None or (step.leaves and _was_changed(step, name, there))
            for name in step.names
        )
        facts = {"indexes": list(step.names)}
        return (Proof(claim="index.dropped", subject=subject, holds=gone, facts=facts),)

    def undo(self, step: IndexDrop, image: Image, walk: Walk) -> None:
        """Build them as they were; a loss is got over."""
        with self.locked(step, walk) as connected:
            there = self.there(connected, step, step.collection)
            builds = [
                Build(index=connected.indexes.read(exact), exact=exact) for exact in image["exact"]
            ]
            lacking = [one for one in builds if find(there, one.index.called) is None]
            if lacking and there.uuid is not None:
                following.build(
                    connected.indexes,
                    step.database,
                    step.collection,
                    tuple(lacking),
                    commit_quorum=None,
                    documents=0,
                    walk=walk,
                )


def _try_out(connected: Connected, step: IndexDrop, there: FoundCollection) -> None:
    try:
        connected.indexes.try_out(step.database, there, step.successors)
    except CommandFailed as error:
        indexes = [one.index for one in step.successors]
        raise refused(error, step.collection, indexes) from error


def _are_ready(builds: Sequence[Build], there: FoundCollection) -> bool:
    return all(stands(one, find(there, one.index.called), there) for one in builds)


def _is_others(build: Build, there: FoundCollection) -> bool:
    """Whether somebody else has put an index of this name there."""
    found = find(there, build.index.called)
    return found is not None and not found.building and not stands(build, found, there)


def _was_changed(step: IndexDrop, name: str, there: FoundCollection) -> bool:
    """Whether it is another index by now, or one that somebody needs in sight."""
    found, planned = find(there, name), step.planned.get(name)
    if found is None or planned is None:
        return False
    return not planned.is_still(found) or (step.hidden and not found.index.hidden)
