"""The code has two defaults for one variable.

Without the variable, two parts of the app believe different things of it.

    before:  process.env.PORT || 3000   …   process.env.PORT || 4000
    after:   one module reads it, and the others ask that one
"""

from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault
from skillconnect_ops.commands.env.describe import leaks
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.view import listed


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which variables have several defaults?"""
    for place in facts.places:
        for name, usage in place.usages.items():
            defaults = [each for each in usage.defaults if each]
            if len(defaults) < 2:
                continue
            secret = any(leaks(name, each, facts.registry) for each in defaults)
            told = "" if secret else f": {listed(defaults, most=3)}"
            last = next(read for read in usage.reads if read.default == defaults[-1])
            yield Fault(
                message=f"{name} has {len(defaults)} defaults in the code{told}",
                path=last.path,
                line=last.line,
                context=name,
            )


CHECK = Check(
    id="default-disputed",
    title="every variable has one default",
    severity=Severity.LOW,
    remedy="read it in one place",
    run=run,
)
