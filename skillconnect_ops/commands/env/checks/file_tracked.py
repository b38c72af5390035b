"""Git tracks an env file.

Everybody who has a clone has its passwords. Taking it out of the next commit leaves it in those
before: what was committed counts as leaked.

    before:  git ls-files -> .env
    after:   skc env untrack, and every password in it rotated
"""

import posixpath
import shlex
from collections.abc import Iterator

from skillconnect_ops.commands.env.check_model import Check, Facts, Fault, unknown
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Missing
from skillconnect_ops.core.report import Unknown
from skillconnect_ops.envfile.names import is_env_file


def run(facts: Facts) -> Iterator[Fault | Unknown]:
    """Which are in the index?"""
    for file in facts.held:
        if isinstance(file.tracked, Missing):
            yield unknown(file, file.tracked)
        elif file.tracked.value:
            within = None
            if file.repository != ".":
                inside = posixpath.relpath(file.path, file.repository)
                # there, a file is told by its own name, and not by the folder above
                how = CHECK.remedy if is_env_file(inside) else _by_git(inside)
                within = f"cd {facts.aim.path(file.repository)} && {how}"
            yield Fault(message="git tracks it", path=file.path, context="", remedy=within)


def _by_git(path: str) -> str:
    return f"git rm --cached {shlex.quote(path)}, then rotate every secret in it"


CHECK = Check(
    id="file-tracked",
    title="git does not track env files",
    severity=Severity.CRITICAL,
    remedy="skc env untrack, then rotate every secret in it",
    references=("CWE-540",),
    run=run,
    asks_git=True,
)
