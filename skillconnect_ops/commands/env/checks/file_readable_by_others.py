"""Other users of the machine can read an env file.

Every process on the machine, of whatever user, has the app's passwords.

    before:  -rw-r--r-- .env
    after:   chmod 600 .env
"""

from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault, unknown
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.view import listed

_OTHERS = 0o077
_EVERYBODY = 0o007


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Whose files are not for their owner alone?"""
    for file in facts.held:
        if isinstance(file.mode, Missing):
            yield unknown(file, file.mode)
        elif file.mode.value is not None and file.mode.value & _OTHERS:
            mode, name = file.mode.value, facts.aim.path(file.path)
            # where there is a list, the group's bits are but its mask
            by_list = bool(file.lets_in) and not mode & _EVERYBODY
            who = (
                f"its ACL lets {listed(file.lets_in)} in"
                if by_list
                else "others can read or write it"
            )
            close = f"setfacl -b {name} && chmod 600 {name}"
            yield Fault(
                message=f"{who} (mode {mode:04o})",
                path=file.path,
                context="",
                remedy=close if file.lets_in else f"chmod 600 {name}",
            )


CHECK = Check(
    id="file-readable-by-others",
    title="env files are for their owner alone",
    severity=Severity.MEDIUM,
    remedy="chmod 600",
    references=("CWE-732",),
    run=run,
)
