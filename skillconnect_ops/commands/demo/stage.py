"""Where the demo plays: announces its parts, runs commands and scripts, keeps the log."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar

import msgspec

from skillconnect_ops.commands.demo.model import DemoFailed, Entry, Written
from skillconnect_ops.commands.demo.sample import Sample
from skillconnect_ops.commands.house import House
from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.finding import Finding
from skillconnect_ops.core.ports.commands import Commands
from skillconnect_ops.core.ports.processes import Conversation, ProgramFailed
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.secret import Secret

PARTS = 9
_SHOWN_NEXT = "skc demo --keep --folder ./skc-demo   # then look at what it left there"

T = TypeVar("T")


class Stage:
    """One performance.

    Args:
        house: the house.
        folder: where all of it lies.
    """

    def __init__(self, house: House, folder: Path) -> None:
        self.folder = folder
        self.log: list[Entry] = []
        self._house = house
        self._part = 0

    def announce(self, text: str) -> None:
        """Say which part begins."""
        self._part += 1
        self._house.person.note(f"\n[{self._part}/{PARTS}] {text}")

    def tell(self, text: str) -> None:
        """Say what came of it."""
        self._house.person.note(f"      {text}")

    def commands(self, sample: Sample, root: Secret) -> "Sequel":
        """The front door for the sample project; its state lies in the demo's folder.

        The root user's URI goes by a variable, as it would on a machine of one's own.
        """
        variables = {
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "SKC_MONGO_ADMIN_URI": root.reveal(),
            "SKC_SCRUB_PASSPHRASE": token_hex(16),
        }
        return Sequel(self, self._house.commands.elsewhere(sample.project, variables))

    def script(self, sample: Sample, name: str, *words: str, uri: Secret, type_: type[T]) -> T:
        """Run a script of the sample to its end; gives what it said."""
        said = self._house.processes.run(
            *sample.script(name), *words, folder=self.folder, given=uri
        )
        return msgspec.json.decode(said, type=type_)

    @contextmanager
    def writers(self, sample: Sample, number: int) -> Iterator["Writers"]:
        """Writers on the sample's database while the block runs; each has committed by now."""
        script = (*sample.script("workload.py"), str(number))
        with self._house.processes.talk(*script, folder=self.folder, given=sample.uri) as child:
            writers = Writers(child)
            writers.hear()
            yield writers

    def ran(self, argv: tuple[str, ...], report: Report) -> None:
        """Add a command to the log, on disk before the next one is run."""
        entry = Entry(
            at=self._house.clock.now(),
            command=" ".join(("skc", *argv)),
            exit=int(report.exit),
            seconds=report.seconds,
            journal=report.journal,
        )
        self.log.append(entry)
        self._house.disk.append(self.folder / "demo.jsonl", msgspec.json.encode(entry) + b"\n")


class Sequel:
    """Runs commands one after the other, as long as they succeed."""

    def __init__(self, stage: Stage, commands: Commands) -> None:
        self._stage = stage
        self._commands = commands

    def run(self, *argv: str) -> dict[str, Any]:
        """Run a command in the sample project; gives the facts of its report.

        Raises:
            DemoFailed: the command failed; says how.
        """
        report = self._ran(argv)
        if report.exit is not Exit.OK:
            raise _failed(argv, report)
        facts: dict[str, Any] = msgspec.to_builtins(report.facts, str_keys=True)
        return {**facts, "seconds": report.seconds}

    def search(self, *argv: str) -> Sequence[Finding]:
        """Run a command that is to find something; gives what it found.

        Raises:
            DemoFailed: it could not look.
        """
        report = self._ran(argv)
        if report.status is not Status.FINDINGS:
            raise _failed(argv, report)
        return report.findings

    def _ran(self, argv: tuple[str, ...]) -> Report:
        self._stage.tell(f"$ {' '.join(('skc', *argv))}")
        report = self._commands.run(*argv)
        self._stage.ran(argv, report)
        return report


class Writers:
    """The running writers of the sample."""

    def __init__(self, child: Conversation) -> None:
        self._child = child

    def hear(self) -> Written:
        """What they say next.

        Raises:
            ProgramFailed: one of them failed.
        """
        written = msgspec.json.decode(self._child.hear(), type=Written)
        if written.error is not None:
            raise ProgramFailed(
                "a writer of the demo failed", why=written.error, fix="run the demo again"
            )
        return written

    def count(self) -> Written:
        """What they have done until now."""
        self._child.say()
        return self.hear()

    def stop(self) -> Written:
        """End them; gives all that they did."""
        self._child.close()
        return self.hear()


def _failed(argv: tuple[str, ...], report: Report) -> DemoFailed:
    error = report.error
    why = f"{error.what}: {error.why}" if error else f"it ended with exit code {report.exit}"
    return DemoFailed(
        f"the demo's `skc {' '.join(argv[:2])}` failed",
        why=why,
        fix=_SHOWN_NEXT,
        journal=report.journal,
    )
