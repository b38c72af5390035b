"""The kinds of steps of this domain, their handlers, and how each gets its ports."""

import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from skillconnect_ops.commands.deployment import Connect, connecting
from skillconnect_ops.commands.house import Connected, House
from skillconnect_ops.commands.indexes import following
from skillconnect_ops.commands.indexes.importing import IMPORT_KINDS
from skillconnect_ops.commands.indexes.locking import locked
from skillconnect_ops.commands.indexes.model import (
    AnyStep,
    IndexConvert,
    IndexCreate,
    IndexDrop,
    IndexHide,
    IndexLock,
    IndexModify,
    IndexPrepare,
    IndexUnlock,
)
from skillconnect_ops.commands.indexes.refused import refused
from skillconnect_ops.commands.indexes.sameness import changes
from skillconnect_ops.core.errors import OnlyForward, Precondition
from skillconnect_ops.core.plan import Image, Proof, Subject, Walk
from skillconnect_ops.core.ports.database import (
    CannotConnect,
    CommandFailed,
    ServerLost,
)
from skillconnect_ops.core.ports.indexes import (
    Build,
    FoundCollection,
    FoundIndex,
    HiddenIndex,
    IndexRun,
    NotUniqueYet,
)
from skillconnect_ops.core.view import count
from skillconnect_ops.journal.kinds import KindOf

S = TypeVar("S", bound=AnyStep)
COMMAND = "indexes"
FLAGS = ("hidden", "prepareUnique")
UNFINISHED_S = 1.0
NO_SUCH_INDEX = 27


class IndexGone(Precondition):
    """An index that a step is about is not there any more."""


class _Handler(ABC, Generic[S]):
    """What all handlers share: every effect happens under the lock at the server."""

    def __init__(self, *, connect: Connect) -> None:
        self._connect = connect

    @contextmanager
    def _locked(self, step: S, walk: Walk) -> Iterator[Connected]:
        with (
            self._connect(step.target) as connected,
            following.beating(connected.indexes, step.database, run=walk.id, command=COMMAND),
        ):
            yield connected

    def _there(self, connected: Connected, step: S, collection: str) -> FoundCollection:
        found = connected.indexes.collection(step.database, collection)
        return found or FoundCollection(name=collection, uuid=None)

    @abstractmethod
    def before(self, step: S, walk: Walk) -> Image:
        """What is there now."""

    @abstractmethod
    def apply(self, step: S, walk: Walk) -> Mapping[str, Any]:
        """The step."""

    @abstractmethod
    def undo(self, step: S, image: Image, walk: Walk) -> None:
        """Its way back."""

    def verify(self, step: S, walk: Walk) -> Sequence[Proof]:
        """Nothing but what the others see."""
        return ()


class LockHandler(_Handler[IndexLock]):
    """Carries out `index.lock`."""

    def before(self, step: IndexLock, walk: Walk) -> Image:
        """Nobody else may be at work.

        Raises:
            IndexesLocked: somebody is; nothing was touched yet.
        """
        with self._connect(step.target) as connected:
            holder = connected.indexes.lock_holder(step.database)
        if holder is not None and holder.lives and holder.run != walk.id:
            raise locked(step.database, holder.line())
        return {}

    def apply(self, step: IndexLock, walk: Walk) -> Mapping[str, Any]:
        """Take the lock, and write down what is about to change."""
        with self._locked(step, walk) as connected:
            connected.indexes.keep(
                step.database,
                IndexRun(
                    run=walk.id,
                    at=walk.clock.now(),
                    host=socket.gethostname(),
                    command=step.command,
                    touched=step.touched,
                ),
            )
        return {}

    def undo(self, step: IndexLock, image: Image, walk: Walk) -> None:
        """Nothing was changed in the end, so there is no way back to keep."""
        with self._connect(step.target) as connected:
            connected.indexes.forget(step.database, walk.id)
            connected.indexes.unlock(step.database, run=walk.id)


class UnlockHandler(_Handler[IndexUnlock]):
    """Carries out `index.unlock`, the last step."""

    def before(self, step: IndexUnlock, walk: Walk) -> Image:
        """There is nothing to keep."""
        return {}

    def apply(self, step: IndexUnlock, walk: Walk) -> Mapping[str, Any]:
        """Give it back; a run that was taken back is so from now on."""
        with self._connect(step.target) as connected:
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


