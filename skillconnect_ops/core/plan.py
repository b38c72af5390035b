"""Plans, steps and the people and tools that carry them out: the nouns of the gait."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from msgspec import Struct

from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import Table

Image = Mapping[str, Any]
"""What `before` saw: plain JSON data, enough for `undo` to restore it. It holds no secret."""


class Subject(Struct, frozen=True, kw_only=True):
    """What a command acts on; the first line of every plan shown."""

    target: str | None = None
    cluster: str | None = None
    database: str | None = None
    repository: str | None = None
    files: tuple[str, ...] = ()
    sinks: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        """The parts that are there, for reports and evidence."""
        parts = {
            "target": self.target,
            "cluster": self.cluster,
            "database": self.database,
            "repository": self.repository,
            "files": list(self.files) or None,
            "sinks": list(self.sinks) or None,
        }
        return {name: part for name, part in parts.items() if part is not None}

    def line(self) -> str:
        """One line for people."""
        return " · ".join(
            f"{name} {', '.join(part) if isinstance(part, list) else part}"
            for name, part in self.facts().items()
        )


class Step(Struct, frozen=True, kw_only=True, tag_field="kind"):
    """One effect. `key` is `verb:object`; a subclass's tag is `noun.verb`, its fields arguments."""

    key: str
    here: ClassVar[bool] = False
    """Whether its effect lies on this machine alone; one that takes a run over does its own."""
    passing: ClassVar[tuple[str, ...]] = ()
    """Fields that time alone changes: plans that differ in nothing else are the same."""
    tidies: ClassVar[bool] = False
    """Whether it only clears up after the others: nobody would want a way back."""

    @property
    def waivable(self) -> str | None:
        """What a person may tell a run that got stuck to go on without, by its name."""
        return None

    @property
    def kind(self) -> str:
        """The tag that the step is written under."""
        return str(self.__struct_config__.tag)

    def says(self) -> str:
        """What the plan shows for this step; a subclass says it in a sentence of its own.

        It is one line: a line end in it comes from a name, and is shown spelled out.
        """
        return self.key

    def below(self) -> str:
        """What is shown below that line, in lines of its own: a diff."""
        return ""

    def whole(self) -> str:
        """Both, for data."""
        return "\n".join(part for part in (self.says(), self.below().rstrip()) if part)


class Plan(Struct, frozen=True, kw_only=True):
    """What is to be done, decided before anything is touched."""

    command: str
    subject: Subject
    state: str
    """Digest of the identities that the plan was made from (names, UUIDs), never of counts."""
    steps: tuple[Step, ...] = ()
    """Reversible, in order."""
    final: tuple[Step, ...] = ()
    """No way back; walked last, and only forward."""
    notes: tuple[str, ...] = ()
    """What a person should know before agreeing: blast radius, gaps, warnings."""
    then: str | None = None
    """The command that goes on later (`rotate finish`); keeps the escrow open."""

    def facts(self) -> dict[str, Any]:
        """What a person is shown, for the report of a run that only looked."""
        return {
            "steps": [
                {"key": step.key, "kind": step.kind, "says": step.whole(), "final": final}
                for steps, final in ((self.steps, False), (self.final, True))
                for step in steps
            ],
            "notes": list(self.notes),
        }


class Proof(Struct, frozen=True, kw_only=True):
    """What `verify` saw when it asked the world; goes to the evidence ledger."""

    claim: str
    """What is proven, dotted: `backup.restorable`."""
    subject: Mapping[str, Any]
    holds: bool
    facts: Mapping[str, Any] = {}


