"""Every user of this machine can read an env file.

It holds passwords. Nothing but the app and its operator needs to read it.
"""

import shlex
from collections.abc import Sequence

from skillconnect_ops.commands.doctor.each import on_env_files
from skillconnect_ops.commands.doctor.model import Check, EnvFile, Facts, Verdict, failed, passed
from skillconnect_ops.core.finding import Severity


def run(facts: Facts) -> Sequence[Verdict]:
    """May others read or write it?"""
    return on_env_files(facts, _look)


def _look(file: EnvFile, mode: int) -> Verdict:
    if mode & 0o007:
        says = f"mode {mode:04o}: every user of this machine can read it"
        remedy = f"chmod 600 {shlex.quote(file.path)}"
        return failed(file.path, says, remedy=remedy, path=file.path)
    return passed(file.path, f"mode {mode:04o}")


CHECK = Check(
    id="env-readable-by-others",
    title="env file mode",
    severity=Severity.MEDIUM,
    references=("CWE-732",),
    run=run,
)