class CreateHandler(_Handler[IndexCreate]):
    """Carries out `index.create`."""

    def before(self, step: IndexCreate, walk: Walk) -> Image:
        """Which are there, ready or in the making."""
        with self._connect(step.target) as connected:
            there = self._there(connected, step, step.collection)
        return {"names": [one.index.called for one in there.indexes]}

    def apply(self, step: IndexCreate, walk: Walk) -> Mapping[str, Any]:
        """One command; what is there already is fine."""
        with self._locked(step, walk) as connected:
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
            there = self._there(connected, step, step.collection)
            subject = _subject(step, connected, step.collection)
        found = {one.index.called: one for one in there.indexes}
        holds = all(_stands(one, found.get(one.index.called), there) for one in step.builds)
        facts = {"indexes": [one.index.called for one in step.builds]}
        return (Proof(claim="index.built", subject=subject, holds=holds, facts=facts),)

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
        with self._locked(step, walk) as connected:
            names = [one.index.called for one in step.builds]
            mine = [name for name in names if name not in image["names"]]
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


class ModifyHandler(_Handler[IndexModify]):
    """Carries out `index.modify`."""

    def before(self, step: IndexModify, walk: Walk) -> Image:
        """The whole index, to the letter."""
        with self._connect(step.target) as connected:
            there = self._there(connected, step, step.collection)
        return {"exact": _need(there, step.name).exact}

    def apply(self, step: IndexModify, walk: Walk) -> Mapping[str, Any]:
        """One `collMod`."""
        with self._locked(step, walk) as connected:
            connected.indexes.modify(step.database, step.collection, step.name, step.changes)
            if step.changes.get("hidden") is False:
                connected.indexes.unwatch(step.database, step.collection, step.name)
        return {}

    def verify(self, step: IndexModify, walk: Walk) -> Sequence[Proof]:
        """The options must be listed so."""
        with self._connect(step.target) as connected:
            found = _need(self._there(connected, step, step.collection), step.name).index
            subject = _subject(step, connected, step.collection)
        options = found.options()
        holds = all(
            (bool(options.get(name)) if name in FLAGS else options.get(name)) == value
            for name, value in step.changes.items()
        )
        facts = {"index": step.name, "changes": dict(step.changes)}
        return (Proof(claim="index.changed", subject=subject, holds=holds, facts=facts),)

    def undo(self, step: IndexModify, image: Image, walk: Walk) -> None:
        """Back by `collMod`; what has no way back so, such as a first TTL, is a final step."""
        with self._locked(step, walk) as connected:
            found = _find(self._there(connected, step, step.collection), step.name)
            if found is not None and found.exact != image["exact"]:
                old = connected.indexes.read(image["exact"]).options()
                back = {name: old.get(name, False) for name in step.changes}
                connected.indexes.modify(step.database, step.collection, step.name, back)


class PrepareHandler(_Handler[IndexPrepare]):
    """Carries out `index.prepare`."""

    def before(self, step: IndexPrepare, walk: Walk) -> Image:
        """Whether it was prepared already."""
        with self._connect(step.target) as connected:
            found = _need(self._there(connected, step, step.collection), step.name)
        return {"prepared": found.index.prepare_unique, "unique": found.index.unique}

    def apply(self, step: IndexPrepare, walk: Walk) -> Mapping[str, Any]:
        """From now on no duplicate comes in; then those that are there are looked for.

        Raises:
            NotUniqueYet: there are some.
        """
        with self._locked(step, walk) as connected:
            there = self._there(connected, step, step.collection)
            if _need(there, step.name).index.unique:
                return {}
            named = (step.database, step.collection, step.name)
            connected.indexes.modify(*named, {"prepareUnique": True})
            try:
                connected.indexes.would_be_unique(*named)
            except NotUniqueYet as error:
                found = error.details.get("violations", ())
                raise NotUniqueYet(
                    f"{step.collection}.{step.name} cannot become unique",
                    why=f"{count(len(found), 'value')} stand in several documents",
                    fix="skc indexes   # again: it shows them, and how to resolve them",
                ) from error
        return {}

    def undo(self, step: IndexPrepare, image: Image, walk: Walk) -> None:
        """Let duplicates in again, if they were."""
        if image["prepared"] or image["unique"]:
            return
        with self._locked(step, walk) as connected:
            if _find(self._there(connected, step, step.collection), step.name) is not None:
                connected.indexes.modify(
                    step.database, step.collection, step.name, {"prepareUnique": False}
                )


