"""A line of an env file stops a program that may read it.

An unquoted `&` in an address is a command to bash, which Node's dotenv takes as it stands. The app
may never notice; `source .env` and a script that a colleague wrote do. `skc rotate` writes the
other lines all the same, and cannot see to it that such a reader finds the new value.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.each import on_env_files
from skillconnect_ops.commands.doctor.model import (
    Check,
    EnvFile,
    Facts,
    Verdict,
    failed,
    passed,
    unknown,
)
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Missing


def run(facts: Facts) -> Sequence[Verdict]:
    """Does every reader come to its end?"""
    return on_env_files(facts, _look)


def _look(file: EnvFile, _mode: int) -> Verdict:
    if isinstance(file.stops, Missing):
        return unknown(file.path, file.stops.reason)
    if not file.stops.value:
        return passed(file.path, "every reader comes to its end")
    says = "; ".join(file.stops.value)
    remedy = "quote that line, if such a program reads it (skc env check tells what is in it)"
    return failed(file.path, says, remedy=remedy, path=file.path)


CHECK = Check(
    id="env-line-unread",
    title="env file read by all",
    severity=Severity.LOW,
    run=run,
)
