"""A line is neither a comment nor an assignment.

The app's reader passes over it without a word, so that a variable which was meant is not set. A
shell takes it for a command, and `node --env-file` for the beginning of the next name.

    before:  PORT 3000
    after:   PORT=3000
"""

from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known
from skillconnect_ops.core.report import Unknown


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which lines does the app take nothing from?"""
    for file in facts.files:
        if not isinstance(file.file, Known) or file.file.value is None:
            continue
        judged = file.file.value.judge()
        told = {stop.line for stop in judged.stops}  # by line-unreadable
        for line in (each for each in judged.idle if each not in told):
            message = "this line sets nothing: it is no NAME=value, and no comment"
            yield Fault(message=message, path=file.path, line=line, context="")


CHECK = Check(
    id="line-sets-nothing",
    title="every line is an assignment or a comment",
    severity=Severity.LOW,
    remedy="write it as NAME=value, put # before it, or take it out",
    run=run,
    reads_files=True,
    told_by="line-unreadable",
)