class ConvertHandler(_Handler[IndexConvert]):
    """Carries out `index.convert`; there is no way back but to build it anew."""

    def before(self, step: IndexConvert, walk: Walk) -> Image:
        """There is no way back."""
        return {}

    def apply(self, step: IndexConvert, walk: Walk) -> Mapping[str, Any]:
        """It was prepared, so that nothing stands in the way."""
        with self._locked(step, walk) as connected:
            found = _need(self._there(connected, step, step.collection), step.name)
            if not found.index.unique:
                connected.indexes.modify(
                    step.database, step.collection, step.name, {"unique": True}
                )
        return {}

    def verify(self, step: IndexConvert, walk: Walk) -> Sequence[Proof]:
        """It must be listed as unique."""
        with self._connect(step.target) as connected:
            found = _need(self._there(connected, step, step.collection), step.name)
            subject = _subject(step, connected, step.collection)
        facts = {"index": step.name}
        return (
            Proof(claim="index.unique", subject=subject, holds=found.index.unique, facts=facts),
        )

    def undo(self, step: IndexConvert, image: Image, walk: Walk) -> None:
        """Never called: it is final."""


class HideHandler(_Handler[IndexHide]):
    """Carries out `index.hide`."""

    def before(self, step: IndexHide, walk: Walk) -> Image:
        """Whether it was hidden, and watched."""
        with self._connect(step.target) as connected:
            found = _need(self._there(connected, step, step.collection), step.name)
            watched = connected.indexes.watched(step.database)
        named = {(one.collection, one.name) for one in watched}
        return {
            "hidden": found.index.hidden,
            "watched": (step.collection, step.name) in named,
        }

    def apply(self, step: IndexHide, walk: Walk) -> Mapping[str, Any]:
        """Hidden, and written down since when where that counts: one seen since begins anew."""
        with self._locked(step, walk) as connected:
            found = _need(self._there(connected, step, step.collection), step.name)
            if step.watched and not found.index.hidden:
                connected.indexes.unwatch(step.database, step.collection, step.name)
            connected.indexes.modify(step.database, step.collection, step.name, {"hidden": True})
            if step.watched:
                connected.indexes.watch(
                    step.database,
                    HiddenIndex(
                        collection=step.collection,
                        name=step.name,
                        since=walk.clock.now(),
                        run=walk.id,
                    ),
                )
        return {}

    def verify(self, step: IndexHide, walk: Walk) -> Sequence[Proof]:
        """It must be listed as hidden."""
        with self._connect(step.target) as connected:
            found = _need(self._there(connected, step, step.collection), step.name)
            subject = _subject(step, connected, step.collection)
        facts = {"index": step.name}
        return (
            Proof(claim="index.hidden", subject=subject, holds=found.index.hidden, facts=facts),
        )

    def undo(self, step: IndexHide, image: Image, walk: Walk) -> None:
        """Back in sight at once."""
        with self._locked(step, walk) as connected:
            if not image["watched"]:
                connected.indexes.unwatch(step.database, step.collection, step.name)
            there = self._there(connected, step, step.collection)
            if not image["hidden"] and _find(there, step.name) is not None:
                connected.indexes.modify(
                    step.database, step.collection, step.name, {"hidden": False}
                )


