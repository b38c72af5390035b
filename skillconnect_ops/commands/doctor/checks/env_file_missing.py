"""An env file that `skc.yaml` names is not there, and nothing else holds the URI.

On a machine that gets its variables from its environment (CI, a container) this is as it should be,
and then this check does not apply.
"""

from collections.abc import Sequence

from skillconnect_ops.commands.doctor.model import (
    Check,
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
    """Is each of them there?"""
    verdicts = []
    for target in facts.targets:
        for file in target.env_files:
            if isinstance(file.mode, Missing):
                verdicts.append(unknown(file.path, file.mode.reason))
            elif file.mode.value is not None:
                verdicts.append(passed(file.path, f"it is there, of target {target.name}"))
            elif isinstance(target.uri, Known):
                verdicts.append(not_applicable(file.path, f"not there; {target.uri.value}"))
            else:
                verdicts.append(_missing(file.path, target.name))
    return verdicts


def _missing(path: str, target: str) -> Verdict:
    remedy = f"create {path}, or correct env_files of target {target} in skc.yaml"
    return failed(path, "there is no such file", remedy=remedy, path=path)


CHECK = Check(
    id="env-file-missing",
    title="env files",
    severity=Severity.LOW,
    run=run,
)
