"""The front door: which commands there are, and the way of one from argv to its exit code."""

from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise

from typer.core import TyperCommand, TyperGroup

from skillconnect_ops.adapters.system import ProcessEnvironment, SystemClock
from skillconnect_ops.core.errors import Stop
from skillconnect_ops.core.exits import Exit
from skillconnect_ops.core.plan import Clock, Person, Plan
from skillconnect_ops.core.ports.environment import Environment
from skillconnect_ops.core.report import Report
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.terminal.aim import OPTION, aimed
from skillconnect_ops.terminal.boundary import bounded
from skillconnect_ops.terminal.buglog import BugLog
from skillconnect_ops.terminal.deliver import Delivery
from skillconnect_ops.terminal.front import PROGRAM, Entry, Front, Section, complete, completes
from skillconnect_ops.terminal.group import BARE, Call, Group
from skillconnect_ops.terminal.options import Format
from skillconnect_ops.terminal.person import AtTerminal, Deputy, Silent
from skillconnect_ops.terminal.signals import caught
from skillconnect_ops.terminal.streams import Streams
from skillconnect_ops.wiring import Ran, Wiring

_AT = "skillconnect_ops.commands"
COMMANDS: tuple[Section, ...] = (
    Section(
        "begin",
        (
            Entry("init", "Look at a project and write its skc.yaml.", f"{_AT}.init.cli"),
            Entry(
                "doctor",
                "Say what works here, and what to do about the rest.",
                f"{_AT}.doctor.cli",
            ),
            Entry(
                "status",
                "Show what is known of this project, and the next command.",
                f"{_AT}.status.cli",
            ),
            Entry(
                "demo",
                "Back up, restore, rotate and scrub a sample app, here and now.",
                f"{_AT}.demo.cli",
            ),
        ),
    ),
    Section(
        "back up and restore",
        (
            Entry("backup", "Back up the database at one instant.", f"{_AT}.backup.cli"),
            Entry("restore", "Restore a backup, or a part of it.", f"{_AT}.backup.cli"),
        ),
    ),
    Section(
        "secrets",
        (
            Entry(
                "secrets",
                "Find secrets, make strong ones, and keep retired ones out.",
                f"{_AT}.secrets.cli",
            ),
            Entry(
                "env",
                "Edit env files without harm, and keep them out of git.",
                f"{_AT}.env.cli",
            ),
        ),
    ),
    Section(
        "rotate",
        (
            Entry(
                "rotate",
                "Renew credentials without an outage, and prove the old ones dead.",
                f"{_AT}.rotate.cli",
            ),
        ),
    ),
    Section(
        "scrub",
        (
            Entry(
                "scrub",
                "Take secrets out of the whole history, and prove them gone.",
                f"{_AT}.scrub.cli",
            ),
        ),
    ),
    Section(
        "indexes",
        (
            Entry(
                "indexes",
                "Bring the database's indexes to what is declared, without harm.",
                f"{_AT}.indexes.cli",
            ),
        ),
    ),
    Section(
        "audit",
        (
            Entry(
                "audit",
                "Find what code should not do, without running any of it.",
                f"{_AT}.audit.cli",
            ),
            Entry(
                "routes",
                "Show the routes of Express or FastAPI, and what protects each.",
                f"{_AT}.routes.cli",
            ),
        ),
    ),
    Section(
        "evidence",
        (
            Entry(
                "checklist",
                "Show what is proven, what fails, and what to type next.",
                f"{_AT}.checklist.cli",
            ),
        ),
    ),
    Section(
        "respond",
        (
            Entry(
                "respond",
                "Work through an incident by its runbook, by the clock, with a log.",
                f"{_AT}.respond.cli",
            ),
        ),
    ),
    Section(
        "serve",
        (Entry("api", "Run the hardened reference API until Ctrl-C.", f"{_AT}.api.cli"),),
    ),
    Section(
        "plans and journals",
        (
            Entry(
                "apply",
                "Carry out a plan that --save-plan wrote, if it is still right.",
                f"{_AT}.apply.cli",
            ),
            Entry(
                "journal",
                "List the runs of this project's plans, newest first.",
                f"{_AT}.journal.cli",
            ),
        ),
    ),
)


