"""Walks a plan's steps, forward or back, and writes down each move before it is made.

The order of a step is: look (`before`), intent with image onto the disk, `apply`, `verify`, done.
Going back restores the images in reverse order; the world comes first, the journal second.
"""

import shlex
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import NoReturn, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.core.errors import OnlyForward, SkcError, Stop
from skillconnect_ops.core.exits import Exit
from skillconnect_ops.core.plan import (
    Clock,
    Escrow,
    Guarded,
    Image,
    Lasting,
    Person,
    Plan,
    Proof,
    Step,
)
from skillconnect_ops.core.report import StepResult
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.journal.causes import Cause, cause_of
from skillconnect_ops.journal.errors import (
    JournalNotClosed,
    NotFinished,
    NotLookedAt,
    NotProven,
    NotPutBack,
    PutBack,
)
from skillconnect_ops.journal.events import (
    AnyEvent,
    Done,
    Failed,
    Final,
    Intent,
    RolledBack,
    Sealed,
    Undo,
    Undone,
)
from skillconnect_ops.journal.handover import HandoverStops, Relay
from skillconnect_ops.journal.history import History, results
from skillconnect_ops.journal.kinds import Kinds
from skillconnect_ops.journal.log import Log
from skillconnect_ops.journal.model import Progress
from skillconnect_ops.journal.signals import Watch

E = TypeVar("E", bound=SkcError)
Guard = Callable[[], AbstractContextManager[None]]


class Walking(Struct, frozen=True, kw_only=True):
    """The `Walk` that handlers are given."""

    id: str
    person: Person
    escrow: Escrow
    clock: Clock
    halted: Callable[[], bool]
    without: Callable[[str], bool] = frozenset[str]().__contains__

    def waived(self, name: str) -> bool:
        """Whether a person said, by its name, that the run goes on without it."""
        return self.without(name)

    def stopped(self) -> bool:
        """Whether a signal asked us to stop."""
        return self.halted()


class _Undecided(NotFinished):
    """The log cannot tell whether the turn was taken: neither direction is safe now."""


