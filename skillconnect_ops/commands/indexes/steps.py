"""The kinds of steps of this domain, their handlers, and how each gets its ports."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic

from skillconnect_ops.commands.deployment import Connect, connecting
from skillconnect_ops.commands.house import House
from skillconnect_ops.commands.indexes.build_steps import CreateHandler, DropHandler
from skillconnect_ops.commands.indexes.change_steps import (
    ConvertHandler,
    HideHandler,
    ModifyHandler,
    PrepareHandler,
)
from skillconnect_ops.commands.indexes.errors import AnotherServer
from skillconnect_ops.commands.indexes.hands import Handler, S
from skillconnect_ops.commands.indexes.importing import IMPORT_KINDS
from skillconnect_ops.commands.indexes.lock_steps import LockHandler, UnlockHandler
from skillconnect_ops.commands.indexes.model import (
    IndexConvert,
    IndexCreate,
    IndexDrop,
    IndexHide,
    IndexLock,
    IndexModify,
    IndexPrepare,
    IndexUnlock,
)
from skillconnect_ops.core.plan import Guarded, Image, Lasting, Proof, Subject, Walk
from skillconnect_ops.core.ports.indexes import RunStanding
from skillconnect_ops.journal.kinds import KindOf


class Fenced(Generic[S]):
    """A handler that leaves the world alone once another run has taken over from its own.

    A machine that slept or lost its network is forgotten after a while, and another one ends what
    it began. When it wakes, or is started again, its steps and its way back belong to the past.
    """

    def __init__(self, real: Handler[S], *, connect: Connect) -> None:
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
        if isinstance(self._real, Guarded):
            self._real.may_go_back(step, walk)

    def lasts(self, step: S, walk: Walk) -> bool:
        """See the handlers that say something about it."""
        if not isinstance(self._real, Lasting) or self._is_over(step, walk):
            return True
        return self._real.lasts(step, walk)

    def undo(self, step: S, image: Image, walk: Walk) -> None:
        """The step's way back."""
        if self._is_over(step, walk):
            walk.person.note(
                f"{step.key}: not put back, since another run has taken over meanwhile"
            )
            return
        self._real.undo(step, image, walk)

    def _is_over(self, step: S, walk: Walk) -> bool:
        """Whether another run goes on with it.

        Raises:
            AnotherServer: it never began here.
        """
        with self._connect(step.target) as connected:
            standing = connected.indexes.standing(step.database, run=walk.id)
        if standing is RunStanding.UNKNOWN and not isinstance(step, IndexLock):
            raise AnotherServer(step.database, walk.id)
        return standing is RunStanding.TAKEN_OVER


def _kind(step: type[S], handler: Callable[..., Handler[S]]) -> KindOf[House]:
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
