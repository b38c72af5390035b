"""What comes next is aimed at the target that the person chose: in one place, for all commands."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from skillconnect_ops.core.regex import regex
from skillconnect_ops.core.report import Report
from skillconnect_ops.core.shell import word

OPTION = "--target"
_OWN_SERVERS = "--embedded"
"""Servers that a command starts for itself are no target's."""
_COMMENT = "   #"
_ONE_COMMAND = regex(r"skc(?: [^\s;,()`|&<>]+)+$")
"""A whole line that is one command of ours, and no sentence around one."""

TakesTarget = Callable[[Sequence[str]], bool]


def aimed(report: Report, target: str, *, takes: TakesTarget) -> Report:
    """The report, with `--target` in each command of it that takes one and names none.

    Args:
        report: what the command gave.
        target: the target that was named on the command line.
        takes: whether a command, given as the words after `skc`, has the option.
    """

    def at_target(line: str) -> str:
        command, comment, said = line.partition(_COMMENT)
        words = command.split()
        settled = any(one.partition("=")[0] in {OPTION, _OWN_SERVERS} for one in words)
        if settled or _ONE_COMMAND.match(command) is None or not takes(words[1:]):
            return line
        return f"{command} {OPTION} {word(target)}{comment}{said}"

    error = report.error
    return replace(
        report,
        next=tuple(map(at_target, report.next)),
        findings=tuple(replace(one, remedy=at_target(one.remedy)) for one in report.findings),
        error=None if error is None else replace(error, fix=at_target(error.fix)),
    )
