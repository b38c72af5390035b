"""A small world of real files, and plans that change it in several steps.

Old: a, b, s (a secret), y and z. New: a and s have other texts, b was moved to c; where the plan
has final steps, y and z are gone. Anything else is between, and must never be left behind.
"""

import hashlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from skillconnect_ops.core.plan import Handler, Image, Person, Plan, Proof, Step, Subject, Walk
from skillconnect_ops.core.ports.evidence import Evidence, Signer
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import Table
from skillconnect_ops.disk.files import Disk, Writer
from skillconnect_ops.disk.system import System
from skillconnect_ops.journal.kinds import Kind
from skillconnect_ops.journal.model import Ask, Choices, Outcome
from skillconnect_ops.journal.office import Office
from skillconnect_ops.journal.resources import Resource
from skillconnect_ops.journal.signals import Signals
from tests.faults import Fuse, die, fused, raising

OLD = {"a": "old a", "b": "old b", "s": "old secret", "y": "old y", "z": "old z"}
NEW = {"a": "new a", "c": "old b", "s": "new secret", "y": "old y", "z": "old z"}
DROPPED = {name: text for name, text in NEW.items() if name not in {"y", "z"}}
RESOURCES = (Resource("files", "world"),)


class FilePut(Step, frozen=True, kw_only=True, tag="file.put"):
    """Give a file a text."""

    name: str
    text: str


class FileMove(Step, frozen=True, kw_only=True, tag="file.move"):
    """Rename a file; not to be done twice blindly."""

    name: str
    to: str


class SecretPut(Step, frozen=True, kw_only=True, tag="secret.put"):
    """Give a file a text; the old one is kept in the escrow."""

    name: str
    text: str


class FileDrop(Step, frozen=True, kw_only=True, tag="file.drop"):
    """Remove a file for good."""

    name: str


