"""Two secrets are the same.

Where users' and administrators' tokens are signed with one key, a user's token passes for an
administrator's. What leaks under one name is lost under the other, too.

    before:  JWT_SECRET_KEY=x  ADMIN_JWT_SECRET_KEY=x
    after:   each is generated for itself
"""

from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.report import Unknown


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which secrets of different names have one value?"""
    for file in facts.files:
        first: dict[str, str] = {}
        for entry in facts.secrets(file):
            other = first.setdefault(entry.value, entry.key)
            if other != entry.key:
                yield Fault(
                    message=f"{entry.key} has the same value as {other}",
                    path=file.path,
                    line=entry.line,
                    context=f"{other} {entry.key}",
                )


CHECK = Check(
    id="secrets-equal",
    title="no two secrets are the same",
    severity=Severity.HIGH,
    remedy="rotate one of them",
    references=("CWE-323",),
    run=run,
    reads_files=True,
)
