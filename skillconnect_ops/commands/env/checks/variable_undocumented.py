"""A variable is set or read, and the example does not name it.

Whoever sets the app up next does not know of it.

    before:  .env: SMTP_HOST=…          .env.example: (no SMTP_HOST)
    after:   skc env example
"""

from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.report import Unknown


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which names does the example lack?"""
    remedy = facts.aim.example()
    for place in facts.places:
        example = place.place.example
        if isinstance(place.documented, Missing):
            yield Unknown(example, place.documented.reason)
            continue
        names = place.names | set(place.usages)
        if place.documented.value is None:
            if names:
                absent = "there is no example"
                yield Fault(message=absent, path=example, context="", remedy=remedy)
            continue
        for name in sorted(names - place.documented.value):
            if name in place.names or not facts.registry.is_ambient(name):
                message = f"the example does not name {name}"
                yield Fault(message=message, path=example, context=name, remedy=remedy)


CHECK = Check(
    id="variable-undocumented",
    title="the example names every variable",
    severity=Severity.LOW,
    remedy="skc env example",
    run=run,
)
