"""Git tracks an env file.

Why: everybody who has a clone has what stands in it, and taking it out of the next commit leaves it
in those before. What was committed counts as leaked.

How it looks: for `.env` and `.env.*` in the index, in every folder and submodule, also when it is
only staged; `.env.example`, `.sample`, `.template` and `.dist` are there to be shared. Links are
followed by nobody who clones, and left out.

Severity: critical where it holds credentials; high where it could not be read; medium where it
holds settings, since the next secret will be put beside them; low where nothing is filled in, or
only what a bundler publishes (`VITE_…`, `NEXT_PUBLIC_…`), or what is encrypted (dotenvx, sops).

Silence: `# skc: allow env-tracked REASON` anywhere in the file.

Before:
    git ls-files -> .env
After:
    skc env untrack, and every secret in it renewed: skc rotate --reason leaked
"""

from skillconnect_ops.commands.audit.env_model import EnvFile, Holds
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Hit, Outcome, Verdict, judged, missing
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.report import Unknown

_GRADES = {
    Holds.CREDENTIALS: Severity.CRITICAL,
    Holds.UNREAD: Severity.HIGH,
    Holds.SETTINGS: Severity.MEDIUM,
    Holds.NOTHING: Severity.LOW,
}


def run(facts: Facts) -> Verdict:
    """Which are in the index?"""
    if not facts.selection.in_git:
        return Verdict(outcome=Outcome.NOT_APPLICABLE, says="no repository here")
    if isinstance(facts.env_files, Missing):
        return missing(facts.env_files.reason)
    files = [one for one in facts.env_files.value.files if not one.is_link]
    return judged(
        [_hit(one) for one in files if one.held.tracked == Known(value=True)],
        files=len(files),
        what="env files",
        unknown=[
            Unknown(one.path, one.held.tracked.reason)
            for one in files
            if isinstance(one.held.tracked, Missing)
        ],
    )


def _hit(one: EnvFile) -> Hit:
    return Hit(
        path=one.path,
        line=1,
        column=1,
        end_line=1,
        says=f"git tracks it; {one.holds.value}",
        context="",
        severity=_GRADES[one.holds],
        of_file=True,
    )


CHECK = Check(
    id="env-tracked",
    title="env file that git tracks",
    severity=Severity.CRITICAL,
    references=("CWE-540", "CWE-538", "12factor.net/config"),
    remedy="skc env untrack, and renew every secret in it: skc rotate --reason leaked",
    run=run,
    of_lines=True,
    shows_code=False,
)
