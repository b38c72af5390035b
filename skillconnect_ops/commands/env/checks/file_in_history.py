"""Commits hold an env file, whether it is tracked today or not.

Whoever has a clone, a fork or a cached page has what was in it then. Only rotating ends that;
scrubbing the history comes after.

    before:  git log --all -- .env -> 3 commits
    after:   every secret that was in it is rotated, and then the history is rewritten
"""

from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault, unknown
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.core.view import count, listed


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which did commits of any branch or tag hold?"""
    for folder in facts.shallow.value if isinstance(facts.shallow, Known) else ():
        reason = "the clone is shallow, so its history is not all here: git fetch --unshallow"
        yield Unknown(folder, reason)
    for file in facts.held:
        if isinstance(file.commits, Missing):
            yield unknown(file, file.commits)
        elif file.commits.value:
            found = file.commits.value
            told = (
                f"{count(len(found), 'commit')} brought or changed it: {listed(found, most=3)}; "
                "every later one holds it, too, up to the one that took it out"
            )
            yield Fault(message=told, path=file.path, context="")


CHECK = Check(
    id="file-in-history",
    title="no commit holds an env file",
    severity=Severity.HIGH,
    remedy="rotate every secret that was in it, then scrub the history",
    references=("CWE-540",),
    run=run,
    asks_git=True,
)
