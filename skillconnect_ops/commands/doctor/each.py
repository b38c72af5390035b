"""How checks go through targets, their files and their servers."""

from collections.abc import Callable, Sequence

from skillconnect_ops.commands.doctor.model import (
    Connection,
    EnvFile,
    Facts,
    TargetFacts,
    Verdict,
    failed,
    not_applicable,
    passed,
    unknown,
)
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.ports.atlas import Access


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


def on_atlas(facts: Facts, about: Access) -> Sequence[Verdict]:
    """One verdict for each target on one thing that the key to its Atlas project must have."""
    return [_of_key(target, about) for target in facts.targets]


def _of_key(target: TargetFacts, about: Access) -> Verdict:
    if target.atlas is None:
        return not_applicable(target.subject, "it names no Atlas project")
    if isinstance(target.atlas, Missing):
        return unknown(target.subject, target.atlas.reason)
    fact = next(one for one in target.atlas.value if one.about is about)
    if isinstance(fact.holds, Missing):
        return unknown(target.subject, fact.holds.reason)
    if fact.holds.value:
        return passed(target.subject, fact.said)
    return failed(target.subject, fact.said, remedy=fact.fix)


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
