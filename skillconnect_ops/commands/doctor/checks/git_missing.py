"""The program git is not installed.

Without it nobody can say whether an env file is committed.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.model import Check, Facts, Verdict, failed, passed
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known


def run(facts: Facts) -> Sequence[Verdict]:
    """Is it there?"""
    if isinstance(facts.git_version, Known):
        return [passed("git", f"version {facts.git_version.value}")]
    return [failed("git", "it is not installed", remedy="apt-get install git")]


CHECK = Check(
    id="git-missing",
    title="git",
    severity=Severity.LOW,
    run=run,
)
