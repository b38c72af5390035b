"""Nothing keeps an env file out of git, or its example is kept out with it.

Why: one `git add .` commits every password, and what was committed counts as leaked. And where
nobody gets the example with a clone, the next one writes the app's variables down anew.

How it looks: git itself is asked, with the `.gitignore` files that whoever clones gets. Told are
env files that git would add; those that only this machine keeps out (`.git/info/exclude`, a
`core.excludesFile` of your own); an example beside which `.env` is not there yet, and would be
added once it is made; and an example that a rule covers and git does not track, at that rule.

Severity: high where the file holds credentials, or could not be read; medium for settings, for an
`.env` that is still to be made, and for credentials that this machine alone keeps out; else low.

Silence: `# skc: allow env-not-ignored REASON` anywhere in the env file or example; for a rule,
alone on the line before.

Before:
    .gitignore: node_modules            or  .env*
After:
    .gitignore: .env*
                !.env*.example
"""

from collections.abc import Iterator

from skillconnect_ops.commands.audit.env_model import EnvFile, Example, Holds, Kept
from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Hit, Outcome, Verdict, judged, missing
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Known, Missing
from skillconnect_ops.core.report import Unknown

_GRADES = {
    Holds.CREDENTIALS: (Severity.HIGH, Severity.MEDIUM),
    Holds.UNREAD: (Severity.HIGH, Severity.LOW),
    Holds.SETTINGS: (Severity.MEDIUM, Severity.LOW),
    Holds.NOTHING: (Severity.LOW, Severity.LOW),
}
"""Where nothing keeps it out, and where rules of this machine alone do."""


def run(facts: Facts) -> Verdict:
    """Which would git add, and which examples would it not?"""
    if not facts.selection.in_git:
        return Verdict(outcome=Outcome.NOT_APPLICABLE, says="no repository here")
    if isinstance(facts.env_files, Missing):
        return missing(facts.env_files.reason)
    told = facts.env_files.value
    files = [one for one in told.files if one.held.tracked == Known(value=False)]
    hits = [hit for one in files for hit in _of_file(one)]
    hits += [hit for each in told.examples for hit in _of_example(each, facts)]
    asked = [*((one.path, one.kept) for one in files)]
    asked += [(each.path, each.kept) for each in told.examples if each.kept is not None]
    untold = [(one.path, one.held.tracked) for one in told.files]
    return judged(
        hits,
        files=len(files) + len(told.examples),
        what="env files that git does not track",
        unknown=[
            Unknown(path, fact.reason)
            for path, fact in (*asked, *untold)
            if isinstance(fact, Missing)
        ],
    )


def _of_file(one: EnvFile) -> Iterator[Hit]:
    if one.kept == Known(Kept.NOTHING):
        says = f"git would add it: no rule of .gitignore covers it; {one.holds.value}"
        yield _whole(one.path, says, "added", _GRADES[one.holds][0])
    elif one.kept == Known(Kept.OWN_RULES):
        says = f"only this machine's own rules keep git from it; {one.holds.value}"
        yield _whole(one.path, says, "own rules", _GRADES[one.holds][1])


def _of_example(one: Example, facts: Facts) -> Iterator[Hit]:
    if one.kept in {Known(Kept.NOTHING), Known(Kept.OWN_RULES)} and facts.selection.covers(
        one.path
    ):
        says = f"no rule of .gitignore covers {one.env_file}, which is made of it"
        yield _whole(one.path, says, "to be made", Severity.MEDIUM)
    rule = one.hidden_by
    if rule is not None and (facts.selection.covers(rule.file) or facts.selection.covers(one.path)):
        yield Hit(
            path=rule.file,
            line=rule.line,
            column=1,
            end_line=rule.line,
            says=f"it keeps git from {one.path} as well: whoever clones has no example",
            context=f"{rule.text} {one.path}",
            severity=Severity.LOW,
            remedy="add `!.env*.example` behind it, and git add the example",
        )


def _whole(path: str, says: str, context: str, severity: Severity) -> Hit:
    return Hit(
        path=path,
        line=1,
        column=1,
        end_line=1,
        says=says,
        context=context,
        severity=severity,
        of_file=True,
    )


CHECK = Check(
    id="env-not-ignored",
    title="env file that nothing keeps out of git",
    severity=Severity.HIGH,
    references=("CWE-538", "gitignore(5)"),
    remedy="skc env untrack: where git tracks no env file, it writes the rules and no more",
    run=run,
    of_lines=True,
    shows_code=False,
)
