"""Does an automatic step: writes down that it begins, runs its lines, writes down how it ended.

No lock is held on the way, since a step's commands take their own. What keeps two people apart is
the log: whoever reads, after writing that they begin, that another one had begun before, withdraws.
"""

import shlex
from collections.abc import Sequence
from secrets import token_hex

from msgspec import Struct
from msgspec.structs import replace

from skillconnect_ops.commands.respond import acts
from skillconnect_ops.commands.respond.errors import Awaited, BegunByAnother
from skillconnect_ops.commands.respond.events import Child, Ending, EventFacts, Happened, KeptFile
from skillconnect_ops.commands.respond.liveness import Life, life, runs_of, sealed, unfinished
from skillconnect_ops.commands.respond.model import RunbookStep
from skillconnect_ops.commands.respond.scene import How, Scene, said
from skillconnect_ops.commands.respond.standing import Attempt, StepState
from skillconnect_ops.core.errors import SkcError, Stop
from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.report import ErrorFacts, Report
from skillconnect_ops.disk import lock
from skillconnect_ops.journal.model import JournalState

_SKC = "skc "


class Walked(Struct, frozen=True, kw_only=True):
    """What became of a step."""

    ending: Ending | None
    """None where nothing was done yet: a person is to do it, or has begun."""
    children: tuple[Child, ...] = ()
    text: str | None = None
    shown: tuple[str, ...] = ()
    """What is said here, and not in the log."""
    files: tuple[KeptFile, ...] = ()
    error: ErrorFacts | None = None
    status: Status = Status.OK
    exit: Exit = Exit.OK
    journal: str | None = None


class Left(Struct, frozen=True, kw_only=True):
    """What attempts that died have left."""

    ran: tuple[Child, ...] = ()
    """The lines that came to their end, and are not run again."""
    half: str | None = None
    """The run that stands half-way, and is walked on instead of running its line again."""


def by_itself(scene: Scene, state: StepState, odd: EventFacts, how: How) -> Walked:
    """Begin, see that nobody was faster, run each line, end.

    What came to its end before a death goes into the new beginning before the dead attempt is
    ended: whoever dies between the two loses nothing.
    """
    dead = [one for one in state.open if life(one) is Life.DEAD]
    left = _left(scene, state.step, dead)
    name = token_hex(4)
    told = replace(odd, step=state.step.id, attempt=name)
    owner = lock.this_process(
        command=f"respond step {state.step.id}", since=scene.house.clock.now()
    )
    scene.write(Happened.BEGUN, replace(told, owner=owner, children=left.ran))
    if not how.again:
        _must_be_first(scene, told)
    for attempt in dead:
        _bury(scene, state.step, attempt)
    end = replace(told, reason=None, out_of_order=())
    lines = _Lines(scene, state.step, end, how)
    try:
        walked = lines.run(left)
    except Stop as stop:
        why = f"a signal ended it ({stop.exit.name})"
        ended = replace(end, ending=Ending.FAILED, reason=why)
        scene.write(Happened.ENDED, ended, holds=False, journal=stop.journal)
        raise
    except SkcError as error:
        walked = Walked(
            ending=Ending.AWAITED if isinstance(error, Awaited) else Ending.FAILED,
            error=ErrorFacts(what=error.what, why=error.why, fix=error.fix),
            status=error.status,
            exit=error.exit,
            journal=error.journal,
            text=said(error),
            children=tuple(lines.children),
            files=tuple(lines.files),
        )
    ended = replace(
        end,
        ending=walked.ending,
        text=walked.text,
        children=walked.children,
        files=walked.files,
    )
    holds = walked.ending is Ending.DONE
    scene.write(Happened.ENDED, ended, holds=holds, journal=walked.journal)
    return walked


def _must_be_first(scene: Scene, told: EventFacts) -> None:
    """Whoever began a moment earlier goes on; this one withdraws.

    Raises:
        BegunByAnother: another one was faster.
    """
    fresh = scene.fresh().step(str(told.step))
    for attempt in fresh.open if fresh is not None else ():
        if attempt.name == told.attempt:
            return
        if attempt.begun is not None and life(attempt) is not Life.DEAD:
            scene.write(Happened.ENDED, replace(told, ending=Ending.WITHDRAWN), holds=False)
            raise BegunByAnother(
                str(told.step),
                who=f"{attempt.begun.person} on {attempt.begun.facts.machine}",
                since=f"{attempt.begun.at:%H:%M:%SZ}",
            )


def _left(scene: Scene, step: RunbookStep, dead: Sequence[Attempt]) -> Left:
    """What of a step was done by those who died over it."""
    journals = scene.house.office().journals() if dead else ()
    left = Left()
    for attempt in dead:
        runs = runs_of(attempt, journals)
        ran = _done_by(scene, step, attempt, runs)
        half = unfinished(runs)
        if len(ran) >= len(left.ran):
            left = Left(ran=ran, half=half.id if half is not None else None)
    return left


