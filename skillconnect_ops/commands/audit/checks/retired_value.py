"""A value that was retired stands in a file again.

Why: whoever had it when it was given up has it now. An old branch, a stash, a backup or the copy of
a colleague is how such values come back, after a rotation and after a scrub of history alike.

How it looks: every piece of every file, also within archives and encodings, is held against the
ledger of retired secrets (`skc secrets ledger list`), which knows keyed fingerprints and no value.
A URI counts by its password. Looked at is what git tracks or would add, and env files that git
ignores. Where there is no ledger, nothing is to be kept out. Without the ledger's key the check
says that it could not look, and the audit ends with 14: give CI the variable SKC_LEDGER_KEY, and
where that cannot be, as with pull requests from forks, `--ignore retired-value`.

Severity: critical where it leaked, high where it was replaced or somebody left.

Silence: no comment does: nobody may use such a value. `--baseline` with an earlier report.

Before:
    JWT_SECRET_KEY=<the one that leaked in spring>
After:
    skc secrets generate --env JWT_SECRET_KEY --replace
"""

from typing import TYPE_CHECKING

from skillconnect_ops.commands.audit.facts import Facts
from skillconnect_ops.commands.audit.model import Check, Hit, Outcome, Verdict, judged, missing
from skillconnect_ops.commands.retired import remedy, says, severity
from skillconnect_ops.core.finding import Severity
from skillconnect_ops.core.outcome import Missing

if TYPE_CHECKING:  # a hook is in a hurry
    from skillconnect_ops.commands.retired.search import Found


def run(facts: Facts) -> Verdict:
    """Which values does the ledger know?"""
    if isinstance(facts.retired, Missing):
        return missing(facts.retired.reason)
    returned = facts.retired.value
    if not returned.has_ledger:
        return Verdict(outcome=Outcome.NOT_APPLICABLE, says="no secret is retired here")
    hits = [_hit(one) for one in returned.found]
    if returned.broken and not hits:
        says = "a part of the ledger could not be read"
        return Verdict(outcome=Outcome.UNKNOWN, says=says, unknown=returned.unknown)
    return judged(hits, files=returned.files, what="files", unknown=returned.unknown)


def _hit(one: "Found") -> Hit:
    wrapped = f", in {' in '.join(reversed(one.form))}" if one.form else ""
    return Hit(
        path=one.path,
        line=one.line,
        column=one.column or 1,
        end_line=one.line,
        says=f"this is {says(one.retired)}{wrapped}",
        context=f"{one.retired.writer}/{one.retired.seq}",
        severity=severity(one.retired),
        remedy=remedy(one.retired),
    )


CHECK = Check(
    id="retired-value",
    title="retired value in a file",
    severity=Severity.CRITICAL,
    references=("CWE-672", "CWE-798"),
    remedy="take it out, and use the value that replaced it",
    run=run,
    of_lines=True,
    shows_code=False,
    heeds_comments=False,
)
