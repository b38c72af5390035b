"""The one at the terminal: is shown plans, is asked, is kept informed."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress

from skillconnect_ops.core.errors import Refused
from skillconnect_ops.core.plan import Clock, Person, Plan, Step, Ticker
from skillconnect_ops.core.ports.environment import Environment
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.view import Table
from skillconnect_ops.terminal.progress import Bars, LineTicker
from skillconnect_ops.terminal.streams import Screen, Streams, Tolerant, screen
from skillconnect_ops.terminal.text import command_line, one_line, paragraphs, printable
from skillconnect_ops.terminal.unseen import of_descriptor, of_stream, unseen, without_line_end

_NO_WAY_BACK = "no way back"


class NobodyToAsk(Refused):
    """Consent is needed, and nobody is there to give it."""


class AtTerminal:
    """Implements `core.plan.Person` on the streams of a process."""

    def __init__(
        self,
        streams: Streams,
        environment: Environment,
        *,
        clock: Clock,
        argv: Sequence[str] = (),
    ) -> None:
        self._argv = tuple(argv)
        self._warned: set[str] = set()
        """A warning is said once, however many steps meet what it warns of."""
        self._streams = streams
        self._environment = environment
        self._clock = clock
        self._bars = Bars(Tolerant(streams), colour=self._screen().colour, clock=clock)

    def note(self, text: str) -> None:
        """Lines for people, above the progress bars where there are any."""
        if text.startswith("warning: "):
            if text in self._warned:
                return
            self._warned.add(text)
        self._say(paragraphs(printable(text), self._screen().width))

    def relay(self, line: str) -> None:
        """Not wrapped, since it may be pasted or parsed; what would steer the terminal is shown."""
        self._say(printable(line))

    def show(self, plan: Plan) -> None:
        """The plan: what it acts on, then its steps, then what to know before agreeing."""
        self.note("\n".join(plan_lines(plan)))

    def agrees(self, plan: Plan) -> bool:
        """Ask; only `y` or `yes` agrees. The end of input, or anything else, does not.

        Raises:
            Refused: nobody can be asked.
        """
        if not self._streams.can_ask():
            raise NobodyToAsk(
                f"skc {plan.command} needs consent, and nobody can be asked",
                why="there is no terminal to ask at; nothing was changed",
                fix=self.again("--yes"),
            )
        return self._asked("Go ahead? [y/N] ").strip().lower() in {"y", "yes"}

    def confirm(self, name: str, *, where: str = "", does: str = "destroys") -> bool:
        """Ask to type the name of what this is done to, having said what it is and where.

        Raises:
            Refused: nobody can be asked.
        """
        if not self._streams.can_ask():
            raise NobodyToAsk(
                f"this {does} {one_line(name)}, and nobody can be asked",
                why="there is no terminal to ask at; nothing was changed",
                fix=f"{self.again('--confirm', name)}   # if that is meant",
            )
        self._streams.say(f"This {does} {one_line(f'{name} {where}'.rstrip())}.")
        return self._asked(f'Type "{one_line(name)}" to go ahead: ').strip() == name

    def choose(self, table: Table, *, question: str) -> tuple[int, ...] | None:
        """Show the table, its rows numbered, and ask until the answer names rows of it.

        An empty line takes all of them; the end of input, and "none", take none.
        """
        if not self._streams.can_ask():
            return None
        from skillconnect_ops.terminal.draw import draw  # noqa: PLC0415 - slow to load

        self._streams.show(draw(_numbered(table), screen=self._screen()))
        while True:
            line = self._asked(f"{question} [ALL, none, or numbers as 1,3-5] ")
            chosen = chosen_rows(line.strip(), len(table.rows)) if line else ()
            if chosen is not None:
                return chosen
            self._streams.say(f"There is no such answer; rows have numbers 1 to {len(table.rows)}.")

    def again(self, *words: str) -> str:
        """The command line as it was typed, with more words."""
        return command_line(self._argv, *words)

    def ask_secret(self, label: str) -> Secret:
        """Ask for a line that the terminal does not show while it is typed.

        Raises:
            Refused: nobody can be asked.
        """
        if not self._streams.can_ask():
            raise NobodyToAsk(
                f"{one_line(label)} is to be typed, and nobody can be asked",
                why="there is no terminal to ask at; nothing was changed",
                fix="add --stdin and pipe it in, or --fd N",
            )
        with unseen(self._streams.stdin):  # before the question, which some answer at once
            try:
                return without_line_end(self._asked(f"{one_line(label)} (not shown): "))
            finally:
                self._streams.show("\n")

    def piped_secret(self, descriptor: int | None) -> Secret:
        """All of a descriptor, which is left open, or of stdin, to its end.

        Raises:
            Precondition: it cannot be read, is no UTF-8 text, or too long to be a secret.
        """
        if descriptor is not None:
            return of_descriptor(descriptor)
        return of_stream(self._streams.stdin)

    @contextmanager
    def progress(self, label: str, *, total: int | None, unit: str) -> Iterator[Ticker]:
        """A bar on a terminal; elsewhere a line now and then, and none for short work."""
        if self._screen().width is not None and self._environment.get("TERM") != "dumb":
            with self._bars.bar(label, total=total, unit=unit) as bar:
                yield bar
            return
        ticker = LineTicker(self.note, label=label, total=total, unit=unit, clock=self._clock)
        yield ticker
        ticker.end()

    def _say(self, text: str) -> None:
        if not self._bars.say(text):
            self._streams.say(text)

    def _screen(self) -> Screen:
        return screen(self._streams.stderr, self._environment)

    def _asked(self, question: str) -> str:
        """One line of answer. What was typed before the question came is no answer to it."""
        self._forget_typed_ahead()
        self._streams.show(question)
        return self._streams.stdin.readline()

    def _forget_typed_ahead(self) -> None:
        import termios  # noqa: PLC0415 - not on every system, and only a terminal needs it

        with suppress(OSError, ValueError, termios.error):
            termios.tcflush(self._streams.stdin.fileno(), termios.TCIFLUSH)


class Silent:
    """Nobody: for the public `run`. Shows nothing and agrees to nothing."""

    def __init__(self, argv: Sequence[str] = ()) -> None:
        self._argv = tuple(argv)

    def note(self, text: str) -> None:
        """Nobody reads it."""

    def relay(self, line: str) -> None:
        """Nobody reads it."""

    def show(self, plan: Plan) -> None:
        """Nobody reads it."""

    def agrees(self, plan: Plan) -> bool:
        """Refuses.

        Raises:
            Refused: always.
        """
        raise NobodyToAsk(
            f"skc {plan.command} needs consent, and nobody can be asked",
            why="it was started by another command or program",
            fix=self.again("--yes") if self._argv else f"skc {plan.command} --yes",
        )

    def confirm(self, name: str, *, where: str = "", does: str = "destroys") -> bool:
        """Refuses.

        Raises:
            Refused: always.
        """
        raise NobodyToAsk(
            f"this {does} {one_line(name)}, and nobody can be asked",
            why="it was started by another command or program",
            fix=f"{self.again('--confirm', name)}   # if that is meant",
        )

    def choose(self, table: Table, *, question: str) -> tuple[int, ...] | None:
        """Nobody can be asked."""
        return None

    def again(self, *words: str) -> str:
        """The command line that it was started with, with more words."""
        return command_line(self._argv, *words)

    def ask_secret(self, label: str) -> Secret:
        """Refuses.

        Raises:
            Refused: always.
        """
        raise NobodyToAsk(
            f"{one_line(label)} is to be typed, and nobody can be asked",
            why="it was started by another command or program",
            fix="add --fd N, and give it there",
        )

    def piped_secret(self, descriptor: int | None) -> Secret:
        """All of a descriptor, which whoever started this gave; stdin is theirs alone.

        Raises:
            Refused: it is stdin.
            Precondition: the descriptor gives no secret.
        """
        if descriptor is None:
            return self.ask_secret("the value")
        return of_descriptor(descriptor)

    def progress(
        self,
        label: str,
        *,
        total: int | None,
        unit: str,
    ) -> AbstractContextManager[Ticker]:
        """Counts nothing."""
        return _nothing()


class Deputy(Silent):
    """For a command that another command runs: its progress and notes are seen, no plan is."""

    def __init__(self, person: Person, argv: Sequence[str] = ()) -> None:
        super().__init__(argv)
        self._person = person

    def note(self, text: str) -> None:
        """Pass it on."""
        self._person.note(text)

    def relay(self, line: str) -> None:
        """Pass it on."""
        self._person.relay(line)

    def progress(
        self, label: str, *, total: int | None, unit: str
    ) -> AbstractContextManager[Ticker]:
        """Pass it on."""
        return self._person.progress(label, total=total, unit=unit)


class _NoTicker:
    def advance(self, amount: int) -> None:
        """Counts nothing."""

    def describe(self, text: str) -> None:
        """Says nothing."""


@contextmanager
def _nothing() -> Iterator[Ticker]:
    yield _NoTicker()


def _numbered(table: Table) -> Table:
    """With a column of numbers before the others."""
    return Table(
        ("#", *table.headers),
        tuple((str(number), *row) for number, row in enumerate(table.rows, 1)),
        right=(0, *(column + 1 for column in table.right)),
        title=table.title,
        empty=table.empty,
    )


def chosen_rows(answer: str, number: int) -> tuple[int, ...] | None:
    """The rows, from 0, that an answer names; None where it is no answer.

    Args:
        answer: empty or `all`, `none`, or numbers from 1 and ranges of them.
        number: how many rows there are.
    """
    if answer.lower() in {"", "all"}:
        return tuple(range(number))
    if answer.lower() in {"none", "n", "no"}:
        return ()
    rows: set[int] = set()
    for part in answer.replace(",", " ").split():
        first, dash, last = part.partition("-")
        last = last if dash else first
        if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last) <= number):
            return None
        rows |= set(range(int(first) - 1, int(last)))
    return tuple(sorted(rows)) if rows else None


def plan_lines(plan: Plan) -> list[str]:
    """A plan for people; the steps are numbered through, those without a way back say so."""
    lines = [f"skc {plan.command}: {one_line(plan.subject.line())}".rstrip(": ")]
    steps = [*plan.steps, *plan.final]
    pad = len(str(len(steps)))
    for number, step in enumerate(steps, start=1):
        final = number > len(plan.steps) and not step.tidies
        mark = f"  ({_NO_WAY_BACK})" if final else ""
        lines += _step_lines(f"  {number:>{pad}}. ", step, mark)
    if not steps:
        lines.append("  nothing to do")
    return [*lines, *(f"  note: {one_line(note)}" for note in plan.notes)]


def _step_lines(lead: str, step: Step, mark: str) -> list[str]:
    """A line end in a name must not look like the beginning of another step."""
    first = one_line(step.says() or step.key)
    rest = printable(step.below().rstrip()).splitlines()
    return [f"{lead}{first}{mark}", *(f"{' ' * len(lead)}{line}" for line in rest)]
