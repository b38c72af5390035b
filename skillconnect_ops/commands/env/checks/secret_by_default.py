"""The code has a secret of its own for want of a variable.

Where the variable is forgotten, the app runs with a key that everybody can read in the repository.
The text is not shown.

    before:  jwt.sign(user, process.env.JWT_SECRET || "…")
    after:   if (!process.env.JWT_SECRET) throw new Error("JWT_SECRET is not set")
"""

from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault
from skillconnect_ops.commands.env.describe import leaks
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.report import Unknown


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which defaults are secrets?"""
    for place in facts.places:
        for name, usage in place.usages.items():
            for read in usage.reads:
                if read.default and leaks(name, read.default, facts.registry):
                    yield Fault(
                        message=f"the code holds a default for the secret {name}",
                        path=read.path,
                        line=read.line,
                        context=name,
                    )


CHECK = Check(
    id="secret-by-default",
    title="no secret is a default in the code",
    severity=Severity.HIGH,
    remedy="end the program where the variable is not set",
    references=("CWE-798",),
    run=run,
)