def _done_by(
    scene: Scene, step: RunbookStep, attempt: Attempt, runs: Sequence[JournalState]
) -> tuple[Child, ...]:
    """The lines of a dead attempt that need not be run again."""
    begun = attempt.begun.facts.children if attempt.begun is not None else ()
    done = [*begun, *(child for event in attempt.ran for child in event.facts.children)]
    good = [child for child in done if _is_well(child, step)]
    if len(good) < len(done) or len(good) >= len(step.auto):
        return tuple(good)
    line = step.auto[len(good)]
    if line.startswith(_SKC):
        words = scene.words(line)
        run = sealed(runs, words, known=[child.journal for child in good])
        if run is not None:
            good.append(Child(command=shlex.join(("skc", *words)), exit=0, journal=run.id))
    return tuple(good)


def _bury(scene: Scene, step: RunbookStep, attempt: Attempt) -> None:
    """End an attempt whose process died."""
    died = EventFacts(
        step=step.id,
        attempt=attempt.name,
        ending=Ending.FAILED,
        reason="its process ended in the middle",
    )
    scene.write(Happened.ENDED, died, holds=False)


class _Lines:
    """The lines of an automatic step, run one after the other, each logged before the next."""

    def __init__(self, scene: Scene, step: RunbookStep, told: EventFacts, how: How) -> None:
        self._scene = scene
        self._step = step
        self._told = told
        self._how = how
        self.children: list[Child] = []
        self.texts: list[str] = []
        self.shown: list[str] = []
        self.files: list[KeptFile] = []

    def run(self, left: Left) -> Walked:
        """Run those that are left, until one does not end well."""
        self.children = list(left.ran)
        half = left.half
        for line in self._step.auto[len(left.ran) :]:
            if half is not None:
                failed, half = self._command(("journal", "resume", half, "--yes")), None
            elif line.startswith(_SKC):
                failed = self._command(self._scene.words(line))
            else:
                failed = self._act(line)
            if failed is not None:
                return failed
        journals = [child.journal for child in self.children if child.journal]
        return self._walked(Ending.DONE, journal=journals[-1] if journals else None)

    def _act(self, name: str) -> Walked | None:
        done = acts.do(name, self._scene, self._how)
        self.texts.append(done.text)
        self.shown += done.shown
        self.files += done.files
        self.children.append(
            Child(command=name, exit=int(Exit.OK if done.well else Exit.HIGH), journal=done.journal)
        )
        told = replace(
            self._told,
            children=(self.children[-1],),
            files=done.files,
            text=done.text,
            data=done.data,
        )
        well = done.well or self._step.accepts is not None
        self._scene.write(Happened.RAN, told, holds=well, journal=done.journal)
        if done.awaits is not None:
            return self._awaiting(done.awaits, done.journal)
        if well:
            return None
        error = ErrorFacts(what=f"{name} saw what should not be", why=done.text, fix="")
        return self._walked(Ending.FAILED, error=error, exit_=Exit.HIGH, status=Status.FINDINGS)

    def _awaiting(self, what: str, journal: str | None) -> Walked:
        step = self._step.id
        error = ErrorFacts(
            what=what,
            why="\n".join(self.texts),
            fix=f'skc respond step {step} --evidence "…"   # once you have seen to it',
        )
        return self._walked(
            Ending.AWAITED,
            error=error,
            status=Status.NEEDS_PERSON,
            exit_=Exit.NEEDS_PERSON,
            journal=journal,
        )

    def _command(self, words: tuple[str, ...]) -> Walked | None:
        self._scene.house.person.note(f"$ {shlex.join(('skc', *words))}")
        report = self._scene.house.commands.run(*words)
        child = _child(words, report)
        self.children.append(child)
        well = _is_well(child, self._step)
        told = replace(self._told, children=(child,))
        self._scene.write(Happened.RAN, told, holds=well, journal=report.journal)
        if well:
            return None
        bug = report.status is Status.BUG
        return self._walked(
            Ending.FAILED,
            error=_why(child, report),
            status=Status.NEEDS_PERSON if bug else report.status,
            exit_=Exit.NEEDS_PERSON if bug else report.exit,
            journal=report.journal,
        )

    def _walked(
        self,
        ending: Ending,
        *,
        error: ErrorFacts | None = None,
        status: Status = Status.OK,
        exit_: Exit = Exit.OK,
        journal: str | None = None,
    ) -> Walked:
        return Walked(
            ending=ending,
            children=tuple(self.children),
            text="\n".join(self.texts) or None,
            shown=tuple(self.shown),
            files=tuple(self.files),
            error=error,
            status=status,
            exit=exit_,
            journal=journal,
        )


def _child(words: tuple[str, ...], report: Report) -> Child:
    return Child(
        command=shlex.join(("skc", *words)),
        exit=int(report.exit),
        seconds=round(report.seconds, 3),
        journal=report.journal,
        what=report.error.what if report.error is not None else None,
        fix=report.error.fix if report.error is not None else None,
        found=sum(one.suppressed is None for one in report.findings),
    )


def _is_well(child: Child, step: RunbookStep) -> bool:
    if step.accepts is not None and Exit.LOW <= child.exit <= step.accepts.exit:
        return True
    return child.exit == Exit.OK


def _why(child: Child, report: Report) -> ErrorFacts:
    if report.error is not None:
        return report.error
    worst = f"{child.found} findings" if child.found else f"it ended with {child.exit}"
    return ErrorFacts(what=f"{child.command} did not end well", why=worst, fix=child.command)