class Files:
    """The world: a folder. Writing is torn by death on purpose: half first, then the rest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, name: str) -> str | None:
        """A file's text."""
        path = self.folder / name
        return path.read_text() if path.exists() else None

    def put(self, name: str, text: str | None) -> None:
        """Give a file a text, or remove it."""
        if text is None:
            (self.folder / name).unlink(missing_ok=True)
            return
        self.half(name, text)
        (self.folder / name).write_text(text)

    def half(self, name: str, text: str) -> None:
        """Write the first half of a text."""
        (self.folder / name).write_text(text[: len(text) // 2])


class PutHandler:
    """Carries out `FilePut`."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def before(self, step: FilePut, walk: Walk) -> Image:
        """The text."""
        return {"text": self._files.get(step.name)}

    def apply(self, step: FilePut, walk: Walk) -> Mapping[str, Any]:
        """Write."""
        self._files.put(step.name, step.text)
        return {"bytes": len(step.text)}

    def verify(self, step: FilePut, walk: Walk) -> Sequence[Proof]:
        """Read again."""
        holds = self._files.get(step.name) == step.text
        return [Proof(claim="file.holds", subject={"name": step.name}, holds=holds)]

    def undo(self, step: FilePut, image: Image, walk: Walk) -> None:
        """Write the text of the image."""
        self._files.put(step.name, image["text"])


class MoveHandler:
    """Carries out `FileMove`."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def before(self, step: FileMove, walk: Walk) -> Image:
        """Both texts."""
        return {"from": self._files.get(step.name), "to": self._files.get(step.to)}

    def apply(self, step: FileMove, walk: Walk) -> Mapping[str, Any]:
        """Rename, unless it was done."""
        if (self._files.folder / step.name).exists():
            (self._files.folder / step.name).rename(self._files.folder / step.to)
        return {}

    def verify(self, step: FileMove, walk: Walk) -> Sequence[Proof]:
        """Only the new name is there."""
        there = self._files.get(step.to) is not None and self._files.get(step.name) is None
        return [Proof(claim="file.moved", subject={"name": step.name}, holds=there)]

    def undo(self, step: FileMove, image: Image, walk: Walk) -> None:
        """Write both."""
        self._files.put(step.name, image["from"])
        self._files.put(step.to, image["to"])


class SecretHandler:
    """Carries out `SecretPut`."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def before(self, step: SecretPut, walk: Walk) -> Image:
        """Nothing that may be read; the text goes to the escrow."""
        walk.escrow.put(step.name, (self._files.get(step.name) or "").encode())
        return {}

    def apply(self, step: SecretPut, walk: Walk) -> Mapping[str, Any]:
        """Write."""
        self._files.put(step.name, step.text)
        return {}

    def verify(self, step: SecretPut, walk: Walk) -> Sequence[Proof]:
        """Read again."""
        holds = self._files.get(step.name) == step.text
        return [Proof(claim="secret.replaced", subject={"name": step.name}, holds=holds)]

    def undo(self, step: SecretPut, image: Image, walk: Walk) -> None:
        """Write what the escrow kept."""
        kept = walk.escrow.get(step.name)
        assert kept is not None
        self._files.put(step.name, kept.decode())


class DropHandler:
    """Carries out `FileDrop`."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def before(self, step: FileDrop, walk: Walk) -> Image:
        """Nothing: there is no way back."""
        return {}

    def apply(self, step: FileDrop, walk: Walk) -> Mapping[str, Any]:
        """Remove."""
        self._files.put(step.name, None)
        return {}

    def verify(self, step: FileDrop, walk: Walk) -> Sequence[Proof]:
        """It is gone."""
        gone = self._files.get(step.name) is None
        return [Proof(claim="file.gone", subject={"name": step.name}, holds=gone)]

    def undo(self, step: FileDrop, image: Image, walk: Walk) -> None:
        """Never."""
        raise AssertionError("a final step is not undone")


STEPS: tuple[Step, ...] = (
    FilePut(key="put:a", name="a", text="new a"),
    FileMove(key="move:b", name="b", to="c"),
    SecretPut(key="replace:s", name="s", text="new secret"),
)
FINAL: tuple[Step, ...] = (
    FileDrop(key="drop:y", name="y"),
    FileDrop(key="drop:z", name="z"),
)


class Quiet:
    """A person who agrees with everything and remembers what was said."""

    def __init__(self, *, agrees: bool = True) -> None:
        self.notes: list[str] = []
        self.shown: list[Plan] = []
        self.asked = 0
        self.wheres: list[str] = []
        self._agrees = agrees

    @contextmanager
    def progress(self, label: str, *, total: int | None, unit: str) -> Iterator["Quiet"]:
        """No bar."""
        yield self

    def advance(self, amount: int) -> None:
        """Nothing."""

    def describe(self, text: str) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Remember."""
        self.notes.append(text)

    def relay(self, line: str) -> None:
        """Nothing."""

    def show(self, plan: Plan) -> None:
        """Remember."""
        self.shown.append(plan)

    def agrees(self, plan: Plan) -> bool:
        """As told."""
        self.asked += 1
        return self._agrees

    def confirm(self, name: str, *, where: str = "", does: str = "destroys") -> bool:
        """As told."""
        self.asked += 1
        self.wheres.append(where)
        return self._agrees

    def choose(self, table: Table, *, question: str) -> tuple[int, ...] | None:
        """Nobody can be asked."""
        return None

    def again(self, *words: str) -> str:
        """What was typed."""
        return " ".join(("skc", "change", *words))

    def ask_secret(self, label: str) -> Secret:
        """Nothing."""
        return Secret("")

    def piped_secret(self, descriptor: int | None) -> Secret:
        """Nothing."""
        return Secret("")


class RealClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Now."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class LineLedger:
    """An evidence ledger of one plain file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def record(self, proofs: Sequence[Proof], *, command: str, journal: str | None = None) -> None:
        """Append."""
        with self._path.open("a") as file:
            for proof in proofs:
                file.write(json.dumps([journal, proof.claim]) + "\n")

    def signer(self) -> Signer:
        """Nobody."""
        return Signer(key=None, name=None)

    def read(self) -> Sequence[Evidence]:
        """Never."""
        raise AssertionError

    def lines(self) -> list[list[str]]:
        """What was recorded."""
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_text().splitlines()]


class Fault(Struct, frozen=True, kw_only=True):
    """What goes wrong in one run, as plain data, so that it can be handed to another process."""

    at: int = 0
    after: bool = False
    level: str = "ports"
    """`ports`: the disk's and the handlers' calls; `system`: the system calls below the disk."""


class Arena:
    """A world, a private state, and an office over both."""

    def __init__(self, root: Path, *, final: bool = False, steps: bool = True) -> None:
        self.root = root
        self.files = Files(root / "world")
        self.state = root / "state"
        self.ledger = LineLedger(root / "ledger")
        self.steps = STEPS if steps else ()
        self.final = FINAL if final else ()
        self.goal = DROPPED if final else NEW
        if not steps:
            self.goal = {name: text for name, text in OLD.items() if name not in {"y", "z"}}

    def build(self) -> "Arena":
        """Make the old world."""
        self.files.folder.mkdir(parents=True)
        for name, text in OLD.items():
            self.files.put(name, text)
        return self

    def now(self) -> dict[str, str]:
        """The world as it is."""
        found = {}
        for path in sorted(self.files.folder.iterdir()):
            with suppress(FileNotFoundError):  # another run of several at once took it away
                found[path.name] = path.read_text()
        return found

    def look(self) -> Plan:
        """What is to be done to reach the goal."""
        found = self.now()
        done = found == self.goal
        return Plan(
            command="change",
            subject=Subject(files=("world",)),
            state=hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest(),
            steps=() if done else self.steps,
            final=() if done else self.final,
        )

    def office(
        self,
        fuse: Fuse | None = None,
        *,
        level: str = "ports",
        system: System = os,
        signals: Signals | None = None,
        expected: Plan | None = None,
    ) -> Office:
        """An office; with a fuse, every call at the level goes through it."""
        if fuse is not None and level == "system":
            system = fused(system, fuse)
        disk = Disk(system=system)
        ports = fuse is not None and level == "ports"
        if fuse is not None and ports:
            disk = fused(disk, fuse, deep=(Writer,))

        def kind(step: type[Step], make: Callable[[Files], Handler[Any]]) -> Kind:
            def handler(_subject: Subject) -> Handler[Any]:
                real = make(self.files)
                return fused(real, fuse) if fuse is not None and ports else real

            return Kind(step, handler)

        return Office(
            folder=self.state,
            expected=expected,
            disk=disk,
            clock=RealClock(),
            kinds=(
                kind(FilePut, PutHandler),
                kind(FileMove, MoveHandler),
                kind(SecretPut, SecretHandler),
                kind(FileDrop, DropHandler),
            ),
            ledger=lambda: self.ledger,
            signals=signals,
        )

    def run(self, office: Office, person: Person | None = None) -> Outcome:
        """The command."""
        return office.carry_out(
            self.look,
            person=person or Quiet(),
            resources=RESOURCES,
            consent=Ask(),
            choices=Choices(),
        )

    def do(self, what: str, office: Office) -> Outcome | None:
        """`run`, or `resume` or `rollback` of the newest journal, where there is one."""
        if what == "run":
            return self.run(office)
        journals = office.journals()
        if not journals:
            return None
        name = journals[0].id
        return office.resume(name, Quiet()) if what == "resume" else office.rollback(name, Quiet())

    def child(self, what: str, fault: Fault) -> None:
        """What a child process does: one of the above, dying on the way."""
        fuse = Fuse(at=fault.at, act=die, after=fault.after)
        self.do(what, self.office(fuse, level=fault.level))


def broken(arena: Arena, at: int, error: BaseException, *, after: bool, lasting: bool) -> Office:
    """An office whose n-th call raises."""
    return arena.office(Fuse(at=at, act=raising(error), after=after, lasting=lasting))


def killed(code: int | None) -> bool:
    """Whether a process ended by `kill -9`."""
    return code == -signal.SIGKILL
