"""All journals of a project, as they lie in its private state; reading them changes nothing."""

import difflib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from skillconnect_ops.core.plan import Subject
from skillconnect_ops.disk.errors import explained
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.disk.lock import holder
from skillconnect_ops.journal import lines
from skillconnect_ops.journal.errors import NoSuchJournal
from skillconnect_ops.journal.events import Begin, Handed, Recorded, RolledBack, Sealed
from skillconnect_ops.journal.history import History
from skillconnect_ops.journal.log import FILE
from skillconnect_ops.journal.model import JournalState, Standing, StepState

LOCK = "lock"
_SECOND = len("2020-01-31T23-59-59Z")


class _StepHead(Struct, frozen=True):
    key: str
    kind: str


class Outline(Struct, frozen=True):
    """A plan, as far as it can be read without knowing its kinds."""

    command: str
    subject: Subject
    steps: tuple[_StepHead, ...] = ()
    final: tuple[_StepHead, ...] = ()
    then: str | None = None


class Shelf:
    """The folder of journals. One whose run may need anything yet has a lock file in it."""

    def __init__(self, folder: Path, *, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk

    def folder(self, name: str) -> Path:
        """The folder of a journal."""
        return self._folder / name

    def lock(self, name: str) -> Path:
        """The lock of a journal, held while a process walks it; removed when all is done."""
        return self._folder / name / LOCK

    def open_names(self) -> Sequence[str]:
        """The journals that may need something, oldest first."""
        return [name for name in self._names() if self.lock(name).exists()]

    def states(self) -> Sequence[JournalState]:
        """All journals, newest first."""
        states = [state for name in self._names() if (state := self.state(name)) is not None]
        return sorted(states, key=_age, reverse=True)

    def find(self, name: str) -> JournalState:
        """The journal of that id.

        Raises:
            NoSuchJournal: there is none; the nearest ids are named.
        """
        names = self._names()
        state = self.state(name) if name in names else None
        if state is None:
            near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
            raise NoSuchJournal(
                f"there is no journal {name}",
                why=f"the nearest are {', '.join(near)}" if near else "no id is like it",
                fix="skc journal list",
            )
        return state

    def state(self, name: str) -> JournalState | None:
        """Where a journal stands; None when its run never began."""
        with explained(f"read the journal {name}"):
            try:
                text = lines.read(self._disk.read(self.folder(name) / FILE))
            except (FileNotFoundError, NotADirectoryError):
                return None
        history = History(text.entries)
        if history.begin is None and text.trouble is None:
            return None
        return self._state(name, text, history)

    def _names(self) -> tuple[str, ...]:
        with explained("read the journals"):
            return self._disk.names(self._folder)

    def _state(self, name: str, text: lines.Text, history: History) -> JournalState:
        begin = history.begin
        plan = outline(begin) if begin is not None else Outline(command="?", subject=Subject())
        return JournalState(
            id=name,
            folder=self.folder(name),
            standing=self._standing(name, text, history),
            command=plan.command,
            subject=plan.subject,
            resources=begin.resources if begin is not None else (),
            owner=history.owner,
            begun_at=history.begun_at,
            ended_at=history.ended_at,
            steps=_steps(plan, history),
            error=history.error,
            then=plan.then,
            chain=begin.chain if begin is not None else None,
            fence=begin.fence if begin is not None else None,
            waived=tuple(history.waived),
            trouble=text.trouble,
        )

    def _standing(self, name: str, text: lines.Text, history: History) -> Standing:
        if text.trouble is not None:
            return _last_word(text)
        if history.handed:
            return Standing.HANDED_OVER
        if history.sealed:
            return Standing.SEALED
        if history.rolled_back:
            return Standing.ROLLED_BACK
        if holder(self.lock(name)) is not None:
            return Standing.RUNNING
        return Standing.FORWARD_ONLY if history.turned else Standing.INTERRUPTED


def _last_word(text: lines.Text) -> Standing:
    """A damaged journal is still over if its last line is whole and says so."""
    match text.last.event if text.last is not None else None:
        case Sealed() | Recorded():
            return Standing.SEALED
        case RolledBack():
            return Standing.ROLLED_BACK
        case Handed():
            return Standing.HANDED_OVER
        case _:
            return Standing.BROKEN


def outline(begin: Begin) -> Outline:
    """What a journal's plan says about itself."""
    return msgspec.json.decode(begin.plan, type=Outline)


def _steps(plan: Outline, history: History) -> tuple[StepState, ...]:
    return tuple(
        StepState(
            key=step.key,
            kind=step.kind,
            final=final,
            progress=history.progress(step.key),
            seconds=history.seconds.get(step.key, 0.0),
            error=history.errors.get(step.key),
        )
        for final, steps in ((False, plan.steps), (True, plan.final))
        for step in steps
    )


def _age(state: JournalState) -> tuple[str, datetime, str]:
    """What sorts journals by time: their ids tell seconds, their first lines tell more."""
    second = state.id[:_SECOND]
    return second, state.begun_at or datetime.min.replace(tzinfo=UTC), state.id
