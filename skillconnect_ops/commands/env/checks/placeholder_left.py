"""A value is still the example's placeholder.

The app starts with it, and signs with a key that stands in the repository.

    before:  JWT_SECRET_KEY=[generate with crypto.randomBytes(32).toString('hex')]
    after:   skc secrets generate --env JWT_SECRET_KEY
"""

from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault
from skillconnect_ops.commands.env.describe import is_secret
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.envfile.values import is_placeholder


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which values are to be filled in still?"""
    for file in facts.files:
        for entry in file.entries:
            if is_placeholder(entry.value):
                secret = is_secret(entry.key, facts.registry)
                yield Fault(
                    message=f"{entry.key} is a placeholder still",
                    path=file.path,
                    line=entry.line,
                    context=entry.key,
                    severity=Severity.HIGH if secret else None,
                    remedy=facts.aim.set(entry.key, file=file.path),
                )


CHECK = Check(
    id="placeholder-left",
    title="every value is filled in",
    severity=Severity.MEDIUM,
    remedy="fill it in",
    references=("CWE-1188",),
    run=run,
    reads_files=True,
)