class Clock(Protocol):
    """Time comes in."""

    def now(self) -> datetime:
        """The time in UTC, aware."""

    def monotonic(self) -> float:
        """Seconds that never run backwards."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Ticker(Protocol):
    """One progress bar; safe from any thread."""

    def advance(self, amount: int) -> None:
        """So many units more are done."""

    def describe(self, text: str) -> None:
        """What is being worked on now."""


class Person(Protocol):
    """The one at the terminal; implemented in `terminal`."""

    def progress(
        self, label: str, *, total: int | None, unit: str
    ) -> AbstractContextManager[Ticker]:
        """A bar with rate and remaining time (unit `B` or a noun); nothing without a TTY."""

    def note(self, text: str) -> None:
        """One line for people, on stderr."""

    def relay(self, line: str) -> None:
        """A line that a program of ours wrote, on stderr: as it is, each time that it comes."""

    def show(self, plan: Plan) -> None:
        """The plan, on stderr."""

    def agrees(self, plan: Plan) -> bool:
        """Whether the person says yes; raises `Refused` where nobody can be asked."""

    def confirm(self, name: str, *, where: str = "", does: str = "destroys") -> bool:
        """Whether the person typed `name`, what is destroyed or as `does` says; `where` it is."""

    def choose(self, table: Table, *, question: str) -> tuple[int, ...] | None:
        """Which rows of a table are meant, counted from 0; None where nobody can be asked."""

    def again(self, *words: str) -> str:
        """The command line as it was typed, with more words; fit to be pasted, and no secret."""

    def ask_secret(self, label: str) -> Secret:
        """A secret typed without being shown; raises `Refused` where nobody can be asked."""

    def piped_secret(self, descriptor: int | None) -> Secret:
        """A secret from stdin (None) or an open descriptor, less one line end at its end."""


class Escrow(Protocol):
    """Where one chain of plans keeps what may hold a secret, encrypted, until it is sealed."""

    def put(self, name: str, value: bytes) -> None:
        """Keep a value; on disk (fsync) before this returns. The first value of a name wins."""

    def get(self, name: str) -> bytes | None:
        """The value of a name, or None if nothing was put."""


class Walk(Protocol):
    """What a handler is given besides its step."""

    @property
    def id(self) -> str:
        """The journal's id."""

    @property
    def person(self) -> Person:
        """For progress and notes."""

    @property
    def escrow(self) -> Escrow:
        """For what may hold a secret."""

    @property
    def clock(self) -> Clock:
        """For waiting and for time stamps."""

    def waived(self, name: str) -> bool:
        """Whether a person said, by its name, that the run goes on without it."""

    def stopped(self) -> bool:
        """Whether a signal asked us to stop; long loops and worker threads look at it."""


S_contra = TypeVar("S_contra", bound=Step, contravariant=True)


class Handler(Protocol[S_contra]):
    """Carries out one type of step. It gets its ports by constructor.

    The engine writes intent and image to disk before `apply`. A resumed `apply` may find its effect
    wholly or partly there: it asks the world how far it came. `undo` restores the image, may run
    after an `apply` that never began or died anywhere, and may itself run twice.
    """

    def before(self, step: S_contra, walk: Walk) -> Image:
        """What is there now."""

    def apply(self, step: S_contra, walk: Walk) -> Mapping[str, Any]:
        """Do it; the facts returned are journaled, and hold no secret."""

    def verify(self, step: S_contra, walk: Walk) -> Sequence[Proof]:
        """Ask the world whether it is so."""

    def undo(self, step: S_contra, image: Image, walk: Walk) -> None:
        """Put the image back."""


@runtime_checkable
class Guarded(Protocol[S_contra]):
    """A handler whose step must not be put back in every world; most handlers are none."""

    def may_go_back(self, step: S_contra, walk: Walk) -> None:
        """Asked before anything of its plan is undone; raises `OnlyForward` where that does harm.

        Whatever else it raises says that it could not find out; then the plan is put back.
        """


@runtime_checkable
class Lasting(Protocol[S_contra]):
    """A handler whose effect others may end while a run lies dead; that is asked before it goes on.

    One that does not last is walked again, as a resumed `apply` that finds its effect partly there.
    """

    def lasts(self, step: S_contra, walk: Walk) -> bool:
        """Whether what the step did still stands; asks the world, and changes nothing."""
