"""No ignore rule covers an env file.

One `git add .` commits it.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.each import on_env_files
from skillconnect_ops.commands.doctor.model import (
    Check,
    EnvFile,
    Facts,
    Verdict,
    failed,
    not_applicable,
    passed,
    unknown,
)
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known, Missing


def run(facts: Facts) -> Sequence[Verdict]:
    """Does a rule cover it?"""
    return on_env_files(facts, lambda file, _mode: _look(facts, file))


def _look(facts: Facts, file: EnvFile) -> Verdict:
    if isinstance(file.ignored, Missing):
        return unknown(file.path, file.ignored.reason)
    if isinstance(facts.repository, Known) and facts.repository.value is None:
        return not_applicable(file.path, "there is no repository")
    if file.tracked == Known(value=True):
        return not_applicable(file.path, "git tracks it, and rules do not matter then")
    if file.ignored.value:
        return passed(file.path, "an ignore rule covers it")
    says = "no ignore rule covers it"
    return failed(file.path, says, remedy=f"{file.untrack}   # adds the rules", path=file.path)


CHECK = Check(
    id="env-not-ignored",
    title="env file ignored",
    severity=Severity.MEDIUM,
    run=run,
)
