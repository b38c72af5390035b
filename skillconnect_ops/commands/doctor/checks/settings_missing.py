"""There is no `skc.yaml`.

Generating, scanning and auditing work without it. Backup and restore need it: it says which
variable holds the database's URI and where backups go.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.model import Check, Facts, Verdict, failed, passed
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.view import listed


def run(facts: Facts) -> Sequence[Verdict]:
    """Was one found?"""
    match facts.project:
        case Known(value=project):
            names = listed(list(project.settings.targets)) or "none"
            return [passed("skc.yaml", f"{project.file}; targets: {names}")]
        case Missing():
            return [failed("skc.yaml", f"none in {facts.folder} or above it", remedy="skc init")]
        case _:
            return [passed("skc.yaml", "it is there")]


CHECK = Check(
    id="settings-missing",
    title="configuration found",
    severity=Severity.MEDIUM,
    run=run,
)
