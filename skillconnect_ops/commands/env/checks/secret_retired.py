"""A value that was retired is in use, again or still.

The ledger of retired secrets knows it (`skc secrets ledger list`): whoever had it when it was given
up has it now. An old env file from a backup or a colleague is how such values come back.

    before:  JWT_SECRET_KEY=<the one that leaked in spring>
    after:   skc secrets generate --env JWT_SECRET_KEY --replace
"""

from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault
from skillconnect_ops.commands.retired import FINDING, says, severity
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.secret import Secret


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which values does the ledger know?"""
    if facts.retired.unread is not None:
        yield Unknown("the ledger of retired secrets", facts.retired.unread)
    for file in facts.files:
        for entry in file.entries:
            known = facts.retired.found.get(Secret(entry.value))
            if known is not None:
                yield Fault(
                    message=f"{entry.key} has a retired value: {says(known)}",
                    path=file.path,
                    line=entry.line,
                    context=entry.key,
                    severity=severity(known),
                    remedy=_remedy(facts, entry.key, file.path, entry.value),
                )


def _remedy(facts: Facts, key: str, path: str, value: str) -> str:
    """An address leads to somebody else's password: that is made there, and not here."""
    if "://" in value:
        return f"{facts.aim.set(key, file=path)}, with a new password made where it leads to"
    return f"{facts.aim.generate(key, file=path)} --replace"


CHECK = Check(
    id=FINDING,
    title="no value was retired",
    severity=Severity.HIGH,
    remedy="put a new one in its place",
    references=("CWE-672",),
    run=run,
    reads_files=True,
)
