"""What the handlers of this domain share: a lock held meanwhile, and looks at what is there."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from skillconnect_ops.commands.deployment import Connect
from skillconnect_ops.commands.house import Connected
from skillconnect_ops.commands.indexes import following
from skillconnect_ops.commands.indexes.model import AnyStep
from skillconnect_ops.commands.indexes.planned import Planned
from skillconnect_ops.commands.indexes.sameness import changes
from skillconnect_ops.core.errors import Precondition
from skillconnect_ops.core.plan import Image, Proof, Walk
from skillconnect_ops.core.ports.indexes import Build, FoundCollection, FoundIndex

S = TypeVar("S", bound=AnyStep)


class IndexGone(Precondition):
    """An index that a step is about is not there any more."""


class IndexChanged(Precondition):
    """An index that a step is about is not the one that was planned for."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"{where} is another index by now",
            why="somebody changed it while this run was at work",
            fix="skc indexes   # and look at the new plan",
        )


class Handler(ABC, Generic[S]):
    """What all handlers share: every effect happens under the lock at the server."""

    def __init__(self, *, connect: Connect) -> None:
        self._connect = connect

    @contextmanager
    def locked(self, step: S, walk: Walk) -> Iterator[Connected]:
        """Connected, with the lock of this run held."""
        with (
            self._connect(step.target) as connected,
            following.beating(
                connected.indexes, step.database, run=walk.id, command=following.COMMAND
            ),
        ):
            yield connected

    def there(self, connected: Connected, step: S, collection: str) -> FoundCollection:
        """A collection as it is; one without indexes where there is none."""
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


def stands(build: Build, found: FoundIndex | None, there: FoundCollection) -> bool:
    """Whether an index is there as it was to be built, and ready."""
    if found is None or found.building:
        return False
    if build.exact is not None:
        return not changes(found.index, build.index)
    return not changes(build.index, found.index, inherited=there.collation)


def find(there: FoundCollection, name: str) -> FoundIndex | None:
    """The index of that name."""
    return next((one for one in there.indexes if one.index.called == name), None)


def need(there: FoundCollection, name: str) -> FoundIndex:
    """The index of that name.

    Raises:
        IndexGone: there is none.
    """
    found = find(there, name)
    if found is None:
        raise IndexGone(
            f"{there.name}.{name} is gone",
            why="somebody dropped it meanwhile",
            fix="skc indexes   # and look at the new plan",
        )
    return found


def subject_of(step: AnyStep, connected: Connected, collection: str) -> Mapping[str, Any]:
    """What a proof is about."""
    return {
        "target": step.target,
        "cluster": connected.cluster,
        "database": step.database,
        "collection": collection,
    }


def still(there: FoundCollection, name: str, planned: Planned | None) -> FoundIndex:
    """The index of that name, if it is the one that was planned for.

    Raises:
        IndexGone: there is none.
        IndexChanged: it is another one.
    """
    found = need(there, name)
    if planned is not None and not planned.is_still(found):
        raise IndexChanged(f"{there.name}.{name}")
    return found
