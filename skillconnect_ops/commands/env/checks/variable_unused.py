"""An env file has a variable that nothing reads.

A leftover: it may hold a credential that is still good, and nobody rotates what nobody uses.
Where code takes names from elsewhere (`process.env[name]`), the finding is of low confidence.

    before:  OLD_API_KEY=…                   (read nowhere)
    after:   the line is gone, and the key revoked where it came from
"""

from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault
from skillconnect_ops.core.finding import Confidence, Severity
from skillconnect_ops.core.report import Unknown

_BY_LIBRARIES = frozenset({"NODE_ENV", "TZ", "DEBUG", "COMPOSE_PROJECT_NAME", "COMPOSE_FILE"})
_OF_LIBRARIES = ("AWS_", "GOOGLE_APPLICATION_", "OTEL_", "SENTRY_", "PG", "NODE_", "SKC_")


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which variables are read by nobody?"""
    read = {each.name for each in facts.found.reads}
    sure = Confidence.LOW if facts.found.unresolved else Confidence.MEDIUM
    for file in facts.files:
        for entry in file.entries:
            name = entry.key
            library = name in _BY_LIBRARIES or name.startswith(_OF_LIBRARIES)
            if name in read or library or facts.registry.is_ambient(name):
                continue
            yield Fault(
                message=f"no code was seen that reads {name}",
                path=file.path,
                line=entry.line,
                context=name,
                confidence=sure,
            )


CHECK = Check(
    id="variable-unused",
    title="every variable is read",
    severity=Severity.LOW,
    remedy="revoke it where it came from, and take the line out",
    run=run,
    reads_files=True,
)