class DropHandler(_Handler[IndexDrop]):
    """Carries out `index.drop`, as a step that goes back or as a final one."""

    def before(self, step: IndexDrop, walk: Walk) -> Image:
        """All that is dropped, to the letter."""
        with self._connect(step.target) as connected:
            there = self._there(connected, step, step.collection)
        found = (_find(there, name) for name in step.names)
        return {"exact": [one.exact for one in found if one is not None]}

    def apply(self, step: IndexDrop, walk: Walk) -> Mapping[str, Any]:
        """Those that are gone are fine."""
        with self._locked(step, walk) as connected:
            connected.indexes.drop(step.database, step.collection, step.names)
            for name in step.names:
                connected.indexes.unwatch(step.database, step.collection, name)
        return {"dropped": list(step.names)}

    def verify(self, step: IndexDrop, walk: Walk) -> Sequence[Proof]:
        """None of them may be listed."""
        with self._connect(step.target) as connected:
            there = self._there(connected, step, step.collection)
            subject = _subject(step, connected, step.collection)
        gone = all(_find(there, name) is None for name in step.names)
        facts = {"indexes": list(step.names)}
        return (Proof(claim="index.dropped", subject=subject, holds=gone, facts=facts),)

    def undo(self, step: IndexDrop, image: Image, walk: Walk) -> None:
        """Build them as they were; a loss is got over."""
        with self._locked(step, walk) as connected:
            there = self._there(connected, step, step.collection)
            builds = [
                Build(index=connected.indexes.read(exact), exact=exact) for exact in image["exact"]
            ]
            lacking = [one for one in builds if _find(there, one.index.called) is None]
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


class Fenced(Generic[S]):
    """A handler that leaves the world alone once another run has taken over from its own.

    A machine that slept or lost its network is forgotten after a while, and another one ends what
    it began. When it wakes, or is started again, its steps and its way back belong to the past.
    """

    def __init__(self, real: _Handler[S], *, connect: Connect) -> None:
        self._real = real
        self._connect = connect

    def before(self, step: S, walk: Walk) -> Image:
        """What is there now."""
        return {} if self._is_over(step, walk) else self._real.before(step, walk)

    def apply(self, step: S, walk: Walk) -> Mapping[str, Any]:
        """The step."""
        if self._is_over(step, walk):
            walk.person.note(f"{step.key}: left out, since another run has taken over meanwhile")
            return {"taken_over": True}
        return self._real.apply(step, walk)

    def verify(self, step: S, walk: Walk) -> Sequence[Proof]:
        """Nothing of what is another's."""
        return () if self._is_over(step, walk) else self._real.verify(step, walk)

    def may_go_back(self, step: S, walk: Walk) -> None:
        """See the handlers that say something about it."""
        if isinstance(self._real, CreateHandler):
            self._real.may_go_back(step, walk)  # type: ignore[arg-type]

    def undo(self, step: S, image: Image, walk: Walk) -> None:
        """The step's way back."""
        if self._is_over(step, walk):
            walk.person.note(
                f"{step.key}: not put back, since another run has taken over meanwhile"
            )
            return
        self._real.undo(step, image, walk)

    def _is_over(self, step: S, walk: Walk) -> bool:
        with self._connect(step.target) as connected:
            return connected.indexes.is_taken_over(step.database, run=walk.id)


def _stands(build: Build, found: FoundIndex | None, there: FoundCollection) -> bool:
    if found is None or found.building:
        return False
    if build.exact is not None:
        return not changes(found.index, build.index)
    return not changes(build.index, found.index, inherited=there.collation)


def _find(there: FoundCollection, name: str) -> FoundIndex | None:
    return next((one for one in there.indexes if one.index.called == name), None)


def _need(there: FoundCollection, name: str) -> FoundIndex:
    found = _find(there, name)
    if found is None:
        raise IndexGone(
            f"{there.name}.{name} is gone",
            why="somebody dropped it meanwhile",
            fix="skc indexes   # and look at the new plan",
        )
    return found


def _subject(step: AnyStep, connected: Connected, collection: str) -> Mapping[str, Any]:
    return {
        "target": step.target,
        "cluster": connected.cluster,
        "database": step.database,
        "collection": collection,
    }


def _kind(step: type[S], handler: Callable[..., _Handler[S]]) -> KindOf[House]:
    def bound(house: House, subject: Subject) -> Fenced[S]:
        connect = connecting(house, subject)
        return Fenced(handler(connect=connect), connect=connect)

    return KindOf(step, bound)


KINDS: tuple[KindOf[House], ...] = (
    _kind(IndexLock, LockHandler),
    _kind(IndexUnlock, UnlockHandler),
    _kind(IndexCreate, CreateHandler),
    _kind(IndexModify, ModifyHandler),
    _kind(IndexPrepare, PrepareHandler),
    _kind(IndexConvert, ConvertHandler),
    _kind(IndexHide, HideHandler),
    _kind(IndexDrop, DropHandler),
    *IMPORT_KINDS,
)
