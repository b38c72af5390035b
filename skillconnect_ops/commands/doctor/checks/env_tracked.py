"""An env file is in git's index.

Everybody who has a clone has its passwords. `skc env untrack` takes it out of the next commit, not
out of those before it: what was committed counts as leaked.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.each import on_env_files
from skillconnect_ops.commands.doctor.model import (
    Check,
    EnvFile,
    Facts,
    Verdict,
    failed,
    passed,
    unknown,
)
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Missing


def run(facts: Facts) -> Sequence[Verdict]:
    """Is it tracked?"""
    return on_env_files(facts, _look)


def _look(file: EnvFile, _mode: int) -> Verdict:
    if isinstance(file.tracked, Missing):
        return unknown(file.path, file.tracked.reason)
    if not file.tracked.value:
        return passed(file.path, "git does not track it")
    remedy = f"{file.untrack}, and change every password in it: history keeps the old ones"
    return failed(file.path, "git tracks it", remedy=remedy, path=file.path)


CHECK = Check(
    id="env-tracked",
    title="env file not in git",
    severity=Severity.HIGH,
    references=("CWE-540",),
    run=run,
)
