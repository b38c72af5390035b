"""A direct dependency is archived, given up, renamed, or was compromised in that version.

Why: what is found in it stays unmended, and what is built on it grows harder to move each month. A
release that somebody put malice into has run wherever it was installed.

How it looks: at `package.json` (with the version out of the lock file where that counts),
requirements files and what these take in, `pyproject.toml` and `Pipfile`: what is declared there
itself, not what that brings along. The packages stand in a table that is shipped, each with its
source and what to take instead; nobody is asked over the network, so a package that is not in the
table is not said to be fine. `csurf` is told where it is called, by `csurf-archived`.

Severity: as the table says: critical for a compromised release, high for known holes that nobody
will close, else medium or low; low for what only developers install, unless it was compromised. A
version that no lock file and no plain range tells is unknown.

Silence: `# skc: allow dependency-archived REASON` in the line or alone before it; JSON knows no
comments: for `package.json`, `--baseline` with an earlier report.

Before:
    "dependencies": { "request": "^2.88.2" }
After:
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
"""

from skillconnect_ops.commands.audit.dependencies import Abandoned, State
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Hit, Verdict, judged, missing
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Missing

_SAYS = {
    State.ARCHIVED: "its repository is archived",
    State.DEPRECATED: "it is deprecated",
    State.UNMAINTAINED: "nobody maintains it any more",
    State.LEGACY: "its makers advise against it for what is new",
    State.RENAMED: "it goes on under another name",
    State.OUTDATED: "this version was given up for a later one",
    State.COMPROMISED: "somebody put malice into this version",
}


def run(facts: Facts) -> Verdict:
    """Which of them are in the table?"""
    if isinstance(facts.dependencies, Missing):
        return missing(facts.dependencies.reason)
    told = facts.dependencies.value
    return judged(
        [_hit(one) for one in told.abandoned],
        files=len(told.files),
        what="manifests",
        unknown=told.unknown,
    )


def _hit(one: Abandoned) -> Hit:
    where, entry = one.dependency, one.entry
    since = f" since {entry.since.isoformat()}" if entry.since is not None else ""
    lenient = where.developers and entry.state is not State.COMPROMISED
    return Hit(
        path=where.path,
        line=where.line,
        column=1,
        end_line=where.line,
        says=f"{where.name}: {_SAYS[entry.state]}{since}",
        context=f"{where.section} {where.name}",
        severity=Severity.LOW if lenient else entry.severity,
        remedy=f"take {entry.instead}; {entry.said}",
    )


CHECK = Check(
    id="dependency-archived",
    title="dependency that nobody maintains",
    severity=Severity.MEDIUM,
    references=("CWE-1104", "CWE-1395", "OWASP A06:2021"),
    remedy="take what replaced it",
    run=run,
    of_lines=True,
)
