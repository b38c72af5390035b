"""Other users of the machine can read an env file.

Every process on the machine, of whatever user, has the app's passwords.

    before:  -rw-r--r-- .env
    after:   chmod 600 .env
"""

import shlex
from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault, unknown
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.report import Unknown

_OTHERS = 0o077


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Whose files are not for their owner alone?"""
    for file in facts.files:
        if isinstance(file.mode, Missing):
            yield unknown(file, file.mode)
        elif file.mode.value is not None and file.mode.value & _OTHERS:
            yield Fault(
                message=f"others can read or write it (mode {file.mode.value:04o})",
                path=file.path,
                context="",
                remedy=f"chmod 600 {shlex.quote(file.path)}",
            )


CHECK = Check(
    id="file-readable-by-others",
    title="env files are for their owner alone",
    severity=Severity.MEDIUM,
    remedy="chmod 600",
    references=("CWE-732",),
    run=run,
)
