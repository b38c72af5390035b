"""The code needs a variable, and no env file has it.

The app starts without it and fails later, or works with `undefined` in a URL or a signature. What
is required is what the code uses without a default, or checks for itself. What a compose file or
an image gives does not count as missing.

    before:  if (!process.env.REDIS_URL) throw …        .env: (no REDIS_URL)
    after:   REDIS_URL=redis://localhost:6379
"""

from collections.abc import Iterator

from skillconnect_ops.code.model import Kind
from skillconnect_ops.commands.env.check_model import Check, Facts, Fault
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.view import listed

_GIVERS = frozenset({Kind.COMPOSE, Kind.DOCKERFILE, Kind.PACKAGE})


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which required variables are nowhere?"""
    given = {each.name for each in facts.found.given if each.kind in _GIVERS}
    for place in facts.places:
        if not place.is_known:
            continue
        into = place.place.env_files[0]
        for name, usage in place.usages.items():
            if name in place.names or name in given or facts.registry.is_ambient(name):
                continue
            if usage.required:
                checked = any(read.checked for read in usage.reads)
                yield Fault(
                    message=f"{name} is required and not set ({listed(usage.places, most=3)})",
                    path=into,
                    context=name,
                    severity=Severity.HIGH if checked else None,
                    remedy=f"{facts.aim.set(name, file=into)}, or give the code a default",
                )


CHECK = Check(
    id="variable-missing",
    title="every required variable is set",
    severity=Severity.MEDIUM,
    remedy="skc env set NAME, or give the code a default",
    run=run,
    reads_files=True,
)