def run(argv: Sequence[str]) -> Report:
    """Run one command as if typed, without a person: nothing is printed, nobody is asked.

    Args:
        argv: the words after `skc`; no secret among them.

    Returns:
        The report; an error, too, is one (its `status`, `error` and `exit` say so).
    """
    return _Door(ProcessEnvironment(), SystemClock(), Silent(argv)).run(argv)


def main(argv: Sequence[str], *, streams: Streams | None = None) -> int:
    """Run one command for the person at the terminal; gives the exit code of the process."""
    streams = streams or Streams.of_process()
    environment = ProcessEnvironment()
    clock = SystemClock()
    if completes(environment.get):
        return complete(Front(COMMANDS, _load))
    door = _Door(environment, clock, AtTerminal(streams, environment, clock=clock, argv=argv))
    call = door.call(argv)
    try:
        with caught(), door.bugs.of_threads(streams.say):
            report = door.run(argv, call=call)
            return Delivery(streams, environment, disk=Disk()).deliver(report, call)
    except KeyboardInterrupt:
        return Exit.SIGINT
    except Stop as stop:
        return stop.exit


class _Door:
    """Takes command lines in, each into a house of its own."""

    def __init__(
        self,
        environment: Environment,
        clock: Clock,
        person: Person,
        *,
        expected: Plan | None = None,
    ) -> None:
        self._clock = clock
        self._house = Wiring(
            environment=environment,
            clock=clock,
            person=person,
            run=self._run_for_command,
            expected=expected,
        )
        self._environment = environment
        self._person = person
        self.bugs = BugLog(environment.state_home, disk=Disk())

    @property
    def signalled(self) -> Exit | None:
        """What a signal asked for while a plan was walked."""
        return self._house.signals.came

    def call(self, argv: Sequence[str]) -> Call:
        """A call that answers in JSON where JSON is asked for, even if nothing else is right."""
        call = Call(self._house)
        call.format = _guessed_format(argv)
        return call

    def run(self, argv: Sequence[str], *, call: Call | None = None) -> Report:
        """Run one command; never raises."""
        call = call or self.call(argv)
        report = bounded(
            lambda: _dispatched(argv, call), call=call, clock=self._clock, bugs=self.bugs
        )
        if call.target is None:
            return report
        return aimed(report, call.target, takes=_takes_target)

    def _run_for_command(
        self, argv: tuple[str, ...], environment: Environment, expected: Plan | None
    ) -> Ran:
        # Whoever applies a saved plan is asked by the command that carries it out.
        person = self._person if expected is not None else Deputy(self._person, argv)
        door = _Door(environment, self._clock, person, expected=expected)
        report = door.run(argv)
        return Ran(report, door.signalled)


def _dispatched(argv: Sequence[str], call: Call) -> Report:
    """Parse, and call the command's function."""
    front = Front(COMMANDS, _load)
    with front.make_context(PROGRAM, list(argv), obj=call) as ctx:
        report = front.invoke(ctx)
    if not isinstance(report, Report):
        raise TypeError(f"skc {call.command} gave a {type(report).__name__} for a report")
    return report


def _takes_target(words: Sequence[str]) -> bool:
    """Whether the command that these words name has `--target`."""
    entries = {entry.name: entry for part in COMMANDS for entry in part.entries}
    if words[0] not in entries:
        return False
    command, rest = _load(entries[words[0]]), list(words[1:])
    while isinstance(command, TyperGroup):
        name = rest.pop(0) if rest and rest[0] in command.commands else BARE
        if name not in command.commands:
            return False
        found = command.commands[name]
        if not isinstance(found, TyperCommand | TyperGroup):
            return False
        command = found
    return any(OPTION in param.opts for param in command.params)


def _load(entry: Entry) -> TyperCommand | TyperGroup:
    group: Group = getattr(import_module(entry.module), entry.name.upper())
    return group.build(summary=entry.summary)


def _guessed_format(argv: Sequence[str]) -> Format:
    asked = "--format=json" in argv or ("--format", "json") in pairwise(argv)
    return Format.JSON if asked else Format.TABLE