class Engine:
    """One run of one plan, over its log."""

    def __init__(
        self,
        *,
        name: str,
        log: Log,
        plan: Plan,
        kinds: Kinds,
        person: Person,
        escrow: Escrow,
        clock: Clock,
        watch: Watch,
        relay: Relay,
    ) -> None:
        self._name = name
        self._relay = relay
        self._log = log
        self._plan = plan
        self._kinds = kinds
        self._clock = clock
        self._watch = watch
        self._at: Step | None = None
        self._forth = Walking(
            id=name,
            person=person,
            escrow=escrow,
            clock=clock,
            halted=watch.stopped,
            without=lambda one: one in self.history.waived,
        )
        # What is being put back is put back whole, however often someone asks us to stop.
        self._back = replace(self._forth, halted=lambda: False)

    @property
    def history(self) -> History:
        """What the log says by now."""
        return self._log.history

    def forward(self) -> None:
        """Walk on from the first step that is not done, and seal.

        Raises:
            PutBack: a reversible step failed; everything was put back.
            NotPutBack: a reversible step failed, and so did putting it back.
            JournalNotClosed: it was put back, but the journal does not know.
            NotFinished: a step past the turn failed, or a signal came there.
            NotLookedAt: whether what a run that died had done still stands cannot be seen.
            HandoverStops: another machine may act by now; nothing was put back.
            SkcError: it failed before anything was touched.
            Stop: a signal came; everything was put back.
        """
        if not self.history.turned:
            try:
                self._look_again(self._plan.steps, self._watch.interruptible)
                for step in self._plan.steps:
                    self._walk(step, self._watch.interruptible)
                if self._plan.final:
                    self._watch.check()
                self._commit(Final() if self._plan.final else Sealed())
            except (_Undecided, NotLookedAt):
                raise
            except HandoverStops as error:
                raise self._marked(error) from None
            except BaseException as error:  # noqa: BLE001 - whatever it is, the world goes back
                self._give_up(error)
        if self._plan.final or self.history.turned:
            self._finish()

    def back(self, because: Cause | None = None) -> None:
        """Put back, in reverse order, every step that may have taken effect; close the journal.

        Raises:
            NotPutBack: some undo failed; the others were done nevertheless.
            OnlyForward: a step says that going back does harm; nothing was undone.
            JournalNotClosed: the world is as before, but the journal could not say so.
        """
        todo = [
            (step, self.history.images[step.key])
            for step in reversed(self._plan.steps)
            if self.history.must_undo(step.key)
        ]
        for step, _ in todo:
            self._may_go_back(step, because)
        if because is not None and todo:
            self._back.person.note(_goes_back(because))
        troubles = [trouble for step, image in todo if (trouble := self._undo(step, image))]
        if troubles:
            what = f"{len(troubles)} of {len(todo)} steps could not be undone"
            whys = [cause.line() for cause, _ in troubles]
            if because is not None and because.line() not in whys:
                whys.append(f"the run had failed before: {because.line()}")
            past = [word for cause, _ in troubles for word in cause.past]
            raise self._stuck(NotPutBack, what, "; ".join(whys), past) from troubles[0][1]
        self._at = None
        try:
            self._conclude(RolledBack())
        except Exception as error:
            what = "everything was put back, but the journal could not say so"
            raise self._stuck(JournalNotClosed, what, self._cause(error).line(), ()) from error

    def results(self) -> tuple[StepResult, ...]:
        """What became of every step."""
        return results(self.history, self._plan)

    def _look_again(self, steps: Sequence[Step], guard: Guard) -> None:
        """What a run that died had done others may have ended since; such a step is walked again.

        The steps after it would build on what is no more: publish a password that opens nothing.
        """
        for step in steps:
            if self.history.progress(step.key) is Progress.DONE and not self._lasts(step, guard):
                self._walk(step, guard, again=True)

    def _lasts(self, step: Step, guard: Guard) -> bool:
        handler = self._kinds.handler(step, self._plan.subject)
        if not isinstance(handler, Lasting):
            return True
        self._at = step
        try:
            with guard():
                lasts = handler.lasts(step, self._forth)
        except Exception as error:
            cause = self._cause(error)
            fix = f"skc journal resume {self._name}"
            raise self._marked(cause.error(NotLookedAt, journal=None, fix=fix)) from error
        self._at = None
        return lasts

    def _walk(self, step: Step, guard: Guard, *, again: bool = False) -> None:
        if self.history.progress(step.key) is Progress.DONE and not again:
            return
        self._at = step
        handler = self._kinds.handler(step, self._plan.subject)
        began = self._clock.monotonic()
        with guard():
            # The image of the run that died counts: this world may already be half changed.
            image = self.history.images.get(step.key)
            if image is None:
                image = handler.before(step, self._forth)
        if self.history.progress(step.key) is not Progress.OPEN:
            self._log.append(Intent(key=step.key, image=image))
        with guard():
            self._relay.share()
            facts = handler.apply(step, self._forth)
            proofs = tuple(handler.verify(step, self._forth))
            self._relay.check()
        _must_hold(step, proofs)
        seconds = round(self._clock.monotonic() - began, 3)
        self._log.append(Done(key=step.key, facts=facts, proofs=proofs, seconds=seconds))
        self._at = None

    def _finish(self) -> None:
        try:
            self._look_again(self._plan.final, nullcontext)
            # Those before the turn are done, but where a machine that took over does its own again.
            for step in (*self._plan.steps, *self._plan.final):
                if self.history.progress(step.key) is not Progress.DONE:
                    self._watch.check()
                self._walk(step, nullcontext)
            self._commit(Sealed())
        except (_Undecided, NotLookedAt):
            raise
        except HandoverStops as error:
            raise self._marked(error) from None
        except BaseException as error:
            cause = self._cause(error)
            self._note(Failed(key=self._key(), what=cause.what, why=cause.why))
            fix = _way_on(f"skc journal resume {self._name}", cause.past)
            raise self._marked(cause.error(NotFinished, journal=None, fix=fix)) from error

    def _commit(self, event: Final | Sealed) -> None:
        """Take the turn, or seal: what the log says now decides which way any later run goes."""
        try:
            self._conclude(event)
        except Exception as error:
            if not self._log.doubtful:
                raise
            cause = self._cause(error)
            fix = f"skc journal resume {self._name}"
            raise self._marked(cause.error(_Undecided, journal=None, fix=fix)) from error

    def _conclude(self, event: Final | Sealed | RolledBack) -> None:
        """Append an event; where that fails, the file itself is asked whether it holds it."""
        try:
            self._log.append(event, closing=not isinstance(event, Final))
        except Exception:
            with suppress(Exception):
                self._log.settle()
            if self._log.doubtful or not _reached(self.history, event):
                raise

    def _give_up(self, error: BaseException) -> NoReturn:
        with suppress(Exception):
            self._log.settle()
        cause = self._cause(error)
        self._note(Failed(key=self._key(), what=cause.what, why=cause.why))
        if not self.history.touched:
            self._leave_untouched(error, cause)
        self.back(cause)
        if cause.stop is not None:
            raise self._stop(cause.stop) from error
        told = replace(cause, why=f"{cause.why}; what had begun was put back")
        raise self._marked(told.error(PutBack, journal=None)) from error

    def _leave_untouched(self, error: BaseException, cause: Cause) -> NoReturn:
        """Nothing was done yet, so the error says what it would have said without a journal."""
        try:
            self._conclude(RolledBack())
            closed = True
        except Exception:  # noqa: BLE001 - a journal of nothing is no loss
            closed = False
            with suppress(Exception):
                self._log.discard()
        if cause.stop is not None:
            raise self._stop(cause.stop) from error
        if isinstance(error, OSError):
            place = self._at.key if self._at is not None else "the walk"
            raise explain(error, f"carry out {place}") from error
        if isinstance(error, SkcError):
            error.journal = self._name if closed else None
        raise error

    def _may_go_back(self, step: Step, because: Cause | None) -> None:
        handler = self._kinds.handler(step, self._plan.subject)
        if not isinstance(handler, Guarded):
            return
        try:
            handler.may_go_back(step, self._back)
        except OnlyForward as error:
            if because is not None:
                error.why = f"{error.why}; the run had failed before: {because.line()}"
            error.fix = f"skc journal resume {self._name}"
            raise self._marked(error) from None
        except Exception:  # noqa: BLE001 - it could not find out, and the world goes back
            return

    def _undo(self, step: Step, image: Image) -> tuple[Cause, BaseException] | None:
        self._at = step
        began = self._clock.monotonic()
        self._note(Undo(key=step.key))
        try:
            self._relay.share()
            self._kinds.handler(step, self._plan.subject).undo(step, image, self._back)
        except HandoverStops as error:
            raise self._marked(error) from None
        except BaseException as error:  # noqa: BLE001 - the other steps are still put back
            cause = cause_of(error, step=step, journal=self._name, signalled=None)
            self._note(Failed(key=step.key, what=cause.what, why=cause.why))
            return cause, error
        seconds = round(self._clock.monotonic() - began, 3)
        self._note(Undone(key=step.key, seconds=seconds))
        return None

    def _note(self, event: AnyEvent) -> None:
        """Write down what must not be stopped by a journal that cannot be written."""
        with suppress(Exception):
            self._log.append(event, closing=True)

    def _cause(self, error: BaseException) -> Cause:
        return cause_of(error, step=self._at, journal=self._name, signalled=self._watch.first)

    def _key(self) -> str | None:
        return self._at.key if self._at is not None else None

    def _stop(self, code: Exit) -> Stop:
        stop = Stop(code)
        stop.journal, stop.steps = self._name, self.results()
        stop.again = self._forth.person.again()
        return stop

    def _stuck(self, kind: type[E], what: str, why: str, past: Sequence[str]) -> E:
        fix = _way_on(f"skc journal rollback {self._name}", past)
        return self._marked(kind(what, why=why, fix=fix))

    def _marked(self, error: E) -> E:
        error.journal, error.steps = self._name, self.results()
        return error


def _goes_back(because: Cause) -> str:
    """So that nobody stops it a second time, or takes it for hung."""
    # a terminal has just shown ^C, and stands behind it
    said = "putting back what had begun"
    return f"\nstopped; {said}" if because.stop is not None else said


def _way_on(command: str, past: Sequence[str]) -> str:
    """The command to type, and the one for who cannot mend what failed."""
    return (
        f"{command}   # or, if that never works again: {command} {shlex.join(past)}"
        if past
        else command
    )


def _reached(history: History, event: Final | Sealed | RolledBack) -> bool:
    match event:
        case Final():
            return history.turned
        case Sealed():
            return history.sealed
        case RolledBack():
            return history.rolled_back


def _must_hold(step: Step, proofs: Sequence[Proof]) -> None:
    failed = [proof.claim for proof in proofs if not proof.holds]
    if failed:
        raise NotProven(
            f"{step.key} did not do what it should",
            why=f"looked at afterwards, this does not hold: {', '.join(failed)}",
            fix="look into it before running it again",
        )
