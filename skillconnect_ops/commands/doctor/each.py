"""How checks go through targets, their files and their servers."""

from collections.abc import Callable, Sequence

from skillconnect_ops.commands.doctor.model import (
    Connection,
    EnvFile,
    Facts,
    TargetFacts,
    Verdict,
    not_applicable,
    unknown,
)
from skillconnect_ops.core.outcome import Known, Missing


def on_servers(
    facts: Facts, look: Callable[[TargetFacts, Connection], Verdict]
) -> Sequence[Verdict]:
    """One verdict for each target; unknown where its server was not reached."""
    return [_on_server(target, look) for target in facts.targets]


def _on_server(target: TargetFacts, look: Callable[[TargetFacts, Connection], Verdict]) -> Verdict:
    if isinstance(target.connection, Known):
        return look(target, target.connection.value)
    if target.settings.database is None:
        return not_applicable(target.subject, "it has no database")
    return unknown(target.subject, "its server was not reached")


def on_env_files(facts: Facts, look: Callable[[EnvFile, int], Verdict]) -> Sequence[Verdict]:
    """One verdict for each env file that is there, each file once; `look` gets its mode, too."""
    files = {file.path: file for target in facts.targets for file in target.env_files}
    verdicts = []
    for file in files.values():
        if isinstance(file.mode, Missing):
            verdicts.append(unknown(file.path, file.mode.reason))
        elif file.mode.value is not None:
            verdicts.append(look(file, file.mode.value))
    return verdicts
