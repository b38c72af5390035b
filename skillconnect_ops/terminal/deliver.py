"""The end of a command: its report to stdout or a file, its error and what comes next to stderr."""

from pathlib import Path

from skillconnect_ops.core.exits import Exit, Status
from skillconnect_ops.core.ports.environment import Environment
from skillconnect_ops.core.report import Report
from skillconnect_ops.disk.errors import explain
from skillconnect_ops.disk.files import Disk
from skillconnect_ops.terminal.group import Call
from skillconnect_ops.terminal.options import Format
from skillconnect_ops.terminal.outfile import write
from skillconnect_ops.terminal.render import rendered
from skillconnect_ops.terminal.streams import Screen, Streams, is_terminal, screen
from skillconnect_ops.terminal.text import paragraphs, printable

_NO_FILE = frozenset({Exit.BUG, Exit.USAGE, Exit.SIGINT, Exit.SIGTERM})
_PLAIN = Screen(width=None, colour=False)


class Delivery:
    """Hands reports over."""

    def __init__(self, streams: Streams, environment: Environment, *, disk: Disk) -> None:
        self._streams = streams
        self._environment = environment
        self._disk = disk

    def deliver(self, report: Report, call: Call) -> Exit:
        """Write the report where it belongs; gives the exit code of the process."""
        if report.error is not None:
            if report.status is Status.INTERRUPTED and is_terminal(self._streams.stderr):
                self._streams.say("")  # it has just shown ^C, and stands behind it
            width = screen(self._streams.stderr, self._environment).width
            self._streams.say(paragraphs(error_form(report), width))
        # a command that failed accepts nothing, and the baseline that is there may be a good one
        spared = call.format is Format.BASELINE and report.error is not None
        if call.out is not None and report.exit not in _NO_FILE and not spared:
            return self._to_file(report, call.out, call)
        shown = screen(self._streams.stdout, self._environment)
        if not self._to_stdout(rendered(report, report_format=call.format, screen=shown)):
            return _worse(report)
        self._say_next(report, call)
        return report.exit

    def _to_file(self, report: Report, path: Path, call: Call) -> Exit:
        text = rendered(report, report_format=call.format, screen=_PLAIN)
        if report.error is not None and call.format is Format.TABLE:
            text = f"{error_form(report)}\n{text}"
        try:
            write(path, text, disk=self._disk)
        except OSError as error:
            why = explain(error, f"write {path}").why
            self._streams.say(
                f"error: the report is not in {path}\nwhy:   {why}\n"
                "fix:   the command itself has ended; its report is on stdout"
            )
            self._to_stdout(text)
            return _worse(report)
        self._say_next(report, call)
        return report.exit

    def _to_stdout(self, text: str) -> bool:
        """Whether the text went out, or nobody wanted to read on."""
        try:
            self._streams.deliver(text)
        except OSError as error:
            why = explain(error, "write to stdout").why
            self._streams.say(
                f"error: the report could not be written to stdout\nwhy:   {why}\n"
                "fix:   the command itself has ended; ask again with --out FILE"
            )
            return False
        return True

    def _say_next(self, report: Report, call: Call) -> None:
        if (report.error is None or not report.error.fix) and call.format is Format.TABLE:
            for command in report.next:
                self._streams.say(printable(f"next: {command}"))


def error_form(report: Report) -> str:
    """What, why, fix, and the journal where there is one: always in this form."""
    if report.error is None:
        return ""
    parts = [("error:", report.error.what), ("why:", report.error.why)]
    if report.error.fix:
        parts.append(("fix:", report.error.fix))
    if report.journal is not None:
        parts.append(("journal:", report.journal))
    return printable("\n".join(f"{name:<6} {_hanging(text)}" for name, text in parts))


def _hanging(text: str) -> str:
    return text.rstrip().replace("\n", "\n" + " " * 7)


def _worse(report: Report) -> Exit:
    """A report that did not arrive needs a person, unless something worse is said already."""
    return report.exit if report.exit is not Exit.OK else Exit.NEEDS_PERSON
